#!/bin/sh
# SPDX-License-Identifier: MIT
# What a run may cost, in counts that do not depend on the machine: how often a file is read, how
# much memory is held, how few calls a run makes that has nothing to do.

. "${top_srcdir:?}/tests/lib.sh"

need_python
need_strace
make_tree "$work/tree" --size=25M || skip_all "$(cat "$work/unable")"
vmx=$work/tree/usr/lib/vmware/bin/vmware-vmx

# Bytes that a run reads from a file by read calls: $work/trace holds the calls, -y their paths.
bytes_read() {
    python3 - "$work/trace" "$1" <<'PYTHON'
import re, sys

total, begun = 0, {}
for line in open(sys.argv[1], errors="replace"):
    thread, call = re.match(r"(\d*) *(.*)", line).groups()
    if call.endswith(" <unfinished ...>"):
        begun[thread] = call
    elif call.startswith("<... "):
        call = begun.pop(thread, "") + call
    found = re.match(r"(?:read|pread64|copy_file_range)\(\d+<([^>]*)>.* = (\d+)$", call)
    if found and found.group(1) == sys.argv[2]:
        total += int(found.group(2))
print(total)
PYTHON
}

traced() {
    strace -f -y -o "$work/trace" -e trace=read,pread64,copy_file_range,mmap,openat \
        "${UNLOCKERCTL:?}" --root="$work/tree" "$@" >"$work/out"
    traced_status=$?
    # AddressSanitizer's own threads and leaks are not what is measured.
    [ "$traced_status" -le 3 ]
}

size=$(stat -c %s "$vmx")

reads_at_most() { # reads_at_most TIMES
    reads=$(bytes_read "$vmx")
    echo "$reads bytes of $size"
    [ "$reads" -le $((size * $1)) ]
}

check "status runs" traced status
check "status reads a file once, for its digest" reads_at_most 1
check "patch runs" traced patch
# The digest, the archive, the staged copy.
check "patch reads a file three times, one of them in the kernel" reads_at_most 3
check "a second patch runs" traced patch
check "patch with nothing to do reads no file" reads_at_most 0

# What no run is known to have put in place is digested, too.
restore_reads() {
    touch -d '2024-02-29 01:02:03.5' "$work"/tree/usr/lib/vmware/bin/vmware-vmx* &&
        traced restore && reads_at_most 2 && ! reads_at_most 1 && traced patch &&
        traced restore && reads_at_most 1 && traced patch
}
check "restore reads a file that a run put in place once, to compare it" restore_reads

leaves_no_trace() {
    : >"$work/now"
    sleep 0.01
    ctl 0 --root="$work/tree" patch && says "Nothing to do" || return 1
    find "$work/tree" -newer "$work/now" | grep . && return 1
    rm -rf "$work/bare" && cp -a "$work/tree" "$work/bare" && rm -r "$work/bare/var" &&
        ctl 0 --root="$work/bare" patch && [ ! -e "$work/bare/var" ]
}
check "patch with nothing to do writes nothing, and makes no store" leaves_no_trace

ends_a_hold() {
    ctl 0 --root="$work/tree" hold && ctl 0 --root="$work/tree" patch &&
        ctl 0 --root="$work/tree" status && ! says "off" &&
        [ ! -e "$work/tree/var/lib/vmware-unlocker/hold" ]
}
check "… but it ends a hold" ends_a_hold

repairs() {
    for leftover in usr/lib/vmware/bin/.vmware-vmx.unlocker-0123456789abcdef \
        var/lib/vmware-unlocker/originals/.x.tar.zst.unlocker-0123456789abcdef; do
        : >"$work/tree/$leftover"
        ctl 0 --root="$work/tree" patch && [ ! -e "$work/tree/$leftover" ] || return 1
    done
}
check "… and removes what a killed run left" repairs

opens() { # opens VERB: how many files below originals/ and receipts/ it opens
    strace -f -y -o "$work/trace" -e trace=openat "${UNLOCKERCTL:?}" --root="$work/tree" "$1" \
        >"$work/out"
    grep -c '/vmware-unlocker/\(originals\|receipts\)>, ".' "$work/trace"
}

# A store of many builds: archives and receipts that nothing installed was made from.
fill_store() {
    store=$work/tree/var/lib/vmware-unlocker
    archive=$(ls "$store/originals")
    for i in $(seq 100 350); do
        cp "$store/originals/$archive" "$store/originals/older-$i-${archive##*-}" &&
            echo "{}" >"$store/receipts/$(printf '%064d' "$i").json" || return 1
    done
    sleep 3
    ctl 0 --root="$work/tree" restore vmx-stats && ctl 0 --root="$work/tree" patch
}

many_are_not_opened() {
    fill_store || return 1
    for verb in patch status list; do
        opened=$(opens "$verb")
        echo "$verb: $opened"
        [ "$opened" -le 20 ] || return 1
    done
    # What no run is known to have put in place is digested, and its receipt looked for.
    rm "$store/judged"
    opened=$(opens patch)
    echo "$opened"
    [ "$opened" -le 20 ] && says "Nothing to do" && rm "$store"/receipts/[1-9a-f]* &&
        ctl 0 --root="$work/tree" patch || return 1
    rm "$store"/originals/older-* "$store"/receipts/000000* && ctl 0 --root="$work/tree" verify
}

faults_at_most() { # faults_at_most MORE: page faults of a run over those of --version
    python3 - "$1" "$work/full" <<'PYTHON'
import os, subprocess, sys

def faults(*words):
    pid = os.posix_spawn(os.environ["UNLOCKERCTL"], [os.environ["UNLOCKERCTL"], *words],
                         os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", 1, 0)])
    _, status, usage = os.wait4(pid, 0)
    assert status == 0
    return usage.ru_minflt + usage.ru_majflt

more = faults(f"--root={sys.argv[2]}", "patch") - faults("--version")
print(f"{more} page faults")
sys.exit(more > int(sys.argv[1]))
PYTHON
}

check "patch, status and list open few files of a store of many" many_are_not_opened

# Each file is looked through once, sixteen pages a fault, and the receipts are parsed.
if [ "${SANITIZERS:-no}" = yes ]; then
    skip "patch with nothing to do looks through each file once" "sanitizers touch more"
else
    head -c 25M /dev/urandom >"$work/pad"
    make_tree "$work/full" --pad="$work/pad" || skip_all "$(cat "$work/unable")"
    ctl 0 --root="$work/full" patch
    check "patch with nothing to do looks through each file once" \
        faults_at_most $((4 * 25 * 16 + 400))
fi

peak_below() { # peak_below KIB ARGUMENT...: of what the program holds at once
    python3 - "$@" <<'PYTHON'
import os, resource, subprocess, sys

limit = int(sys.argv[1])
subprocess.run([os.environ["UNLOCKERCTL"], *sys.argv[2:]], check=True, stdout=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"{peak} KiB of {limit} KiB")
sys.exit(peak > limit)
PYTHON
}

# A copy is looked through while archives are compressed or read.
limit=$((size / 1024 + 28 * 1024))
if [ "${SANITIZERS:-no}" = yes ]; then
    skip "restore and patch hold less than the largest target and 28 MiB" "sanitizers hold more"
else
    check "restore holds less than the largest target and 28 MiB" \
        peak_below "$limit" --root="$work/tree" restore
    check "patch holds less than the largest target and 28 MiB" \
        peak_below "$limit" --root="$work/tree" patch
fi
plan
