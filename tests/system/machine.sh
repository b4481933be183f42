# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# A machine to test on: a minimal Debian whose systemd is booted by systemd-nspawn. Sourced after
# tests/lib.sh.
#
#     machine_unable && skip_all "$machine_why"
#     machine_prepare bookworm      $root: a fresh copy of the release, made once and kept
#     machine_boot                  what happens from here on happens in memory
#     run COMMAND…                  inside
#     machine_kill                  without a word to it
#     machine_stop                  all of it is gone, but for what lies in $root
#
# releases.sh says which releases are tested; roots.sh, where they are kept.

# shellcheck disable=SC2154 # $work comes from lib.sh

# shellcheck source=tests/system/roots.sh
. "$top_srcdir/tests/system/roots.sh"
# shellcheck source=tests/system/releases.sh
. "$top_srcdir/tests/system/releases.sh"

# shellcheck disable=SC2034 # for the test
machine_why=
machine_pid=
machine_nspawn=
machine_log=$work/machine.log
root=$work/root

# Whether this computer cannot do it; $machine_why says what is missing.
# shellcheck disable=SC2034
machine_unable() {
    if [ "$(id -u)" -ne 0 ]; then
        machine_why="only root can boot a machine"
    elif ! command -v systemd-nspawn >/dev/null; then
        machine_why="no systemd-nspawn (package systemd-container)"
    elif ! command -v debootstrap >/dev/null; then
        machine_why="no debootstrap"
    elif ! unshare --mount --pid --fork true 2>/dev/null; then
        machine_why="no namespaces may be made here"
    elif ! grep -qw cgroup2 /proc/filesystems; then
        machine_why="this kernel has no cgroup2"
    else
        return 1
    fi
}

# What the program needs there at run time, and the tests.
machine_packages() {
    echo dbus util-linux acl python3 python3-apt zstd
    case $1 in
    bookworm) echo libarchive13 libelf1 libjson-c5 libsmartcols1 libssl3 ;;
    *) echo libarchive13t64 libelf1t64 libjson-c5 libsmartcols1 libssl3t64 ;;
    esac
}

# machine_prepare RELEASE: 1 when it cannot be had.
machine_prepare() {
    # shellcheck disable=SC2046 # a list of words
    root_of_release "$1" $(machine_packages "$1") || return 1
    machine_unpack
}

# $root becomes what $root_archive holds, ready to boot.
machine_unpack() {
    rm -rf "$root"
    mkdir -p "$root" && tar -C "$root" -xpf "$root_archive" || return 1
    # Nothing the tests do not need: getty, timers that clean up.
    ln -sf /usr/lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
    for machine_unit in console-getty.service getty@.service systemd-resolved.service \
        systemd-networkd.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
        e2scrub_all.timer fstrim.timer systemd-timesyncd.service; do
        ln -sf /dev/null "$root/etc/systemd/system/$machine_unit"
    done
    echo "11111111111111111111111111111111" >"$root/etc/machine-id"
}

# The first process of the machine, as this computer numbers it.
machine_find_pid() {
    pgrep -P "$machine_nspawn" | while read -r machine_child; do
        case $(cat "/proc/$machine_child/comm" 2>/dev/null) in
        systemd) echo "$machine_child" && break ;;
        esac
    done
}

# Boots it and waits until it is up. What is written goes to memory, but for --keep: to $root. It
# has no network, but for --network: this computer's. Other options are systemd-nspawn's.
machine_boot() {
    machine_kept=--volatile=overlay machine_network=--private-network machine_options=
    for machine_option; do
        case $machine_option in
        --keep) machine_kept='' ;;
        --network) machine_network='' ;;
        *) machine_options="$machine_options $machine_option" ;;
        esac
    done
    # shellcheck disable=SC2086 # a list of words
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --directory="$root" \
        $machine_kept $machine_network $machine_options --register=no --keep-unit --boot \
        --console=read-only --kill-signal=SIGRTMIN+3 </dev/null >"$machine_log" 2>&1 &
    machine_nspawn=$!
    machine_waited=0
    until machine_pid=$(machine_find_pid) && [ -n "$machine_pid" ] &&
        machine_state=$(run systemctl is-system-running 2>/dev/null) ||
        [ "${machine_state:-}" = degraded ]; do
        machine_waited=$((machine_waited + 1))
        if [ "$machine_waited" -gt 150 ] || ! kill -0 "$machine_nspawn" 2>/dev/null; then
            echo "# the machine does not start"
            tail -n 20 "$machine_log" | sed 's/^/# /'
            machine_stop
            return 1
        fi
        sleep 0.2
    done
}

# run COMMAND…: inside the booted machine.
run() {
    nsenter --target "$machine_pid" --all -- /usr/bin/env -i \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME=/root TERM=dumb LC_ALL=C.UTF-8 "$@"
}

machine_stop() {
    [ -n "${machine_nspawn:-}" ] || return 0
    # A process that was entered and whose parent does not wait for it would keep the machine.
    (
        trap 'kill $machine_sleeper' TERM
        sleep 30 &
        machine_sleeper=$!
        wait $machine_sleeper && kill -KILL "$machine_nspawn"
    ) 2>/dev/null &
    machine_watchdog=$!
    kill -s RTMIN+3 "${machine_pid:-$machine_nspawn}" 2>/dev/null || true
    wait "$machine_nspawn" 2>/dev/null || true
    kill "$machine_watchdog" 2>/dev/null || true
    wait "$machine_watchdog" 2>/dev/null || true
    machine_nspawn=
    machine_pid=
}

# As the power goes; what was written is on the disk.
machine_kill() {
    kill -KILL "$machine_pid"
    wait "$machine_nspawn" 2>/dev/null || true
    machine_nspawn=
    machine_pid=
}
