#!/bin/sh
# SPDX-License-Identifier: MIT
# Targets that are not just plain stock files: links, writers, partial files, updates, running VMs.

. "${top_srcdir:?}/tests/lib.sh"

need_python
make_tree "$work/stock" --size=1M || skip_all "$(cat "$work/unable")"
make_tree "$work/newer" --version=17.6.2 --build=24409262
make_tree "$work/half" --state=half

fresh() { # fresh [STATE]: $tree, a copy
    tree=$work/tree
    rm -rf "${tree:?}" "$tree.truth"
    cp -a "$work/${1:-stock}" "$tree"
    cp "$work/${1:-stock}.truth" "$tree.truth"
    bin=$tree/usr/lib/vmware/bin
}

run() { # run STATUS ARGUMENT...
    run_status=$1
    shift
    ctl "$run_status" --root="$tree" "$@"
}

sums() { # every file with its attributes; not when it was looked at
    (cd "$1" && find . -type f -o -type l | LC_ALL=C sort | while read -r name; do
        stat -c '%n %a %u:%g %s %y' "$name"
        [ -L "$name" ] || sha256sum "$name"
    done)
}

# Links ---------------------------------------------------------------------------------------

link_is_kept() {
    fresh
    mkdir -p "$tree/opt/real" &&
        mv "$bin/vmware-vmx" "$tree/opt/real/wrapped" &&
        ln -s /opt/real/wrapped "$bin/vmware-vmx" &&
        run 0 patch && [ -L "$bin/vmware-vmx" ] &&
        answers_all_osk "$tree/opt/real/wrapped" &&
        run 0 restore && [ -L "$bin/vmware-vmx" ] &&
        same "$tree/opt/real/wrapped" "$work/stock/usr/lib/vmware/bin/vmware-vmx"
}
check "a symbolic link is followed inside the root and stays one" link_is_kept

link_out_of_root() {
    fresh
    mkdir -p "$work/precious" && cp -a "$bin/vmware-vmx" "$work/precious/vmware-vmx" &&
        before=$(sums "$work/precious") && rm "$bin/vmware-vmx" &&
        ln -s "$work/precious/vmware-vmx" "$bin/vmware-vmx" &&
        run 3 patch && [ "$before" = "$(sums "$work/precious")" ] &&
        complains "symbolic link"
}
check "a link that leads out of the root is refused" link_out_of_root

directory_link_out_of_root() {
    fresh
    mv "$tree/usr" "$work/outside" && ln -s "$work/outside" "$tree/usr" &&
        before=$(sums "$work/outside") && run 4 patch
    directory_link_status=$?
    [ "$before" = "$(sums "$work/outside")" ] || directory_link_status=1
    rm -rf "$work/outside"
    return $directory_link_status
}
check "a directory that leads out of the root is no installation" directory_link_out_of_root

hard_link() {
    fresh
    ln "$bin/vmware-vmx" "$tree/other-name" && run 0 patch && says "hard link" &&
        answers_all_osk "$bin/vmware-vmx" &&
        same "$tree/other-name" "$work/stock/usr/lib/vmware/bin/vmware-vmx"
}
check "a hard-linked target is replaced under its own name only, and that is said" hard_link

not_regular() {
    fresh
    rm "$bin/vmware-vmx" "$bin/vmware-vmx-debug" && mkfifo "$bin/vmware-vmx" &&
        mkdir "$bin/vmware-vmx-debug" && run 3 patch && complains "not a regular file" &&
        [ -p "$bin/vmware-vmx" ] && [ -d "$bin/vmware-vmx-debug" ] &&
        answers_all_osk "$bin/vmware-vmx-stats"
}
check "a FIFO and a directory are refused, the others patched" not_regular

# States --------------------------------------------------------------------------------------

dry_run() {
    fresh
    before=$(sums "$tree") && run 0 patch --dry-run && says "OSK0 value" &&
        [ "$before" = "$(sums "$tree")" ] && run 0 patch -q && before=$(sums "$tree") &&
        run 0 restore --dry-run && [ "$before" = "$(sums "$tree")" ]
}
check "--dry-run shows the plan and changes nothing" dry_run

