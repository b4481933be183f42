#!/bin/sh
# SPDX-License-Identifier: MIT
# Fuzzes every target for a while: run.sh BUILD_DIR [TARGET…], where configure was run. Speaks TAP,
# one test a target. In the environment: FUZZ_SECONDS for each target (60), FUZZ_JOBS at once (2).
#
# build.sh builds the targets, below BUILD_DIR/fuzz, where they leave what they find. What breaks
# one is also copied to tests/fuzz/crashers/ of the sources, from where `make check` replays it.

set -u
LC_ALL=C
export LC_ALL
seconds=${FUZZ_SECONDS:-60} jobs=${FUZZ_JOBS:-2}
build=$(cd "${1:?the build directory}" && pwd) || exit 99
shift
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$build/fuzz
mkdir -p "$work/found"

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

compiler=
for name in "${FUZZ_CC:-clang}" clang-19 clang-16 clang-14; do
    ! command -v "$name" >/dev/null || { compiler=$name && break; }
done
[ -n "$compiler" ] || skip_all "no clang"
echo 'int LLVMFuzzerTestOneInput(const void *b, unsigned long n) { return b == 0 && n > 0; }' \
    >"$work/try.c"
"$compiler" -fsanitize=fuzzer,address,undefined -o "$work/try" "$work/try.c" \
    >"$work/try.log" 2>&1 || skip_all "$compiler has no libFuzzer"

out=$work/out
CC=$compiler OUT=$out WORK=$work/build "$source/tests/fuzz/build.sh" >"$work/make.log" 2>&1 || {
    tail -n 40 "$work/make.log"
    exit 99
}

# Of libFuzzer: limits, and nothing of the host's to be written but where it is told.
options="-max_total_time=$seconds -timeout=20 -rss_limit_mb=2048 -malloc_limit_mb=1024"
options="$options -print_final_stats=1 -detect_leaks=1 -use_value_profile=1"

# What OUT says of a target.
kind_of() {
    sed -n 's/^max_len = /-max_len=/p' "$out/$1.options"
    [ ! -e "$out/$1.dict" ] || echo "-dict=$out/$1.dict"
}

# Runs one target. Its corpus is kept for the next time.
fuzz_one() {
    target=$1
    program=$out/$target
    mkdir -p "$work/corpus/$target" "$work/found/$target"
    rm -rf "$work/seeds/$target"
    python3 -m zipfile -e "$out/${target}_seed_corpus.zip" "$work/seeds/$target" || return 1
    set -- "$work/corpus/$target" "$work/seeds/$target"
    # shellcheck disable=SC2046,SC2086 # lists of words
    "$program" $options $(kind_of "$target") -artifact_prefix="$work/found/$target/" "$@" \
        >"$work/$target.log" 2>&1
}

stands_so() {
    copy=$work/copy
    grep '^max_len = ' "$copy/$target.options" && [ -s "$copy/${target}_seed_corpus.zip" ] &&
        ldd "$copy/$target" && ldd "$copy/$target" | grep -q "=> $copy/lib/" &&
        ! ldd "$copy/$target" | awk '$2 == "=>" { print $3 }' |
        grep -vE "^$copy/lib/|/lib(c|m|dl|rt|pthread|resolv)\.so" &&
        (cd / && env -i "$copy/$target" -runs=1)
}

# Whether a target needs nothing but what is in OUT: wherever that lies, it finds its libraries.
stands_alone() {
    rm -rf "$work/copy"
    cp -r "$out" "$work/copy"
    rm -rf "$work/copy/work"
    for target; do
        stands_so >"$work/alone.log" 2>&1 || {
            sed 's/^/# /' "$work/alone.log"
            return 1
        }
    done
    rm -rf "$work/copy"
}

# Says what came of one. A hang or a lack of memory is a finding, too.
tell() {
    target=$1 status=$2 number=$3
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$target.log")
    covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$work/$target.log" | tail -n 1)
    if [ "$status" -eq 0 ] && [ "${executions:-0}" -gt 0 ]; then
        echo "ok $number - $target"
    else
        echo "not ok $number - $target"
        # Without its progress: what broke, and where.
        grep -vE '^#[0-9]+[[:space:]]' "$work/$target.log" | tail -n 60 | sed 's/^/# /'
        for input in "$work/found/$target"/*; do
            [ -f "$input" ] || continue
            mkdir -p "$source/tests/fuzz/crashers/$target"
            cp "$input" "$source/tests/fuzz/crashers/$target/" &&
                echo "# kept: tests/fuzz/crashers/$target/${input##*/}"
        done
    fi
    echo "# $target: ${executions:-0} executions, ${covered:-0} places"
}

# shellcheck disable=SC2046 # a list of words
[ $# -gt 0 ] || set -- $(cd "$source/tests/fuzz" && printf '%s\n' fuzz-*.c | sed 's/\.c$//')
echo "1..$(($# + 1))"
failed=0 number=1
if stands_alone "$@"; then
    echo "ok 1 - targets need nothing but OUT"
else
    echo "not ok 1 - targets need nothing but OUT" && failed=1
fi
while [ $# -gt 0 ]; do
    # As many as may run at once; all of them take the same time.
    together=
    while [ $# -gt 0 ] && [ "$(printf '%s' "$together" | wc -w)" -lt "$jobs" ]; do
        together="$together $1"
        (
            status=0
            fuzz_one "$1" || status=$?
            echo $status >"$work/$1.status"
        ) &
        shift
    done
    wait
    for target in $together; do
        number=$((number + 1))
        read -r status <"$work/$target.status"
        [ "$status" -eq 0 ] || failed=1
        tell "$target" "$status" $number
    done
done
exit $failed
