# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2086,SC2154,SC2119,SC2120,SC2015 # run.sh sources all of it together
# Scenarios: VMware in images, by the commands of docs/images.md.

# image_commands NAME: the block below the mark of that name, without its indentation.
image_commands() {
    awk -v mark="<!-- $1 -->" '
        found && /./ && !/^    / { exit }
        found && /./ { sub(/^    /, ""); print }
        $0 == mark { found = 1 }' "$top_srcdir/docs/images.md" >"$work/commands"
    [ -s "$work/commands" ] || { echo "docs/images.md has no $1" && return 1; }
}

# The machine has no device of its own: those of this computer.
image_devices() {
    run sh -c 'mkdir -p /var/lib/extensions; [ -e /dev/loop-control ] || {
        mknod /dev/loop-control c 10 237
        for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
            [ -e /dev/loop$i ] || mknod /dev/loop$i b 7 $i
        done; }'
}

# sysext_make FORMAT: /opt/vmware.raw in the machine, of the tree "first".
sysext_make() {
    rm -rf "$work/image" && mkdir "$work/image" && cp -a "$trees/first" "$work/image/TREE" &&
        mkdir "$work/image/bin" && ln -s "$top_builddir/unlockerctl" "$work/image/bin/" &&
        image_commands sysext || return 1
    [ "$1" = squashfs ] || sed -i 's/^mksquashfs .*/mkfs.erofs vmware.raw EXT/' "$work/commands"
    (cd "$work/image" && PATH=$work/image/bin:$PATH sh -eux "$work/commands") &&
        run sh -c 'cat >/opt/vmware.raw' <"$work/image/vmware.raw"
}

sysext_merged() {
    clean && image_devices && sysext_make $1 && image_commands merge &&
        sed 's|^cp vmware.raw|cp /opt/vmware.raw|' "$work/commands" >"$work/merge" &&
        run sh -eux -c "$(cat "$work/merge")" && opened && rest && not_failed || return 1
    run unlockerctl status >"$work/said" && cat "$work/said" &&
        grep -q 'read-only, patched: ' "$work/said" &&
        grep '^4 of 4 patched' "$work/said" && ! grep -E 'adopt|reinstall' "$work/said" &&
        within 30 line_has '4 of 4' &&
        run systemd-sysext unmerge && run rm -rf /etc/vmware /var/lib/extensions/vmware.raw
}

# A build step, in the machine's root before it boots: what a container's engine runs.
image_built() {
    clean && run cp -a /opt/first/. / && image_commands container &&
        sed -i 's/^RUN //' "$work/commands" && run sh -eux -c "$(cat "$work/commands")" && opened
}

image_built_from_outside() {
    rm -rf "$work/buildroot" && cp -a "$trees/first" "$work/buildroot" &&
        image_commands outside && mkdir -p "$work/bin" &&
        ln -sf "$top_builddir/unlockerctl" "$work/bin/" &&
        BUILDROOT=$work/buildroot PATH=$work/bin:$PATH sh -eux "$work/commands" &&
        ! cmp -s "$work/buildroot$vmx" "$trees/first$vmx"
}

scenarios_images() {
    check_with mksquashfs "$1: a system extension of squashfs" sysext_merged squashfs
    check_with mkfs.erofs "$1: a system extension of erofs" sysext_merged erofs
    check "$1: a build step of a container" image_built
    check "$1: a build step from outside" image_built_from_outside
}
