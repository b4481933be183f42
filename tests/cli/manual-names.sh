#!/bin/sh
# SPDX-License-Identifier: MIT
# The names that the program and its manuals have in common: what one has, the other has. Options
# by command, environment variables, installed files, message ids. Exit statuses are every.sh's,
# members of JSON manual-json.sh's; metrics, units and journal fields manual.sh's.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
man=$top_srcdir/man
page=$man/unlockerctl.8

# same_names WHAT: $work/code and $work/manual hold the same.
same_names() {
    sort -u -o "$work/code" "$work/code"
    sort -u -o "$work/manual" "$work/manual"
    [ -s "$work/code" ] || { echo "$1: the program has none" && return 1; }
    diff "$work/code" "$work/manual" && return 0
    echo "$1: < the program alone has it, > the manual alone"
    return 1
}

# What a part of the help lists: "--name", "-n".
listed() {
    sed -n "/^$1:/,/^\$/p" "$work/out" | sed -n 's/^  \(-[a-z], \)\{0,1\} *\(--[a-z-]*\).*/\1\2/p' |
        tr -d ' ' | tr ',' '\n'
}

# The options that .It lines name, of which each stands behind a "Fl": "-output" is --output.
named() {
    tr ' ' '\n' | awk 'flag { print "-" $0; flag = 0 } /^\.?Fl$/ { flag = 1 }' |
        sed -e 's/|$//' -e '/^-$/d'
}

# The entries of a command: its .It Cm lines, and all up to the next command's.
entries() {
    awk -v verb="$1" '
        /^\.Sh / { in_commands = $2 == "COMMANDS"; mine = 0 }
        in_commands && /^\.It Cm / { mine = $3 == verb }
        mine { print }' "$page"
}

# A header with "Fl n | -dry-run" names both.
headers() {
    entries "$1" | sed -n 's/^\.It Cm //p' |
        sed -e 's/Fl \([a-z]\) | -\([a-z-]*\)/Fl \1 Fl -\2/g' \
            -e 's/\(Oo\|Op\|Oc\|Ns\|=\)/ /g' | named
}

# In the text below: each option of a command is explained.
explained() {
    entries "$1" | sed -n 's/^\.It Cm [a-z-]* Fl -\([a-z-]*\) .*/--\1/p'
    sed -n '/^\.Ss Waiting/,/^\.Sh /p' "$page" | sed -n 's/^\.Fl -\([a-z]*\) .*/--\1/p'
    entries "$1" | grep -E '^\.(It |Ql [a-z]+ )?Fl ' | sed 's/ , Fl / Fl /g; s/ [,.;:]$//' | named
}

options() {
    ctl 0 --help && sed -n '/^Commands:/,/^Options:/s/^  \([a-z][a-z-]*\).*/\1/p' "$work/out" |
        grep -vx -e help -e version >"$work/verbs" && [ -s "$work/verbs" ] || return 1
    while read -r verb; do
        ctl 0 "$verb" --help && listed 'Options of this command' >"$work/code" || return 1
        headers "$verb" >"$work/manual"
        [ -s "$work/code" ] || [ -s "$work/manual" ] || continue
        same_names "$verb" || return 1
        explained "$verb" | sort -u >"$work/explained"
        grep '^--' "$work/code" | sort | comm -23 - "$work/explained" >"$work/bare"
        ! grep . "$work/bare" || { echo "$verb: not explained" && return 1; }
    done <"$work/verbs"
}

# Those of every command; the synopsis has the same.
options_of_all() {
    ctl 0 --help && listed Options >"$work/code" &&
        sed -n '/^\.Sh OPTIONS/,/^\.Ss /s/^\.It Fl /Fl /p' "$page" | sed 's/ , Fl / Fl /g' | named \
            >"$work/manual" && same_names 'every command' || return 1
    sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/p' "$page" | sed 's/Fl q | v/Fl q Fl v/' |
        grep -v 'Fl -help' | sed 's/^\.//; s/Ns.*//' | named | sort >"$work/manual"
    grep -vx -e --help -e -h -e --version -e --quiet -e --verbose "$work/code" |
        diff - "$work/manual"
}

# A variable that is read is read by its name; those that only libraries read are theirs.
environment() {
    grep -rhoE '(getenv|environment_has)\("[A-Z_]+"' "$top_srcdir/src" |
        sed 's/.*("\(.*\)"/\1/' >"$work/code"
    grep -rhoE '^ *static const char \*const names\[\] = \{"[A-Z_]+"(, "[A-Z_]+")*\}' \
        "$top_srcdir/src/file/trust-path.c" | grep -oE '[A-Z]+_UID' >>"$work/code"
    grep -rnE 'getenv\([a-z]' "$top_srcdir/src" | grep -vE '(name|names\[i\])\)' &&
        echo 'by another name than a literal one' && return 1
    sed -n '/^\.Sh ENVIRONMENT/,/^\.Sh FILES/s/^\.It Ev //p' "$page" | sed 's/ , /\n/g' \
        >"$work/manual"
    same_names 'variables'
}

# What `make install` puts below the prefix, and what vmware-unlocker(7) says that it puts there.
installed() {
    env -u MAKEFLAGS -u MFLAGS make -s -C "${top_builddir:?}" install DESTDIR="$work/installed" \
        >"$work/make" 2>&1 ||
        { cat "$work/make" && return 1; }
    # Where systemd and completions have their directories depends on the distribution.
    (cd "$work/installed" && find . -type f ! -path '*/man/man?/*') |
        sed 's|.*/\([^/]*/[^/]*\)$|\1|' >"$work/code"
    sed -n '/^\.Sh FILES/,/^\.Sh /s/^\.It Pa //p' "$man/vmware-unlocker.7" |
        sed 's/ , /\n/g' | sed 's|.*/\([^/]*/[^/]*\)$|\1|' >"$work/manual"
    # Pacman's hook is installed where there is a pacman.
    grep -q '^hooks/' "$work/code" || sed -i '/^hooks\//d' "$work/manual"
    same_names 'installed files'
}

message_ids() {
    sed -n 's/.*SD_ID128_MAKE(\(.*\))$/\1/p' "$top_srcdir/src/ctl/service/journal-ids.h" |
        tr -d ', ' >"$work/code"
    sed -n '/^\.Sh JOURNAL/,/^\.Sh /s/^\.It Em \([0-9a-f]\{32\}\)$/\1/p' \
        "$man/vmware-unlocker.service.8" >"$work/manual"
    same_names 'message ids'
}

check "options of each command, and each is explained" options
check "options of every command" options_of_all
check "environment variables" environment
check "installed files" installed
check "message ids" message_ids
plan
