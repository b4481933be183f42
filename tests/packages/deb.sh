# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2086,SC2154,SC2015 # run.sh sources it
# dpkg and apt, on a Debian of each release.

# A package of VMware, the way companies make them. deb_of_vmware TREE VERSION
deb_of_vmware() {
    mkdir -p "$1/DEBIAN" && cat >"$1/DEBIAN/control" <<CONTROL || return 1
Package: vmware-workstation
Version: $2
Architecture: amd64
Maintainer: Nobody <nobody@localhost>
Description: stand-in
CONTROL
    dpkg-deb --root-owner-group -Znone -b "$1" "$packages/vmware-$2.deb" && rm -r "$1/DEBIAN"
}

# Ours as it is, and with a higher version number.
deb_make() {
    make -C "${top_builddir:?}" deb DEB_BUILD_OPTIONS=nocheck || return 1
    cp "$top_builddir"/packages/deb/vmware-unlocker_[0-9]*.deb "$packages/ours-1.deb" &&
        dpkg-deb -R "$packages/ours-1.deb" "$work/newer" &&
        sed -i 's/^Version: .*/&+1/' "$work/newer/DEBIAN/control" &&
        dpkg-deb --root-owner-group -Znone -b "$work/newer" "$packages/ours-2.deb" &&
        rm -r "$work/newer" && deb_of_vmware "$trees/first" 17.6.1 &&
        deb_of_vmware "$trees/second" 17.6.2 && deb_of_vmware "$trees/broken" 17.6.3 &&
        deb_of_vmware "$trees/library" 11
}

deb_lintian_init=package-supports-alternative-init-but-no-init.d-script

# What its builder has to say: a mail address and a home page (--with-packager, --with-homepage);
# and that Debian has no bug that asks for it. The package follows the newest release: Debian 12's
# lintian knows an older policy, and asks for a script of init's beside a unit that is no daemon.
deb_lintian() {
    deb_lintian_left=bogus-mail-host,bogus-mail-host-in-debian-changelog,no-homepage-field
    ! dpkg --compare-versions "$(dpkg-query -Wf '${Version}' lintian)" lt 2.117 ||
        deb_lintian_left=$deb_lintian_left,newer-standards-version,$deb_lintian_init
    TMPDIR=$work lintian -I --pedantic --fail-on error,warning,info,pedantic \
        --suppress-tags $deb_lintian_left,initial-upload-closes-no-bugs \
        "$top_builddir"/packages/deb/vmware-unlocker_*.changes >"$work/lintian" 2>&1 ||
        { cat "$work/lintian" && return 1; }
    ! grep '^[EWIP]:' "$work/lintian"
}

# What a distribution does with debian/tests: autopkgtest itself, in a root that has what these ask
# for.
deb_autopkgtest() {
    # shellcheck disable=SC2046 # a list of words
    root_of_release "$1" $(machine_packages "$1") gcc libc6-dev dpkg-dev apt-utils &&
        machine_unpack && : >"$root/etc/apt/sources.list" &&
        rm -rf "$work/source" "$work/autopkgtest" &&
        dpkg-source -x "$top_builddir"/packages/deb/vmware-unlocker_*.dsc "$work/source" || return 1
    env -u TMPDIR autopkgtest --output-dir="$work/autopkgtest" --no-built-binaries \
        "$top_builddir"/packages/deb/vmware-unlocker_*_amd64.deb "$work/source/" -- chroot "$root"
    deb_autopkgtest_status=$?
    rm -rf "$work/source"
    [ $deb_autopkgtest_status -eq 0 ] && grep -q '^life *PASS' "$work/autopkgtest/summary" &&
        [ ! -e "$root$store" ] && no_vmware_left
}

apt() {
    transaction apt-get -q -y --no-install-recommends "$@"
}

# Ours by apt, the rest by dpkg itself.
deb_install() {
    deb_files=$(for deb_name; do echo "/packages/$deb_name.deb"; done)
    case $1 in
    ours*) apt install --allow-downgrades $deb_files ;;
    *) transaction dpkg -i $deb_files ;;
    esac
}

deb_remove() {
    apt remove "$1"
}

deb_forget() {
    apt purge "$1"
}

# "??5??????   /path": of what dpkg can check, the checksum alone.
deb_modified() {
    inside dpkg --verify "$1" | sed 's/^??5??????   //'
}

deb_enabled() {
    inside systemctl is-enabled vmware-unlocker.path
}

deb_triggered() {
    deb_install vmware-17.6.1 && is_patched "$trees/first" &&
        inside unlockerctl restore && inside unlockerctl release &&
        transaction dpkg-trigger --by-package=vmware-unlocker $bin &&
        transaction dpkg --configure -a && is_patched "$trees/first"
}

# Originals that could not be given back outlast even a purge.
deb_store_stays() {
    apt purge vmware-unlocker && told 'stays' && archives_are 2 && inside dpkg --audit \
        >"$work/audit" && [ ! -s "$work/audit" ]
}

scenarios_deb() {
    scenarios "$1"
    check "$1: originals that could not be given back outlast a purge" deb_store_stays
    check "$1: the library alone, by its old name" old_library
    check "$1: ours, once more" deb_install ours-1
    check "$1: its unit is enabled" deb_enabled
    check "$1: dpkg-trigger patches, too" deb_triggered
    check "$1: a killed removal leaves no hold" deb_killed_removal
    check "$1: a hold of an older version is a person's" deb_old_hold
    check "$1: removed beside a file that is refused" deb_removed_beside_refused
}

