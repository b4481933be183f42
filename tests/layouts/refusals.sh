#!/bin/sh
# SPDX-License-Identifier: MIT
# Damaged, hostile and unknown files: each is refused with what is wrong, and not touched.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all "no jq"

# judge ROLE STATE REASONS: whether `status --json`, in $work/out, says so of the target. Only what
# must be there is looked for: an object with the role, the state, and one of the reasons' ids.
judge() {
    jq -r --arg role "$1" --arg state "$2" --arg reasons "$3" '
        [.. | objects | select(.role == $role)]
        | if length != 1 then "\(length) objects with role \($role)"
          elif .[0].state != $state then "state \(.[0].state), not \($state): \(.[0])"
          elif $reasons != "-" and ([.[0] | ..] | any(IN(($reasons / "|")[])) | not)
          then "none of the reasons \($reasons): \(.[0])"
          else empty end' "$work/out" >"$work/judged" && ! grep . "$work/judged"
}

# new_tree: an installation without any target yet.
new_tree() {
    rm -rf "$tree"
    for role in vmx vmwarebase; do
        mkdir -p "$(dirname "$(place $role)")" || return 1
    done
    mkdir -p "$tree/etc/vmware" && cp "$good/etc/vmware/config" "$tree/etc/vmware/"
}

# Where a target is put in $tree.
place() {
    case $1 in
    vmwarebase) echo "$tree/usr/lib/vmware/lib/libvmwarebase.so/libvmwarebase.so" ;;
    *) echo "$tree/usr/lib/vmware/bin/vmware-$1" ;;
    esac
}

names() {
    (cd "$tree" && find etc usr | sort)
}

no_crash() {
    ! grep -E 'Sanitizer|runtime error' "$work/err"
}

# left_alone ROLE STATE REASONS: patch refuses what is there, and says so; so does status.
left_alone() {
    file=$(place "$1")
    accepted='1|3'
    [ "$2" != empty ] || accepted='0|1|3|4' # nothing to patch, and nothing wrong
    names >"$work/names" && identity "$file" >"$work/identity" || return 1
    ctl "$accepted" "--root=$tree" patch && no_crash || return 1
    [ "$2" = empty ] || complains "${file##*/}" || return 1
    ! grep -E '(at 0x[0-9a-f]+)\b.* \1\b' "$work/err" || return 1
    identity "$file" | diff "$work/identity" - && names | diff "$work/names" - || return 1
    ctl "$accepted" "--root=$tree" --json status && no_crash && judge "$1" "$2" "$3"
}

# refused FILE ROLE STATE REASONS: FILE in the place of that target.
refused() {
    file=$(place "$2")
    new_tree && cp "$1" "$file" && chmod 04755 "$file" && mark_file "$file" || return 1
    left_alone "$2" "$3" "$4" && same "$1" "$file"
}

good=$work/good
tree=$work/tree
make_tree "$good" --without=vmx-debug --without=vmx-stats || {
    [ $? -ne 77 ] || skip_all "$(cat "$work/unable")"
    cat "$work/unable" >&2
    exit 1
}

for role in vmx vmwarebase; do
    mkdir "$work/damaged.$role"
    "$standin/corrupt.py" --truth "$good.truth" --role $role "$(target "$good" $role)" \
        "$work/damaged.$role" || exit 1
done
"$standin/corrupt.py" --list >"$work/kinds" || exit 1
while read -r role kind state reasons <&3; do
    check "$role: $kind" refused "$work/damaged.$role/$kind" "$role" "$state" "$reasons"
done 3<"$work/kinds"

# The right file in the wrong place.
check "vmx: the library" refused "$(target "$good" vmwarebase)" vmx unknown 'wrong-kind|smc-none'
check "vmwarebase: the program" refused "$(target "$good" vmx)" vmwarebase unknown \
    'wrong-kind|gos-none'

# What is no file -------------------------------------------------------------------------------

no_file() {
    new_tree && "$@" "$(place vmx)" || return 1
    names >"$work/names"
    ctl '1|3' "--root=$tree" patch && no_crash && complains vmware-vmx || return 1
    names | diff "$work/names" - && ctl '1|3' "--root=$tree" --json status && no_crash
}

check "vmx: a directory" no_file mkdir
check "vmx: a FIFO" no_file mkfifo
check "vmx: a link that leads nowhere" no_file ln -s nowhere
check "vmx: a link to itself" no_file ln -s vmware-vmx

# One that is refused does not keep the others from being patched -----------------------------

others_are_patched() {
    new_tree && cp "$good/usr/lib/vmware/bin/vmware-vmx" "$(place vmx)" &&
        cp "$work/damaged.vmwarebase/entries-none" "$(place vmwarebase)" || return 1
    ctl 3 "--root=$tree" patch && complains libvmwarebase.so &&
        same "$work/damaged.vmwarebase/entries-none" "$(place vmwarebase)" &&
        answers_all_osk "$(place vmx)"
}

check "a file that is refused does not keep the others from being patched" others_are_patched
plan
