#!/bin/sh
# SPDX-License-Identifier: MIT
# A disk with room for the archive and one copy only: targets then wait for each other. With less
# than one copy nothing is patched, and everything stays as it is.

. "${top_srcdir:?}/tests/faults/lib.sh"

if [ -z "${IN_OWN_MOUNTS-}" ]; then
    unshare --mount true 2>/dev/null || skip_all "mounts need root"
    rm -rf "$work"
    IN_OWN_MOUNTS=yes exec unshare --mount --propagation private sh "$0"
fi
make_tree "$work/stock" --size=8M || skip_all "$(cat "$work/unable")"

# on_disk MIB: the tree on a disk with so much more room than it takes itself.
on_disk() {
    umount "$work/disk" 2>/dev/null
    mkdir -p "$work/disk"
    disk_used=$(du -sm "$work/stock" | cut -f 1)
    mount -t tmpfs -o size=$((disk_used + $1))M tmpfs "$work/disk" || return 1
    cp -a "$work/stock" "$work/disk/tree"
}

# Noise of 3 × 8 MiB does not compress: the archive takes 25 MiB.
one_copy_is_enough() {
    on_disk 38 && ctl 0 --root="$work/disk/tree" patch && says "4 of 4" &&
        ctl 0 --root="$work/disk/tree" verify &&
        ctl 0 --root="$work/disk/tree" restore && same_tree
}

same_tree() {
    diff -r "$work/stock/usr" "$work/disk/tree/usr"
}

# lacks DIRECTORY PATTERN: said of what failed, and how much.
lacks() {
    grep -q "no space left in $1: free $2 MB, then run the command again" "$work/err" ||
        { cat "$work/err" && return 1; }
}

less_is_not() {
    on_disk 29 && ctl 1 --root="$work/disk/tree" patch &&
        lacks "$work/disk/tree/usr/lib/vmware/bin" '[1-9]' &&
        cmp "$(target "$work/stock" vmx)" "$(target "$work/disk/tree" vmx)" &&
        ! find "$work/disk/tree/usr" -name '.*.unlocker-*' | grep .
}

# The archive of all does not fit, that of the library does.
part_of_archive() {
    on_disk 10 && ctl 1 --root="$work/disk/tree" patch &&
        lacks "$work/disk/tree/var/lib/vmware-unlocker" '[23][0-9]' &&
        says '1 of 4 patched.' && ctl 0 --root="$work/disk/tree" verify &&
        for role in vmx vmx-debug vmx-stats; do
            same "$(target "$work/stock" $role)" "$(target "$work/disk/tree" $role)" || return 1
        done && ctl 0 --root="$work/disk/tree" restore && same_tree
}

no_archive() {
    on_disk 1 && { ! cat /dev/zero >"$work/disk/full" 2>/dev/null; } &&
        ctl 1 --root="$work/disk/tree" patch && freed && same_tree
}

# What it says is enough, and half of it is not.
freed() {
    room=$(sed -n 's/.*no space left in .*: free \([0-9]*\) MB,.*/\1/p' "$work/err" | head -n 1)
    echo "to be freed: $room MB" && [ "$room" -gt 8 ] || return 1
    mount -o remount,size=$((disk_used * 1024 + 1024 + room * 500))k "$work/disk" &&
        ctl 1 --root="$work/disk/tree" patch &&
        mount -o remount,size=$((disk_used * 1024 + 1024 + room * 1000))k "$work/disk" &&
        ctl 0 --root="$work/disk/tree" patch && says '4 of 4' &&
        ctl 0 --root="$work/disk/tree" restore
}

# The library's directory is a disk of its own, without room for a copy: the others go on, and what
# is said is enough.
one_is_full() {
    on_disk 60 || return 1
    library=$(target "$work/disk/tree" vmwarebase)
    directory=${library%/*}
    cp -a "$directory" "$work/library" &&
        mount -t tmpfs -o size=$(($(stat -c %s "$library") / 1024 + 12))k tmpfs "$directory" &&
        cp -a "$work/library/." "$directory" && ctl 1 --root="$work/disk/tree" patch &&
        lacks "$directory" '[1-9]' && [ "$(grep -c 'cannot patch' "$work/err")" -eq 1 ] &&
        says '3 of 4 patched.' && same "$library" "$(target "$work/stock" vmwarebase)" &&
        ! find "$work/disk/tree/usr" -name '.*.unlocker-*' | grep . || return 1
    for role in vmx vmx-debug vmx-stats; do
        answers_all_osk "$(target "$work/disk/tree" $role)" || return 1
    done
    free=$(sed -n 's/.*free \([0-9]*\) MB,.*/\1/p' "$work/err")
    mount -o remount,size=$(($(stat -c %s "$library") / 1024 + 12 + free * 1000))k "$directory" &&
        ctl 0 --root="$work/disk/tree" patch && says '4 of 4 patched.' &&
        ctl 0 --root="$work/disk/tree" restore && same_tree
    one_status=$?
    umount "$directory"
    return $one_status
}

check "one target's own disk is full: the others are patched" one_is_full
check "room for the archive and one copy: all is patched, one after the other" one_copy_is_enough
check "no room for a copy: said, and left alone" less_is_not
check "room for a part of the archive: that part is patched" part_of_archive
check "no room for the archive: said, and nothing is touched" no_archive
umount "$work/disk"
plan
