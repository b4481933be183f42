#!/bin/sh
# SPDX-License-Identifier: MIT
# What bootstrap says: how far a step is, why it failed, what will be installed; and that README
# tells the same. tests/packages runs it on machines.
# shellcheck disable=SC2015,SC2034,SC2317 # what is sourced uses them

. "${top_srcdir:?}/tests/lib.sh"

tree=$work build=$work/build family=apt
mkdir -p "$build"

# with PART COMMAND…: in a shell of its own, as bootstrap would run it.
with() {
    (
        die() {
            printf 'bootstrap: %s\n' "$*" >&2
            exit 1
        }
        # shellcheck source=/dev/null
        . "$top_srcdir/packaging/bootstrap/$1.sh"
        shift
        "$@"
    ) >"$work/out" 2>"$work/err" </dev/null
}

five_of_nine() {
    echo "5 of 9 done"
}

slow_step() {
    step_every=1
    step Slowly "$build/slow.log" five_of_nine sh -c 'echo noise; sleep 2.5'
}

line_every_while() {
    with progress slow_step && [ "$(grep -c '^Slowly' "$work/out")" -ge 3 ] &&
        says '5 of 9 done' && says 'build/slow.log' && ! grep -q noise "$work/out" &&
        grep -qx noise "$build/slow.log"
}

failing_step() {
    step Failing "$build/fail.log" no_count sh -c 'seq 100; exit 7' || step_failed
}

failure_shows_end() {
    ! with progress failing_step && complains 'exit status 7' && complains 'build/fail.log' &&
        [ "$(grep -cx '[0-9][0-9]*' "$work/err")" -eq 20 ] && ! grep -qx 80 "$work/err" &&
        grep -qx 100 "$work/err"
}

# plan_is WORDS: what is read from $work/plan.
plan_is() {
    with packages plan_read || return 1
    [ "$(cat "$work/out")" = "$1" ] || { cat "$work/out" "$work/err" && return 1; }
}

plan_read() {
    read_plan <"$work/plan"
}

plan_of_apt() {
    cat >"$work/plan" <<'APT'
0 upgraded, 93 newly installed, 0 to remove and 0 not upgraded.
Need to get 85.4 MB of archives.
After this operation, 342 MB of additional disk space will be used.
APT
    plan_is '93 packages, 85.4 MB to download, 342 MB on disk'
}

plan_of_dnf() {
    cat >"$work/plan" <<'DNF'
Install  61 Packages

Total download size: 60 M
Installed size: 210 M
DNF
    plan_is '61 packages, 60 MB to download, 210 MB on disk'
}

servers_named() {
    cat >"$build/lists.log" <<'APT'
Ign:1 http://one.example/debian stable InRelease
W: Failed to fetch http://one.example/debian/x  Temporary failure resolving 'one.example'
APT
    with packages unreached_hosts "$build/lists.log" && says one.example &&
        [ "$(wc -l <"$work/out")" -eq 1 ] || return 1
    echo 'Hit:2 http://two.example/debian stable InRelease' >>"$build/lists.log"
    ! with packages unreached_hosts "$build/lists.log"
}

systems_named() {
    sh "$top_srcdir/tests/packages/tried.sh" >"$work/tried" &&
        grep -qxF -f "$work/tried" "$top_srcdir/README.md" || { cat "$work/tried" && return 1; }
}

# Every verb of bootstrap is among README's commands, and its help fits.
verbs_named() {
    sh "$top_srcdir/bootstrap" --help >"$work/out" || return 1
    ! LC_ALL=C.UTF-8 grep -nE '^.{81}' "$work/out" || return 1
    for verb in install uninstall check; do
        says "./bootstrap $verb" && grep -q "^    .*\./bootstrap $verb" "$top_srcdir/README.md" ||
            { echo "README does not show: ./bootstrap $verb" && return 1; }
    done
}

check "a step in a pipe: a line every while, noise to the log" line_every_while
check "a step that fails: the last 20 lines, status and log" failure_shows_end
check "apt's plan: how many, how much" plan_of_apt
check "dnf's plan, too" plan_of_dnf
check "servers that cannot be reached are named, unless one could be" servers_named
check "README names the systems that are tried, no others" systems_named
check "README shows every command of bootstrap" verbs_named
plan
