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

total = 0
for line in open(sys.argv[1], errors="replace"):
    found = re.match(r"(?:\d+ +)?(?:read|pread64|copy_file_range)\(\d+<([^>]*)>.* = (\d+)$", line)
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
# The digest, the archive, the staged copy, the comparison.
check "patch reads a file four times, one of them in the kernel" reads_at_most 4
check "a second patch runs" traced patch
check "patch with nothing to do reads no file" reads_at_most 0

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

limit=$((size / 1024 + 16 * 1024))
if [ "${SANITIZERS:-no}" = yes ]; then
    skip "restore and patch hold less than the largest target and 16 MiB" "sanitizers hold more"
else
    check "restore holds less than the largest target and 16 MiB" \
        peak_below "$limit" --root="$work/tree" restore
    check "patch holds less than the largest target and 16 MiB" \
        peak_below "$limit" --root="$work/tree" patch
fi
plan
