#!/bin/sh
# SPDX-License-Identifier: MIT
# patch and restore on every variant of the stand-ins: exactly the edits that the oracle expects, a
# file that answers as a guest must be answered, everything else of it as before, and the very
# original back.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python

# remember ROLE...: what the targets of $tree are, and what they must become.
remember() {
    for role; do
        file=$(target "$tree" "$role")
        mark_file "$file" && cp "$file" "$work/original.$role" || return 1
        expect "$tree" "$role" "$work/expected.$role" &&
            attributes "$file" >"$work/attributes.$role" &&
            identity "$file" >"$work/identity.$role" || return 1
        case $role in
        vmwarebase) guests "$file" >"$work/guests" ;;
        *)
            answers "$file" 0 >"$work/answers.$role.0" &&
                answers "$file" 1 >"$work/answers.$role.1"
            ;;
        esac || return 1
    done
    names >"$work/names"
}

# Every name in the installation: nothing may be added.
names() {
    (cd "$tree" && find etc usr | sort)
}

# is FILE CONTENT ROLE: that content, with the attributes that the file had.
is() {
    same "$1" "$2" && attributes "$1" >"$work/attributes" &&
        diff "$work/attributes.$3" "$work/attributes"
}

# unchanged ROLE: nobody has touched it since.
unchanged() {
    identity "$(target "$tree" "$1")" >"$work/identity" &&
        diff "$work/identity.$1" "$work/identity"
}

patches() {
    ctl 0 "--root=$tree" patch || return 1
    for role; do
        is "$(target "$tree" "$role")" "$work/expected.$role" "$role" || return 1
    done
    names | diff "$work/names" - && ctl 0 "--root=$tree" status
}

answers_as_patched() {
    for role; do
        file=$(target "$tree" "$role")
        case $role in
        vmwarebase)
            sed '/^[12] darwin/{s/3e hidden$/3f shown/;s/be hidden$/bf shown/;}' \
                "$work/guests" >"$work/wanted"
            guests "$file" | diff "$work/wanted" - && ! guests "$file" | grep ' darwin.* hidden$'
            ;;
        *)
            answers_all_osk "$file" && answers "$file" 0 | diff "$work/answers.$role.0" - &&
                answers "$file" 1 | diff "$work/answers.$role.1" -
            ;;
        esac || return 1
    done
}

patches_once() {
    for role; do
        identity "$(target "$tree" "$role")" >"$work/identity.$role" || return 1
    done
    ctl 0 "--root=$tree" patch || return 1
    for role; do
        unchanged "$role" || return 1
    done
}

# What was stock comes back to the byte; of the rest no original exists: it stays, and that is said.
restores() {
    kept=yes
    for role; do
        identity "$(target "$tree" "$role")" >"$work/identity.$role" || return 1
        is_stock "$role" || kept=
    done
    if [ -n "$kept" ]; then
        ctl 0 "--root=$tree" restore || return 1
    else
        ctl '1|3' "--root=$tree" restore && [ -s "$work/err" ] || return 1
    fi
    for role; do
        if is_stock "$role"; then
            is "$(target "$tree" "$role")" "$work/original.$role" "$role"
        else
            unchanged "$role"
        fi || return 1
    done
    names | diff "$work/names" -
}

# Whether the target was as VMware ships it, by the options of the variant.
is_stock() {
    case $state.$1 in
    stock.* | values-only.vmwarebase | v0-only.vmwarebase) return 0 ;;
    esac
    return 1
}

state_of() {
    state=stock
    for option; do
        case $option in --state=*) state=${option#*=} ;; esac
    done
}

# cycle NAME ROLE...
cycle() {
    name=$1
    shift
    check "$name: patch makes the expected edits and no other" patches "$@"
    check "$name: a guest gets all keys, and the others as before" answers_as_patched "$@"
    check "$name: a second patch does nothing" patches_once "$@"
    check "$name: restore gives the very originals back" restores "$@"
}

variant() {
    variant_name=$1
    shift
    tree=$work/$variant_name
    state_of "$@"
    make_tree "$tree" --without=vmx-debug --without=vmx-stats "$@"
    case $? in
    77) skip "$variant_name" "$(cat "$work/unable")" ;;
    *)
        check "$variant_name: is built" remember vmx vmwarebase
        cycle "$variant_name" vmx vmwarebase
        ;;
    esac
    rm -rf "$tree" "$tree.truth"
}

each_variant variant

# A whole installation ----------------------------------------------------------------------------

dry_run_changes_nothing() {
    ctl '0|3' "--root=$tree" patch --dry-run && [ -s "$work/out" ] || return 1
    for role in vmx vmx-debug vmx-stats vmwarebase; do
        unchanged $role || return 1
    done
    names | diff "$work/names" - && [ ! -e "$tree/var/lib/vmware-unlocker/originals" ]
}

tree=$work/whole
state=stock
make_tree "$tree"
check "whole: is built" remember vmx vmx-debug vmx-stats vmwarebase
check "whole: a dry run changes nothing" dry_run_changes_nothing
cycle whole vmx vmx-debug vmx-stats vmwarebase

# One left out, one without content: neither is a failure.
tree=$work/sparse
make_tree "$tree" --without=vmx-debug --empty=vmx-stats
check "sparse: is built" remember vmx vmwarebase
cycle sparse vmx vmwarebase
plan