skipped() {
    fresh
    rm "$bin/vmware-vmx-debug" && : >"$bin/vmware-vmx-stats" && run 0 patch &&
        says "not installed" && says "0 bytes" && [ ! -s "$bin/vmware-vmx-stats" ] &&
        run 0 status
}
check "a missing target and one of 0 bytes are skipped and said" skipped

completed() {
    fresh half
    run 0 patch && says "completed" && says "no original" && answers_all_osk "$bin/vmware-vmx" &&
        [ -z "$(find "$tree/var/lib/vmware-unlocker/originals" -name '*.tar.*')" ] &&
        before=$(sums "$bin") && run 3 restore && complains "no original" &&
        [ "$before" = "$(sums "$bin")" ]
}
check "a partial file is completed, never archived, and not given back" completed

# Patched between the two passes of an installer: the archive has the first one's mode.
second_pass() {
    fresh
    chmod 0644 "$bin/vmware-vmx" && run 0 patch && chmod 04755 "$bin/vmware-vmx" &&
        run 0 restore && [ "$(stat -c %a "$bin/vmware-vmx")" = 4755 ] &&
        run 0 patch && chmod 0700 "$bin/vmware-vmx" && run 0 restore &&
        [ "$(stat -c %a "$bin/vmware-vmx")" = 4755 ]
}
check "set-uid given after the patch stays; what was taken away comes back" second_pass

patched_never_archived() {
    fresh
    run 0 patch && rm -rf "${tree:?}/var" && run 0 patch &&
        [ -z "$(find "$tree/var" -name '*.tar.*' 2>/dev/null)" ] && before=$(sums "$bin") &&
        run 3 restore && complains "no original" && [ "$before" = "$(sums "$bin")" ]
}
check "a patched file never enters the vault" patched_never_archived

half_undone() {
    fresh
    run 0 patch && python3 - "$bin/vmware-vmx" <<'PYTHON' && run 0 patch &&
import sys

with open(sys.argv[1], "r+b") as file:
    content = file.read()
    file.seek(content.index(b"ourhardwork"))
    file.write(bytes(32))
PYTHON
        says "completed" && run 0 restore &&
        same "$bin/vmware-vmx" "$work/stock/usr/lib/vmware/bin/vmware-vmx"
}
check "a patched file that was half undone is completed, and its original still known" half_undone

