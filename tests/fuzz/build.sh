#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds every fuzz target the way OSS-Fuzz and ClusterFuzzLite ask for it, and so run.sh, too.
#
# In the environment: CC, CFLAGS, CXX, LIB_FUZZING_ENGINE, SANITIZER, OUT, WORK. What is not set is
# clang's own libFuzzer with address and undefined. In OUT are afterwards, for each target:
#
#     fuzz-x                       the program; libraries that it needs are in OUT/lib
#     fuzz-x_seed_corpus.zip       its seeds, and what once broke it
#     fuzz-x.dict                  words, where it reads any
#     fuzz-x.options               how long an input may be

set -eu
LC_ALL=C
source=$(cd "$(dirname "$0")/../.." && pwd)
: "${OUT:?}" "${WORK:=$OUT/work}" "${SANITIZER:=address}"
: "${CC:=clang}" "${CXX:=$(printf '%s' "$CC" | sed 's/clang/clang++/')}"
: "${LIB_FUZZING_ENGINE:=-fsanitize=fuzzer}"
case $SANITIZER in
address) flags=-fsanitize=address,undefined ;;
undefined) flags=-fsanitize=undefined ;;
*) flags= ;;
esac
: "${CFLAGS:=-O1 -g -fno-omit-frame-pointer $flags -fno-sanitize-recover=all \
-fsanitize=fuzzer-no-link}"
export LC_ALL CC CXX CFLAGS LIB_FUZZING_ENGINE

[ -x "$source/configure" ] || "$source/autogen.sh"
mkdir -p "$OUT/lib" "$WORK"
[ -e "$WORK/config.status" ] || (cd "$WORK" && "$source/configure" -q --enable-fuzzing)
# What the engine is written in links it. Libraries are found beside the program.
make -C "$WORK" -j"$(nproc)" fuzz-targets CCLD="$CXX" \
    LDFLAGS="-Wl,--disable-new-dtags -Wl,-rpath,'\$\$ORIGIN/lib'"

# settings TARGET: the longest input, and which words it reads.
settings() {
    case $1 in
    fuzz-config | fuzz-manifest | fuzz-receipt | fuzz-vmx) echo 4096 text ;;
    fuzz-smc) echo 784 ;;
    fuzz-gos) echo 4096 ;;
    fuzz-search) echo 49152 binary ;;
    fuzz-visor) echo 16384 binary ;;
    fuzz-vault) echo 16384 text ;;
    *) echo 32768 binary ;;
    esac
}

for file in "$source"/tests/fuzz/fuzz-*.c; do
    target=$(basename "$file" .c)
    cp "$WORK/tests/fuzz/$target" "$OUT/"
    # shellcheck disable=SC2046 # two words
    set -- $(settings "$target")
    printf '[libfuzzer]\nmax_len = %s\n' "$1" >"$OUT/$target.options"
    [ $# -eq 1 ] || cp "$source/tests/fuzz/$2.words" "$OUT/$target.dict"
    seeds=$WORK/seeds/$target
    rm -rf "$seeds"
    mkdir -p "$seeds"
    FUZZ_SEEDS=$seeds "$OUT/$target" >/dev/null
    [ ! -d "$source/tests/fuzz/crashers/$target" ] ||
        cp "$source/tests/fuzz/crashers/$target"/* "$seeds/"
    (cd "$seeds" && python3 -m zipfile -c "$OUT/${target}_seed_corpus.zip" ./*)
    # All but the C library's own.
    ldd "$OUT/$target" | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' |
        grep -vE '/(lib(c|m|dl|rt|pthread|resolv)\.so|ld-)' | while read -r library; do
        [ "$(dirname "$library")" = "$OUT/lib" ] || cp -L "$library" "$OUT/lib/"
    done
done
