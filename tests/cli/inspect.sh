#!/bin/sh
# SPDX-License-Identifier: MIT
# inspect and dump-smc show what is in the file: offsets, counts, states, and the very edits.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all 'no jq'

# Every number of the document is what the generator says, or what stands in the file.
tables_are_true() {
    python3 - "$work/out" "$tree.truth" "$file" "$role" <<'PYTHON'
import json, struct, sys

shown = json.load(open(sys.argv[1]))
truth = json.load(open(sys.argv[2]))[sys.argv[4]]
content = open(sys.argv[3], "rb").read()
assert len(shown["tables"]) == 2
for table, true in zip(shown["tables"], truth["tables"]):
    assert table["smc_version"] == true["version"]
    assert table["header_address"] == true["header"]
    assert table["rows_address"] == true["rows"]
    assert table["private_count"] == true["private"]
    assert table["public_count"] == true["public"]
    header = content[table["header_offset"]:][:16]
    assert struct.unpack("<II", header[8:]) == (true["private"], true["public"])
    distance = table["header_address"] - table["header_offset"]
    assert table["rows_address"] - table["rows_offset"] == distance
    keys = {key["name"]: key for key in table["keys"]}
    assert keys["+LKS"]["address"] == true["lks"]
    assert [keys["OSK0"]["address"], keys["OSK1"]["address"]] == true["osk"]
    assert keys["+LKS"]["handler"] == truth["handlers"]["Default"]
    assert keys["#KEY"]["handler"] == truth["handlers"]["NumKeys"]
    for key in table["keys"]:
        assert key["address"] - key["offset"] == distance
        row = content[key["offset"]:][:72]
        assert row[:4][::-1].decode() == key["name"]
        assert row[24:][:key["length"]].hex() == key["value"]
        assert struct.unpack("<Q", row[16:24])[0] == key["field"]
        if key["source"] == "rela":
            r_offset, kind = struct.unpack("<QQ", content[key["addend_offset"] - 16:][:16])
            assert (r_offset, kind) == (key["address"] + 16, 8)
PYTHON
}

# The edits that are shown make the file that is expected.
edits_are_true() {
    expect "$tree" "$role" "$work/expected" && cp "$file" "$work/edited" &&
        python3 - "$work/out" "$work/edited" <<'PYTHON' && same "$work/edited" "$work/expected"
import json, sys

with open(sys.argv[2], "r+b") as edited:
    for edit in json.load(open(sys.argv[1]))["edits"]:
        before = bytes.fromhex(edit["before"])
        edited.seek(edit["offset"])
        assert edited.read(len(before)) == before, edit
        edited.seek(edit["offset"])
        edited.write(bytes.fromhex(edit["after"]))
PYTHON
}

holds() {
    jq -e "$1" "$work/out" >/dev/null && return 0
    echo "does not hold: $1" && cat "$work/out"
    return 1
}

inspects_vmx() {
    role=vmx file=$(target "$tree" vmx) sum=$(sha256sum <"$file")
    ctl 0 --json inspect "$file" && holds '.version == 1 and .exit_status == 0' &&
        holds '.format == "ELF" and .gates_total == 4 and .guest_list == null' &&
        holds ".state == \"$1\" and .gates_open == $2 and .reason == null" &&
        holds ".sha256 == \"${sum%% *}\"" && tables_are_true && edits_are_true
}

inspects_base() {
    role=vmwarebase file=$(target "$tree" vmwarebase)
    ctl 0 --json inspect "$file" && holds ".state == \"$1\" and .gates_total == $2" &&
        holds "(.guest_list.entries | length) == $2" &&
        holds '(.guest_list.groups | length) == 2' &&
        holds '.tables == []' &&
        python3 - "$work/out" "$tree.truth" <<'PYTHON' && edits_are_true
import json, sys

shown = json.load(open(sys.argv[1]))["guest_list"]["entries"]
true = json.load(open(sys.argv[2]))["vmwarebase"]["entries"]
steps = lambda list: [b - a for a, b in zip(list, list[1:])]
assert steps([entry["offset"] for entry in shown]) == steps(true)
PYTHON
}

