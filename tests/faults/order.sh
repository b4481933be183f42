#!/bin/sh
# SPDX-License-Identifier: MIT
# Every durable step comes in its order: data before names, the vault before the first target.

. "${top_srcdir:?}/tests/lib.sh"

need_python
need_strace
make_tree "$work/tree" || skip_all "$(cat "$work/unable")"
mark_file "$work/tree/usr/lib/vmware/bin/vmware-vmx"

trace() {
    strace -f -y -o "$work/trace" "${UNLOCKERCTL:?}" --root="$work/tree" "$1" >/dev/null
}

order() {
    python3 "$top_srcdir/tests/faults/order.py" "$work/trace" "$@"
}

check "patch runs under strace" trace patch
check "patch keeps the order" order
check "restore runs under strace" trace restore
check "restore keeps the order" order --restore
plan
