# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2154,SC2329 # run.sh sources it
# README's first command and its way back, on the smallest system of each release: debootstrap's
# minbase, booted with systemd, where nothing is that a build needs. All of a release happens in one
# boot, in memory.

# fresh_boot RELEASE: with this computer's network, and what `make dist` packs in /tree.
fresh_boot() {
    root=$work/root
    root_of_release "$1" && machine_unpack && mkdir "$root/tree" &&
        tar -C "$root/tree" --strip-components=1 --no-same-owner \
            -xf "$top_builddir"/vmware-unlocker-*.tar.xz || return 1
    echo "127.0.1.1 $(cat "$root/etc/hostname")" >>"$root/etc/hosts"
    machine_boot --network || return 1
    root=/proc/$machine_pid/root
}

bootstrap_stop() {
    machine_stop
    root=$work/root
}

# bootstraps STATUS COMMAND…: as typed in the tree, with its output, $work/said, in a file.
bootstraps() {
    bootstraps_expected=$1 bootstraps_status=0 bootstraps_began=$(date +%s)
    shift
    # shellcheck disable=SC2016 # the inner shell's
    run sh -c 'cd /tree && exec "$@"' sh "$@" >"$work/said" 2>&1 </dev/null || bootstraps_status=$?
    bootstraps_took=$(($(date +%s) - bootstraps_began))
    [ $bootstraps_status -eq "$bootstraps_expected" ] || {
        echo "exit status $bootstraps_status: $*" && tail -n 30 "$work/said" && return 1
    }
    said_well
}

# No noise of the tools it runs, and no line that a terminal would break.
said_well() {
    tr '\r' '\n' <"$work/said" >"$work/lines"
    ! grep -nE '^(Get:|Setting up |Unpacking |make(:|\[)|  CC |checking |dpkg)|Unable to locate' \
        "$work/lines" && ! LC_ALL=C.UTF-8 grep -nE '^.{81}' "$work/lines"
}

bootstrap_says() {
    grep -qF -e "$1" "$work/said" || { echo "not said: $1" && cat "$work/said" && return 1; }
}

# The administrator's ------------------------------------------------------------------------------

# What is on the machine: packages, users, units, and files but for VMware's, the tree's, and what
# the package manager and the journal remember. $work/NAME.packages and so on.
account() {
    # shellcheck disable=SC2016 # dpkg's
    run dpkg-query -W -f '${Package} ${Status}\n' >"$work/$1.packages" &&
        run sh -c 'getent passwd && getent group' >"$work/$1.users" &&
        run sh -c 'systemctl list-unit-files --no-legend --plain | cut -d" " -f1
            systemctl list-units --all --no-legend --plain "vmware*" | cut -d" " -f1
            find /etc/systemd /run/systemd -name "*vmware*"' >"$work/$1.units" &&
        run find / /run -xdev \( -path /tree -o -path /usr/lib/vmware -o -path /etc/vmware \
            -o -path /tmp -o -path /var/log -o -path /var/cache/apt -o -path /var/lib/apt \
            -o -path /proc -o -path /run/systemd -o -path /run/log -o -path /run/user \
            -o -path /root/probe -o -path /var/cache/debconf -o -path '/var/lib/dpkg/*-old' \
            -o -path '/run/sudo*' -o -path /var/lib/systemd/timers/stamp-man-db.timer \
            -o -path /var/lib/systemd/timers -o -path /var/lib/dpkg/triggers \) -prune -o -print \
            >"$work/$1.files"
    for account_kind in packages users units files; do
        LC_ALL=C sort -u -o "$work/$1.$account_kind" "$work/$1.$account_kind"
    done
}

# nothing_left WHEN: the machine is as it was at `account before`. The counts are in $work/counts.
nothing_left() {
    account after
    printf '# %s, more than before:' "$1" >>"$work/counts"
    for account_kind in files units users packages; do
        LC_ALL=C comm -13 "$work/before.$account_kind" "$work/after.$account_kind" >"$work/more"
        printf ' %d %s' "$(wc -l <"$work/more")" $account_kind >>"$work/counts"
        cat "$work/more" && LC_ALL=C comm -23 "$work/before.$account_kind" \
            "$work/after.$account_kind" | sed 's/^/gone: /'
    done >"$work/different"
    echo >>"$work/counts"
    [ ! -s "$work/different" ] || { cat "$work/different" && return 1; }
}

# The command that the last run named takes away what came for the build.
as_told() {
    told_command=$(sed -n 's/^ *\(sudo \)\{0,1\}\(apt-get autoremove .*\)/\2/p' "$work/lines")
    [ -n "$told_command" ] || { cat "$work/said" && return 1; }
    run env DEBIAN_FRONTEND=noninteractive sh -c "cd /tree && yes | $told_command" \
        >"$work/apt" 2>&1 || { cat "$work/apt" && return 1; }
}

# As root, as a package ----------------------------------------------------------------------------

