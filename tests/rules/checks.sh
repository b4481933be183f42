#!/bin/sh
# SPDX-License-Identifier: MIT
# The table of doctor's checks: the manual has it, word for word. `checks.sh --table` prints the
# manual's part.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
page=$top_srcdir/man/vmware-unlocker.7
"${top_builddir:?}/tests/unit/probe/list-checks" >"$work/checks" || exit 1

# table PART: "computer" or "vm".
table() {
    # shellcheck disable=SC2016 # quotes of the text, not of the shell
    while IFS='	' read -r part id text; do
        [ "$part" = "$1" ] || continue
        printf '.It Em %s\n' "$id"
        printf '%s\n' "$text" |
            sed -e 's/`\([^`]*\)`/\\(oq\1\\(cq/g' -e 's/"/\\(dq/g' -e 's/\. /.\n/g' |
            fold -s -w 79 | sed 's/ *$//'
    done <"$work/checks"
}

if [ "${1:-}" = --table ]; then
    table computer
    echo
    table vm
    exit
fi

# manual PART WORDS: the list that follows a comment.
manual() {
    sed -n "/Begin of the checks of $2/,/End of the checks/p" "$page" |
        grep -v -e '^\.\\"' -e '^\.Bl ' -e '^\.El' >"$work/there"
    table "$1" | diff - "$work/there"
}

of_computers() {
    [ "$(grep -c '^computer' "$work/checks")" -ge 10 ] && manual computer "a computer"
}

of_machines() {
    [ "$(grep -c '^vm' "$work/checks")" -ge 10 ] && manual vm "a virtual machine"
}

check "the manual has the checks of a computer, word for word" of_computers
check "the manual has those of a virtual machine" of_machines
plan
