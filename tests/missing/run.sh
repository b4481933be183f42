#!/bin/sh
# SPDX-License-Identifier: MIT
# Each tool that the tests can do without is taken away in turn: the tests that name it must say
# that it is missing, rather than fail.
#
#     sh tests/missing/run.sh BUILD_DIR [TOOL…]

if [ $# -eq 0 ]; then
    echo "usage: ${0##*/} BUILD_DIR [TOOL…]" >&2
    exit 2
fi
top_builddir=$(cd "$1" && pwd) || exit 2
top_srcdir=$(cd "$(dirname "$0")/../.." && pwd)
UNLOCKERCTL=$top_builddir/unlockerctl CC=${CC:-cc} SANITIZERS=no
BUILD_FLAGS=$(sed -n 's/^\(AM_CFLAGS\|CFLAGS\) = //p' "$top_builddir/Makefile" | paste -sd ' ')
export UNLOCKERCTL top_srcdir top_builddir CC SANITIZERS BUILD_FLAGS
shift

# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"

# Where several stand together, no test that needs one of them is skipped whole for another.
optional='python3 jq strace zstd+taskset+script+setpriv+flock bash zsh+fish xz zip bsdtar readelf nm
    mandoc+clang-format+shellcheck+codespell systemd-analyze+journalctl'
! command -v x86_64-w64-mingw32-gcc >/dev/null || optional="$optional wine"
[ $# -eq 0 ] || optional=$*

# Links to all programs there are, in the order of a login's PATH.
farm=$work/bin
mkdir "$farm" "$work/logs"
for place in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
    [ ! -d $place ] || find $place/ -mindepth 1 -maxdepth 1 ! -type d -print0 |
        xargs -0r ln -st "$farm" 2>/dev/null
done

# How tests name it: some are words of other languages, too.
word_of() {
    case $1 in
    bash) echo 'command -v bash|in bash zsh' ;;
    python3) echo 'python3|need_python' ;;
    strace) echo 'strace|need_strace|can_strace' ;;
    script) echo 'command -v script|check_with script' ;;
    xz | zip) echo bsdtar ;;
    *) echo "$1" ;;
    esac
}

# tests_with TOOL…: those that name one, comments aside.
tests_with() {
    with=$(for tool; do word_of "$tool"; done | paste -sd '|')
    with="(^|[^[:alnum:]_-])($with)([^[:alnum:]_-]|\$)"
    sed -nE 's,^\t(tests/[^ ]*\.sh)( \\)?$,\1,p' "$top_srcdir/tests/tests.am" |
        grep -E '^tests/(cli|swap|rules)/|^tests/layouts/(image-real|refusals|standin|variants)' |
        while read -r name; do
        ! sed 's/^ *#.*//' "$top_srcdir/$name" | grep -qE "$with" || echo "$name"
    done
}

# Where more is missing than the one, it may be that which a test names.
short=
[ "$(id -u)" -eq 0 ] || short=root
for tool in $(echo "$optional" | tr + ' '); do [ -e "$farm/$tool" ] || short="$short $tool"; done
[ -z "$short" ] || echo "# not here: $short"

# A test, with what is in the farm; its output in $log.
cat >"$work/one" <<'SH'
log=$1/$(echo "$2" | tr / .)
sh "$top_srcdir/$2" >"$log" 2>&1 </dev/null
grep -q '^1\.\.' "$log" || echo "not ok - $2 does not come to its end" >>"$log"
SH

# without TOOL…
without() {
    tests_with "$@" >"$work/named"
    mkdir "$work/away" && for tool; do mv "$farm/$tool" "$work/away/" || return 1; done
    PATH=$farm xargs -P "$(nproc)" -I '{}' sh "$work/one" "$work/logs" '{}' <"$work/named"
    mv "$work/away"/* "$farm/" && rmdir "$work/away"
    grep -A20 '^not ok' "$work/logs"/* | sed "s|^$work/logs/||" >"$work/failures"
    cat "$work/logs"/* >"$work/all" && rm -f "$work/logs"/*
    cat "$work/failures"
    for tool; do
        [ -n "$short" ] || grep -qE "# SKIP.*[^[:alnum:]_-]$tool" "$work/all" ||
            echo "no test says that it misses $tool"
    done | tee -a "$work/failures"
    [ ! -s "$work/failures" ]
}

for group in $optional; do
    here='' away=''
    for tool in $(echo "$group" | tr + ' '); do
        if [ -e "$farm/$tool" ]; then here="$here $tool"; else away="$away $tool"; fi
    done
    [ -z "$away" ] || skip "without$away" "missing here as well"
    # shellcheck disable=SC2086 # a list of words
    [ -z "$here" ] || check "without$here" without $here
done
plan