offline_is_said() {
    account before && bootstraps 1 unshare --net ./bootstrap install &&
        bootstrap_says 'no network: cannot reach ' && bootstrap_says 'needed from there: gcc ' &&
        bootstrap_says "$(root_mirror | cut -d/ -f3)" || return 1
    [ "$bootstraps_took" -le 8 ] || { echo "only after $bootstraps_took s" && return 1; }
}

installs_package() {
    bootstraps 0 ./bootstrap install && bootstrap_says 'as a package: vmware-unlocker_' &&
        bootstrap_says ' packages, ' && bootstrap_says ' MB on disk' &&
        grep -qE '([0-9]+) of \1 compiled' "$work/said" &&
        bootstrap_says 'The tree demo is removed; nothing else was patched.' &&
        bootstrap_says 'were installed for the build alone' &&
        bootstrap_says './bootstrap uninstall' && run systemctl is-active vmware-unlocker.path &&
        run systemctl --global is-enabled vmware-unlocker-notify.path && run unlockerctl --version
}

catalog_is_compiled() {
    run journalctl --list-catalog >"$work/catalog" 2>&1
    sed -n 's/^-- \([0-9a-f]*\)$/\1/p' "$top_srcdir/systemd/vmware-unlocker.catalog" |
        while read -r catalog_id; do
            grep -q "^$catalog_id" "$work/catalog" || echo "not in the catalog: $catalog_id"
        done >"$work/missing"
    [ ! -s "$work/missing" ] || { cat "$work/missing" && return 1; }
}

vmware_comes() {
    tar -C "$trees/first" -cf - . | run tar -C / -xpf - || return 1
    soon run unlockerctl status && ! cmp -s "$trees/first$bin/vmware-vmx" "$root$bin/vmware-vmx"
}

# Where no system bus runs, root asks the service manager itself, and another user is told of no
# trouble that nobody saw.
units_are_seen() {
    run sh -c '! test -e /run/dbus/system_bus_socket' || return 1
    for units_user in root nobody; do
        run runuser -u $units_user -- unlockerctl status >"$work/said" 2>&1 || return 1
        ! grep 'Automatic patching is off' "$work/said" || return 1
        run runuser -u $units_user -- unlockerctl doctor >"$work/said" 2>&1
        bootstrap_says 'VMware updates are patched automatically' || return 1
    done
    run systemctl stop vmware-unlocker.path && run unlockerctl status >"$work/said" 2>&1
    run systemctl start vmware-unlocker.path && bootstrap_says 'vmware-unlocker.path is not active'
}

