# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # bootstrap sources it
# What `bootstrap check` runs, stage by stage, and how it counts: see check_tree().

passed=0 failed=0 skipped=0

# Adds what a log counts: automake's summaries, and plain TAP where there is none.
count() {
    counts=$(awk '
        /^# PASS: /            { pass += $3; automake = 1 }
        /^# (FAIL|XPASS|ERROR): / { fail += $3 }
        /^# (SKIP|XFAIL): /    { skip += $3 }
        /^not ok/              { tap_fail++; ran++; next }
        /^ok.*# (SKIP|skip)/   { tap_skip++; ran++; next }
        /^ok /                  { tap_pass++; ran++ }
        /^1\.\.0/              { tap_skip++; planned = 0; plan = 1 }
        /^1\.\.[1-9]/          { planned = substr($1, 4); plan = 1 }
        END {
            if (automake) print pass + 0, fail + 0, skip + 0
            else print tap_pass + 0, tap_fail + (plan && planned != ran + 0), tap_skip + 0
        }' "$1")
    # shellcheck disable=SC2086 # three words
    set -- $counts
    stage_passed=$1 stage_failed=$2 stage_skipped=$3
}

# What the tests below DIR that did not pass have to say, in full but for what did pass.
show_failures() {
    find "$1" -name '*.trs' -exec grep -lE '^:test-result: (FAIL|XPASS|ERROR)' {} + 2>/dev/null |
        sort | while read -r results; do
        printf -- '--- %s\n' "${results#"$build"/}"
        grep -vE '^(ok |PASS: |SKIP: |FAIL: )' "${results%.trs}.log" || true
    done
}

# stage NAME COMMAND…: runs it, counts what it ran, and shows what did not pass. One that fails
# without a failed test, a broken build, counts as one failed test.
stage() {
    name=$1
    shift
    wanted "$name" || return 0
    log=$build/check/$name.log
    started=$(date +%s)
    title "$name"
    status=0
    ("$@") >"$log" 2>&1 </dev/null || status=$?
    count "$log"
    if [ $status -ne 0 ] && [ "$stage_failed" -eq 0 ]; then
        stage_failed=1
        tail -n 60 "$log"
        echo "broken (exit status $status); all of it: ${log#"$tree"/}"
    elif [ "$stage_failed" -ne 0 ]; then
        show_failures "$build/check/$name"
        awk '/^not ok/ { lines = 80 } /^ok / { lines = 0 } lines-- > 0' "$log"
    fi
    passed=$((passed + stage_passed))
    failed=$((failed + stage_failed))
    skipped=$((skipped + stage_skipped))
    summary=$(awk '/^(lines|branches): /' "$log" | paste -sd ' ')
    printf '%s: %d ok, %d not ok, %d skipped, %d s%s\n' "$name" "$stage_passed" "$stage_failed" \
        "$stage_skipped" $(($(date +%s) - started)) "${summary:+; $summary}"
}

wanted() {
    case " $stages " in
    '  ' | *" $1 "*) true ;;
    *) false ;;
    esac
}

built_and_checked() {
    directory=$build/check/$1
    shift
    configured "$directory" "$@" && make -C "$directory" -j"$(jobs)" all &&
        make -C "$directory" -j"$(jobs)" check
}

# Whole with clang run the tests of stage sanitizers.
# shellcheck disable=SC2016 # make's variable
built_and_unit_tested() {
    configured "$build/check/$1" --enable-werror "CC=$1" &&
        make -C "$build/check/$1" -j"$(jobs)" all &&
        make -C "$build/check/$1" -j"$(jobs)" check TESTS='$(UNIT_TESTS) tests/hardening.sh'
}

distributed() {
    configured "$build/check/distcheck" &&
        make -C "$build/check/distcheck" -j"$(jobs)" distcheck
}

linted() {
    configured "$build/check/lint" && make -C "$build/check/lint" lint
}

covered() {
    built_and_checked coverage --enable-coverage CFLAGS=-g &&
        make -C "$build/check/coverage" coverage
}

# With the build of stage gcc.
on_machines() {
    export top_srcdir="$tree" top_builddir="$build/check/gcc"
    export UNLOCKERCTL="$top_builddir/unlockerctl"
    sh "tests/$1/run.sh"
}

# The slow suites, which `make check` leaves out.
tried() {
    FUZZ_JOBS=$(jobs) FAULTS_JOBS=$(jobs) sh "tests/$1/run.sh" "$build/check/gcc"
}

check_tree() {
    stages=$*
    for name; do
        case $name in
        gcc | clang | sanitizers | distcheck | lint | coverage) ;;
        system | packages | faults | hostile | fuzz) ;;
        *) die "check has no stage $name: see ./bootstrap --help" ;;
        esac
    done
    title "Packages"
    # shellcheck disable=SC2046 # a list of words
    need $(build_packages)
    # shellcheck disable=SC2046
    need optional $(check_packages)
    as_owner ./autogen.sh >"$build/check.log" 2>&1 || failed_build check
    stage gcc built_and_checked gcc --enable-werror CC=gcc
    stage clang built_and_unit_tested clang
    stage sanitizers built_and_checked sanitizers --enable-werror --enable-sanitizers CC=clang
    stage distcheck distributed
    stage lint linted
    stage coverage covered
    stage system on_machines system
    stage packages on_machines packages
    stage faults tried faults
    stage hostile tried hostile
    stage fuzz tried fuzz
    printf '\n%d passed, %d failed' $passed $failed
    [ $skipped -eq 0 ] || printf ', %d skipped' $skipped
    printf '\n'
    [ $failed -eq 0 ] && [ $passed -gt 0 ]
}
