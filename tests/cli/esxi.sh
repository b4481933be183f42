#!/bin/sh
# SPDX-License-Identifier: MIT
# The files of an ESXi host, copied over: libvmkctl.so, and whole directories in one go.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all 'no jq'
make_tree "$work/linux" --version=17.6.1 || skip_all "$(cat "$work/unable")"
cc=${CC:-cc}

# library FILE NAME...: a libvmkctl.so with these names in it, under a SONAME of $soname.
library() {
    library_file=$1
    shift
    # shellcheck disable=SC2086 # CC may have options
    $cc -shared -fPIC -Wl,-soname,"${soname:-libvmkctl.so}" -DNAMES="$(printf '"%s",' "$@")" \
        -o "$library_file" "$standin/vmkctl.c"
}

# shellcheck disable=SC2086
$cc -DASK -o "$work/ask" "$standin/vmkctl.c" -ldl 2>"$work/unable" ||
    skip_all "no program can be linked"
library "$work/libvmkctl.so" vmci applesmc 2>"$work/unable" || skip_all "no library can be linked"

asks() {
    asks_file=$1
    shift
    "$work/ask" "$asks_file" >"$work/asked" && printf '%s\n' "$@" | diff - "$work/asked"
}

holds() {
    jq -e "$1" "$work/out" >/dev/null && return 0
    echo "does not hold: $1" && cat "$work/out"
    return 1
}

# edits FILE FILE: where they differ, as many bytes as the names have.
edits() {
    [ "$(cmp -l "$1" "$2" | wc -l)" -eq "$3" ]
}

# The two names have no letter at the same place.
once() {
    ctl 0 --json inspect "$work/libvmkctl.so" &&
        holds '.state == "stock" and .subject == "smcPresent" and .gates_total == 1 and
            (.module_names | length) == 1' &&
        ctl 0 patch-file -o "$work/one.so" "$work/libvmkctl.so" &&
        asks "$work/one.so" vmci vmkernel &&
        edits "$work/libvmkctl.so" "$work/one.so" 8 && asks "$work/libvmkctl.so" vmci applesmc &&
        ctl 0 --json inspect "$work/one.so" && holds '.state == "patched" and .edits == []' &&
        cp "$work/one.so" "$work/again.so" && ctl 0 patch-file "$work/again.so" &&
        says 'nothing to do' && same "$work/one.so" "$work/again.so" &&
        [ ! -e "$work/again.so.orig" ]
}

twice_and_longer() {
    library "$work/many.so" applesmc applesmcX Xapplesmc APPLESMC applesmc vmkernelX &&
        ctl 0 inspect "$work/many.so" &&
        [ "$(grep -c 'applesmc, in a longer word: left alone' "$work/out")" -eq 2 ] &&
        ctl 0 --json inspect "$work/many.so" && holds '.longer_names | length == 2' &&
        ctl 0 patch-file -o "$work/many.out" "$work/many.so" &&
        asks "$work/many.out" vmkernel applesmcX Xapplesmc APPLESMC vmkernel vmkernelX &&
        edits "$work/many.so" "$work/many.out" 16
}

partial() {
    library "$work/half.so" applesmc vmkernel && ctl 0 --json inspect "$work/half.so" &&
        holds '.state == "partial" and .gates_open == 1 and .gates_total == 2' &&
        ctl 0 patch-file -o "$work/half.out" "$work/half.so" &&
        asks "$work/half.out" vmkernel vmkernel
}

neither() {
    library "$work/none.so" vmci applesmcX && cp "$work/none.so" "$work/before" &&
        ctl 3 patch-file "$work/none.so" &&
        complains "$work/none.so: contains neither module name (applesmc, vmkernel)" &&
        ctl 3 --json inspect "$work/none.so" && holds '.reason == "vmkctl-none"' &&
        same "$work/none.so" "$work/before"
}

# The word alone makes no libvmkctl.so of a file, whatever its name.
another_library() {
    mkdir -p "$work/other" && soname=libother.so library "$work/other/libvmkctl.so" applesmc &&
        ctl 3 patch-file "$work/other/libvmkctl.so" && asks "$work/other/libvmkctl.so" applesmc &&
        soname=libvmkctl.so.1 library "$work/other/versioned" applesmc &&
        ctl 0 patch-file "$work/other/versioned" && asks "$work/other/versioned" vmkernel &&
        soname=libvmkctl.soon library "$work/other/soon" applesmc &&
        ctl 3 patch-file "$work/other/soon"
}

# A host's /bin and /lib64: programs with VMware's tables under ESXi's names, and much else.
host() {
    rm -rf "$work/esxi" && mkdir -p "$work/esxi/bin" "$work/esxi/lib64/deep" || return 1
    vmware=$work/linux/usr/lib/vmware
    cp -p "$vmware/bin/vmware-vmx" "$work/esxi/bin/vmx" &&
        cp -p "$vmware/bin/vmware-vmx-debug" "$work/esxi/bin/vmx-debug" &&
        : >"$work/esxi/bin/vmx-stats" && echo '#!/bin/sh' >"$work/esxi/bin/script" &&
        : >"$work/esxi/bin/empty" && cp "$work/ask" "$work/esxi/bin/busybox" &&
        ln -s busybox "$work/esxi/bin/ls" && ln -s vmx "$work/esxi/bin/link" &&
        ln -s /nowhere "$work/esxi/bin/dangling" && mkfifo "$work/esxi/bin/pipe" &&
        cp -p "$work/libvmkctl.so" "$work/esxi/lib64/deep/libvmkctl.so" &&
        soname=libelse.so library "$work/esxi/lib64/libelse.so" applesmc vmkernel
}

