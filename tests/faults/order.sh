#!/bin/sh
# SPDX-License-Identifier: MIT
# Every durable step comes in its order: data before names, the vault before the first target.

. "${top_srcdir:?}/tests/faults/lib.sh"

need_faults

# in_order RUN ARGUMENT...: RUN is what order.py calls it.
in_order() {
    order_run=$1
    shift
    strace -f -y -o "$work/trace" "${UNLOCKERCTL:?}" --root="$work/tree" "$@" >/dev/null || return 1
    python3 "$faults_folder/order.py" "$work/trace" "$order_run" >"$work/order"
    order_status=$?
    cat "$work/order"
    order_points=$((order_points + $(sed -n 's/^# \([0-9]*\) points$/\1/p' "$work/order")))
    return $order_status
}

# VMware was updated since it was patched: what was kept of the older build can go.
update() {
    rm -rf "$work/tree/usr" "$work/tree/etc"
    cp -a "$work/stock/usr" "$work/stock/etc" "$work/tree"
}

order_points=0
cp -a "$work/older" "$work/tree"
check "patch keeps the order" in_order patch patch
check "restore keeps the order" in_order restore restore
check "a second patch runs" ctl 0 --root="$work/tree" patch
update
check "the service's run keeps the order" in_order patch patch --auto --settle=20ms
check "prune keeps the order" in_order prune prune
check "hold keeps the order" in_order hold hold
check "release keeps the order" in_order release release
echo "# $order_points points"
plan
