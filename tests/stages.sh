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

# The tests of `make check`, as tests.am lists them.
listed_tests() {
    sed -nE 's,^\t(tests/(.*/test-|fuzz/fuzz-|[^ ]*\.sh)[^ ]*)( \\)?$,\1,p' tests/tests.am |
        grep -vE "^tests.(standin|system|packages|bench)|run.sh"
}

listed_below() {
    listed_tests | grep "^$1/" | paste -sd ' '
}

# For step_line(): how far a stage is.
count_stage() {
    awk -v files="$(listed_tests | wc -l)" '
        /^  CC /                                  { compiled++ }
        /^(PASS|SKIP|XFAIL): /                    { fine++; file[$2] }
        /^(FAIL|XPASS|ERROR): /                   { bad++; file[$2] }
        /^ok /                                    { fine++ }
        /^not ok /                                { bad++ }
        /^1\.\.[1-9]/ && !(fine + bad)            { planned = substr($1, 4) }
        /^\| [a-z]+ +[0-9]+:[0-9][0-9] /          { there = substr($0, 1, 50) }
        END {
            if (there != "") {
                sub(/^\| /, "", there); sub(/ +[0-9]+:[0-9]+ +/, ": ", there)
                print there
                exit
            }
            for (name in file) begun++
            if (!(fine + bad)) { if (compiled) print compiled " compiled"; exit }
            printf "%d%s ok", fine, planned ? " of " planned : ""
            if (bad) printf ", %d not ok", bad
            else if (begun) printf ", test %d of %d", begun, files
        }' "$1"
}

# tell_stage NAME: counts what it ran, and shows what did not pass. One that fails without a failed
# test, a broken build, counts as one failed test, and so does one that leaves something behind.
tell_stage() {
    results=$build/check/$1
    read -r status <"$results.status"
    took=0
    [ ! -e "$results.took" ] || read -r took <"$results.took"
    title "$1"
    count "$results.log"
    if [ "$status" -ne 0 ] && [ "$stage_failed" -eq 0 ]; then
        stage_failed=1
        tail -n 60 "$results.log"
        echo "broken (exit status $status); the whole log: build/check/$1.log"
    elif [ "$1" = release ] && [ "$stage_failed" -ne 0 ]; then
        cat "$results.log"
    elif [ "$stage_failed" -ne 0 ]; then
        case $1 in
        unit | cli) show_failures "$build/check/gcc" ;;
        *) show_failures "$results" ;;
        esac
        awk '/^not ok/ { lines = 80 } /^ok / { lines = 0 } lines-- > 0' "$results.log"
    fi
    if [ -s "$results.left" ]; then
        [ "$stage_failed" -ne 0 ] || stage_failed=1
        echo "left behind:" && cat "$results.left"
    fi
    passed=$((passed + stage_passed))
    failed=$((failed + stage_failed))
    skipped=$((skipped + stage_skipped))
    summary=$(awk '/^(lines|branches): /' "$results.log" | paste -sd ' ')
    printf '%s: %d ok, %d not ok, %d skipped, %d s%s\n' "$1" "$stage_passed" "$stage_failed" \
        "$stage_skipped" "$took" "${summary:+; $summary}"
}

# checked BUILD [TESTS=…]: one more at once than there are processors, as some tests mostly wait.
checked() {
    checked=$build/check/$1
    shift
    make -C "$checked" -j$(($(jobs) + 1)) check "$@"
}

# The build that stage gcc tests, and that all but those that build for themselves run.
built() {
    { [ "$rebuild" = no ] && [ -e "$build/check/gcc/Makefile" ]; } ||
        configured "$build/check/gcc" --enable-werror CC=gcc || return 1
    make -C "$build/check/gcc" -j"$(jobs)" all && checked gcc TESTS=
}

# Stage distcheck runs all of it as well, without optimisation. Where that is asked for, stage gcc
# is left with what depends on how the program was built.
# shellcheck disable=SC2016 # make's variable
gcc_checked() {
    if [ -n "$(asked_of distcheck)" ]; then
        gcc_tests='$(UNIT_TESTS) $(FUZZ_TARGETS) tests/rules/hardening.sh'
        checked gcc TESTS="$gcc_tests $(listed_below tests/cli)"
    else
        checked gcc
    fi
}

configured_and_checked() {
    whole=$1
    shift
    configured "$build/check/$whole" "$@" &&
        make -C "$build/check/$whole" -j"$(jobs)" all && checked "$whole"
}

