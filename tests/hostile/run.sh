#!/bin/sh
# SPDX-License-Identifier: MIT
# Others at work on the same files, odd trees and file systems, archives that somebody made up, a
# caller that means no good. Root, and minutes; what is mounted is
# seen by its suite alone, and gone with it.
#
#     sh tests/hostile/run.sh BUILD_DIR [SUITE...]     SUITE: concurrency,
#                                                    trees, privilege, vault
#
# HOSTILE_ROUNDS  rounds of the concurrency suite, 1000 when not set

if [ $# -eq 0 ]; then
    echo "usage: ${0##*/} BUILD_DIR [SUITE...]" >&2
    exit 2
fi
UNLOCKERCTL=$(cd "$1" && pwd)/unlockerctl || exit 2
top_srcdir=$(cd "$(dirname "$0")/../.." && pwd)
export UNLOCKERCTL top_srcdir
shift

# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"

[ "$(id -u)" -eq 0 ] || skip_all "not root"
need_python

# suite NAME: its TAP, numbered on from what came before.
suite() {
    echo "# $1"
    unshare --mount sh "$top_srcdir/tests/hostile/$1.sh" >"$work/tap" || echo "# $1: exit status $?"
    awk -v n="$number" '/^(not )?ok / { sub(/ok [0-9]+/, "ok " ++n) } !/^1\.\./' "$work/tap"
    number=$((number + $(grep -cE '^(not )?ok ' "$work/tap")))
    ! grep -q '^not ok' "$work/tap" || suites_failed=yes
    # One that is skipped whole has said why in its plan.
    grep '^1\.\.0 # SKIP' "$work/tap" | sed 's/^/# /'
    if ! grep -q '^1\.\.' "$work/tap"; then
        check "$1 comes to its end" false
        suites_failed=yes
    fi
}

suites_failed=
[ $# -gt 0 ] || set -- concurrency trees privilege vault
for name in "$@"; do
    if [ -f "$top_srcdir/tests/hostile/$name.sh" ]; then
        suite "$name"
    else
        check "there is a suite $name" false
        suites_failed=yes
    fi
done
plan
[ -z "$suites_failed" ]
