#!/bin/sh
# SPDX-License-Identifier: MIT
# The stand-ins are what they claim to be: laid out as asked, closed as VMware ships them, open once
# the expected edits are made, and otherwise the same. What the other tests rely on.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
[ "${SANITIZERS:-no}" != yes ] || skip_all "runs nothing that sanitizers look at"
need_python

# The options of a variant that describe.py can see, with what they are when not given.
claims() {
    link=rela strip=all first=v0 gap=0x20 decoys=0
    for option; do
        case $option in
        --link=*) link=${option#*=} ;;
        --strip=*) strip=${option#*=} ;;
        --first=*) first=${option#*=} ;;
        --v1-gap=*) gap=${option#*=} ;;
        --decoys) decoys=3 ;;
        esac
    done
    case $link in relr | fixed) decoys=0 ;; esac
    printf '%s\n' "--link=$link" "--strip=$strip" "--first=$first" "--v1-gap=$gap" \
        "decoy relocations=$decoys"
}

is_as_claimed() {
    file=$(target "$tree" vmx)
    claims "$@" >"$work/claimed"
    "$standin/describe.py" --truth "$tree.truth" --role vmx "$file" >"$work/found" || return 1
    case " $* " in
    *' --state='*) # relocations of the OSK rows are as another tool left them
        sed -i '/^decoy/d' "$work/claimed" "$work/found"
        ;;
    esac
    diff "$work/claimed" "$work/found" && has_all_keys "$file" 0 242 && has_all_keys "$file" 1 436
}

has_all_keys() {
    count=$("$1" --smc-all "$2" | cut -c 1-4 | sort -u | wc -l)
    echo "V$2: $count different keys"
    [ "$count" -eq "$3" ]
}

gates_are_as_claimed() {
    file=$(target "$tree" vmx)
    case " $* " in
    *' --state=half '*)
        answers_osk "$file" 0 0 && refuses_osk "$file" 0 1 &&
            answers_osk "$file" 1 0 && refuses_osk "$file" 1 1
        ;;
    *' --state=v0-only '*)
        answers_osk "$file" 0 0 && answers_osk "$file" 0 1 &&
            refuses_osk "$file" 1 0 && refuses_osk "$file" 1 1
        ;;
    *' --state=patched '*) answers_all_osk "$file" ;;
    *) refuses_all_osk "$file" ;;
    esac
}

# How many edits make the file whole: value, field and relocation of each row, where it has them.
edits_claimed() {
    rows=4 each=3
    for option; do
        case $option in
        --state=patched) rows=0 ;;
        --state=half | --state=v0-only) rows=2 ;;
        esac
    done
    for option; do
        case $option in
        --link=*) each=2 ;;
        esac
    done
    for option; do
        case $option in
        --state=values-only) each=1 ;;
        esac
    done
    echo $((rows * each))
}

expected_file_answers() {
    file=$(target "$tree" vmx)
    expect "$tree" vmx "$work/patched" && chmod 0755 "$work/patched" || return 1
    claimed=$(edits_claimed "$@")
    echo "$claimed edits claimed" && cat "$work/edits"
    [ "$(wc -l <"$work/edits")" -eq "$claimed" ] || return 1
    answers_all_osk "$work/patched" || return 1
    for table in 0 1; do
        answers "$file" $table >"$work/before"
        answers "$work/patched" $table >"$work/after"
        diff "$work/before" "$work/after" || return 1
    done
}

# All macOS entries become shown, and nothing else of the list changes.
expected_list_shows() {
    file=$(target "$tree" vmwarebase)
    claimed=36
    for option; do
        case $option in --guests=*) claimed=${option#*=} ;; esac
    done
    expect "$tree" vmwarebase "$work/patched.so" && guests "$file" >"$work/before" &&
        guests "$work/patched.so" >"$work/after" || return 1
    [ "$(grep -c '^[12] darwin.* shown$' "$work/after")" -eq "$claimed" ] || {
        echo "not $claimed shown:" && cat "$work/after"
        return 1
    }
    case " $* " in
    *' --state=patched '*) hidden=0 ;;
    *' --state=half '*) hidden=$((claimed / 2)) ;;
    *) hidden=$claimed ;;
    esac
    [ "$(grep -c '^[12] darwin.* hidden$' "$work/before")" -eq "$hidden" ] &&
        [ "$(cmp -l "$file" "$work/patched.so" | wc -l)" -eq "$hidden" ] || return 1
    sed -i '/ darwin/d' "$work/before" "$work/after"
    diff "$work/before" "$work/after"
}

