#!/bin/sh
# SPDX-License-Identifier: MIT
# What was tried, counted from the logs of a run: the table of tests/README.md, on standard output.
#
#     sh tests/count.sh BUILD_DIR [LOG…]
#
# BUILD_DIR: where `make check` ran. LOG: what the slow suites printed, each in a file named after
# its folder: faults.log, hostile.log, fuzz.log, system.log, packages.log, lint.log.

set -eu
LC_ALL=C
export LC_ALL
build=${1:?the build directory}
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Place, and what is tried there; in the order of the table. A place is a test's beginning.
cat >"$work/places" <<'PLACES'
tests/unit/|each module alone, from memory: damaged headers, tables, plans, archives, receipts
tests/fuzz/|any bytes for every reader of foreign files; `make check` replays seeds and crashers
tests/cli/memory|every verb, with each request for memory refused once
tests/cli/|the command: usage, exit statuses, output, JSON, what manuals and README show
tests/swap/|a target is replaced: attributes, races with an installer, what a run costs
tests/faults/|killed at, and every error of, each system call; the order of durable steps
tests/hostile/|hostile trees: links out of the root, devices, foreign file systems, bombs
tests/image-real|real files of this machine's compilers and linkers
tests/image|image readers against what other tools say
tests/standin|the stand-ins are what they claim: they run, and answer as a guest would see it
tests/variants|each variant of a stand-in is patched, verified, restored
tests/refusals|damaged or foreign files are refused, with the reason, untouched
tests/reasons|every reason a user may be told has its words, and is given by some test
tests/units|systemd takes every unit
tests/catalog|every message id is explained
tests/checks|every check of doctor has its paragraph in the manual
tests/hardening|the built program: its protection, read from the file
tests/bench/|ratios to what tar, cp and a digest cost: `make bench`, not part of a check
tests/layers|the rules of the tree: layers, licences, lengths, spelling, scripts, manuals
tests/style|the rules of the tree: layers, licences, lengths, spelling, scripts, manuals
tests/lint|static analysis: clang-tidy, gcc's analyzer, cppcheck
tests/system/|the real systemd in a container: boot, updates, crashes
tests/packages/|package managers: ours and a package of VMware come, change and go
PLACES

# place<TAB>passed<TAB>failed<TAB>skipped<TAB>number<TAB>of what, of one file of results.
count_results() {
    awk -v name="$1" '
        /^:test-result: PASS/ { pass++ }
        /^:test-result: (FAIL|XPASS|ERROR)/ { fail++ }
        /^:test-result: (SKIP|XFAIL)/ { skip++ }
        FILENAME == ARGV[1] { next }
        # In plain TAP, which the slow suites print. Automake repeats each line in its own words.
        /^ok .*# (SKIP|skip)/ { plain_skip++; next }
        /^ok / { plain_pass++ }
        /^not ok / { plain_fail++ }
        /^# [0-9]+ (points|rounds).* in all/ { all = $2 }
        /^# [0-9]+ (points|rounds)/ { inside += $2; unit = $3; sub(/[^a-z].*/, "", unit) }
        /^# [a-z-]+: [0-9]+ executions/ { inside += $3; unit = "executions" }
        END {
            if (!(pass + fail + skip)) {
                pass = plain_pass
                fail = plain_fail
                skip = plain_skip
            }
            printf "%s\t%d\t%d\t%d\t%d\t%s\n", name, pass, fail, skip,
                all ? all : inside, unit
        }' "$2" "$3"
}

find "$build/tests" -name '*.trs' | sort | while read -r results; do
    name=${results#"$build"/}
    count_results "${name%.trs}" "$results" "${results%.trs}.log"
done >"$work/counts"
for log; do
    name=${log##*/}
    count_results "tests/${name%.log}/" /dev/null "$log"
done >>"$work/counts"

awk -F '|' -v counts="$work/counts" '
    # The longest place that a test begins with; two of the same words are one row.
    { places[++number] = $1; words[number] = $2; row[$2] = row[$2] ? row[$2] : number }
    function commas(n,   text) {
        text = n ""
        while (match(text, /[0-9][0-9][0-9][0-9]($|,)/))
            text = substr(text, 1, RSTART) "," substr(text, RSTART + 1)
        return text
    }
    END {
        while ((getline line <counts) > 0) {
            split(line, field, "\t")
            best = 0
            for (i = 1; i <= number; i++)
                if (index(field[1], places[i]) == 1 && length(places[i]) > length(places[best]))
                    best = i
            if (!best) {
                print "count.sh: no row for " field[1] >"/dev/stderr"
                failed = 1
                continue
            }
            best = row[words[best]]
            pass[best] += field[2]; fail[best] += field[3]
            skip[best] += field[4]; inside[best] += field[5]
            if (field[6] != "") unit[best] = field[6]
        }
        print "| where | what is tried | cases | and in them |"
        print "|---|---|---:|---:|"
        for (i = 1; i <= number; i++) {
            if (row[words[i]] != i || !(pass[i] + fail[i] + skip[i])) continue
            all_pass += pass[i]
            note = fail[i] ? " (" fail[i] " failed)" : ""
            note = note (skip[i] ? " (" skip[i] " skipped)" : "")
            printf "| `%s` | %s | %s%s | %s |\n", places[i], words[i], commas(pass[i] + 0), note,
                inside[i] ? commas(inside[i]) " " unit[i] : ""
        }
        printf "| | together | %s | |\n", commas(all_pass)
        exit failed
    }' "$work/places"
