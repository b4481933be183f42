#!/bin/sh
# SPDX-License-Identifier: MIT
# Archives of originals that no run ever wrote: refused, in little time and memory, and nothing is
# written but what was there.

# shellcheck source=tests/hostile/lib.sh
. "${top_srcdir:?}/tests/hostile/lib.sh"
command -v zstd >/dev/null || skip_all "no zstd"

# What the archives would have written to.
outside_make() {
    rm -rf "$work/outside" && mkdir -p "$work/outside" && echo precious >"$work/outside/precious" &&
        sums "$work/outside" >"$work/outside.before"
}

outside_is_whole() {
    sums "$work/outside" | diff "$work/outside.before" -
}

# A patched tree whose archive was made into KIND.
hostile_store() {
    fresh && outside_make && run 0 patch || return 1
    for archive in "$tree"/var/lib/vmware-unlocker/originals/*; do
        python3 "$top_srcdir/tests/hostile/archive.py" "$1" "$archive" "$work/outside" || return 1
    done
}

# What a run may use. Sanitizers need terabytes of address space for themselves.
limited() {
    # shellcheck disable=SC3045
    ([ "${SANITIZERS:-no}" != no ] || ulimit -v 400000
        run "$@")
}

each_target_is_whole() {
    for file in vmware-vmx vmware-vmx-debug vmware-vmx-stats; do
        cmp -s "$bin/$file" "$work/stock/usr/lib/vmware/bin/$file" ||
            answers_all_osk "$bin/$file" || return 1
    done
}

refused() {
    hostile_store "$1" || return 1
    refused_begun=$(date +%s)
    limited '1|3' verify && outside_is_whole || return 1
    for verb in list status restore "prune --dry-run"; do
        # shellcheck disable=SC2086 # with its options
        limited '0|1|3' $verb && outside_is_whole || return 1
    done
    [ $(($(date +%s) - refused_begun)) -le 60 ] || { echo "too slow" && return 1; }
    no_leftovers && each_target_is_whole && ! find "$tree" -name 'evil*' | grep . &&
        ! find "$tree" ! -type f ! -type d | grep .
}

# The checker itself: an archive that is only packed anew is not refused.
sound() {
    ! refused sound
}
check "an archive that is sound is not refused" sound
for kind in traversal absolute symlink hardlink device fifo directory digest extra twice \
    truncated garbage million bomb; do
    check "an archive: $kind" refused $kind
done
plan
