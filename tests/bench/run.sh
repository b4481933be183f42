#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh BUILD_DIR [ROW…]: what the program costs, as ratios to what tar, cp and a digest cost on
# the same files in the same minutes. Prints TAP, then a table; README.md tells what the rows are.
# Needs python3, bsdtar, openssl and a C compiler; valgrind for the row that counts instructions.

set -eu
build=${1:?usage: run.sh BUILD_DIR}
shift
case $build in /*) ;; *) build=$PWD/$build ;; esac
top_srcdir=$(cd "$(dirname "$0")/../.." && pwd)

for tool in python3 bsdtar openssl; do
    command -v $tool >/dev/null || {
        echo "1..0 # SKIP no $tool"
        exit 0
    }
done
make -s -C "$build" unlockerctl tests/bench/plan >&2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
PYTHONDONTWRITEBYTECODE=1 python3 "$top_srcdir/tests/bench/bench.py" "$build" "$work" "$@"
