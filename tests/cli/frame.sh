#!/bin/sh
# SPDX-License-Identifier: MIT
# The command line itself: help, usage errors, exit statuses, and output that cannot be written.

set -u
unset NO_COLOR COLUMNS
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0

# check NAME COMMAND...: "ok" when the command succeeds.
check() {
    name=$1
    shift
    number=$((number + 1))
    if "$@" >"$work/log" 2>&1; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        sed 's/^/# /' "$work/log"
    fi
}

# ctl STATUS ARGUMENT...: runs the program, keeps its output in $work/out and $work/err.
ctl() {
    expected=$1
    shift
    status=0
    "${UNLOCKERCTL:?}" "$@" >"$work/out" 2>"$work/err" || status=$?
    [ "$status" -eq "$expected" ] || {
        echo "exit status $status, not $expected: $*"
        cat "$work/err"
        return 1
    }
}

says() {
    grep -qF -e "$1" "$work/out" || { echo "not said: $1" && cat "$work/out" && return 1; }
}

complains() {
    grep -qF -e "$1" "$work/err" || { echo "no complaint: $1" && cat "$work/err" && return 1; }
}

global_help() {
    ctl 0 --help && says 'Usage: unlockerctl' && says '--root=DIR' && says '--no-pager' &&
        [ ! -s "$work/err" ] && [ "$(wc -L <"$work/out")" -le 80 ]
}

version() {
    ctl 0 --version && grep -qE '^unlockerctl \(vmware-unlocker\) [0-9.]+$' "$work/out"
}

wrong_lines() {
    ctl 2 --nonsense && complains 'unknown option --nonsense' &&
        ctl 2 -x && complains 'unknown option -x' &&
        ctl 2 --root && complains '--root needs an argument' &&
        ctl 2 --root= && complains '--root needs a directory' &&
        ctl 2 --json=yes && complains '--json takes no argument' &&
        ctl 2 frobnicate-everything && complains 'unknown command frobnicate-everything: see' &&
        ctl 2 '' && [ ! -s "$work/out" ]
}

full_output() {
    status=0
    "$UNLOCKERCTL" --help >/dev/full 2>"$work/err" || status=$?
    [ "$status" -eq 1 ] && complains 'cannot print: standard output: No space left on device'
}

closed_output() {
    "$UNLOCKERCTL" --help >&- 2>"$work/err" && [ ! -s "$work/err" ]
}

closed_everything() {
    "$UNLOCKERCTL" --version <&- >&- 2>&-
}

reader_leaves() {
    { "$UNLOCKERCTL" --help 2>"$work/err" && echo 0 >"$work/status"; } | true
    [ -e "$work/status" ] && [ ! -s "$work/err" ]
}

check 'help is complete, on standard output, in 80 columns' global_help
check '--version' version
check 'a wrong command line is said and ends with 2' wrong_lines
check 'a full standard output is a failure' full_output
check 'a closed standard output is none' closed_output
check 'nor is everything closed' closed_everything
check 'a reader who leaves is no failure' reader_leaves
echo "1..$number"
