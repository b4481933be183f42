#!/bin/sh
# SPDX-License-Identifier: MIT
# Everything that can go wrong, tried: kills at every call, errors of every call, disks that are
# full or read-only, power that fails. Takes minutes, so `make check` tries a part only.
#
#     sh tests/faults/run.sh BUILD_DIR [SUITE...]      SUITE: kill, errors,
#                                                    short, disks, power, shown
#
# FAULTS_JOBS    points tried at once, 2 when not set
# FAULTS_FULL=1  every point of every suite, however long it takes

if [ $# -eq 0 ]; then
    echo "usage: ${0##*/} BUILD_DIR [SUITE...]" >&2
    exit 2
fi
UNLOCKERCTL=$(cd "$1" && pwd)/unlockerctl || exit 2
top_srcdir=$(cd "$(dirname "$0")/../.." && pwd)
export UNLOCKERCTL top_srcdir
shift

. "$top_srcdir/tests/faults/lib.sh"

need_faults

# suite NAME COMMAND...: its TAP, numbered on from what came before.
suite() {
    suite_name=$1
    shift
    echo "# $suite_name"
    "$@" >"$work/tap" || echo "# $suite_name: exit status $?"
    awk -v n="$number" '/^(not )?ok / { sub(/ok [0-9]+/, "ok " ++n) } !/^1\.\./' "$work/tap"
    if ! grep -q '^1\.\.' "$work/tap"; then
        check "$suite_name comes to its end" false
    fi
    number=$((number + $(grep -cE '^(not )?ok ' "$work/tap")))
    ! grep -q '^not ok' "$work/tap" || suites_failed=yes
    points=$((points + $(sed -n 's/^# \([0-9]*\) points.*/\1/p' "$work/tap" | tail -n 1)))
}

build_short() {
    ${CC:-cc} -shared -fPIC -o "$work/short.so" "$faults_folder/short.c" -ldl 2>"$work/log" ||
        { skip short "no C compiler: $(head -n 1 "$work/log")" && return 1; }
}

# Mounts that nobody else sees, and that end with the checker.
may_mount() {
    unshare --mount mount -t tmpfs faults "$work" 2>/dev/null ||
        { skip "$1" "cannot mount" && return 1; }
    ! no_images=$(no_image_mounts) || { skip "$1" "$no_images" && return 1; }
}

with_mounts() {
    unshare --mount python3 "$faults_folder/$1" "${UNLOCKERCTL:?}" "$work/stock" "$work/older"
}

suites_failed=
points=0
[ $# -gt 0 ] || set -- kill errors short disks power shown
for name in "$@"; do
    case $name in
    short) if build_short; then suite "$name" faults short.py "$work/short.so"; fi ;;
    disks | power) if may_mount "$name"; then suite "$name" with_mounts "$name.py"; fi ;;
    errors) suite "$name" faults errors.py ;;
    shown) suite "$name" faults shown.py ;;
    kill) suite "$name" faults kill.py ;;
    *) check "there is a suite $name" false ;;
    esac
done
echo "# $points points in all"
plan
[ -z "$suites_failed" ]
