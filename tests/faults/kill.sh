#!/bin/sh
# SPDX-License-Identifier: MIT
# Whatever call a run is killed at, nothing is lost and the next run repairs what is left.

. "${top_srcdir:?}/tests/lib.sh"

need_python
need_strace
make_tree "$work/tree" || skip_all "$(cat "$work/unable")"
mark_file "$work/tree/usr/lib/vmware/bin/vmware-vmx"
python3 "$top_srcdir/tests/faults/kill.py" "${UNLOCKERCTL:?}" "$work/tree"
