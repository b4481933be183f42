#!/bin/sh
# SPDX-License-Identifier: MIT
# On one processor, and where threads cannot be had, all of them or one: the same is done, by the
# thread that is there.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
need_strace
make_tree "$work/stock" --size=2M || skip_all "$(cat "$work/unable")"
cp -a "$work/stock" "$work/tree"
ctl 0 --root="$work/tree" patch || exit 1
mv "$work/tree" "$work/patched"

targets_are_of() {
    for role in vmx vmx-debug vmx-stats vmwarebase; do
        cmp "$(target "$work/tree" $role)" "$(target "$work/$1" $role)" || return 1
    done
}

# with COMMAND…: there and back by the command that runs the program, or is it.
with() {
    rm -rf "$work/tree"
    cp -a "$work/stock" "$work/tree" && "$@" "${UNLOCKERCTL:?}" --root="$work/tree" patch &&
        targets_are_of patched && "$@" "$UNLOCKERCTL" --root="$work/tree" restore &&
        targets_are_of stock
}

on_one_processor() {
    rm -f "$work/trace"
    with taskset -c "$(taskset -cp $$ | sed 's/.*[ ,-]//')" strace -f -A \
        -o "$work/trace" -e trace=clone,clone3 && [ -e "$work/trace" ] && ! grep clone "$work/trace"
}

refused() {
    refused_when=$1
    shift
    strace -f -A -o "$work/trace" -e trace=clone,clone3 \
        -e inject=clone,clone3:error=EAGAIN:when="$refused_when" "$@"
}

threads_refused() {
    rm -f "$work/trace"
    with refused "$1" && [ "$(grep -c INJECTED "$work/trace")" -ge 2 ]
}

check_with taskset "on one processor" on_one_processor
if [ "$(nproc)" -eq 1 ]; then
    skip "where threads are refused" "there is one processor, and no thread is asked for"
else
    check "where no thread can be had" threads_refused 1+
    for nth in 1 2 3 4 5; do
        check "where thread $nth cannot be had" threads_refused $nth
    done
fi
plan
