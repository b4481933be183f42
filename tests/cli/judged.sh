#!/bin/sh
# SPDX-License-Identifier: MIT
# status and list do not read a file again that nobody has touched since a run put it in place. What
# they go by is given wrong digests here: wherever a file may have changed, the right ones are told.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all "no jq"
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
tree=$work/tree
vmx=$tree/usr/lib/vmware/bin/vmware-vmx
judged=$tree/var/lib/vmware-unlocker/judged

# A patched tree whose files are older than a second; what is known of them is a lie.
renew() {
    rm -rf "$tree" && cp -a "$work/stock" "$tree" &&
        touch -d '2024-02-29 01:02:03.5' "$tree"/usr/lib/vmware/bin/vmware-vmx* \
            "$(target "$tree" vmwarebase)" || return 1
    [ $# -eq 0 ] || "$@" || return 1
    ctl 0 --root="$tree" patch && [ -s "$judged" ] && lie
}

lie() {
    sed 's/[0-9a-f]\{64\}$/0000000000000000000000000000000000000000000000000000000000000000/' \
        "$judged" >"$work/lie" && cat "$work/lie" >"$judged"
}

# tells_of_vmx OPTION…: the digest that status has.
tells_of_vmx() {
    ctl 0 --root="$tree" --json status "$@" && jq -r '
        [.. | objects | select(.role? == "vmx") | .sha256 | strings][0]' "$work/out" >"$work/told"
}

is_recalled() {
    tells_of_vmx && grep -q '^00*$' "$work/told"
}

is_read() {
    tells_of_vmx "$@" && sha256sum <"$vmx" | cut -d' ' -f1 >"$work/true" &&
        diff "$work/true" "$work/told"
}

untouched() {
    renew && is_recalled && is_read --verify && is_recalled &&
        ctl 0 --root="$tree" verify && ctl 0 --root="$tree" restore && lie &&
        ctl 0 --root="$tree" list && says ' no' && ctl 0 --root="$tree" verify
}

true_ones() {
    renew && ctl 0 --root="$tree" restore && grep -q "$(sha256sum <"$vmx" | cut -d' ' -f1)" \
        "$judged" && ctl 0 --root="$tree" release && ctl 0 --root="$tree" patch &&
        grep -q "$(sha256sum <"$vmx" | cut -d' ' -f1)" "$judged" && is_read &&
        ctl 0 --root="$tree" list && says yes
}

# Bytes that no table has, in place, and no longer; the time of the change is taken back.
rewrite() {
    python3 -IS - "$1" <<'PYTHON'
import os, sys

before = os.stat(sys.argv[1])
with open(sys.argv[1], "r+b") as file:
    file.seek(9)
    file.write(b"\7")
os.utime(sys.argv[1], ns=(before.st_atime_ns, before.st_mtime_ns))
PYTHON
}

rewritten() {
    renew && is_recalled && rewrite "$vmx" && is_read
}

replaced() {
    renew && is_recalled && cp -p "$vmx" "$work/copy" && rewrite "$work/copy" &&
        mv "$work/copy" "$vmx" && is_read
}

touched() {
    renew && is_recalled && touch -d '2023-01-01' "$vmx" && is_read &&
        renew && chmod g-r "$vmx" && is_read
}

# An installer wrote the file in the very second in which it was patched.
fresh() {
    renew touch "$vmx" && is_read && rewrite "$vmx" && is_read
}

# not_believed COMMAND…
not_believed() {
    echo "$*"
    renew && is_recalled && "$@" && is_read
}

linked() {
    mv "$judged" "$judged.away" && ln -s judged.away "$judged"
}

damaged() {
    not_believed chmod g+w "$judged" && not_believed chmod o+w "$judged" &&
        not_believed linked && not_believed truncate -s 100 "$judged" &&
        not_believed sed -i 's/^/x/' "$judged" && not_believed rm "$judged" || return 1
    [ "$(id -u)" -ne 0 ] || not_believed chown 1 "$judged"
}

# A run that decides goes by what it reads, and repairs nothing that is whole.
decides_nothing() {
    renew && ctl 0 --root="$tree" prune -n && ctl 0 --root="$tree" patch && is_recalled &&
        ctl 0 --root="$tree" restore && same "$vmx" "$work/stock/${vmx#"$tree/"}"
}

# told_before ROLE: the digest of the patched file that restore tells.
told_before() {
    jq -r --arg role "$1" '
        [.. | objects | select(.role? == $role) | .sha256_before | strings][0]' "$work/out"
}

# restores_after LIE…: all four come back, and their digests are told as they were.
restores_after() {
    renew && "$@" && (cd "$tree" && sha256sum usr/lib/vmware/bin/vmware-vmx*) >"$work/sums" &&
        ctl 0 --root="$tree" --json restore && is_restored || return 1
    for name in vmx vmx-debug vmx-stats; do
        grep -q "^$(told_before "$name")  usr/lib/vmware/bin/vmware-$name\$" "$work/sums" ||
            return 1
    done
}

is_restored() {
    for file in usr/lib/vmware/bin/vmware-vmx usr/lib/vmware/bin/vmware-vmx-debug \
        usr/lib/vmware/bin/vmware-vmx-stats; do
        same "$tree/$file" "$work/stock/$file" || return 1
    done
}

# Each file has the digest of the next one, which has a receipt, too.
exchange_digests() {
    (cd "$tree" && sha256sum usr/lib/vmware/bin/vmware-vmx-debug usr/lib/vmware/bin/vmware-vmx \
        usr/lib/vmware/bin/vmware-vmx) | cut -d' ' -f1 >"$work/digests"
    stat -c %i "$vmx" "$vmx-debug" "$vmx-stats" | paste - "$work/digests" |
        while read -r inode digest; do
            sed -i "/^[0-9]* $inode /s/[0-9a-f]*\$/$digest/" "$judged" || return 1
        done
    [ "$(sed -n 's/.* //p' "$judged" | sort -u | grep -c -F -f "$work/digests")" -eq 2 ]
}

misled() {
    restores_after true && restores_after exchange_digests
}

unwritable() {
    renew && rm "$judged" && mkdir "$judged" && ctl 0 --root="$tree" restore && is_stock
}

is_stock() {
    same "$vmx" "$work/stock/${vmx#"$tree/"}" && ctl 3 --root="$tree" status
}

check "a file that nobody has touched is not read again, but with --verify" untouched
check "patch and restore keep the digests of what they put in place" true_ones
check "a file that was written to, with its mtime set back, is read" rewritten
check "a file in whose place another of the same size and mtime came is read" replaced
check "a file whose times or mode were changed is read" touched
check "a file that was written in the second in which it was patched is read" fresh
check "a list that others could have written, or a damaged one, is not believed" damaged
check "prune, patch and restore go by what they read" decides_nothing
check "restore is not misled by wrong digests, and tells the right ones" misled
check "a list that cannot be written fails no run" unwritable
plan
