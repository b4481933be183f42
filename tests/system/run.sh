#!/bin/sh
# SPDX-License-Identifier: MIT
# Boots Debian's systemd, several releases of it, installs this build and lets VMware come and go.
# See machine.sh for what it needs. With arguments, only these groups: installing trouble moments
# places ways images desktop boots.

scenarios=${0%/*}
# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
# shellcheck source=tests/system/machine.sh
. "$scenarios/machine.sh"
# shellcheck source=tests/cli/desktop-lib.sh
. "$top_srcdir/tests/cli/desktop-lib.sh"
# shellcheck source=tests/system/vmware.sh
. "$scenarios/vmware.sh"
for group in installing trouble moments places ways images desktop; do
    # shellcheck source=/dev/null
    . "$scenarios/$group.sh"
done
groups=${*:-installing trouble moments places ways images desktop boots}

! machine_unable || skip_all "$machine_why"
command -v jq >/dev/null || skip_all "no jq"
[ -x "${top_builddir:?}/unlockerctl" ] || skip_all "not built in $top_builddir"
make_tree "$work/first" || skip_all "$(cat "$work/unable")"
make_tree "$work/second" --version=17.6.2 --build=24409262 --first=v1 --decoys ||
    skip_all "$(cat "$work/unable")"
trees=$work running='' started=''
# shellcheck disable=SC2086 # a number, or none
trap 'kill $running 2>/dev/null; wait; rm -rf "$trees"' EXIT

# on RELEASE GROUP: one boot.
on() {
    on_begun=$(date +%s)
    on_options=
    case $2 in
    boots) on_options=--keep ;;
    desktop) desktop_prepare "$1" || return ;;
    esac
    # shellcheck disable=SC2086 # an option, or none
    machine_boot $on_options ||
        { check "$1: boots" false && return; }
    "scenarios_$2" "$1"
    machine_stop
    [ "$2" != desktop ] || desktop_end
    echo "# $1: $2 took $(($(date +%s) - on_begun)) s"
}

# all_on RELEASE: its groups one after the other, and no other machine beside it: machines may
# share one tree of control groups, and then each meets processes there that it cannot see.
all_on() {
    (
        trap 'machine_stop; desktop_end' EXIT
        trap 'exit 1' HUP INT TERM
        for group in $groups; do on "$1" "$group"; done
    ) >"$work/tap" 2>&1 &
    running=$!
    wait $running
    running=
    started="$started $1"
}

for release in $machine_releases; do
    work=$trees/$release root=$trees/$release/root machine_log=$trees/$release/machine.log
    mkdir -p "$work"
    if ! machine_prepare "$release"; then
        skip "$release" "cannot be had from this computer's package sources"
        continue
    fi
    vmware_prepare
    case $? in
    0) all_on "$release" ;;
    2) skip "$release" "a program built here does not run there: $(head -n 1 "$work/runs.log")" ;;
    *) check "$release: make install" false ;;
    esac
done
work=$trees

# One list of what they printed.
for release in $started; do cat "$work/$release/tap"; done |
    awk -v number="$number" '
        /^(not )?ok [0-9]/ { sub(/ok [0-9]+/, "ok " ++number) }
        { print }
        END { print "1.." number }' >"$work/tap"
cat "$work/tap"
! grep -q '^not ok' "$work/tap"