# README's lines, without the program.
tar_gives_back() {
    run sh -c 'touch /var/lib/vmware-unlocker/hold && mv /usr/bin/unlockerctl /root/probe &&
        tar -C / -xpf /var/lib/vmware-unlocker/originals/*.tar.zst' || return 1
    is_as_in "$trees/first"
    tar_status=$?
    run mv /root/probe /usr/bin/unlockerctl && [ $tar_status -eq 0 ]
}

# All packages are there, so no network is needed; the hold stays.
again_offline() {
    bootstraps 3 unshare --net ./bootstrap install && bootstrap_says 'on hold' &&
        is_as_in "$trees/first" && run unlockerctl release && run unlockerctl patch &&
        run unlockerctl status
}

prefix_is_refused() {
    bootstraps 1 ./bootstrap install --prefix=/opt/unlocker &&
        bootstrap_says 'the package vmware-unlocker is installed' && ! [ -e "$root/opt/unlocker" ]
}

package_goes() {
    bootstraps 0 ./bootstrap uninstall && bootstrap_says "VMware's files are as before: 4 of 4" &&
        is_as_in "$trees/first" && ! grep -i warning "$root/tree/build/uninstall.log" && as_told &&
        nothing_left "$1, package and build packages removed"
}

# As an ordinary user, below a prefix --------------------------------------------------------------

user_comes() {
    run sh -c 'apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y install sudo &&
        useradd --create-home user && echo "user ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/user &&
        rm -rf /tree/build && chown -R user /tree' && account before
}

# On a terminal.
user_bootstraps() {
    bootstraps 0 runuser -u user -- script -qec "sudo ./bootstrap $*" /dev/null
}

installs_below() {
    user_bootstraps install --prefix=/usr/local && bootstrap_says ' in /usr/local' &&
        bootstrap_says '4 of 4 patched: macOS guests can run.' &&
        grep -qE '^Packages +0:[0-9]+  [0-9]+ of [0-9]+ unpacked' "$work/lines" &&
        bootstrap_says 'Notifications on the desktop: enabled for every user' &&
        run systemctl --global is-enabled vmware-unlocker-notify.path &&
        run /usr/local/bin/unlockerctl status && catalog_is_compiled &&
        [ -z "$(run find /tree ! -user user)" ]
}

package_is_refused() {
    user_bootstraps install
    bootstrap_says 'is not from a package' && bootstrap_says 'uninstall --prefix=/usr/local'
}

make_uninstalls() {
    run make -C /tree/build/install uninstall >"$work/said" 2>&1 &&
        bootstrap_says "VMware's files are as before: 4 of 4" && is_as_in "$trees/first" ||
        return 1
    run sh -c 'find /usr/local /etc /run -name "*unlocker*"
        systemctl list-units --all --no-legend "vmware-unlocker*"
        journalctl --list-catalog 2>/dev/null | grep VMware' >"$work/left"
    [ ! -s "$work/left" ] || { cat "$work/left" && return 1; }
}

# The program keeps what it needs when build packages go.
build_packages_go() {
    user_bootstraps install --prefix=/usr/local && as_told &&
        ! run sh -c 'command -v gcc' && run /usr/local/bin/unlockerctl verify
}

prefix_goes() {
    user_bootstraps uninstall --prefix=/usr/local && is_as_in "$trees/first" &&
        bootstrap_says "VMware's files are as before: 4 of 4" && as_told &&
        nothing_left "$1, --prefix and build packages removed"
}

nothing_to_remove() {
    user_bootstraps uninstall && bootstrap_says 'vmware-unlocker is not installed'
}

# A program below another prefix may have patched, and have its originals there.
store_of_others() {
    run mkdir -p /var/lib/vmware-unlocker/originals &&
        bootstraps 1 ./bootstrap uninstall && bootstrap_says 'uninstall --prefix=DIR' &&
        run rmdir /var/lib/vmware-unlocker/originals /var/lib/vmware-unlocker
}

# The second command, interrupted ------------------------------------------------------------------

# bootstrap's lanes, with a stage that boots the release and stays.
lanes_make() {
    rm -rf "$work/lanes"
    mkdir -p "$work/lanes/build/check" "$work/lanes/scratch"
    cat >"$work/lanes/stays.sh" <<'SH'
. "$top_srcdir/tests/lib.sh"
. "$top_srcdir/tests/system/machine.sh"
trap 'machine_stop; rm -rf "$work"' EXIT
root_of_release "$1" && machine_unpack && machine_boot && echo "ok 1 - booted" && run sleep 1000
SH
    cat >"$work/lanes/run.sh" <<'SH'
set -eu
tree=$1 build=$1/build release=$2
title() { :; }
for part in packaging/bootstrap/progress packaging/bootstrap/lanes tests/stages; do
    . "$top_srcdir/$part.sh"
done
run_stage() {
    sh "$tree/stays.sh" "$release"
}
trap lanes_end EXIT
trap 'exit 130' INT
lanes_run stays
SH
}

interrupted_leaves_nothing() {
    lanes_make
    TMPDIR=$work/lanes/scratch env --default-signal=INT sh "$work/lanes/run.sh" "$work/lanes" "$1" \
        >"$work/said" 2>&1 </dev/null &
    interrupted=$!
    until grep -qs '^ok 1' "$work/lanes/build/check/stays.log"; do
        sleep 0.2
        [ ! -e "$work/lanes/build/check/stays.status" ] || { cat "$work/said" && return 1; }
    done
    pgrep -f "systemd-nspawn.*=$work/lanes/" >/dev/null || { echo "no machine" && return 1; }
    kill -INT $interrupted
    interrupted_status=0
    wait $interrupted || interrupted_status=$?
    {
        find "$work/lanes/scratch" -mindepth 1
        grep -F " $work/lanes/" /proc/self/mounts
        pgrep -af "systemd-nspawn.*=$work/lanes/"
        grep -lszE "^UNLOCKER_STAGE=$work/lanes/" /proc/[0-9]*/environ
    } >"$work/left"
    echo "exit status $interrupted_status" && cat "$work/left"
    [ $interrupted_status -eq 130 ] && [ ! -s "$work/left" ]
}

scenarios_bootstrap() {
    check "$1: bootstrap install, offline: says so at once" offline_is_said
    check "$1: bootstrap install by root: a package, shown on a generated tree" installs_package
    check "$1: the journal's catalog knows every message" catalog_is_compiled
    check "$1: VMware comes and is patched" vmware_comes
    check "$1: the state of the units is seen without a system bus" units_are_seen
    check "$1: tar gives the originals back without the program" tar_gives_back
    check "$1: bootstrap install again, offline and on hold" again_offline
    check "$1: no --prefix beside a package" prefix_is_refused
    check "$1: bootstrap uninstall: originals back, nothing left" package_goes "$1"
    check "$1: a user with sudo" user_comes
    check "$1: sudo bootstrap install --prefix=/usr/local on a terminal, with VMware" installs_below
    check "$1: no package beside --prefix" package_is_refused
    check "$1: make uninstall: originals back, no unit, no catalog" make_uninstalls
    check "$1: the program outlives the packages of its build" build_packages_go
    check "$1: bootstrap uninstall --prefix=/usr/local: nothing left" prefix_goes "$1"
    check "$1: bootstrap uninstall where there is nothing" nothing_to_remove
    check "$1: bootstrap uninstall keeps a store whose program it does not find" store_of_others
    cat "$work/counts"
    rm -f "$work/counts"
}
