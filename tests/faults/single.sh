#!/bin/sh
# SPDX-License-Identifier: MIT
# What happens to one file, or to one copy of it, does not keep the others from being patched or
# given back.

# shellcheck source=tests/faults/lib.sh
. "${top_srcdir:?}/tests/faults/lib.sh"

need_faults
command -v taskset >/dev/null || skip_all "no taskset"
originals=var/lib/vmware-unlocker/originals
processor=$(python3 -IS -c 'import os; print(min(os.sched_getaffinity(0)))')
debug=usr/lib/vmware/bin/vmware-vmx-debug

fresh() {
    rm -rf "$work/tree" && cp -a "$work/stock" "$work/tree"
}

# failing STATUS CALLS ERROR WHEN PATH VERB: these calls on that path fail. strace counts them by
# thread: there is only one.
failing() {
    failing_status=0
    taskset -c "$processor" strace -f -qq -o "$work/trace" -P "$5" \
        -e "trace=$2" -e "inject=$2:error=$3:when=$4" \
        "$UNLOCKERCTL" --root="$work/tree" "$6" \
        >"$work/out" 2>"$work/err" || failing_status=$?
    cat "$work/out" "$work/err"
    grep -q INJECTED "$work/trace" && [ "$failing_status" -eq "$1" ]
}

# One of the four is as it was, whole and with its attributes; the others are patched.
others_are_patched() {
    [ "$(attributes "$work/tree/$debug")" = "$(attributes "$work/stock/$debug")" ] &&
        same "$work/tree/$debug" "$work/stock/$debug" || return 1
    for role in vmx vmx-stats; do
        answers_all_osk "$(target "$work/tree" $role)" || return 1
    done
    ! same "$(target "$work/tree" vmwarebase)" "$(target "$work/stock" vmwarebase)" \
        >/dev/null 2>&1 && ! find "$work/tree" -name '.*.unlocker-*' | grep . &&
        ctl 3 --root="$work/tree" status && says '3 of 4'
}

# All that was patched can be given back, and the next run completes the rest.
next_runs() {
    ctl 0 --root="$work/tree" restore -n vmx vmx-stats vmwarebase &&
        ctl 0 --root="$work/tree" patch && says '4 of 4' && ctl 0 --root="$work/tree" verify &&
        ctl 0 --root="$work/tree" restore && diff -r "$work/stock/usr" "$work/tree/usr"
}

# breaks_off CALLS WHEN ERROR REASON
breaks_off() {
    fresh && failing 1 "$1" "$3" "$2" "$work/tree/$debug" patch &&
        complains "cannot patch: $work/tree/$debug: $4" &&
        [ "$(wc -l <"$work/err")" -eq 1 ] && others_are_patched && next_runs
}

# As it is digested, as its original is written, as its copy is made.
unreadable() {
    for when in 1+ 4+; do
        breaks_off pread64 $when EIO 'cannot be read (Input/output error)' || return 1
    done
    breaks_off copy_file_range 1+ EIO 'cannot be written (the copy of '
}

# An archive that cannot be written is made anew, without the file that makes it so large.
no_room() {
    fresh && python3 -IS -c 'import os, sys
with open(sys.argv[1], "ab") as file:
    file.write(os.urandom(4 << 20))' "$work/tree/$debug" &&
        touch -r "$work/stock/$debug" "$work/tree/$debug" || return 1
    room_status=0
    (
        trap '' XFSZ
        ulimit -f 4096
        exec "$UNLOCKERCTL" --root="$work/tree" patch
    ) >"$work/out" 2>"$work/err" || room_status=$?
    cat "$work/out" "$work/err"
    [ $room_status -eq 1 ] && complains "cannot patch: $work/tree/$debug: " &&
        ! answers_all_osk "$work/tree/$debug" && ctl 3 --root="$work/tree" status &&
        says '3 of 4' && ctl 0 --root="$work/tree" verify
}

