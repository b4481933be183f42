#!/bin/sh
# SPDX-License-Identifier: MIT
# The catalog explains exactly the messages that the program sends, in a form that journald reads.

. "${top_srcdir:?}/tests/lib.sh"

header=$top_srcdir/src/ctl/service/journal-ids.h
catalog=$top_srcdir/systemd/vmware-unlocker.catalog

# Kinds and ids of the header, one a line: "PATCHED ac95…".
tr -d '\\\n' <"$header" | grep -oE '#define JOURNAL_[A-Z_]+ +SD_ID128_MAKE\([0-9a-f, ]+\)' |
    sed -E 's/#define JOURNAL_([A-Z_]+) +SD_ID128_MAKE\((.*)\)/\1 \2/' |
    awk '{ id = $0; sub(/^[A-Z_]+ /, "", id); gsub(/[ ,]/, "", id); print $1, id }' >"$work/kinds"
cut -d' ' -f2 "$work/kinds" | sort >"$work/sent"
sed -n 's/^-- \([0-9a-f]*\)$/\1/p' "$catalog" | sort >"$work/explained"

some_ids() {
    [ "$(wc -l <"$work/sent")" -ge 5 ] && ! grep -vE '^[0-9a-f]{32}$' "$work/sent"
}

no_id_twice() {
    ! uniq -d "$work/sent" | grep . && ! uniq -d "$work/explained" | grep .
}

all_kinds_listed() {
    sed -n 's/^ *X(\([A-Z_]*\)).*/\1/p' "$header" | sort >"$work/listed"
    cut -d' ' -f1 "$work/kinds" | sort | diff - "$work/listed"
}

# The manual lists all; what it and other papers name is one of them.
papers_name_them() {
    service=$top_srcdir/man/vmware-unlocker.service.8
    sed -nE 's/^\.It Em ([0-9a-f]{32})$/\1/p' "$service" | sort | diff "$work/sent" - || return 1
    grep -rohE '\b[0-9a-f]{32}\b' "$top_srcdir/docs" "$top_srcdir/man" "$top_srcdir/README.md" \
        --include='*.[m578]*' | sort -u | comm -23 - "$work/sent" >"$work/strange"
    ! grep . "$work/strange"
}

# The alert of docs/fleet.md is for these kinds, and for no other.
alert_is_complete() {
    for kind in REFUSED FAILED BUSY VAULT CRASHED LEFTOVER; do
        sed -n "s/^$kind //p" "$work/kinds"
    done | sort >"$work/urgent"
    sed -n '/^An alert/,$p' "$top_srcdir/docs/fleet.md" | grep -oE 'MESSAGE_ID=[0-9a-f]{32}' |
        sed 's/.*=//' | sort | diff "$work/urgent" -
}

# Each kind is sent by some file of src/ctl.
all_kinds_sent() {
    while read -r kind _; do
        grep -rqE "JOURNAL_$kind\b" "$top_srcdir/src/ctl" --include=*.c || echo "never sent: $kind"
    done <"$work/kinds" >"$work/never"
    ! grep . "$work/never"
}

# Subject, Defined-By and Documentation, then an empty line and what to do.
entries_complete() {
    awk '
        function ends() { if (id && (!subject || !defined || !manual || lines < 3)) {
            print "incomplete: " id; bad = 1 } }
        /^-- /            { ends(); id = $2; subject = defined = manual = body = lines = 0; next }
        /^Subject: ./     { subject = 1 }
        /^Defined-By: ./  { defined = 1 }
        /^Documentation:/ { manual = 1 }
        /^$/              { body = 1 }
        body && NF        { lines++ }
        END               { ends(); exit bad }
    ' "$catalog"
}

# Variables that journald would not replace, and fields that no message has.
variables_known() {
    sed '/^#/d' "$catalog" | grep -oE '@[^@ ]+@' | tr -d @ | sort -u >"$work/variables"
    ! grep -vxE '[A-Z_]+' "$work/variables" || return 1
    while read -r variable; do
        grep -rqF "\"$variable\"" "$top_srcdir/src/ctl" --include=*.c ||
            echo "no such field: $variable"
    done <"$work/variables" >"$work/unknown"
    ! grep . "$work/unknown"
}

# On a terminal of 80 columns, of which journalctl needs three.
narrow() {
    # Paths and sentences with long values are no longer than they must be.
    ! grep -vE '^(#|Subject: |    )' "$catalog" | sed 's/@[A-Z_]*@/12345678/g' | grep -E '.{78}'
}

# As journald would: into the database of an empty root, then one entry out of it.
compiles() {
    directory=$work/root/usr/lib/systemd/catalog
    mkdir -p "$directory" "$work/root/var/lib/systemd/catalog"
    cp "$catalog" "$directory/" || return 1
    SYSTEMD_LOG_LEVEL=debug journalctl --root="$work/root" --update-catalog \
        >"$work/compiled" 2>&1 || { cat "$work/compiled" && return 1; }
    ! grep -iE 'catalog.*(invalid|failed|ignor|duplicate)' "$work/compiled" || return 1
    while read -r id; do
        journalctl --root="$work/root" --dump-catalog "$id" >"$work/entry" 2>&1 || return 1
        grep -q '^Subject: ' "$work/entry" || { cat "$work/entry" && return 1; }
    done <"$work/explained"
}

check "the header's ids are found" some_ids
check "no id stands for two things" no_id_twice
check "header and catalog have the same ids" diff "$work/sent" "$work/explained"
check "the header's list of kinds is complete" all_kinds_listed
check "every kind is sent by something" all_kinds_sent
check "a manual lists the ids, and papers name no other" papers_name_them
check "the alert of docs/fleet.md is for what needs a person" alert_is_complete
check "every entry says what it means and what to do" entries_complete
check "every variable is a field that journald replaces" variables_known
check "no line is too long for journalctl on 80 columns" narrow
if command -v journalctl >/dev/null; then
    check "the catalog compiles, and each entry is in it" compiles
else
    skip "the catalog compiles, and each entry is in it" "no journalctl"
fi
plan
