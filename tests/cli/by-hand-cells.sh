#!/bin/sh
# SPDX-License-Identifier: MIT
# Each command in each situation that people meet: how it ends, what it says, in a pipe and on a
# terminal, and that no file changes which must not.

# shellcheck source=tests/cli/by-hand-lib.sh
. "${top_srcdir:?}/tests/cli/by-hand-lib.sh"
library=usr/lib/vmware/lib/libvmwarebase.so/libvmwarebase.so
isoimages=usr/lib/vmware/isoimages
fixed='is on a read-only file system'
# shellcheck disable=SC2016 # a command, quoted in a sentence
denied='the store cannot be used (Permission denied): run as root: `sudo unlockerctl '
from='cannot install tools from: /darwin.iso:'

# SYSTEM CHANGE STATUS ARGUMENT… | SENTENCE. CHANGE: "=" where no file changes, "v" where none of
# VMware's does, "+" where one must. SENTENCE: how its complaint begins; none where it has none.
cat >"$work/table" <<TABLE
bare = 4 status |
bare = 4 patch | cannot patch: /: no VMware found here: install
bare = 4 restore | cannot restore: /: no VMware found here: install
bare = 4 verify | cannot verify: /: no VMware found here: install
bare = 4 adopt /backup | cannot adopt: /: no VMware found here: install
bare = 4 tools | cannot look for tools: /: no VMware found here: install
bare = 0 list |
bare = 0 prune |
bare = 0 release |
bare + 0 hold |
bare = 3 doctor |
bare = 0 report |
good = 0 status |
good = 0 patch |
good = 0 verify |
good + 0 verify --record |
good = 0 list |
good = 0 prune |
good = 0 prune --all --yes |
good = 0 adopt /backup |
good = 0 release |
good = 0 tools |
good = 0 report |
good = 0 inspect /$vmx |
good = 0 dump-smc /$vmx |
good + 0 restore |
good + 0 hold |
good + 0 tools --force /darwin.iso |
good + 0 patch-file /file |
stock + 0 patch |
stock = 0 patch -n |
stock = 3 status |
held = 0 hold |
held = 0 patch -n |
held + 0 release |
word = 2 status nosuch |
word = 2 patch nosuch | cannot patch: nosuch: is not a target: name one of
word = 2 restore nosuch | cannot restore: nosuch: is not a target: name one of
word = 2 verify nosuch |
word = 2 prune nosuch |
word = 2 hold nosuch |
word = 2 release nosuch |
word = 2 adopt |
word = 2 inspect |
word = 2 dump-smc |
word = 2 patch-file |
word = 2 tools --force |
word = 2 doctor --fix |
word = 2 nosuch |
word = 1 list nosuch | cannot list: nosuch: no originals of this build are kept: see
word = 1 adopt /nosuch | cannot adopt: /nosuch: is not an existing directory: name
word = 1 tools /nosuch | cannot install tools from: /nosuch: does not exist: name another file
word = 1 doctor /nosuch | cannot examine: /nosuch: does not exist: name a .vmx file
word = 1 report /nosuch | cannot report: /nosuch: does not exist: name another file
word = 1 inspect /nosuch | cannot inspect: /nosuch: does not exist: name another file
word = 1 dump-smc /nosuch | cannot dump: /nosuch: does not exist: name another file
word = 1 patch-file /nosuch | cannot patch: /nosuch: does not exist: name another file
refused = 3 status |
refused = 3 patch | cannot patch: /$vmx: is not a binary of a known format (magic number): reinstall
refused = 3 restore vmx | cannot restore: /$vmx: is not a binary of a known format
refused = 3 verify | cannot be verified: /$vmx: is not a binary of a known format
refused = 0 list |
refused = 0 prune |
refused = 0 report |
refused = 3 inspect /$vmx | cannot judge: /$vmx: is not a binary of a known format
refused = 3 dump-smc /$vmx | cannot dump: /$vmx: is not a binary of a known format
refused = 3 patch-file /$vmx | cannot patch: /$vmx: is not a binary of a known format
refused + 3 restore | cannot restore: /$vmx: is not a binary of a known format
usr = 0 status |
usr = 0 patch |
usr = 1 restore | cannot restore: /$vmx: $fixed (a copy beside vmware-vmx):
usr = 0 verify |
usr = 0 list |
usr = 0 prune |
usr = 0 tools |
usr = 1 tools --force /darwin.iso | $from $fixed (/$isoimages): mount it
usr = 1 patch-file /$vmx --output=/usr/out | cannot write: /usr/out: $fixed
usr + 0 hold |
usr-stock v 1 patch | cannot patch: /$library: $fixed
usr-stock = 3 status |
store = 0 status |
store = 0 patch |
store = 1 restore | cannot restore: /$store/lock: $fixed: mount it
store = 0 verify |
store = 1 verify --record | cannot record: /$store/lock: $fixed: mount it
store = 0 list |
store = 1 prune | cannot prune: /$store/lock: $fixed: mount it
store = 1 adopt /backup | cannot adopt: /$store/lock: $fixed: mount it
store = 1 hold | cannot hold: /$store/lock: $fixed: mount it
store = 0 release |
store = 1 tools --force /darwin.iso | cannot install: /$isoimages/darwin.iso: $fixed (/$store/
store-stock = 1 patch | cannot patch: /$store/originals: $fixed: mount it
store-stock = 3 status |
full = 0 status |
full = 1 status --prometheus=/root/samples | cannot write the samples: /root/samples: does not fit
full = 0 patch |
full = 1 restore | cannot restore: /$store/hold: the store cannot be used (No space left
full = 0 verify |
full = 1 verify --record | cannot record: /$store/verified.json: does not fit on the disk: free
full = 0 list |
full = 0 prune |
full = 1 hold | cannot hold: /$store/hold: the store cannot be used (No space left on device): check
full = 0 release |
full = 1 tools --force /darwin.iso | $from does not fit on the disk (/$isoimages): free
full = 1 patch-file /root/file | cannot patch: /root/file: no space left in /root: free
full-stock = 1 patch | cannot patch: /$library: no space left in /$store: free
user = 0 status |
user = 0 patch |
user = 1 restore | cannot restore: /$store/lock: $denied
user = 0 verify |
user = 1 verify --record | cannot record: /$store/lock: $denied
user = 0 list |
user = 1 prune | cannot prune: /$store/lock: $denied
user = 1 adopt /backup | cannot adopt: /$store/lock: $denied
user = 1 hold | cannot hold: /$store/lock: $denied
user = 0 release |
user = 0 tools |
user = 1 tools --force /darwin.iso | $from may not be written (/$isoimages: Permission denied): run
user = 0 report |
user = 0 inspect /$vmx |
user = 0 dump-smc /$vmx |
user = 1 patch-file /file | cannot patch: /file: may not be written (file.orig: Permission denied)
user-stock = 1 patch | cannot patch: /$store/originals: $denied
TABLE

# What people have there besides.
provide() {
    (cd "$work/$1" && mkdir -p backup root disk $isoimages) &&
        printf '%32769sCD001%2042s' '' '' >"$work/$1/darwin.iso" &&
        cp "$work/stock/$vmx" "$work/$1/backup/vmware-vmx" &&
        cp "$work/stock/$vmx" "$work/$1/file" && cp "$work/stock/$vmx" "$work/$1/root/file"
}

read_only() {
    prepare="mount --bind $1 $1 && mount -o remount,ro,bind $1"
}

# A disk of its own for what is written, and all of it used.
full_disk() {
    prepare="mount -t tmpfs -o size=400k,mode=755 none disk && cp -a $store root disk &&
        mkdir disk/iso && mount --bind disk/vmware-unlocker $store &&
        mount --bind disk/iso $isoimages && mount --bind disk/root root &&
        { cat /dev/zero >disk/fill; true; } 2>/dev/null"
}

# The system of that name in the table, as `cell`.
build() {
    case $1 in
    bare) system cell ;;
    *stock) system cell "$work/stock" ;;
    *) system cell "$work/patched" ;;
    esac
    mkdir -p "$work/cell/$store" && provide cell || return 1
    case $1 in
    bare | stock) rm -r "$work/cell/var" ;;
    held) : >"$work/cell/$store/hold" ;;
    refused) echo words >"$work/cell/$vmx" ;;
    usr*) read_only usr ;;
    store*) read_only $store ;;
    full*) full_disk ;;
    user*) user=12345:12345 ;;
    esac
}