# Two archives hold the same originals; the one that the receipts name is on a bad disk.
copy_fails() {
    fresh && ctl 0 --root="$work/tree" patch && ctl 0 --root="$work/tree" restore &&
        vmx=$(target "$work/tree" vmx) && size=$(stat -c %s "$vmx") &&
        printf other | dd of="$vmx" bs=1 seek=$((size - 40)) conv=notrunc 2>/dev/null &&
        touch "$work"/tree/usr/lib/vmware/bin/* "$(target "$work/tree" vmwarebase)" &&
        chmod 4755 "$vmx" && first=$(ls "$work/tree/$originals") &&
        ctl 0 --root="$work/tree" patch || return 1
    second=$(ls -I "$first" "$work/tree/$originals")
    [ -n "$second" ] && grep -q "$second" "$work"/tree/var/lib/vmware-unlocker/receipts/* &&
        cp -a "$work/tree" "$work/twice" || return 1
    # One file has no other original.
    for when in 1+ 2+; do
        rm -rf "$work/tree" && cp -a "$work/twice" "$work/tree" &&
            failing 1 read EIO $when "$work/tree/$originals/$second" restore &&
            says '3 of 4 original.' || return 1
        for role in vmx-debug vmx-stats vmwarebase; do
            same "$(target "$work/tree" $role)" "$(target "$work/stock" $role)" || return 1
        done
    done
}

# What lies in a directory that cannot be listed is not passed over in silence.
unlisted() {
    fresh || return 1
    unlisted_status=0
    strace -f -qq -o "$work/trace" -P "$work/tree/usr/lib/vmware/bin" -e trace=getdents64 \
        -e inject=getdents64:error=EIO "$UNLOCKERCTL" patch-file -n "$work/tree/usr/lib/vmware" \
        -o "$work/unlisted" >"$work/out" 2>"$work/err" || unlisted_status=$?
    cat "$work/out" "$work/err"
    grep -q INJECTED "$work/trace" && [ $unlisted_status -eq 1 ] &&
        complains "cannot patch: $work/tree/usr/lib/vmware/bin: cannot be read (Input/output"
}

# beside INJECTION MEANWHILE: a file system without hard links, and what else fails there. With
# MEANWHILE the name of the original is taken after it was seen to be free.
beside() {
    rm -f "$work"/one* && cp -a "$work/stock/$debug" "$work/one" || return 1
    beside_status=0
    # shellcheck disable=SC2086 # several options
    strace -f -qq -o "$work/trace" -e trace=linkat,renameat2,fsync -e inject=linkat:error=EPERM $1 \
        "$UNLOCKERCTL" patch-file "$work/one" >"$work/out" 2>"$work/err" &
    beside_pid=$!
    [ -z "$2" ] || { sleep .7 && echo precious >"$work/one.orig"; }
    wait $beside_pid || beside_status=$?
    cat "$work/out" "$work/err"
    grep -q INJECTED "$work/trace" && ! find "$work" -name '.one*' | grep .
}

# shellcheck disable=SC2015
no_hard_links() {
    flags_refused='-e inject=renameat2:error=EINVAL:when=1'
    for inject in '' "$flags_refused"; do
        beside "$inject" '' && [ "$beside_status" -eq 0 ] && answers_all_osk "$work/one" &&
            same "$work/one.orig" "$work/stock/$debug" &&
            [ "$(attributes "$work/one.orig")" = "$(attributes "$work/stock/$debug")" ] || return 1
    done
    slow='-e inject=fsync:delay_enter=2000000:when=1'
    for inject in "$slow" "$slow $flags_refused"; do
        beside "$inject" meanwhile && [ "$beside_status" -eq 1 ] &&
            complains 'already exists (one.orig): rename it' &&
            [ "$(cat "$work/one.orig")" = precious ] && same "$work/one" "$work/stock/$debug" ||
            return 1
    done
}

check "where no hard links are, a file that has the original's name stays" no_hard_links
check "a directory that cannot be listed is told" unlisted
check "a file that cannot be read is the only one that is not patched" unreadable
check "so is one whose original has no room" no_room
check "restore takes the next copy where one cannot be read" copy_fails
plan
