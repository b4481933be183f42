#!/bin/sh
# SPDX-License-Identifier: MIT
# What is shown fits the terminal, in colour or not, and in a locale without UTF-8 is plain ASCII.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
# A short path, as a real one is.
cd "$work" || exit 1
tree=t
make_tree "$tree" || skip_all "$(cat "$work/unable")"
ctl 0 "--root=$tree" patch || exit 1
mkdir -p "$tree/proc" && printf '%s\t: %s\n' vendor_id AuthenticAMD flags 'svm hypervisor' \
    'model name' 'A Processor With a Name That Is Rather Long For What It Does, 16 Cores' \
    >"$tree/proc/cpuinfo"

# each COMMAND…: of every verb that shows something.
each() {
    for verb in status list "list -v" "list 17.6.1" verify "patch -n" "restore -n" "prune -n" \
        doctor tools "inspect $tree/usr/lib/vmware/bin/vmware-vmx" \
        "inspect $tree/usr/lib/vmware/lib/libvmwarebase.so/libvmwarebase.so"; do
        "$@" "$verb" || { echo "$verb" && return 1; }
    done
}

# Lines in characters, not bytes; a SHA-256 and its label are wider than nothing.
fits() {
    # shellcheck disable=SC2086 # with its options
    LC_ALL=$locale COLUMNS=80 ctl '0|1|3' "--root=$tree" $1 || return 1
    LC_ALL=C.UTF-8 wc -L <"$work/out" >"$work/width"
    [ "$(cat "$work/width")" -le 80 ] || { awk 'length > 80' "$work/out" && return 1; }
    [ -s "$work/out" ] || return 1
    [ "$locale" != C ] || ! LC_ALL=C grep -n '[^ -~]' "$work/out"
}

fits_everywhere() {
    for locale in C C.UTF-8; do
        each fits || return 1
    done
}

# On a wide terminal nothing is broken that need not be.
wide() {
    COLUMNS=200 ctl 0 "--root=$tree" list -v &&
        grep -qE '17.6.1 \(build 24319023\) .* vmware-workstation-17.6.1.*\.zst' "$work/out" &&
        COLUMNS=200 ctl '0|3' "--root=$tree" doctor &&
        grep -q 'CPUID masks, 13 and later only with OpenCore$' "$work/out"
}

# A name ends a line only behind "/" or "-", a sentence only between words, a digest nowhere.
unbroken() {
    for columns in 80 100; do
        COLUMNS=$columns ctl 0 "--root=$tree" list -v &&
            tr -s ' \n' '\n' <"$work/out" | sed -n '/./p' >"$work/words" &&
            grep -qx 'Workstation' "$work/words" && grep -qx '24319023)' "$work/words" &&
            ! grep -vE '^([A-Za-z0-9().:-]+|.*/.*)$' "$work/words" &&
            grep -qE '^(.*-)?[0-9a-f]{12}\.tar\.(zst|gz)$' "$work/words" || return 1
        COLUMNS=$columns ctl 0 "--root=$tree" list -v 17.6.1 &&
            [ "$(grep -cxE '  [0-9a-f]{64}' "$work/out")" -eq 4 ] || return 1
    done
    long=$(printf 'a-rather-long-name/%.0s' 1 2 3 4 5)
    mkdir -p "$long" && cp -a "$tree" "${long}t" && COLUMNS=80 ctl 0 "--root=${long}t" patch -n &&
        grep -x "  ${long}t/usr/lib/vmware" "$work/out"
}

# What goes wrong is told in lines that fit the terminal, broken between words.
complaints_fit() {
    rm -rf bad && cp -a "$tree" bad && echo words >bad/usr/lib/vmware/bin/vmware-vmx || return 1
    for verb in 'patch -n' status; do
        TERM=xterm NO_COLOR=1 script -qec \
            "stty cols 80; $UNLOCKERCTL --root=bad --no-pager $verb" /dev/null </dev/null |
            as_seen | tr -d '\r' >"$work/out"
        cat "$work/out"
        [ "$(wc -L <"$work/out")" -le 80 ] || return 1
        tr -s ' \n' ' ' <"$work/out" | grep -qF \
            'is not a binary of a known format (magic number): reinstall VMware' || return 1
    done
}

# The colours that a dark and a light terminal both show: none of them white, black or blue.
colours() {
    for verb in status doctor verify; do
        TERM=xterm script -qec "$UNLOCKERCTL --root=$tree --no-pager $verb" /dev/null </dev/null \
            >"$work/out" 2>&1
        LC_ALL=C grep -aoE "$(printf '\033')\\[[0-9;]*m" "$work/out" | LC_ALL=C tr -d '\033' |
            sort -u >"$work/colours"
        # shellcheck disable=SC2015 # either way it has failed
        [ -s "$work/colours" ] && ! grep -E '(^|[;[])([34](0|4|7)|9[07]|10[0-7])(;|m)' \
            "$work/colours" || { cat "$work/colours" && return 1; }
    done
}

check "80 columns are enough, with UTF-8 and without" fits_everywhere
check "200 columns are used" wide
check "no word is broken" unbroken
check_with script "complaints fit the terminal" complaints_fit
check_with script "colours that a dark and a light terminal show" colours
plan
