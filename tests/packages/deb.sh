# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2154,SC2015 # run.sh sources it
# dpkg and apt, on a Debian of each release.

deb_unable() {
    for deb_tool in dpkg-buildpackage dh dpkg-deb; do
        command -v $deb_tool >/dev/null || { deb_why="no $deb_tool" && return 0; }
    done
    return 1
}

# A package of VMware, the way companies make them. deb_of_vmware TREE VERSION
deb_of_vmware() {
    mkdir -p "$1/DEBIAN" && cat >"$1/DEBIAN/control" <<CONTROL || return 1
Package: vmware-workstation
Version: $2
Architecture: amd64
Maintainer: Nobody <nobody@localhost>
Description: stand-in
CONTROL
    dpkg-deb --root-owner-group -Znone -b "$1" "$work/vmware-$2.deb" && rm -r "$1/DEBIAN"
}

# Ours as it is, and with a higher version number.
debs_make() {
    make -C "${top_builddir:?}" deb DEB_BUILD_OPTIONS=nocheck || return 1
    rm -f "$work"/ours-*.deb
    cp "$top_builddir"/packages/deb/vmware-unlocker_[0-9]*.deb "$work/ours-1.deb" &&
        dpkg-deb -R "$work/ours-1.deb" "$work/newer" &&
        sed -i 's/^Version: .*/&+1/' "$work/newer/DEBIAN/control" &&
        dpkg-deb --root-owner-group -Znone -b "$work/newer" "$work/ours-2.deb" &&
        rm -r "$work/newer" && deb_of_vmware "$trees/first" 17.6.1 &&
        deb_of_vmware "$trees/second" 17.6.2 && cp -a "$trees/second" "$work/broken" &&
        break_vmx "$work/broken" && deb_of_vmware "$work/broken" 17.6.3
}

deb_lintian() {
    lintian --fail-on error,warning,info "$top_builddir"/packages/deb/vmware-unlocker_*.changes \
        >"$work/lintian" 2>&1 || { cat "$work/lintian" && return 1; }
    ! grep '^[EWI]:' "$work/lintian"
}

apt() {
    transaction apt-get -q -y --no-install-recommends "$@"
}

dpkg_i() {
    dpkg_files=
    for dpkg_file; do dpkg_files="$dpkg_files /debs/$dpkg_file.deb"; done
    # shellcheck disable=SC2086 # a list of words
    transaction dpkg -i $dpkg_files
}

deb_alone() {
    apt install /debs/ours-1.deb && told &&
        inside systemctl is-enabled vmware-unlocker.path &&
        [ -z "$(inside dpkg --verify vmware-unlocker)" ] && inside unlockerctl --version
}

deb_then_vmware() {
    dpkg_i vmware-17.6.1 && is_patched "$trees/first" &&
        told_once '17.6.1 (build 24319023): 4 of 4 patched'
}

# dpkg reports just what was patched, by its checksum.
deb_verified() {
    inside dpkg --verify vmware-workstation | sort >"$work/verify"
    # shellcheck disable=SC2086 # a list of words
    printf '??5??????   %s\n' $targets | sort | diff - "$work/verify" &&
        [ -z "$(inside dpkg --verify vmware-unlocker)" ]
}

deb_vmware_upgraded() {
    dpkg_i vmware-17.6.2 && is_patched "$trees/second" && told_once '17.6.2' && archives_are 2
}

deb_vmware_downgraded() {
    dpkg_i vmware-17.6.1 && is_patched "$trees/first" && told_once '17.6.1' && archives_are 2
}

deb_again() {
    dpkg_i vmware-17.6.1 && is_patched "$trees/first" && archives_are 2
}


deb_held() {
    inside unlockerctl hold && dpkg_i vmware-17.6.2 && is_as_in "$trees/second" &&
        told_once 'on hold' && dpkg_i ours-2 && told_once 'on hold' &&
        is_as_in "$trees/second" && archives_are 2 && [ -e "$root$store/hold" ]
}

deb_released() {
    inside unlockerctl release && transaction dpkg-trigger --by-package=vmware-unlocker \
        /usr/lib/vmware/bin && transaction dpkg --configure -a && is_patched "$trees/second"
}

# A downgrade of ours is an upgrade like any other.
deb_ours_older() {
    dpkg_i ours-1 && told && is_patched "$trees/second" && archives_are 2
}

deb_vmware_removed() {
    apt purge vmware-workstation && told && no_vmware_left && archives_are 2
}

deb_vmware_back() {
    dpkg_i vmware-17.6.2 && is_patched "$trees/second"
}

deb_ours_removed() {
    apt remove vmware-unlocker && told_once "VMware's files are as before: 4 of 4 original" &&
        is_as_in "$trees/second" && [ -z "$(inside dpkg --verify vmware-workstation)" ] &&
        archives_are 2 && [ ! -e "$root$store/hold" ] && [ ! -e "$root/run/vmware-unlocker" ]
}

deb_ours_after() {
    apt install /debs/ours-1.deb && is_patched "$trees/second" && told_once '4 of 4 patched'
}

# Nothing of ours is left but what dpkg itself remembers.
deb_purged() {
    apt purge vmware-unlocker && is_as_in "$trees/second" && [ ! -e "$root$store" ] || return 1
    find "$root" -xdev -name '*vmware-unlocker*' >"$work/left"
    [ ! -s "$work/left" ] || { cat "$work/left" && return 1; }
}

