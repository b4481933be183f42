#!/bin/sh
# SPDX-License-Identifier: MIT
# In a Turkish locale, where I and i are no pair, the core of the tests has the same results.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v localedef >/dev/null || skip_all "no localedef"
mkdir "$work/locales"
localedef -i tr_TR -f UTF-8 "$work/locales/tr_TR.UTF-8" >"$work/made" 2>&1 ||
    skip_all "the locale cannot be made: $(head -n 1 "$work/made")"
LOCPATH=$work/locales
TEST_LOCALE=tr_TR.UTF-8
export LOCPATH TEST_LOCALE

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
        TEST_LOCALE=C ctl '0|3' --root="$work/tree" --json doctor "$work/vm.vmx" &&
        cmp "$work/out" "$work/turkish" &&
        grep -qE '"id":"firmware","level":"ok"|"firmware"' "$work/turkish" &&
        ctl 0 --root="$work/tree" patch && says '4 of 4 patched.' &&
        ctl 0 --root="$work/tree" status --prometheus && ! grep -n '[0-9],[0-9]' "$work/out"
}

# suite NAME: each of its checks that does not fail in C.
suite() {
    sh "$top_srcdir/tests/cli/$1.sh" >"$work/tap" 2>"$work/tap.err"
    grep -q '^1\.\.' "$work/tap" || { tail -n 20 "$work/tap.err" && return 1; }
    ! grep -A 20 '^not ok' "$work/tap"
}

check "the locale is in effect" in_effect
check "keys in capitals mean the same" names_in_capitals
for name in formats inspect json doctor; do
    if [ -f "$top_srcdir/tests/cli/$name.sh" ]; then
        check "$name.sh" suite $name
    fi
done
plan