is_not_built() {
    cat "$work/unable"
    return 1
}

variant() {
    name=$1
    shift
    tree=$work/tree-$name
    make_tree "$tree" --without=vmx-debug --without=vmx-stats "$@"
    case $? in
    0) ;;
    77)
        skip "$name" "$(cat "$work/unable")"
        return
        ;;
    *)
        check "$name: is built" is_not_built
        return
        ;;
    esac
    check "$name: is laid out as asked" is_as_claimed "$@"
    check "$name: its gates are as asked" gates_are_as_claimed "$@"
    check "$name: with the expected edits it gives all keys" expected_file_answers "$@"
    check "$name: with the expected edits all macOS guests are shown" expected_list_shows "$@"
    [ "$name" = rela ] || rm -rf "$tree" "$tree.truth"
}

each_variant variant

# A whole installation ----------------------------------------------------------------------------

is_complete() {
    for role in vmx vmx-debug vmx-stats; do
        file=$(target "$work/whole" $role)
        [ "$(stat -c %a "$file")" = 4755 ] && refuses_all_osk "$file" &&
            "$file" --version | grep -q "VMware Workstation 17.6.1 build-24319023 ($role)" ||
            return 1
    done
    [ -d "$work/whole/usr/lib/vmware/isoimages" ] &&
        grep -q '^libdir = "/usr/lib/vmware"$' "$work/whole/etc/vmware/config"
}

is_deterministic() {
    make_tree "$work/again" && diff -r "$work/whole" "$work/again" &&
        make_tree "$work/newer" --version=17.6.2 &&
        for role in vmx vmx-debug vmx-stats vmwarebase; do
            ! cmp -s "$(target "$work/whole" $role)" "$(target "$work/newer" $role)" || return 1
        done
}

is_replaced_by_rename() {
    file=$(target "$work/again" vmx)
    before=$(stat -c %i "$file")
    exec 4<"$file"
    make_tree "$work/again" --player --empty=vmx-debug
    after=$(stat -c %i "$file")
    exec 4<&-
    [ "$before" != "$after" ] && [ ! -e "$(target "$work/again" vmx-stats)" ] &&
        [ -e "$(target "$work/again" vmx-debug)" ] &&
        [ ! -s "$(target "$work/again" vmx-debug)" ] &&
        grep -q '^product.name = "VMware Player"$' "$work/again/etc/vmware/config"
}

unknown_keys_are_unknown() {
    file=$(target "$work/whole" vmx)
    "$file" --smc 0 OSKX
    [ $? -eq 4 ] && "$file" --sleep 0 /vm/macOS.vmx
}

make_tree "$work/whole" || cat "$work/unable" >&2
check "a whole installation has every target" is_complete
check "the same options make the same files, another version makes others" is_deterministic
check "over a tree it acts like an update" is_replaced_by_rename
check "a key that is not there is not answered" unknown_keys_are_unknown

# Damage ------------------------------------------------------------------------------------------

# corrupt.py itself fails when it changes nothing.
can_be_damaged() {
    for role in vmx vmwarebase; do
        mkdir "$work/damaged-$role" &&
            "$standin/corrupt.py" --truth "$work/tree-rela.truth" --role $role \
                "$(target "$work/tree-rela" $role)" "$work/damaged-$role" || return 1
    done
    [ "$("$standin/corrupt.py" --list | wc -l)" -eq \
        "$(find "$work"/damaged-* -type f | wc -l)" ]
}

oracle_refuses_damage() {
    for kind in osk0-renamed counts-short pointer-wild default-is-osk tables-gone; do
        ! "$standin/expect.py" --truth "$work/tree-rela.truth" --role vmx \
            "$work/damaged-vmx/$kind" || return 1
    done
}

check "every kind of damage can be done" can_be_damaged
check "the oracle sees damage" oracle_refuses_damage
plan
