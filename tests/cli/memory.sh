#!/bin/sh
# SPDX-License-Identifier: MIT
# No memory: each verb is run as often as there are ways to ask for some, and each time one request
# is refused. It ends by itself; without success it says why; with success it has done and said the
# same as ever.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"

[ "${SANITIZERS:-no}" != yes ] || skip_all "sanitizers have their own memory"
need_python
make_tree "$work/tree" || skip_all "$(cat "$work/unable")"
${CC:-cc} -std=gnu17 -O1 -shared -fPIC -o "$work/no-memory.so" \
    "$top_srcdir/tests/cli/no-memory.c" >"$work/log" 2>&1 ||
    skip_all "no library for the program to be run with: $(head -n 1 "$work/log")"

# fresh TREE: an untouched copy of it in $work/root.
fresh() {
    rm -rf "$work/root"
    cp -a "$1" "$work/root"
}

# starved FAIL_AT ARGUMENT…: runs it, output in $work/out and $work/err, and sets $status.
starved() {
    at=$1
    shift
    status=0
    timeout 60 env LD_PRELOAD="$work/no-memory.so" FAIL_AT="$at" FAIL_COUNT="$work/count" \
        "${UNLOCKERCTL:?}" "$@" >"$work/out" 2>"$work/err" || status=$?
    # When it was run differs in any case.
    sed -i 's/^\(vmware_unlocker_time_seconds{.*}\) .*/\1/' "$work/out"
}

# Every target is as it was, or patched whole.
whole() {
    for role in vmx vmx-debug vmx-stats vmwarebase; do
        cmp -s "$(target "$work/root" $role)" "$(target "$work/tree" $role)" ||
            cmp -s "$(target "$work/root" $role)" "$(target "$work/patched" $role)" ||
            { echo "neither the original nor patched: $role" && return 1; }
    done
}

# each_request CHANGES TREE STATUS ARGUMENT…: the verb with each request refused once. STATUS:
# without a refusal. CHANGES: yes when it writes, then each begins with a fresh copy of TREE.
each_request() {
    changes=$1 tree=$2 usual=$3
    shift 3
    fresh "$tree"
    starved 0 "$@"
    [ "$status" -eq "$usual" ] || { echo "status $status" && cat "$work/err" && return 1; }
    cp "$work/out" "$work/usual"
    read -r requests <"$work/count"
    refused=0
    n=1
    while [ $n -le "$requests" ]; do
        [ "$changes" = no ] || fresh "$tree"
        starved $n "$@"
        after_refusal "$@" || { tell_way "request $n of $requests: $*" && return 1; }
        n=$((n + 1))
    done
    echo "$requests $refused" >>"$work/points"
    [ "$requests" -gt 0 ]
}

# Where the refused request came from.
tell_way() {
    echo "$1"
    sed 1d "$work/count" | addr2line -sfpe "${UNLOCKERCTL:?}" 2>/dev/null || true
}

after_refusal() {
    if [ "$status" -gt 120 ]; then
        echo "ended by a signal or not at all: $status"
        cat "$work/err"
        return 1
    elif [ "$status" -ne "$usual" ] && [ ! -s "$work/err" ] && [ ! -s "$work/out" ]; then
        echo "status $status, and not a word"
        return 1
    elif [ "$status" -eq "$usual" ] && [ "$changes" = no ] && ! cmp "$work/out" "$work/usual"; then
        diff "$work/usual" "$work/out"
        [ -s "$work/err" ] || return 1
    fi
    [ "$status" -eq "$usual" ] || refused=$((refused + 1))
    [ "$changes" = no ] || whole
}

# After a patch that failed, plain patch does it.
healed() {
    ctl "0|1" --root="$work/root" patch && ctl 0 --root="$work/root" status
}

cp -a "$work/tree" "$work/patched"
check "a tree to compare with" ctl 0 --root="$work/patched" patch
vmx=$work/tree/usr/lib/vmware/bin/vmware-vmx

check "status" each_request no "$work/tree" 3 "--root=$work/root" status
check "status --json" each_request no "$work/patched" 0 "--root=$work/root" --json status
check "status --prometheus" each_request no "$work/patched" 0 "--root=$work/root" \
    status --prometheus
check "list" each_request no "$work/patched" 0 "--root=$work/root" list
check "list --json" each_request no "$work/patched" 0 "--root=$work/root" --json list
check "verify" each_request no "$work/patched" 0 "--root=$work/root" verify
check "inspect" each_request no "$work/tree" 0 inspect "$vmx"
check "inspect --json" each_request no "$work/tree" 0 --json inspect "$vmx"
check "report" each_request no "$work/tree" 0 --root="$work/tree" report "$vmx"
# A host's files for a boot module, a module of them, and one in xz.
mkdir -p "$work/esxi/bin" && cp "$vmx" "$work/esxi/bin/vmx" &&
    "$UNLOCKERCTL" -q patch-file "$work/esxi" -o "$work/host.v00" --build=1 && python3 -c '
import gzip, lzma, sys
plain = gzip.decompress(open(sys.argv[1], "rb").read())
open(sys.argv[2], "wb").write(gzip.compress(lzma.compress(plain, check=lzma.CHECK_CRC32)))
' "$work/host.v00" "$work/xz.v00"
check "inspect of a boot module" each_request no "$work/tree" 0 inspect "$work/host.v00"
check "inspect of a boot module in xz" each_request no "$work/tree" 0 --json inspect "$work/xz.v00"
check "patch-file of a boot module" each_request yes "$work/tree" 0 patch-file "$work/esxi" \
    "--output=$work/made.v00" --build=1
check "dump-smc" each_request no "$work/tree" 0 dump-smc "$vmx"
check "patch --dry-run" each_request no "$work/tree" 0 "--root=$work/root" patch --dry-run
check "hold" each_request yes "$work/tree" 0 "--root=$work/root" hold
check "patch" each_request yes "$work/tree" 0 "--root=$work/root" patch
check "patch again" healed
check "restore" each_request yes "$work/patched" 0 "--root=$work/root" restore
check "prune" each_request yes "$work/patched" 0 "--root=$work/root" prune
awk '{ all += $1; refused += $2 } END { print "# " all " points, " refused " refused" }' \
    "$work/points"
plan