deb_together() {
    apt purge vmware-workstation && no_vmware_left &&
        apt install /debs/ours-1.deb /debs/vmware-17.6.1.deb && is_patched "$trees/first" &&
        told_once '4 of 4 patched'
}

# What cannot be judged is said, and breaks nothing.
deb_unknown() {
    dpkg_i vmware-17.6.3 && told vmware-vmx && ! inside unlockerctl status &&
        cmp "$work/broken$bin/vmware-vmx" "$root$bin/vmware-vmx" &&
        inside dpkg -s vmware-unlocker | grep -q '^Status: install ok installed' &&
        inside $bin/vmware-vmx-debug --smc 1 OSK0
}

# Even a program that cannot run at all.
deb_program_gone() {
    mv "$root/usr/bin/unlockerctl" "$root/away" && dpkg_i vmware-17.6.1 &&
        told unlockerctl && is_as_in "$trees/first" &&
        mv "$root/away" "$root/usr/bin/unlockerctl" &&
        inside dpkg --audit >"$work/audit" && [ ! -s "$work/audit" ]
}

# Originals that could not be given back outlast even a purge.
deb_store_damaged() {
    inside unlockerctl patch && is_patched "$trees/first" || return 1
    for deb_archive in "$root$store"/originals/*; do
        truncate -s 1000 "$deb_archive"
    done
    apt purge vmware-unlocker && told 'not every file could be given back' &&
        told 'stays' && archives_are 2 && inside $bin/vmware-vmx --smc 1 OSK0
}

debs_there() {
    mkdir -p "$root/debs" && cp "$trees"/*.deb "$root/debs/"
}

scenarios_deb() {
    check "$1: ours alone, by apt: says nothing, enables its units" deb_alone
    check "$1: VMware's package is patched in its own transaction" deb_then_vmware
    check "$1: dpkg --verify reports the patched files and nothing else" deb_verified
    check "$1: an upgrade of VMware is patched, both originals are kept" deb_vmware_upgraded
    check "$1: a downgrade, too" deb_vmware_downgraded
    check "$1: the same version installed again" deb_again
    check "$1: a hold outlasts upgrades of VMware and of ours" deb_held
    check "$1: after release, dpkg's trigger patches" deb_released
    check "$1: ours downgraded" deb_ours_older
    check "$1: VMware removed while patched: not a word, nothing left" deb_vmware_removed
    check "$1: VMware installed again" deb_vmware_back
    check "$1: ours removed: the originals are back, byte and mode" deb_ours_removed
    check "$1: ours installed again after VMware: patched" deb_ours_after
    check "$1: ours purged: no trace of it, VMware as shipped" deb_purged
    check "$1: both in one transaction" deb_together
    check "$1: a file that cannot be judged is told, and breaks no transaction" deb_unknown
    check "$1: a program that cannot run breaks no transaction" deb_program_gone
    check "$1: originals that could not be given back outlast a purge" deb_store_damaged
}

# With systemd at work. --------------------------------------------------------------------------

deb_line() {
    deb_line_now=$(run systemctl show --property=StatusText --value vmware-unlocker.service)
    echo "status: $deb_line_now"
    [ "$deb_line_now" = "$1" ]
}

# soon COMMAND…: within 20 seconds.
soon() {
    soon_end=$(($(date +%s) + 20))
    until "$@" >"$work/soon" 2>&1; do
        [ "$(date +%s)" -lt $soon_end ] || { cat "$work/soon" && return 1; }
        sleep 0.2
    done
}

deb_booted_first() {
    run dpkg -i /debs/ours-1.deb && run systemctl is-active vmware-unlocker.path \
        vmware-unlocker-lib.path vmware-unlocker-verify.timer && soon deb_line "no VMware found"
}

deb_booted_vmware() {
    run dpkg -i /debs/vmware-17.6.1.deb >"$work/said" 2>&1 || { cat "$work/said" && return 1; }
    soon deb_line "VMware Workstation 17.6.1 (build 24319023): 4 of 4 patched" &&
        run $bin/vmware-vmx --smc 1 OSK0 && ! run systemctl is-failed vmware-unlocker.service
}

deb_booted_upgraded() {
    run dpkg -i /debs/ours-2.deb /debs/vmware-17.6.2.deb &&
        soon deb_line "VMware Workstation 17.6.2 (build 24409262): 4 of 4 patched" &&
        run systemctl is-active vmware-unlocker.path vmware-unlocker-lib.path
}

deb_booted_removed() {
    run dpkg -r vmware-unlocker && [ -z "$(run dpkg --verify vmware-workstation)" ] &&
        ! run systemctl is-active vmware-unlocker.path vmware-unlocker-lib.path \
            vmware-unlocker-verify.timer && [ -z "$(run systemctl list-units --failed --plain \
            --no-legend 'vmware-unlocker*')" ]
}

# A masked service is the administrator's word.
deb_booted_masked() {
    run systemctl mask vmware-unlocker.service && run dpkg -i /debs/ours-2.deb &&
        [ -z "$(run dpkg --verify vmware-workstation)" ]
}

scenarios_deb_booted() {
    check "$1, booted: ours starts its units" deb_booted_first
    check "$1, booted: VMware's package is patched by the service" deb_booted_vmware
    check "$1, booted: ours and VMware upgraded at once" deb_booted_upgraded
    check "$1, booted: ours removed: the originals are back, nothing watches" deb_booted_removed
    check "$1, booted: a masked service patches nothing" deb_booted_masked
}