# One line for each key, each at its offset, and the same text every time.
dumps() {
    file=$(target "$tree" vmx)
    ctl 0 dump-smc "$file" && cp "$work/out" "$work/dump" && ctl 0 dump-smc "$file" &&
        same "$work/out" "$work/dump" && [ "$(grep -c '^0x' "$work/dump")" -eq $((242 + 436)) ] &&
        [ "$(wc -L <"$work/dump")" -le 160 ] &&
        python3 - "$work/dump" "$file" <<'PYTHON'
import struct, sys

content = open(sys.argv[2], "rb").read()
count = 0
for line in open(sys.argv[1]):
    if not line.startswith("0x"):
        continue
    offset, name = int(line[:10], 16), line[11:15]
    length, kind, flag = int(line[16:19]), line[20:24], int(line[25:29], 16)
    row = content[offset:][:72]
    assert row[:4][::-1].decode() == name, line
    assert (row[4], row[5:9][::-1].decode(), row[9]) == (length, kind, flag), line
    value = line[49:].split(" ")[0].strip()
    assert bytes.fromhex(value) == row[24:][:length], line
    count += 1
assert count == 678
PYTHON
}

dump_is_json() {
    ctl 0 --json dump-smc "$(target "$tree" vmx)" &&
        holds '[.tables[].keys | length] == [242, 436]' &&
        holds '.tables[0].keys[0].name == "#KEY"'
}

# The text says the same as the document, in 80 columns.
text_of() {
    file=$(target "$tree" "$1")
    COLUMNS=80
    export COLUMNS
    ctl 0 inspect "$file" || return 1
    unset COLUMNS
    says "$file" && says "$2" && says "$3" &&
        [ "$(tail -n +2 "$work/out" | wc -L)" -le 80 ] && [ ! -s "$work/err" ]
}

variant() {
    state=$1 open=$2 guest_state=$3 guests=$4 name=$5
    shift 5
    tree=$work/$name
    if ! make_tree "$tree" "$@"; then
        skip "$name" "$(cat "$work/unable")"
        return
    fi
    check "$name: the four gates, and where everything is" inspects_vmx "$state" "$open"
    check "$name: the guest list" inspects_base "$guest_state" "$guests"
    check "$name: all keys dumped" dumps
}

refuses() {
    want=$1 file=$2 words=$3
    sum=$(sha256sum <"$file" 2>/dev/null)
    ctl "$want" inspect "$file" && complains "$words" && ctl "$want" dump-smc "$file" &&
        complains 'cannot dump' && [ "$(sha256sum <"$file" 2>/dev/null)" = "$sum" ]
}

unknown_files() {
    printf 'no binary at all' >"$work/text"
    head -c 20000 "$(target "$work/rela-decoys" vmx)" >"$work/short"
    refuses 3 "$work/text" 'is not a binary of a known format' &&
        refuses 3 "$work/short" 'cannot judge' && refuses 3 /bin/true 'no SMC table was found' &&
        ctl 3 --json inspect "$work/text" && holds '.state == "unknown" and .exit_status == 3' &&
        holds '.reason == "image-format" and .format == null and .edits == []' &&
        ctl 1 inspect "$work/nowhere" && complains 'does not exist: name another file' &&
        ctl 1 inspect "$work" && complains 'is a directory' &&
        ctl 1 --json inspect "$work" && holds '.why == "is a directory"' &&
        ctl 3 inspect /bin/ls && complains 'no file that VMware ships, and needs no report' &&
        cp /bin/ls "$work/vmware-vmx" && ctl 3 inspect "$work/vmware-vmx" &&
        complains 'unlockerctl report FILE' &&
        mkfifo "$work/fifo" && ctl 1 inspect "$work/fifo" && complains 'is not a regular file'
}

# A file that was named may be a copy or a script: what to do fits that.
advice_for_copies() {
    printf '#!/bin/sh\nexec /opt/vmware-vmx "$@"\n' >"$work/vmware-vmx"
    cp "$work/short" "$work/libvmwarebase.so" && ctl 3 inspect "$work/short" &&
        says '  Format   ELF' && ctl 3 --json inspect "$work/short" &&
        holds '.reason == "image-truncated" and .format == "ELF"' || return 1
    for verb in inspect patch-file dump-smc; do
        ctl 3 $verb "$work/libvmwarebase.so" &&
            complains 'ends before its headers say it does' && complains ': copy it again, or' &&
            ctl 3 $verb "$work/vmware-vmx" &&
            complains 'of a script, name the program that it starts' || return 1
    done
    for verb in inspect patch-file dump-smc report; do
        ctl 1 $verb "$work/fifo" && complains 'is not a regular file: name another file' &&
            ctl 1 $verb /dev/zero && complains 'is not a regular file: name another' || return 1
    done
}

# A file that has no SMC tables holds something else.
other_tables() {
    file=$(target "$work/rela-decoys" vmwarebase) && cp "$file" "$work/copy" || return 1
    for path in "$file" "$work/copy"; do
        ctl 3 dump-smc "$path" && complains 'contains the tables of another VMware file' &&
            complains '(guest list): name vmware-vmx, or vmx of ESXi' || return 1
    done
    ctl 3 --json dump-smc "$file" && holds '.reason == "wrong-kind"'
}

