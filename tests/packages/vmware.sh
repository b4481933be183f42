# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2154 # sourced by run.sh, with machine.sh and lib.sh
# What the package managers' tests share: a root to work in, VMware there, and how it stands.
# $trees/first and $trees/second are two builds of VMware to make packages of.

bin=/usr/lib/vmware/bin
lib=/usr/lib/vmware/lib
base=$lib/libvmwarebase.so/libvmwarebase.so
targets="$bin/vmware-vmx $bin/vmware-vmx-debug $bin/vmware-vmx-stats $base"
store=/var/lib/vmware-unlocker

# inside COMMAND…: in $root, where nothing runs, not even /proc is mounted.
inside() {
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive chroot "$root" "$@" </dev/null
}

# Same content, mode, owner and time of change as in the tree DIR.
is_as_in() {
    for target in $targets; do
        cmp "$1$target" "$root$target" || return 1
        as_wanted=$(stat -c '%a %u:%g %Y' "$1$target")
        as_found=$(stat -c '%a %u:%g %Y' "$root$target")
        [ "$as_wanted" = "$as_found" ] || { echo "$target: $as_found, not $as_wanted" && return 1; }
    done
}

# VMware of the tree DIR is there and patched: the program says so, the stand-in answers, and mode
# and owner are the original's.
is_patched() {
    inside unlockerctl status || return 1
    for target in $targets; do
        ! cmp -s "$1$target" "$root$target" || { echo "not patched: $target" && return 1; }
        [ "$(stat -c '%a %u:%g' "$1$target")" = "$(stat -c '%a %u:%g' "$root$target")" ] ||
            { ls -l "$root$target" && return 1; }
    done
    [ "$(inside $bin/vmware-vmx --smc 1 OSK0)" = ourhardworkbythesewordsguardedpl ]
}

no_vmware_left() {
    [ ! -e "$root/usr/lib/vmware" ] || { find "$root/usr/lib/vmware" && return 1; }
}

archives() {
    find "$root$store/originals" -name '*.tar.zst' | wc -l
}

archives_are() {
    [ "$(archives)" -eq "$1" ] || { ls "$root$store/originals" && return 1; }
}

# What vmware-unlocker said in the last transaction, whose output is in $work/said.
told() {
    grep -F 'vmware-unlocker: ' "$work/said" >"$work/told"
    if [ $# -eq 0 ]; then
        [ ! -s "$work/told" ] || { cat "$work/told" && return 1; }
    else
        grep -qF -e "$1" "$work/told" || { echo "not told: $1" && cat "$work/said" && return 1; }
    fi
}

# told_once TEXT: and nothing else.
told_once() {
    told "$1" && { [ "$(wc -l <"$work/told")" -eq 1 ] || { cat "$work/told" && return 1; }; }
}

# transaction COMMAND…: inside; it must succeed. What it says is in $work/said.
transaction() {
    inside "$@" >"$work/said" 2>&1 || { echo "failed: $*" && cat "$work/said" && return 1; }
}

# $trees/old is VMware 11 without the library, $trees/library has that alone.
vmware_make_old() {
    make_tree "$trees/old" --old-lib --version=11.1.4 --build=3848939 &&
        mkdir -p "$trees/library$lib" "$trees/library/etc/vmware" &&
        mv "$trees/old$lib/libvmwarebase.so.0" "$trees/library$lib/"
}

# $trees/broken: its vmware-vmx is no ELF file.
vmware_make_broken() {
    cp -a "$trees/second" "$trees/broken" &&
        head -c 100000 /dev/zero >"$trees/broken$bin/vmware-vmx" &&
        chmod 04755 "$trees/broken$bin/vmware-vmx"
}
