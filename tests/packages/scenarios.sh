# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2086,SC2154 # run.sh sources it
# What every package manager must get right. $manager is deb, rpm or pacman, whose file gives
#
#     deb_install NAME…     packages of $root/packages, in one transaction: ours-1, ours-2 (newer),
#                           vmware-17.6.1, -17.6.2, vmware-17.6.3 (broken)
#     deb_remove NAME       vmware-unlocker or vmware-workstation
#     deb_forget NAME       the same, and what a removal leaves
#     deb_modified NAME     the files that it finds modified, by their content alone

manager() {
    manager_verb=$1
    shift
    "${manager}_$manager_verb" "$@"
}

# modified_are NAME PATH…
modified_are() {
    manager modified "$1" | sort >"$work/modified"
    shift
    printf '%s\n' "$@" | sed '/^$/d' | sort | diff - "$work/modified"
}

ours_alone() {
    manager install ours-1 && told && inside unlockerctl --version &&
        modified_are vmware-unlocker ""
}

then_vmware() {
    manager install vmware-17.6.1 && is_patched "$trees/first" &&
        told_once '17.6.1 (build 24319023): 4 of 4 patched'
}

verified() {
    modified_are vmware-workstation $targets && modified_are vmware-unlocker ""
}

vmware_upgraded() {
    manager install vmware-17.6.2 && is_patched "$trees/second" && told_once '17.6.2' &&
        archives_are 2
}

vmware_downgraded() {
    manager install vmware-17.6.1 && is_patched "$trees/first" && told_once '17.6.1' &&
        archives_are 2
}

vmware_again() {
    manager install vmware-17.6.1 && is_patched "$trees/first" && archives_are 2
}

held() {
    inside unlockerctl hold && manager install vmware-17.6.2 && is_as_in "$trees/second" &&
        told_once 'on hold' && manager install ours-2 && told_once 'on hold' &&
        is_as_in "$trees/second" && archives_are 2 && [ -e "$root$store/hold" ]
}

released() {
    inside unlockerctl release && manager install vmware-17.6.2 && is_patched "$trees/second"
}

# A downgrade of ours is an upgrade like any other.
ours_older() {
    manager install ours-1 && told && is_patched "$trees/second" && archives_are 2
}

vmware_removed() {
    manager remove vmware-workstation && told && no_vmware_left && archives_are 2
}

vmware_back() {
    manager install vmware-17.6.2 && is_patched "$trees/second"
}

ours_removed() {
    manager remove vmware-unlocker &&
        told_once "VMware's files are as before: 4 of 4 original" &&
        is_as_in "$trees/second" && modified_are vmware-workstation "" &&
        archives_are 2 && [ ! -e "$root$store/hold" ] && [ ! -e "$root/run/vmware-unlocker" ]
}

ours_after() {
    manager install ours-1 && is_patched "$trees/second" && told_once '4 of 4 patched'
}

# Nothing of ours is left but what the package manager itself remembers.
ours_forgotten() {
    manager forget vmware-unlocker && is_as_in "$trees/second" && [ ! -e "$root$store" ] || return 1
    find "$root" -xdev -name '*vmware-unlocker*' >"$work/left"
    [ ! -s "$work/left" ] || { cat "$work/left" && return 1; }
}

together() {
    manager forget vmware-workstation && no_vmware_left && manager install ours-1 vmware-17.6.1 &&
        is_patched "$trees/first" && told_once '4 of 4 patched'
}

# What cannot be judged is said, and breaks nothing.
unknown() {
    manager install vmware-17.6.3 && told vmware-vmx && ! inside unlockerctl status &&
        cmp "$trees/broken$bin/vmware-vmx" "$root$bin/vmware-vmx" &&
        inside $bin/vmware-vmx-debug --smc 1 OSK0
}

# Even a program that cannot run at all.
program_gone() {
    mv "$root/usr/bin/unlockerctl" "$root/away" && manager install vmware-17.6.1 &&
        told unlockerctl && is_as_in "$trees/first" && mv "$root/away" "$root/usr/bin/unlockerctl"
}

store_damaged() {
    inside unlockerctl patch && is_patched "$trees/first" || return 1
    for archive in "$root$store"/originals/*; do truncate -s 1000 "$archive"; done
    manager remove vmware-unlocker && told 'not every file could be given back' &&
        inside $bin/vmware-vmx --smc 1 OSK0
}

# As before version 12: the library's other name, in a package that has nothing else of VMware.
old_library() {
    manager forget vmware-workstation && rm -rf "${root:?}/usr/lib/vmware" "$root$store" &&
        manager install ours-1 && cp -a "$trees/old/." "$root/" && manager install vmware-11 &&
        told_once '4 of 4 patched' && inside unlockerctl status &&
        ! cmp -s "$trees/library$lib/libvmwarebase.so.0/libvmwarebase.so.0" \
            "$root$lib/libvmwarebase.so.0/libvmwarebase.so.0" || return 1
    manager forget vmware-workstation && rm -rf "${root:?}/usr/lib/vmware"
}

# killed_removal COMMAND…: a removal that is killed, at several moments, and once more leaves no
# hold when ours is installed then.
killed_removal() {
    manager install vmware-17.6.1 && is_patched "$trees/first" || return 1
    for killed_after in 0.02 0.05 0.1 0.2 0.4; do
        timeout -s KILL $killed_after "$@"
        timeout -s KILL 0.1 "$@"
        # What a script began goes on.
        sleep 1
        echo "killed after $killed_after s"
        manager install ours-1 && is_patched "$trees/first" && [ ! -e "$root$store/hold" ] ||
            return 1
    done
}

scenarios() {
    check "$1: ours alone says nothing" ours_alone
    check "$1: VMware's package is patched in its own transaction" then_vmware
    check "$1: the patched files, and no others, are reported as modified" verified
    check "$1: an upgrade of VMware is patched, both originals are kept" vmware_upgraded
    check "$1: a downgrade, too" vmware_downgraded
    check "$1: the same version installed again" vmware_again
    check "$1: a hold outlasts upgrades of VMware and of ours" held
    check "$1: after release VMware is patched again" released
    check "$1: ours downgraded" ours_older
    check "$1: VMware removed while patched: not a word, nothing left" vmware_removed
    check "$1: VMware installed again" vmware_back
    check "$1: ours removed: the originals are back, byte and mode" ours_removed
    check "$1: ours installed again after VMware: patched" ours_after
    check "$1: ours removed for good: no trace of it, VMware as shipped" ours_forgotten
    check "$1: both in one transaction" together
    check "$1: a file that cannot be judged is told, and breaks no transaction" unknown
    check "$1: a program that cannot run breaks no transaction" program_gone
    check "$1: originals that cannot be given back do not keep ours from going" store_damaged
}