# Whole with clang run the tests of stage sanitizers; the command's run here where neither that nor
# another stage that runs them is asked for.
# shellcheck disable=SC2016 # make's variable
clang_checked() {
    clang_tests='$(UNIT_TESTS) tests/rules/hardening.sh'
    [ -n "$(asked_of sanitizers gcc)" ] || clang_tests="$clang_tests $(listed_below tests/cli)"
    configured "$build/check/clang" --enable-werror CC=clang &&
        make -C "$build/check/clang" -j"$(jobs)" all && checked clang TESTS="$clang_tests"
}

# Where nothing else is asked for, what is packed is also measured: a program that counts takes four
# times as long.
distributed() {
    distcheck_flags=CFLAGS=-g
    [ "${asked% }" != distcheck ] || distcheck_flags="--enable-coverage $distcheck_flags"
    configured "$build/check/distcheck" &&
        make -C "$build/check/distcheck" -j$(($(jobs) + 1)) distcheck \
            DISTCHECK_CONFIGURE_FLAGS="$distcheck_flags"
}

linted() {
    configured "$build/check/lint" && make -C "$build/check/lint" lint
}

# on_machines SUITE: it boots some. What stage release tries on another release is left to it.
on_machines() {
    if [ "$1" != release ] && [ -n "$(asked_of release)" ]; then
        # shellcheck source=tests/system/releases.sh
        . "$tree/tests/system/releases.sh"
        UNLOCKER_TEST_RELEASES=$(releases_here)
        export UNLOCKER_TEST_RELEASES
        [ -n "$UNLOCKER_TEST_RELEASES" ] || { echo "1..0 # SKIP stage release does" && return; }
    fi
    export top_srcdir="$tree" top_builddir="$build/check/gcc"
    export UNLOCKERCTL="$top_builddir/unlockerctl"
    sh "tests/$1/run.sh"
}

# The slow suites, which `make check` leaves out. Twenty seconds a target show that all of fuzzing
# works; who looks for faults gives it hours (tests/README.md).
tried() {
    FUZZ_SECONDS=${FUZZ_SECONDS:-20} FUZZ_JOBS=$(jobs) FAULTS_JOBS=$(jobs) \
        sh "tests/$1/run.sh" "$build/check/gcc"
}

# shellcheck disable=SC2016 # make's variable
run_stage() {
    case $1 in
    build) built ;;
    gcc) gcc_checked ;;
    unit) checked gcc TESTS='$(UNIT_TESTS) $(FUZZ_TARGETS)' ;;
    cli) checked gcc TESTS="$(listed_below tests/cli)" ;;
    clang) clang_checked ;;
    sanitizers) configured_and_checked sanitizers --enable-werror --enable-sanitizers CC=clang ;;
    distcheck) distributed ;;
    lint) linted ;;
    system | packages | release) on_machines "$1" ;;
    faults | hostile | fuzz | missing) tried "$1" ;;
    esac
}

# Machines mostly wait, so they run beside what computes. Nothing is beside the build, and of `unit`
# and `cli` stage gcc is the whole.
computing='gcc clang sanitizers distcheck lint missing faults hostile fuzz'
waiting='system packages release'
parts='unit cli'

# asked_of STAGE…: those of them that were named.
asked_of() {
    for stage; do
        case " $asked " in *" $stage "*) printf '%s ' "$stage" ;; esac
    done
}

check_tree() {
    asked=${*:-$computing $waiting}
    for name in $asked; do
        case " $computing $waiting $parts " in
        *" $name "*) ;;
        *) die "check has no stage $name: see ./bootstrap --help" ;;
        esac
    done
    title "Packages"
    # shellcheck disable=SC2046 # a list of words
    need $(build_packages)
    # shellcheck disable=SC2046
    need optional $(check_packages)
    as_owner ./autogen.sh >"$build/check.log" 2>&1 || failed_build check
    # shellcheck disable=SC2086 # lists of words
    {
        rebuild=no
        [ -z "$(asked_of gcc)" ] || rebuild=yes
        [ -z "$(asked_of gcc unit cli missing faults hostile $waiting)" ] || lanes_run build
        lanes_run "$(asked_of $parts $computing)" "$(asked_of $waiting)"
    }
    printf '\n%d passed, %d failed' $passed $failed
    [ $skipped -eq 0 ] || printf ', %d skipped' $skipped
    printf '\n'
    [ $failed -eq 0 ] && [ $passed -gt 0 ]
}
