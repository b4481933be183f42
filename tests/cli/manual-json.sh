#!/bin/sh
# SPDX-License-Identifier: MIT
# unlockerctl-json(5): each document has the members and words that the manual shows, and no others;
# each member that it shows is in a document. The JSON schema is made of the manual:
#     tests/cli/manual-json.py --schema man/unlockerctl-json.5 >docs/unlockerctl.schema.json
# state.sh looks at
# the state file, tests/swap/adopt.sh at adopt.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
manual=$top_srcdir/man/unlockerctl-json.5
compare=$top_srcdir/tests/cli/manual-json.py
schema=$top_srcdir/docs/unlockerctl.schema.json
make_tree "$work/tree" || skip_all "$(cat "$work/unable")"
make_tree "$work/half" --state=half --decoys || skip_all "$(cat "$work/unable")"
make_tree "$work/guests" --strip=none --guest-strays || skip_all "$(cat "$work/unable")"
mkdir "$work/empty" "$work/vm"
vmx=$work/tree/usr/lib/vmware/bin/vmware-vmx
cp "$vmx" "$work/stock"
: >"$work/documents"
documents=0

# keep SECTION STATUS ARGUMENT…: a document, for that part of the manual.
keep() {
    keep_section=$1
    keep_status=$2
    shift 2
    ctl "$keep_status" --json "$@" || return 1
    documents=$((documents + 1))
    cp "$work/out" "$work/document.$documents" &&
        echo "$keep_section:$work/document.$documents" >>"$work/documents"
}

# on STATUS ARGUMENT…: in the tree; the part is that of the command.
on() {
    case $2 in
    patch | restore) on_section='patch, restore' ;;
    hold | release) on_section='hold, release' ;;
    *) on_section=$2 ;;
    esac
    keep "$on_section" "$1" --root="$work/${on_root:-tree}" "$2" ${3:+"$3"} ${4:+"$4"}
}

# While the program runs.
in_use() {
    "$vmx" --sleep 30 &
    sleeper=$!
    sleep 0.3
    on 3 status && on 0 patch --dry-run && on 0 patch && on 0 status
    in_use_status=$?
    kill $sleeper
    return $in_use_status
}

keeps_and_gives_back() {
    printf '%32769sCD001%2042s' '' '' >"$work/darwin.iso"
    in_use && on 0 verify && on 0 list &&
        on 0 list 17.6.1 && on 0 list --verbose && on 0 tools &&
        on 0 tools --force "$work/darwin.iso" && on 0 tools && on 1 tools "$work/tree.truth" &&
        on 0 prune --dry-run && on 0 hold && on 0 release && on 0 patch && on 1 list nosuch &&
        echo VMware >"$work/tree/usr/lib/vmware/bin/.vmware-vmx.unlocker-0123456789abcdef" &&
        cp "$work/stock" "$vmx" && on 3 patch && on "0|3" restore && on 3 status
}

of_others() {
    on_root=half
    on 0 patch && on 3 verify && on 0 status &&
        echo words >"$work/half/usr/lib/vmware/bin/vmware-vmx" &&
        printf 'a = "\nx y\n' >>"$work/half/etc/vmware/config" && on 3 patch && on 3 status &&
        on_root=empty && on 4 status && on 4 patch && on 4 restore && on 4 verify && on 0 list &&
        on 0 prune && on 4 tools && on 3 doctor && on_root=none &&
        for verb in status patch restore verify list prune tools hold release doctor; do
            on 1 $verb || return 1
        done
}

# A table without OSK0, and a guest list that can be read in two ways.
damaged_files() {
    python3 -IS - "$work/stock" "$work/keyless" <<'PYTHON'
import sys
content = open(sys.argv[1], "rb").read()
open(sys.argv[2], "wb").write(content.replace(b"0KSO\x20*8hc", b"XKSO\x20*8hc"))
PYTHON
    cat >"$work/readings.c" <<'C'
#define ENTRY(at) [at] = 0x10, 0x10, 1, 0, 0, 0, 0, 0, 0x3e
unsigned entries[] = {ENTRY(0), ENTRY(16), ENTRY(32), ENTRY(48), ENTRY(64), ENTRY(149), ENTRY(167)};
C
    ${CC:-cc} -shared -nostdlib -o "$work/readings" "$work/readings.c"
}

