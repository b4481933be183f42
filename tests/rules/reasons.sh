#!/bin/sh
# SPDX-License-Identifier: MIT
# The table of reasons: the manual has it, word for word; each of them is met by a test.
# `reasons.sh --table` prints the manual's part.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
page=$top_srcdir/man/vmware-unlocker.7
# The manual speaks of the project, where configure was told no address.
address=$(sed -n 's/^#define BUG_ADDRESS "\(.*\)"$/\1/p' "${top_builddir:?}/config.h")
"$top_builddir/tests/unit/probe/list-reasons" | sort >"$work/list" || exit 1
awk -v address="to ${address:?}" '
    (at = index($0, address)) { $0 = substr($0, 1, at - 1) "to the project" \
                                     substr($0, at + length(address)) }
    { print }' "$work/list" >"$work/reasons"

table() {
    # shellcheck disable=SC2016 # quotes of the text, not of the shell
    while IFS='	' read -r id why todo; do
        printf '.It Em %s\n' "$id"
        printf '%s: %s.\n' "$why" "$todo" | sed -e 's/`\([^`]*\)`/\\(oq\1\\(cq/g' | fold -s -w 79 |
            sed 's/ *$//'
    done <"$work/reasons"
}

if [ "${1:-}" = --table ]; then
    table
    exit
fi

manual() {
    sed -n '/^\.Bl -tag.*/h; /Begin of the table/,/End of the table/p' "$page" |
        grep -v -e '^\.\\"' -e '^\.Bl ' >"$work/there"
    table | diff - "$work/there"
}

# In a test's own expectation: a script's line that names the id, or a unit test's check of its
# constant, which is the id in capitals. test-reason.c only counts them.
met() {
    cat "$top_srcdir"/tests/*.sh "$top_srcdir"/tests/*/*.sh "$top_srcdir"/tests/*/corrupt*.py |
        grep -v '^ *#' >"$work/scripts"
    find "$top_srcdir/tests/unit" -name '*.c' ! -name test-reason.c -exec cat {} + >"$work/units"
    while IFS='	' read -r id _; do
        constant=REASON_$(printf '%s\n' "$id" | tr 'a-z-' 'A-Z_')
        grep -qw "$constant" "$work/units" && continue
        grep -qE "(^|[ \"'|=])$id([ \"'|,:)]|\$)" "$work/scripts" || echo "never provoked: $id"
    done <"$work/reasons" >"$work/never"
    ! grep . "$work/never"
}

# And none has become useless.
used() {
    find "$top_srcdir/src" -name '*.c' ! -name reason.c -exec cat {} + >"$work/source"
    while IFS='	' read -r id _; do
        constant=REASON_$(printf '%s\n' "$id" | tr 'a-z-' 'A-Z_')
        grep -qw "$constant" "$work/source" || echo "never said: $id"
    done <"$work/reasons" >"$work/never"
    ! grep . "$work/never"
}

# Why a file's content is refused, each with the rule behind it.
refusals() {
    cat "$top_srcdir"/src/patch/*.c "$top_srcdir"/src/image/*.c "$top_srcdir"/src/elf/*.c \
        "$top_srcdir"/src/pe/*.c "$top_srcdir"/src/macho/*.c | grep -o 'REASON_[A-Z_0-9]*' |
        sed 's/^REASON_//' | grep -vx NONE | tr 'A-Z_' 'a-z-' | sort -u >"$work/said"
    # shellcheck disable=SC2016 # quotes of the text, not of the shell
    sed -n 's/^| `\([a-z-]*\)` | .* | .* |$/\1/p' "$top_srcdir/docs/refusals.md" | sort |
        diff "$work/said" -
}

check "the manual has the table, word for word" manual
check "each refusal of a file is explained" refusals
check "each reason is met by a test" met
check "each reason is said somewhere" used
plan