listing() {
    (cd "$1" && find . | sort)
}

directories() {
    host && listing "$work/esxi" >"$work/before" &&
        (cd "$work/esxi" && ctl 0 patch-file bin lib64 --output=../patched) || return 1
    says '3 of 3 patched' && says 'bin/vmx-stats' && says 'skipped: 0 bytes' &&
        [ "$(grep -c 'skipped' "$work/out")" -eq 1 ] && says '8 other files passed over' &&
        listing "$work/esxi" | diff "$work/before" - || return 1
    listing "$work/patched" >"$work/made"
    printf '%s\n' . ./bin ./bin/vmx ./bin/vmx-debug ./lib64 ./lib64/deep \
        ./lib64/deep/libvmkctl.so | diff - "$work/made" &&
        answers_all_osk "$work/patched/bin/vmx" && answers_all_osk "$work/patched/bin/vmx-debug" &&
        asks "$work/patched/lib64/deep/libvmkctl.so" vmci vmkernel &&
        refuses_all_osk "$work/esxi/bin/vmx" &&
        [ "$(stat -c '%a %Y' "$work/esxi/bin/vmx")" = "$(stat -c '%a %Y' "$work/patched/bin/vmx")" ]
}

again() {
    ctl 0 patch-file "$work/patched" --output="$work/twice" && says '3 of 3 patched' &&
        says 'patched already, copied' &&
        same "$work/patched/bin/vmx" "$work/twice/patched/bin/vmx" &&
        ctl 0 patch-file "$work/patched/." --output="$work/dot" && [ -e "$work/dot/bin/vmx" ] &&
        ctl 0 --json patch-file "$work/patched" --output="$work/twice" &&
        holds '.files | length == 3 and all(.state_after == "patched")'
}

dry_run() {
    host && ctl 0 -q patch-file -n "$work/esxi" --output="$work/dry" && [ ! -s "$work/out" ] &&
        ctl 0 patch-file -n "$work/esxi" --output="$work/dry" && says 'would be patched' &&
        [ ! -e "$work/dry" ] &&
        ctl 0 --json patch-file "$work/esxi" --output="$work/json" && holds '.passed_over == 8 and
            ([.files[] | select(.written)] | length) == 3 and .exit_status == 0'
}

one_is_damaged() {
    host && cp "$work/esxi/lib64/deep/libvmkctl.so" "$work/esxi/lib64/good.so" &&
        truncate -s 2000 "$work/esxi/bin/vmx" &&
        ctl 3 patch-file "$work/esxi" --output="$work/damaged" && complains "esxi/bin/vmx: " &&
        says '3 of 4 patched' && [ ! -e "$work/damaged/esxi/bin/vmx" ] &&
        [ -e "$work/damaged/esxi/bin/vmx-debug" ]
}

refusals() {
    host && ctl 2 patch-file "$work/esxi" && complains '--output=DIR is needed' &&
        ctl 2 patch-file "$work/esxi" --output="$work/esxi/bin/new/er" && complains 'lies in' &&
        ctl 2 patch-file "$work/esxi" --output="$work/esxi" && complains 'lies in' &&
        ctl 2 patch-file "$work/esxi" --output="$work/not/there/../../esxi/out" &&
        complains 'lies in' && ctl 2 patch-file / --output="$work/root" && complains 'lies in' &&
        [ ! -e "$work/not" ] || return 1
    mkdir -p "$work/x" "$work/y" "$work/z" && cp "$work/libvmkctl.so" "$work/x/" &&
        cp "$work/libvmkctl.so" "$work/y/" &&
        ctl 1 patch-file "$work/x/libvmkctl.so" "$work/y/libvmkctl.so" --output="$work/z" &&
        complains 'already exists' && says '1 of 2 patched' &&
        rm "$work/z/libvmkctl.so" && ctl 1 patch-file -n "$work/x/libvmkctl.so" \
        "$work/y/libvmkctl.so" --output="$work/z" && says '1 of 2 can be patched' &&
        ctl 1 patch-file "$work/x/libvmkctl.so" --output="$work/x" &&
        complains 'already exists' &&
        same "$work/x/libvmkctl.so" "$work/libvmkctl.so"
}

nothing_there() {
    mkdir -p "$work/empty/bin" && : >"$work/empty/bin/file" &&
        ctl 4 patch-file "$work/empty" --output="$work/nothing" &&
        says '0 of 0 patched; 1 other file' && complains 'nothing patched: no VMware found' &&
        [ ! -e "$work/nothing" ] && ctl 1 patch-file "$work/nowhere" "$work/empty" \
        --output="$work/nothing" && complains "$work/nowhere: does not exist"
}

in_place() {
    vmx=$work/esxi/bin/vmx
    host && ctl 0 patch-file "$vmx" "$vmx-debug" "$vmx-stats" &&
        says '2 of 2 patched' && says 'skipped: 0 bytes' && answers_all_osk "$work/esxi/bin/vmx" &&
        refuses_all_osk "$work/esxi/bin/vmx.orig" && [ ! -e "$work/esxi/bin/vmx-stats.orig" ]
}

check "applesmc once: stock, patched, patched again" once
check "twice, and in longer words" twice_and_longer
check "one of two: partial, and completed" partial
check "neither name: vmkctl-none" neither
check "another library with the name in it: left alone" another_library
check "directories: what is VMware's, into another directory" directories
check "directories that are patched already" again
check "--dry-run, --json, -q" dry_run
check "one damaged file does not keep the others" one_is_damaged
check "places that may not be written" refusals
check "nothing of VMware's" nothing_there
check "several files, each in its place" in_place
plan
