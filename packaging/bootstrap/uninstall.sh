# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # bootstrap sources it
# `bootstrap uninstall`: the originals back, then everything of ours gone; see uninstall_program().

store=/var/lib/vmware-unlocker

tell_removal() {
    printf '\nTo remove vmware-unlocker and give the originals back:\n'
    printf '    %s./bootstrap uninstall%s\n' "$sudo" "${argument:+ $argument}"
}

purge_package() {
    case $family in
    apt) apt_get -y purge vmware-unlocker ;;
    dnf) dnf -y --setopt=clean_requirements_on_remove=False remove vmware-unlocker ;;
    zypper) zypper --non-interactive remove vmware-unlocker ;;
    pacman) pacman -Rn --noconfirm vmware-unlocker ;;
    esac
}

# A package that was removed may have left its store.
package_leaves() {
    [ "$family" = apt ] && dpkg-query -W -f '${Status}' vmware-unlocker 2>/dev/null |
        grep -q config-files
}

uninstall_package() {
    step Uninstall "$build/uninstall.log" no_count purge_package || step_failed
    forget_units >>"$build/uninstall.log" 2>&1
    grep '^vmware-unlocker: ' "$build/uninstall.log" || true
}

stop_units() {
    command -v systemctl >/dev/null || return 0
    if units_known; then
        systemctl --quiet disable --now vmware-unlocker.path
        systemctl stop 'vmware-unlocker*'
    fi
    systemctl --global --quiet disable vmware-unlocker-notify.path 2>/dev/null || true
}

# Files first, then directories from the inside out, as far as they are empty.
remove_files() {
    grep -v '/$' "$1" | while read -r file; do rm -f "$file"; done
    LC_ALL=C sort -r "$build/files" | grep '/$' | while read -r directory; do
        rmdir "$directory" 2>/dev/null || true
    done
}

# What systemd has in memory, or compiled.
forget_units() {
    [ -d /run/systemd/system ] || return 0
    systemctl daemon-reload
    systemctl reset-failed 'vmware-unlocker*' 2>/dev/null || true
    journalctl --update-catalog
}

remove_below() {
    "$1/libexec/vmware-unlocker/hook" restore
    stop_units
    cp "$1/libexec/vmware-unlocker/files" "$build/files" || return 1
    # shellcheck disable=SC2046 # a list of words
    [ ! -e "$1/libexec/vmware-unlocker/packages" ] ||
        mark_as_dependency $(cat "$1/libexec/vmware-unlocker/packages")
    remove_files "$build/files"
    rm -f "$build/files"
    forget_units
}

uninstall_below() {
    step Uninstall "$build/uninstall.log" no_count remove_below "$1" || step_failed
    grep '^vmware-unlocker: ' "$build/uninstall.log" || true
}

# Where nothing of ours gave the originals back, the store is all there is: another program, below
# another prefix, may still need it.
keep_store() {
    [ -e "$store" ] || return 0
    echo "$store is kept: the program that it belongs to is not here."
    echo "Was it installed with --prefix=DIR? ${sudo}./bootstrap uninstall --prefix=DIR"
    echo "Where VMware's files are as shipped, the store is no longer needed: remove it."
    return 1
}

# Whoever has originals that could not be given back keeps them.
remove_store() {
    if [ -e "$store/not-restored" ]; then
        echo "$store is kept: not every original could be given back (build/uninstall.log)"
        return 1
    fi
    rm -rf "$store" /run/vmware-unlocker /run/motd.d/60-vmware-unlocker
    rmdir /run/motd.d 2>/dev/null || true
}

# Those of the program are among the packages now. The clone is the person's.
tell_rest() {
    tell_removable "that came for it are not needed now"
    printf '\nThis clone stays, with the logs in build/; remove it when you are done.\n'
}

uninstall_program() {
    parse_prefix "$@"
    uninstall_status=0
    if [ -z "$prefix" ] && { package_is_installed || package_leaves; }; then
        uninstall_package
    elif [ -n "$prefix" ] && [ -e "$prefix/libexec/vmware-unlocker/files" ]; then
        uninstall_below "$prefix"
    elif [ -n "$prefix" ] && [ -e "$prefix/bin/unlockerctl" ]; then
        die "$prefix/bin/unlockerctl was not installed by bootstrap: remove it as it was installed"
    elif [ -e /usr/local/libexec/vmware-unlocker/files ]; then
        die "it is installed in /usr/local; run: ${sudo}./bootstrap uninstall --prefix=/usr/local"
    elif package_is_installed; then
        die "it is installed as a package; run: ${sudo}./bootstrap uninstall"
    else
        echo "vmware-unlocker is not installed"
        keep_store || exit 1
        tell_rest
        exit 0
    fi
    remove_store || uninstall_status=1
    [ $uninstall_status -ne 0 ] || echo "vmware-unlocker is removed"
    tell_rest
    exit $uninstall_status
}