# What is there before and after, but for what only says that a run was there.
changed() {
    for when in before after; do
        grep -vE ' \./(disk/fill|.*/(lock|judged|index))$' "$work/$when" |
            if [ "$1" = v ]; then grep -F ' ./usr/'; else cat; fi >"$work/$when.seen"
    done
    if [ "$1" = + ]; then
        ! cmp -s "$work/before.seen" "$work/after.seen" || { echo 'nothing changed' && return 1; }
    else
        diff "$work/before.seen" "$work/after.seen"
    fi
}

# In a pipe a complaint has its own stream: what, which object, why, and what to do.
# shellcheck disable=SC2016 # a command, quoted in a sentence
complaint() {
    case $1/$2 in
    2/) grep -qE '^unlockerctl: .*: see `unlockerctl' "$work/err" && [ ! -s "$work/out" ] ;;
    [013-5]/) [ ! -s "$work/err" ] && [ -s "$work/out" ] ;;
    *)
        complains "unlockerctl: $2" &&
            ! grep -vE '^unlockerctl: [^:]+: [^ :]+: .+: .+' "$work/err"
        ;;
    esac || { echo "standard error:" && cat "$work/err" && return 1; }
}

# row CHANGE STATUS SENTENCE ARGUMENT…
row() {
    row_change=$1
    row_status=$2
    row_sentence=$3
    shift 3
    echo "$*"
    [ "$row_status" -eq 2 ] || manual_has "$1" "$row_status" || return 1
    for way in type_in type_on_terminal; do
        [ -n "$built" ] || build "$name" || return 1
        built=true
        $way cell "$row_status" "$@" && changed "$row_change" || return 1
        if [ $way = type_in ]; then
            complaint "$row_status" "$row_sentence" || return 1
        else
            [ -s "$work/out" ] && says_wrapped "${row_sentence:+unlockerctl: $row_sentence}" ||
                return 1
        fi
        [ "$row_change" = '=' ] || built=
    done
}

rows() {
    name=$1
    built=
    while IFS='|' read -r line sentence <&3; do
        # shellcheck disable=SC2086
        set -- $line
        [ "$1" = "$name" ] || continue
        change=$2 status=$3
        shift 3
        row "$change" "$status" "${sentence# }" "$@" || return 1
    done 3<"$work/table"
}

system patched "$work/stock" && type_in patched 0 -q patch || exit 99
export LOOK="$work"
cut -d ' ' -f 1 "$work/table" | uniq >"$work/names"
while read -r cell; do
    case $cell/$(id -u) in
    user*/0 | [!u]*/* | usr*/*) check "$cell" rows "$cell" ;;
    *) skip "$cell" "only root has another user's rights to give" ;;
    esac
done <"$work/names"
plan