receipts_lost() {
    fresh
    run 0 patch && rm -f "$tree"/var/lib/vmware-unlocker/receipts/* && run 0 restore &&
        same "$bin/vmware-vmx" "$work/stock/usr/lib/vmware/bin/vmware-vmx"
}
check "originals are found without their receipts" receipts_lost

plain_tar() {
    fresh
    before=$(sums "$tree/usr") && run 0 patch && rm -rf "${tree:?}/usr" &&
        tar -C "$tree" -xpf "$tree"/var/lib/vmware-unlocker/originals/*.tar.* usr/lib/vmware/bin \
            usr/lib/vmware/lib &&
        mkdir -p "$tree/usr/lib/vmware/isoimages" &&
        cp -a "$work/stock/usr/lib/vmware/isoimages/." "$tree/usr/lib/vmware/isoimages/" &&
        sums "$tree/usr" >"$work/sums" && echo "$before" | diff - "$work/sums"
}
check_with zstd "tar alone gives the originals back, with mode and times" plain_tar

# Updates -------------------------------------------------------------------------------------

update_then_restore() {
    fresh
    run 0 patch && cp -a "$work/newer/usr/lib/vmware/bin/vmware-vmx" "$bin/vmware-vmx" &&
        run 0 restore && same "$bin/vmware-vmx" "$work/newer/usr/lib/vmware/bin/vmware-vmx" &&
        same "$bin/vmware-vmx-debug" "$work/stock/usr/lib/vmware/bin/vmware-vmx-debug"
}
check "restore leaves a file alone that an update brought" update_then_restore

update_then_patch() {
    fresh
    run 0 patch && cp -a "$work/newer/usr" "$work/newer/etc" "$tree/" && run 3 status &&
        run 0 patch &&
        answers_all_osk "$bin/vmware-vmx" &&
        [ "$(find "$tree/var/lib/vmware-unlocker/originals" -name '*.tar.*' | wc -l)" -eq 2 ] &&
        run 0 restore && same "$bin/vmware-vmx" "$work/newer/usr/lib/vmware/bin/vmware-vmx"
}
check "each build has its originals, and gets its own back" update_then_patch

some_targets() {
    fresh
    run 0 patch vmx "$bin/vmware-vmx-stats" && answers_all_osk "$bin/vmware-vmx" &&
        refuses_all_osk "$bin/vmware-vmx-debug" && answers_all_osk "$bin/vmware-vmx-stats" &&
        run 3 status && run 2 patch nonsense && complains nonsense && run 0 patch &&
        run 0 restore vmx && refuses_all_osk "$bin/vmware-vmx" &&
        answers_all_osk "$bin/vmware-vmx-debug"
}
check "targets can be named by role and by path" some_targets

# Others at work ------------------------------------------------------------------------------

# with_python CODE COMMAND...: runs the command while CODE holds something; it prints a line when
# it does, and ends when its standard input does.
with_python() {
    with_code=$1
    shift
    rm -f "$work/hold" "$work/ready"
    mkfifo "$work/hold" "$work/ready"
    python3 -c "$with_code" <"$work/hold" >"$work/ready" &
    with_pid=$!
    exec 8>"$work/hold"
    read -r _ <"$work/ready"
    "$@"
    with_status=$?
    exec 8>&-
    wait "$with_pid"
    return $with_status
}

writer="
import os, sys
fd = os.open('$work/tree/usr/lib/vmware/bin/vmware-vmx', os.O_RDWR)
print('ready', flush=True)
sys.stdin.read()
"
busy() {
    run 5 patch && complains "open for writing" &&
        same "$bin/vmware-vmx" "$work/stock/usr/lib/vmware/bin/vmware-vmx" &&
        answers_all_osk "$bin/vmware-vmx-debug"
}
fresh
check "a target that is open for writing is left alone, the others patched" \
    with_python "$writer" busy

locker="
import fcntl, os, sys
os.makedirs('$work/tree/etc/vmware-installer', exist_ok=True)
fd = os.open('$work/tree/etc/vmware-installer/database.lck', os.O_RDWR | os.O_CREAT)
fcntl.flock(fd, fcntl.LOCK_EX)
print('ready', flush=True)
sys.stdin.read()
os.unlink('$work/tree/etc/vmware-installer/database.lck')
"
installer() {
    run 5 patch && complains "installer is running" &&
        same "$bin/vmware-vmx" "$work/stock/usr/lib/vmware/bin/vmware-vmx"
}
fresh
check "nothing is patched while VMware's installer is running" with_python "$locker" installer
check "... and everything is once it ended" run 0 patch

holder="
import fcntl, os, sys, threading
fd = os.open('$work/tree/var/lib/vmware-unlocker/lock', os.O_RDWR)
fcntl.flock(fd, fcntl.LOCK_EX)
os.ftruncate(fd, 0)
os.pwrite(fd, b'%d\n' % os.getpid(), 0)
print('ready', flush=True)
threading.Timer(1, os._exit, [0]).start()
sys.stdin.read()
"
waits() {
    run 0 restore && complains "waiting for another run to end" &&
        complains "/tree/var/lib/vmware-unlocker/lock is held by pid "
}
fresh
run 0 patch
check "a second run waits, and says for whom" with_python "$holder" waits

running_vm() {
    fresh
    "$bin/vmware-vmx" --sleep 60 "$work/Some VM.vmx" &
    vm=$!
    run 3 status && says "1 VM" && run 0 patch && says "Some VM.vmx" && says "starts next" &&
        run 0 status && says "still runs the previous version"
    running_status=$?
    kill "$vm"
    return $running_status
}
check "a running VM is named, before and after" running_vm

# Root is not told to run it as root.
# shellcheck disable=SC2016 # a command, quoted in a sentence
immutable() {
    fresh
    chattr +i "$bin/vmware-vmx" && run 1 patch && complains "may not be written" &&
        complains ': `lsattr` shows whether it is immutable; else' && ! complains 'as root' &&
        answers_all_osk "$bin/vmware-vmx-debug"
    immutable_status=$?
    chattr -i "$bin/vmware-vmx" && [ "$immutable_status" -eq 0 ] &&
        same "$bin/vmware-vmx" "$work/stock/usr/lib/vmware/bin/vmware-vmx" && run 0 patch
}
read_only() {
    fresh
    mkdir -p "$work/mounted" && mount -t tmpfs -o size=16M tmpfs "$work/mounted" || return 1
    cp -a "$tree/." "$work/mounted/"
    mount -o remount,ro "$work/mounted"
    tree=$work/mounted
    run 1 patch && complains "is on a read-only file system" && run 3 status
    read_only_status=$?
    umount "$work/mounted"
    return $read_only_status
}
full() {
    fresh
    mkdir -p "$work/mounted" && mount -t tmpfs -o size=16M tmpfs "$work/mounted" || return 1
    cp -a "$tree/." "$work/mounted/"
    tree=$work/mounted
    bin=$tree/usr/lib/vmware/bin
    before=$(sums "$tree/usr")
    dd if=/dev/zero of="$tree/full" bs=64k 2>/dev/null
    run 1 patch && complains "no space left in $tree/var/lib/vmware-unlocker: free" &&
        [ "$before" = "$(sums "$tree/usr")" ] &&
        [ -z "$(find "$tree" -name '.*.unlocker-*')" ] && rm "$tree/full" && run 0 patch &&
        answers_all_osk "$bin/vmware-vmx"
    full_status=$?
    umount "$work/mounted"
    return $full_status
}
no_flag=$(no_immutable_flag)
if [ -z "$no_flag" ]; then
    check "an immutable target is left alone and said" immutable
else
    skip "an immutable target is left alone and said" "$no_flag"
fi
if mkdir -p "$work/try" && mount -t tmpfs tmpfs "$work/try" 2>/dev/null && umount "$work/try"; then
    check "a read-only root is said" read_only
    check "on a full disk nothing changes, and the next run works" full
else
    skip "a read-only root is said" "nothing can be mounted here"
    skip "on a full disk nothing changes, and the next run works" "nothing can be mounted here"
fi

# Who may ---------------------------------------------------------------------------------------

none() {
    mkdir -p "$work/none" && ctl 4 --root="$work/none" patch && ctl 4 --root="$work/none" &&
        [ -z "$(ls -A "$work/none")" ]
}
check "without VMware it says so and makes no store" none

ordinary_status() {
    fresh
    chmod 0755 "$work" && run 0 patch && before=$(sums "$tree") &&
        setpriv --reuid=65534 --regid=65534 --clear-groups "${UNLOCKERCTL:?}" --root="$tree" \
            >"$work/out" && says "4 of 4 patched" && says "kept" &&
        [ "$before" = "$(sums "$tree")" ]
}
ordinary_patch() {
    fresh
    cp "${UNLOCKERCTL:?}" "$work/unlockerctl" && chown -R 65534:65534 "$tree" &&
        chmod 04755 "$bin"/vmware-vmx* &&
        setpriv --reuid=65534 --regid=65534 --clear-groups "$work/unlockerctl" --root="$tree" \
            patch &&
        answers_all_osk "$bin/vmware-vmx" &&
        [ "$(stat -c '%a %u' "$bin/vmware-vmx")" = "4755 65534" ]
}
if [ "$(id -u)" -eq 0 ]; then
    check_with setpriv "an ordinary user's status tells all and changes nothing" ordinary_status
    check_with setpriv "an ordinary user patches a root of theirs" ordinary_patch
else
    skip "an ordinary user's status tells all and changes nothing" "not root"
    skip "an ordinary user patches a root of theirs" "not root"
fi

plan
