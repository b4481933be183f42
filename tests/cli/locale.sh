#!/bin/sh
# SPDX-License-Identifier: MIT
# In a Turkish locale, where I and i are no pair, the program has the same results as in C.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v localedef >/dev/null || skip_all "no localedef"
mkdir "$work/locales"
localedef -i tr_TR -f UTF-8 "$work/locales/tr_TR.UTF-8" >"$work/made" 2>&1 ||
    skip_all "the locale cannot be made: $(head -n 1 "$work/made")"
LOCPATH=$work/locales
TEST_LOCALE=tr_TR.UTF-8
# What glibc remembers of LOCPATH it never frees.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export LOCPATH TEST_LOCALE ASAN_OPTIONS

# It must be in effect, or nothing is tried: Turkish dotless i.
in_effect() {
    [ "$(LC_ALL=$TEST_LOCALE python3 -IS -c '
import ctypes, locale
locale.setlocale(locale.LC_ALL, "")
libc = ctypes.CDLL(None)
print(hex(libc.towupper(ord("i"))), locale.localeconv()["decimal_point"])')" = '0x130 ,' ]
}

# What names, keys and words of files are compared with, in capitals and not.
names_in_capitals() {
    make_tree "$work/tree" >"$work/made" || { cat "$work/unable" && return 1; }
    printf '%s = "%s"\n' GUESTOS darwin21-64 FIRMWARE efi SMC.PRESENT TRUE \
        VIRTUALHW.VERSION 19 >"$work/vm.vmx"
    ctl '0|3' --root="$work/tree" --json doctor "$work/vm.vmx" &&
        cp "$work/out" "$work/turkish" &&
        TEST_LOCALE=C.UTF-8 ctl '0|3' --root="$work/tree" --json doctor "$work/vm.vmx" &&
        cmp "$work/out" "$work/turkish" &&
        ctl 0 --root="$work/tree" patch && says '4 of 4 patched.' &&
        ctl 0 --root="$work/tree" restore &&
        says '4 of 4 original.' && ctl 0 --root="$work/tree" patch &&
        ctl 0 --root="$work/tree" status --prometheus && ! grep -n '[0-9],[0-9]' "$work/out"
}

# same_in_both ARGUMENT…: the program says the same, and ends the same, in the locale C.UTF-8.
same_in_both() {
    echo "$*"
    ctl '0|1|3' --root="$work/tree" "$@" && cp "$work/out" "$work/turkish" &&
        both_status=$ctl_status &&
        TEST_LOCALE=C.UTF-8 ctl "$both_status" --root="$work/tree" "$@" &&
        cmp "$work/out" "$work/turkish"
}

same_results() {
    vmx=$(target "$work/tree" vmx)
    base=$(target "$work/tree" vmwarebase)
    for file in "$vmx" "$base" /bin/ls; do
        same_in_both inspect "$file" && same_in_both --json inspect "$file" &&
            same_in_both dump-smc "$file" || return 1
    done
    for verb in status verify list doctor tools 'patch -n' 'prune -n'; do
        # shellcheck disable=SC2086
        same_in_both --json $verb && same_in_both $verb || return 1
    done
}

# suite SCRIPT: all that it tries has the same outcome here.
suite() {
    sh "$top_srcdir/tests/cli/$1" >"$work/suite" 2>&1
    ! grep -A 20 '^not ok' "$work/suite" && grep -q '^1\.\.' "$work/suite"
}

check "the locale is in effect" in_effect
check "keys in capitals mean the same" names_in_capitals
check "what is shown is the same" same_results
# Where words of files and of the command line are compared, in scripts of few seconds.
for script in doctor.sh json.sh; do
    check "$script" suite $script
done
plan
