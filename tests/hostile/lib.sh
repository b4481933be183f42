# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the scripts of this folder share: a fresh tree, what is in it, and the proof that a file
# outside it was left alone.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"

[ "$(id -u)" -eq 0 ] || skip_all "not root"
need_python

# What was mounted goes first, then what is below it stays whole.
unmount_all() {
    awk -v work="$work/" 'index($5, work) == 1 { print $5 }' /proc/self/mountinfo | tac |
        while read -r place; do umount -l "$place"; done
}
trap 'unmount_all; rm -rf --one-file-system "$work"' EXIT

make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
chmod 0755 "$work"

# fresh_at DIRECTORY: $tree, a copy of the stock one.
fresh() {
    fresh_at "$work/tree"
}
fresh_at() {
    tree=$1
    rm -rf "${tree:?}"
    cp -a "$work/stock" "$tree"
    bin=$tree/usr/lib/vmware/bin
}

# run STATUS ARGUMENT...
run() {
    run_status=$1
    shift
    ctl "$run_status" --root="$tree" "$@"
}

# sums DIRECTORY: everything in it with its attributes; not when it was looked at.
sums() {
    (cd "$1" && find . | sort | while read -r name; do
        stat -c '%n %F %a %u:%g %s %y' "$name"
        [ ! -f "$name" ] || [ -L "$name" ] || sha256sum "$name"
    done)
}

no_leftovers() {
    leftovers=$(find "$tree" -name '.*.unlocker-*')
    [ -z "$leftovers" ] || { echo "left: $leftovers" && return 1; }
}

# Every target is the stock one, byte for byte, with its attributes.
all_stock() {
    (cd "$work/stock/usr" && find . -type f) | while read -r name; do
        same "$work/stock/usr/$name" "$tree/usr/$name" || return 1
        [ "$(attributes "$work/stock/usr/$name")" = "$(attributes "$tree/usr/$name")" ] ||
            { echo "not as it was: $name" && return 1; }
    done
}

all_patched() {
    for name in vmx vmx-debug vmx-stats; do
        answers_all_osk "$bin/vmware-$name" && [ "$(stat -c %a "$bin/vmware-$name")" = 4755 ] ||
            return 1
    done
}