files() {
    damaged_files || return 1
    echo words >"$work/words"
    keep inspect 0 inspect "$work/stock" && keep inspect 3 inspect "$work/keyless" &&
        keep inspect 3 inspect "$work/readings" && keep inspect 3 inspect "$work/words" &&
        keep inspect 1 inspect "$work/none" &&
        keep inspect 0 inspect "$(target "$work/guests" vmwarebase)" &&
        keep dump-smc 0 dump-smc "$work/stock" && keep dump-smc 3 dump-smc "$work/keyless" &&
        keep dump-smc 1 dump-smc "$work/none" && keep report 0 report "$work/stock" &&
        keep report 1 report "$work/none" &&
        keep patch-file 0 patch-file "$work/stock" --output="$work/one" &&
        keep patch-file 3 patch-file "$work/words" && keep patch-file 1 patch-file "$work/none" &&
        keep patch-file 3 patch-file "$work/words" "$work/stock" --output="$work/empty"
}

# shellcheck disable=SC2086 # CC may have options
module() {
    ${CC:-cc} -shared -fPIC -Wl,-soname,libvmkctl.so -DNAMES='"applesmc","applesmcX"' \
        -o "$work/libvmkctl.so" "$standin/vmkctl.c" &&
        keep inspect 0 inspect "$work/libvmkctl.so" || return 1
    mkdir -p "$work/esxi/bin" && cp "$work/stock" "$work/esxi/bin/vmx" &&
        keep patch-file 0 patch-file "$work/esxi" --build=1 --output="$work/m.v00" &&
        keep inspect 0 inspect "$work/m.v00"
}

# What only a file for Windows has.
windows() {
    keep inspect 0 inspect "$work/pe/vmware-vmx.exe" &&
        keep patch-file 0 patch-file "$work/pe/vmware-vmx.exe" --output="$work/pe.exe"
}

machines() {
    on_root=tree
    printf '%s = "%s"\n' guestOS darwin21-64 firmware efi >"$work/vm/a.vmx"
    on '0|3' doctor "$work/vm/a.vmx" && on 1 doctor "$work/none.vmx" &&
        keep doctor '0|3' --root="$work/tree" doctor --fix --yes "$work/vm/a.vmx"
}

rest() {
    keep 'Invalid command line' 2 nosuch &&
        keep 'Invalid command line' 2 status --nosuch
}

as_the_manual_shows() {
    xargs -d '\n' python3 -IS "$compare" --without='The state file,adopt' "$manual" \
        <"$work/documents"
}

schema_is_of_manual() {
    python3 -IS "$compare" --schema "$manual" | diff "$schema" -
}

# refused PATTERN REPLACEMENT FAULT: a document of which the schema has to say that.
refused() {
    printf '%s\n%s\0' arguments '{"version":1,"exit_status":0,
        "roots":[{"root":"/","hold":true,"reason":null,"why":null,"todo":null}]}' |
        sed "s/$1/$2/" >"$work/wrong"
    python3 -IS "$top_srcdir/tests/document.py" "$schema" "$work/wrong" >"$work/said"
    refused_status=$?
    cat "$work/said"
    [ $refused_status -eq "${4:-1}" ] && { [ -z "$3" ] || grep -qF "$3" "$work/said"; }
}

schema_is_strict() {
    refused x x '' 0 && refused true '"yes"' \
        'document.roots[0].hold is ' &&
        refused '"hold"' '"held"' 'document.roots[0].held is not in the schema' &&
        refused '"exit_status":0' '"end":0' 'document.exit_status is missing' &&
        refused '"version":1' '"version":2' 'document.version is not 1'
}

# Another implementation of JSON Schema knows every word of the schema, and takes the documents.
schema_of_others() {
    xargs -d '\n' python3 -I "$work/others.py" "$schema" <"$work/documents"
}

cat >"$work/others.py" <<'PYTHON'
import json, sys
from jsonschema import Draft202012Validator

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
Draft202012Validator.check_schema(schema)
for name in sys.argv[2:]:
    with open(name.partition(":")[2], encoding="utf-8") as file:
        Draft202012Validator(schema).validate(json.load(file))
PYTHON

check "the schema is the manual's" schema_is_of_manual
check "the schema refuses what is otherwise" schema_is_strict
check "documents of a tree that is patched and given back" keeps_and_gives_back
check "those of others" of_others
check "those of files" files
check "those of a boot module" module
if "$standin/make-pe.sh" "--truth=$work/pe.truth" "$work/pe" 2>"$work/unable"; then
    check "those of a file for Windows" windows
else
    skip "those of a file for Windows" "$(sed 's/^make-pe: //' "$work/unable")"
fi
check "those of virtual machines" machines
check "the others" rest
check "all are as the manual shows them" as_the_manual_shows
if python3 -I -c 'import jsonschema' 2>/dev/null; then
    check "python3-jsonschema takes schema and documents" schema_of_others
else
    skip "python3-jsonschema takes schema and documents" "no python3-jsonschema"
fi
plan