finds_in_json() {
    holds '.findings.tables | length >= 2' && holds '.findings.matches == []' &&
        holds '.findings.tables[0] | .reason == "smc-key-missing" and .private_count == 242' &&
        holds '[.findings.tables[0].keys[].name] | .[0] == "#KEY" and any(. == "OSK1")'
}

# What is found and not believed is shown, and what is no entry is told.
shows_what_it_does_not_believe() {
    python3 - "$(target "$work/rela-decoys" vmx)" "$work/keyless" <<'PYTHON'
import sys
content = open(sys.argv[1], "rb").read()
open(sys.argv[2], "wb").write(content.replace(b"0KSO\x20*8hc", b"XKSO\x20*8hc"))
PYTHON
    cat >"$work/lonely.c" <<'C'
unsigned lonely[] = {0x10, 0x10, 1, 0, 0, 0, 0, 0, 0x3e};
C
    ${CC:-cc} -shared -nostdlib -o "$work/lonely" "$work/lonely.c" || return 1
    cat >"$work/packed.c" <<'C'
struct __attribute__((packed)) { unsigned head[8]; unsigned char flags[34]; } packed[]
    __attribute__((aligned(4))) = {
    {{0x10, 0x10, 1}, {0x3e}}, {{0x10, 0x10, 1}, {0x3e}}, {{0x10, 0x10, 1}, {0x3e}},
    {{0x10, 0x10, 1}, {0x3e}}, {{0x10, 0x10, 1}, {0x3e}}, {{0x10, 0x10, 1}, {0x3e}},
};
C
    ${CC:-cc} -shared -nostdlib -o "$work/packed" "$work/packed.c" &&
        ctl 3 inspect "$work/packed" && complains 'in more than one way' &&
        says 'on no multiple of 4' && ctl 3 --json inspect "$work/packed" &&
        holds '[.findings.matches[] | select(.kind == "off-grid")] | length == 3' &&
        holds '[.findings.matches[].offset] == ([.findings.matches[].offset] | sort)' || return 1
    ctl 3 inspect "$work/keyless" && says 'Table candidate 2' && says 'smc-key-missing' &&
        says '242, 240 of them public' && says 'row    0' && says '#KEY' && says 'OSK1 ch8*' &&
        [ "$(tail -n +2 "$work/out" | wc -L)" -le 80 ] && says 'No place matches an entry' &&
        ctl 3 --json inspect "$work/keyless" && finds_in_json &&
        ctl 3 dump-smc "$work/keyless" && says 'NOT BELIEVED: smc-key-missing' &&
        [ "$(grep -c '^0x' "$work/out")" -ge $((242 + 436)) ] &&
        ctl 3 --json dump-smc "$work/keyless" && holds '.reason == "smc-key-missing"' &&
        holds '[.tables[] | select(.reason == "smc-key-missing") | .keys | length] |
            any(. == 242) and any(. == 436)' &&
        ctl 3 inspect "$work/lonely" && says 'Matches of a guest-list entry: ' &&
        says 'on no lattice' && [ "$(tail -n +2 "$work/out" | wc -L)" -le 80 ] &&
        ctl 3 --json inspect "$work/lonely" &&
        holds '[.findings.matches[] | select(.kind == "stray")] | length == 1' &&
        ctl 0 inspect "$(target "$work/rela-decoys" vmwarebase)" &&
        grep "with flags 80 is no entry: its flags are another system's" "$work/out" &&
        ctl 0 --json inspect "$(target "$work/rela-decoys" vmwarebase)" &&
        holds '.guest_list.stray == (.guest_list.strays | length) and .guest_list.stray > 0'
}

variant stock 0 stock 36 rela-decoys --strip=none --decoys --guest-7c --guest-strays
variant stock 0 stock 42 lld --link=lld --first=v1 --v1-gap=0x30 --guests=42
variant stock 0 stock 36 relr --link=relr
variant stock 0 stock 26 fixed --link=fixed --strip=no-sections --guests=26 --guest-flag=be
variant partial 2 partial 36 half --state=half
variant partial 0 stock 36 values-only --state=values-only
variant patched 4 patched 36 patched --state=patched
tree=$work/rela-decoys
check 'dump-smc prints JSON' dump_is_json
check 'what is not believed is shown' shows_what_it_does_not_believe
check 'the text of a vmx' text_of vmx 'stock, 0 of 4 gates open' 'V0 OSK0 value'
check 'the text of a library' text_of vmwarebase 'stock, 0 of 36 gates open' 'Guest list'
check 'what is no such file is refused in words' unknown_files
check 'a copy or script that was named is told what to do with it' advice_for_copies
check 'dump-smc of a file with other tables says what it holds' other_tables
plan
