#!/bin/sh
# SPDX-License-Identifier: MIT
# Static analysis of src/: a chosen set of clang-tidy's checks, and cppcheck. Slower than the rest
# of the tests, so `make lint` runs it and `make check` does not. LINT_FLAGS: how it is compiled.

set -u
LC_ALL=C.UTF-8
export LC_ALL
cd "${top_srcdir:?}" || exit 99
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
broken=0

# check NAME COMMAND…: "ok" when the command succeeds; what it found otherwise.
check() {
    name=$1
    shift
    number=$((number + 1))
    if ! "$1" --version 2>/dev/null | grep -qE "$version"; then
        echo "ok $number - $name # SKIP no $1 of the version that the checks were chosen for"
    elif "$@" >"$work/log" 2>&1; then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        sed 's/^/# /' "$work/log"
        broken=1
    fi
}

# The checks that find mistakes. Left out: those of taste, those that want C11's Annex K, and the
# path-sensitive ones (clang-analyzer, cppcheck's leaks), which know neither cleanup attributes nor
# that fault_set() returns the error it is given.
checks='-*,bugprone-*,cert-*,misc-redundant-expression,misc-static-assert'
checks="$checks,performance-*,readability-misleading-indentation"
checks="$checks,readability-redundant-control-flow,readability-inconsistent-declaration-*"
checks="$checks,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier"
checks="$checks,-bugprone-macro-parentheses,-bugprone-assignment-in-if-condition"
checks="$checks,-bugprone-branch-clone,-bugprone-implicit-widening-of-multiplication-result"
checks="$checks,-bugprone-narrowing-conversions" # -Wconversion knows explicit casts
checks="$checks,-cert-dcl37-c,-cert-dcl51-cpp,-cert-env33-c,-performance-no-int-to-ptr"

version='version 14\.'
for layer in src/*/; do
    layer=${layer%/}
    ls "$layer"/*.c >/dev/null 2>&1 || continue
    # shellcheck disable=SC2086 # lists of words
    check "clang-tidy: ${layer#src/}" clang-tidy --quiet --warnings-as-errors='*' \
        --checks="$checks" "$layer"/*.c -- $LINT_FLAGS
done
version='Cppcheck 2\.10'
check "cppcheck" cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr \
    --enable=warning,performance,portability --suppress=missingIncludeSystem \
    --suppress=memleak --suppress=resourceLeak --suppress=leakReturnValNotUsed \
    --suppress=readdirCalled --suppress=internalAstError --library=posix --library=gnu \
    -D_GNU_SOURCE -Isrc src
echo "1..$number"
exit $broken