# A removal that is killed, at several moments, and done again leaves no hold; nor the next install.
deb_killed_removal() {
    inside sh -c 'unlockerctl release' || return 1
    for killed_after in 0.02 0.05 0.1 0.2 0.4; do
        inside timeout -s KILL $killed_after dpkg -r vmware-unlocker
        inside timeout -s KILL 0.1 dpkg -r vmware-unlocker
        sleep 1
        transaction dpkg -i /packages/ours-1.deb && is_patched "$trees/first" &&
            [ ! -e "$root$store/hold" ] || return 1
    done
    inside unlockerctl restore --removal && [ -e "$root$store/hold" ] &&
        transaction dpkg -i /packages/ours-1.deb && is_patched "$trees/first" &&
        [ ! -e "$root$store/hold" ]
}

# As an older version left it: a person's, whatever happens to the package.
deb_old_hold() {
    : >"$root$store/hold" && transaction dpkg -i /packages/ours-2.deb &&
        [ -e "$root$store/hold" ] && transaction dpkg -r vmware-unlocker &&
        [ -e "$root$store/hold" ] &&
        transaction dpkg -i /packages/ours-1.deb && [ -e "$root$store/hold" ] &&
        inside unlockerctl status | grep 'not known by whom' && inside unlockerctl release
}

# A file that was never patched keeps no original from being given back.
deb_removed_beside_refused() {
    cp "$trees/broken$bin/vmware-vmx" "$root$bin/vmware-vmx" &&
        transaction dpkg -r vmware-unlocker && [ ! -e "$root$store/not-restored" ] &&
        ! told 'release'
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
    run dpkg -i /packages/ours-1.deb && run systemctl is-active vmware-unlocker.path \
        vmware-unlocker-lib.path vmware-unlocker-missed.timer && soon deb_line "no VMware found"
}

# What is said when VMware is there already.
deb_booted_words() {
    run dpkg -i /packages/vmware-17.6.1.deb && run dpkg -i /packages/ours-1.deb >"$work/said" 2>&1
    # Nothing, where the service was quicker than the hook.
    [ "$(grep '^vmware-unlocker: ' "$work/said")" = '' ] ||
        [ "$(grep '^vmware-unlocker: ' "$work/said")" = \
            'vmware-unlocker: vmware-unlocker.service patches VMware now' ] || return 1
    soon deb_line "VMware Workstation 17.6.1 (build 24319023): 4 of 4 patched" &&
        run dpkg -P vmware-unlocker && run dpkg -P vmware-workstation &&
        run rm -rf /usr/lib/vmware /var/lib/vmware-unlocker
}

deb_booted_vmware() {
    run dpkg -i /packages/vmware-17.6.1.deb >"$work/said" 2>&1 || { cat "$work/said" && return 1; }
    soon deb_line "VMware Workstation 17.6.1 (build 24319023): 4 of 4 patched" &&
        run $bin/vmware-vmx --smc 1 OSK0 && ! run systemctl is-failed vmware-unlocker.service
}

deb_booted_upgraded() {
    run dpkg -i /packages/ours-2.deb /packages/vmware-17.6.2.deb &&
        soon deb_line "VMware Workstation 17.6.2 (build 24409262): 4 of 4 patched" &&
        run systemctl is-active vmware-unlocker.path vmware-unlocker-lib.path
}

# No unit of ours has failed.
deb_booted_sound() {
    deb_booted_failed=$(run systemctl list-units --failed --plain --no-legend 'vmware-unlocker*')
    [ -z "$deb_booted_failed" ] || { echo "$deb_booted_failed" && return 1; }
}

# What a killed dpkg had started goes on beside the units, which patch again what it restores.
deb_booted_killed() {
    for killed_after in 0.05 0.1 0.2 0.4; do
        run timeout -s KILL $killed_after dpkg -r vmware-unlocker
        run timeout -s KILL 0.1 dpkg -r vmware-unlocker
        sleep 1
        run dpkg -i /packages/ours-2.deb &&
            soon deb_line "VMware Workstation 17.6.2 (build 24409262): 4 of 4 patched" &&
            ! run test -e $store/hold && deb_booted_sound || return 1
    done
}

# As VMware's package brought it, or the files that differ.
deb_booted_stock() {
    deb_booted_differs=$(run dpkg --verify vmware-workstation)
    [ -z "$deb_booted_differs" ] || { echo "$deb_booted_differs" && return 1; }
}

# While what a reload started is at work, too.
deb_booted_removed() {
    for removed_after in 0 0.1 0.2 0.4 0.8; do
        run dpkg -i /packages/ours-2.deb && run systemctl daemon-reload || return 1
        sleep $removed_after
        run dpkg -r vmware-unlocker && deb_booted_stock &&
            [ -z "$(run systemctl list-units --plain --no-legend 'vmware-unlocker*')" ] &&
            deb_booted_sound || { run systemctl list-units "vmware-unlocker*" && return 1; }
    done
}

# A masked service is the administrator's word.
deb_booted_masked() {
    run systemctl mask vmware-unlocker.service && run dpkg -i /packages/ours-2.deb &&
        deb_booted_stock
}

scenarios_deb_booted() {
    check "$1, booted: a first installation is not told as a change" deb_booted_words
    check "$1, booted: ours starts its units" deb_booted_first
    check "$1, booted: VMware's package is patched by the service" deb_booted_vmware
    check "$1, booted: ours and VMware upgraded at once" deb_booted_upgraded
    check "$1, booted: a killed removal leaves no hold" deb_booted_killed
    check "$1, booted: ours removed: the originals are back, nothing watches" deb_booted_removed
    check "$1, booted: a masked service patches nothing" deb_booted_masked
}
