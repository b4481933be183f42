#!/bin/sh
# SPDX-License-Identifier: MIT
# Static analysis of src/: a chosen set of clang-tidy's checks, gcc's analyzer, and cppcheck; of the
# Ansible collection, ansible-lint. Slower than the rest of the tests, so `make lint` runs it and
# `make check` does not. LINT_FLAGS: how it is compiled.

set -u
LC_ALL=C.UTF-8
export LC_ALL
cd "${top_srcdir:?}" || exit 99
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
broken=0

# check NAME COMMAND…: "ok" when the command succeeds; what it found otherwise. $tool must be there,
# of $version.
check() {
    name=$1
    shift
    number=$((number + 1))
    if ! $tool --version 2>/dev/null | grep -qE "$version"; then
        echo "ok $number - $name # SKIP no $tool of the version that the checks were chosen for"
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
checks="$checks,clang-analyzer-security.*,clang-analyzer-unix.*"
checks="$checks,clang-analyzer-nullability.*,clang-analyzer-optin.portability.*"
checks="$checks,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling" # Annex K
checks="$checks,-clang-analyzer-unix.Malloc" # cleanup attributes
checks="$checks,misc-*,-misc-unused-parameters,-misc-no-recursion,portability-*"
checks="$checks,readability-duplicate-include,readability-non-const-parameter"
checks="$checks,readability-redundant-*,readability-misplaced-array-index"

# tidied FILE…: as many at once as there are processors.
# shellcheck disable=SC2086,SC2317 # lists of words; called by check
tidied() {
    printf '%s\n' "$@" | xargs -P "$(nproc)" -I {} clang-tidy --quiet --warnings-as-errors='*' \
        --checks="$checks" {} -- $LINT_FLAGS
}

tool=clang-tidy version='version 14\.'
for room in $(find src -name '*.c' -printf '%h\n' | sort -u); do
    check "clang-tidy: ${room#src/}" tidied "$room"/*.c
done
# gcc's analyzer, without optimisation: inlining makes it forget initialisers. What gcc 12 says
# though it is not so, each with its reason; what it no longer says must go from here.
#   leaks       it does not know that an array in a struct is released by the struct's cleanup, or
#               handed over with it; LeakSanitizer runs with every test instead
#   the others  a function of another file has set its output where it returned 0 or more; here it
#               thinks of `return -errno` with an errno of 0
cat >"$work/known" <<'KNOWN'
KNOWN

# shellcheck disable=SC2086,SC2317 # a list of words; called by check
analysed() {
    find src -name '*.c' -print0 |
        xargs -0 -P "$(nproc)" -n 1 gcc -fanalyzer -fdiagnostics-plain-output \
        -Wno-analyzer-malloc-leak $LINT_FLAGS -S -o /dev/null >"$work/analysis" 2>&1
    sed -nE "s|^($PWD/)?([^:]+):[0-9]+:[0-9]+: warning: .*\[(-W[a-z-]+)\]\$|\2: \3|p" \
        "$work/analysis" | sort -u >"$work/said"
    grep -vxFf "$work/known" "$work/said" >"$work/new"
    grep -vxFf "$work/said" "$work/known" | sed 's/$/: no longer said/' >>"$work/new"
    [ ! -s "$work/new" ] && ! grep -E ': error: ' "$work/analysis" && return
    cat "$work/new" "$work/analysis"
    return 1
}

tool=gcc version='\) 12\.'
check "gcc's analyzer" analysed
tool=cppcheck version='Cppcheck 2\.10'
check "cppcheck" cppcheck -j "$(nproc)" --quiet --error-exitcode=1 --std=c11 --inline-suppr \
    --enable=warning,performance,portability --suppress=missingIncludeSystem \
    --suppress=memleak --suppress=resourceLeak --suppress=leakReturnValNotUsed \
    --suppress=readdirCalled --suppress=internalAstError --library=posix --library=gnu \
    -D_GNU_SOURCE -Isrc src

# Of a copy, as it writes beside what it reads. A playbook of a collection is checked where that is
# installed. Left out: that galaxy.yml names a repository, as this tree names none; that Debian 12's
# Ansible is no longer supported by Ansible's own makers.
# shellcheck disable=SC2317 # called by check
collection_linted() {
    cp -RL packaging/ansible "$work/collection" && cd "$work/collection" || return 1
    printf 'mock_modules: [community.general.zypper, community.general.pacman]\n' \
        >"$work/ansible-lint.yml"
    export HOME="$work" ANSIBLE_LOCAL_TEMP="$work/local"
    ansible-galaxy collection build --output-path "$work" &&
        ansible-galaxy collection install --offline "$work"/vmware_unlocker-fleet-*.tar.gz &&
        ansible-lint --offline --nocolor --profile production -c "$work/ansible-lint.yml" \
            --skip-list 'schema[galaxy],meta-runtime[unsupported-version]'
}

tool=ansible-lint version='^ansible-lint '
check "ansible-lint" collection_linted
echo "1..$number"
exit $broken
