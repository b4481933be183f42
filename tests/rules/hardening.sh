#!/bin/sh
# SPDX-License-Identifier: MIT
# What a program that runs as root is protected by, read from the built file: what the loader is
# asked for, and the checks that the compiler put in.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
program=${top_builddir:?}/unlockerctl
objects=$top_builddir/src

[ "${SANITIZERS:-no}" != yes ] || skip_all "a build with sanitizers is not hardened"
command -v readelf >/dev/null || skip_all "no readelf"
readelf -hldW "$program" >"$work/elf" 2>"$work/log" || skip_all "readelf cannot read the program"
readelf -W --dyn-syms "$program" >"$work/symbols"

shows() {
    grep -E "$1" "$work/elf" || { cat "$work/elf" && return 1; }
}

shows_no() {
    ! grep -E "$1" "$work/elf"
}

calls() {
    grep -E "UND +$1(@|\$)" "$work/symbols" || { cat "$work/symbols" && return 1; }
}

bound_at_once() {
    shows 'BIND_NOW|\(FLAGS.*NOW' && shows 'FLAGS_1.*NOW'
}

# The last -O of the flags; without one, or with -O0, glibc checks no buffers.
is_optimised() {
    level=
    for flag in ${BUILD_FLAGS:-}; do
        case $flag in -O*) level=$flag ;; esac
    done
    [ -n "$level" ] && [ "$level" != -O0 ]
}

marked() {
    readelf -nW "$1" 2>/dev/null | grep -q 'x86 feature: IBT, SHSTK'
}

# Every object, or those without.
objects_marked() {
    find "$objects" -name '*.o' >"$work/objects"
    [ -s "$work/objects" ] || return 1
    while read -r object; do
        marked "$object" || { echo "$object" && return 1; }
    done <"$work/objects"
}

# The C library's own parts of a program must be marked, or the linker marks nothing.
library_marked() {
    for part in Scrt1.o crti.o crtbeginS.o; do
        marked "$(${CC:-cc} -print-file-name=$part)" || return 1
    done
}

case $(${CC:-cc} -dumpmachine) in x86_64*) x86=yes ;; *) x86=no ;; esac

check "position-independent" shows 'Type: *DYN'
check "an executable, not a library" shows 'FLAGS_1.*PIE'
check "relocations are read-only afterwards" shows 'GNU_RELRO'
check "every symbol is bound at the start" bound_at_once
check "no executable stack" shows 'GNU_STACK .* RW +0x'
check "nothing both writable and executable" shows_no 'LOAD .* RWE '
check "no RPATH, RUNPATH, TEXTREL" shows_no 'RPATH|RUNPATH|TEXTREL'
check "the stack has a protector" calls __stack_chk_fail
if is_optimised; then
    check "buffers are checked" calls '__[a-z]+_chk'
else
    skip "buffers are checked" "built without optimisation"
fi
if [ $x86 = no ]; then
    skip "jumps and returns are checked: every object" "not an x86-64"
    skip "jumps and returns are checked: the program" "not an x86-64"
else
    check "jumps and returns are checked: every object" objects_marked
    if library_marked; then
        check "jumps and returns are checked: the program" marked "$program"
    else
        skip "jumps and returns are checked: the program" "the C library's own parts are not"
    fi
fi
plan
