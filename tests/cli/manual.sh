#!/bin/sh
# SPDX-License-Identifier: MIT
# Files, units, journal fields and metrics that the manuals name are those there are. Their examples
# are examples.sh's.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all 'no jq'
make_tree "$work/tree" || skip_all "$(cat "$work/unable")"
man=$top_srcdir/man

# Which a store of many archives has.
make_index() {
    originals=$work/tree/var/lib/vmware-unlocker/originals
    archive=$(ls "$originals")
    for i in $(seq 16); do
        cp "$originals/$archive" "$originals/older-$i-${archive##*-}" || return 1
    done
    sleep 3
    ctl 0 "--root=$work/tree" restore && ctl 0 "--root=$work/tree" patch &&
        rm "$originals"/older-*
}

# FILES of the manual: after a patch and a hold, all that it names is there, and nothing else.
files() {
    printf '%32769sCD001%2042s' '' '' >"$work/darwin.iso"
    touch -d '2024-02-29' "$work/tree"/usr/lib/vmware/bin/*
    ctl 0 "--root=$work/tree" tools --force "$work/darwin.iso" &&
        ctl 0 "--root=$work/tree" patch && make_index && ctl 0 "--root=$work/tree" hold || return 1
    sed -n 's|^\.It Pa /var/lib/vmware-unlocker/\([a-z]*\)/*$|\1|p' "$man/unlockerctl.8" |
        sort >"$work/named"
    rm -f "$work/tree/var/lib/vmware-unlocker/manifest.json"
    find "$work/tree/var/lib/vmware-unlocker" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort |
        diff "$work/named" -
}

units() {
    find "$top_srcdir/systemd" -name 'vmware-unlocker*' ! -name '*.catalog' -printf '%f\n' |
        sed 's/\.in$//' | sort >"$work/there"
    sed -n '/^\.Sh NAME/,/^\.Sh SYNOPSIS/s/^\.Nm \([^ ]*\).*/\1/p' \
        "$man/vmware-unlocker.service.8" | sort | diff "$work/there" -
}

fields() {
    grep -rohE --include=*.c '"(UNLOCKER_[A-Z0-9_]+|MESSAGE_ID)"' "$top_srcdir/src/ctl" |
        tr -d '"' | sort -u |
        grep -v -e UNLOCKER_PAGER -e UNLOCKER_TEST >"$work/sent"
    grep -oE '(UNLOCKER_[A-Z0-9_]+|MESSAGE_ID)' "$man/vmware-unlocker.service.8" | sort -u |
        grep -vx -e MESSAGE_ID -e UNLOCKER_KEEP >"$work/named" # the weekly unit's variable
    grep -vx MESSAGE_ID "$work/sent" | diff - "$work/named"
}

metrics() {
    cp -a "$work/tree" "$work/refused" &&
        echo 'no program' >"$work/refused/usr/lib/vmware/bin/vmware-vmx" &&
        ctl 3 "--root=$work/tree" "--root=$work/refused" status --prometheus || return 1
    sed -n 's/^# TYPE vmware_unlocker_\([a-z_]*\) gauge$/\1/p' "$work/out" | sort >"$work/there"
    [ -s "$work/there" ] && sed -n '/^\.Sh METRICS/,/^\.Sh ENV/s/^\.It Va //p' \
        "$man/unlockerctl.8" | sed 's/ , /\n/g' | sort | diff "$work/there" - || return 1
    # Their labels, but for those of a sample that has the name of a label already.
    grep -v '^#' "$work/out" | grep -oE '[a-z_]+="' | tr -d '="' | sort -u >"$work/there"
    sed -n '/^\.Sh METRICS/,/^\.Sh ENV/s/^\.Ql \([a-z]*\)[ ,:.]*$/\1/p' "$man/unlockerctl.8" |
        sort -u | diff "$work/there" -
}

# The pages are of this version of the program.
versions() {
    ctl 0 --version && version=$(sed 's/.* //' "$work/out") && [ -n "$version" ] &&
        [ "$(grep -lx "\.Os vmware-unlocker $version" "$man"/*.[578] | wc -l)" -eq \
            "$(find "$man" -name '*.[578]' | wc -l)" ]
}

check "FILES of unlockerctl(8) are those there are" files
check "vmware-unlocker.service(8) names every unit" units
check "vmware-unlocker.service(8) names every field of the journal" fields
check "unlockerctl(8) has every metric and label" metrics
check "each manual names the project and its version" versions
plan
