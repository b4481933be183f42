#!/bin/sh
# SPDX-License-Identifier: MIT
# The files of VMware for other systems: those of Windows are patched like those of Linux, those of
# Fusion are read. What a file is comes from its content.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all 'no jq'

holds() {
    jq -e "$1" "$work/out" >/dev/null && return 0
    echo "does not hold: $1" && cat "$work/out"
    return 1
}

untouched() {
    [ "$(identity "$1")" = "$2" ] && [ ! -e "$1.orig" ]
}

# Windows -----------------------------------------------------------------------------------------

# expect_pe ROLE FILE OUT: with the truth of the last make_pe.
expect_pe() {
    "$standin/expect.py" --truth "$work/truth" --role "$1" --output "$3" "$2" >"$work/edits"
}

file_of() {
    case $1 in vmx) echo "$pe/vmware-vmx.exe" ;; *) echo "$pe/vmwarebase.dll" ;; esac
}

# make_pe NAME OPTION...: in $pe.
make_pe() {
    pe=$work/$1
    shift
    "$standin/make-pe.sh" "--truth=$work/truth" "$@" "$pe" 2>"$work/unable"
}

# The numbers of the document are the linker's, or stand in the file.
tables_are_the_linkers() {
    python3 - "$work/out" "$work/truth" "$1" <<'PYTHON'
import json, sys

shown, truth = (json.load(open(path)) for path in sys.argv[1:3])
truth = truth["vmx"]
for table, true in zip(shown["tables"], truth["tables"], strict=True):
    assert table["header_address"] == true["header"], table
    assert table["rows_address"] == true["rows"], table
    assert (table["private_count"], table["public_count"]) == (true["private"], true["public"])
    keys = {key["name"]: key for key in table["keys"]}
    assert keys["+LKS"]["handler"] == truth["handlers"]["Default"]
    assert keys["+LKS"]["source"] == sys.argv[3], keys["+LKS"]
    if shown["state"] == "stock":
        assert keys["OSK0"]["handler"] == keys["OSK1"]["handler"] == truth["handlers"]["OSK"]
PYTHON
}

# copy_pe NAME: of what was made as "whole".
copy_pe() {
    pe=$work/$1
    cp -r "$work/whole" "$pe"
}

# inspects_pe ROLE STATE EDITS SOURCE
inspects_pe() {
    file=$(file_of "$1")
    ctl 0 --json inspect "$file" && holds '.format == "PE" and .exit_status == 0' &&
        holds ".state == \"$2\" and .needs_no_patch == false and .reason == null" &&
        holds ".checksum.value == .checksum.wanted and (.edits | length) == $3" &&
        holds "$3 == 0 or ([.edits[] | select(.why == \"checksum\")] | length) == 1" &&
        holds '.signature.kind == "Authenticode" and (.description | endswith(", signed"))' &&
        case $2 in
        stock) holds '.signature.valid == null' ;;
        *) holds '.signature.valid == false' ;;
        esac || return 1
    [ "$1" != vmx ] || tables_are_the_linkers "$4"
}

# patches_pe ROLE EDITS: into another file, then in place, then once more.
patches_pe() {
    file=$(file_of "$1")
    expect_pe "$1" "$file" "$work/expected" && [ "$(wc -l <"$work/edits")" -eq "$2" ] || return 1
    was=$(identity "$file") && rm -f "$work/elsewhere" &&
        ctl 0 --json patch-file --output="$work/elsewhere" "$file" &&
        holds ".written and (.edits | length) == $2 and .state_after == \"patched\"" &&
        holds '.invalid_signature == "Authenticode"' && untouched "$file" "$was" &&
        same "$work/elsewhere" "$work/expected" || return 1
    cp "$file" "$work/original" && mark_file "$file" && attributes "$file" >"$work/was" &&
        ctl 0 patch-file "$file" && says "patched: $2 edits" &&
        says 'its Authenticode signature is no longer valid' && same "$file" "$work/expected" &&
        same "$file.orig" "$work/original" && attributes "$file" >"$work/is" || return 1
    was=$(identity "$file")
    same "$work/was" "$work/is" && ctl 0 patch-file "$file" && says 'nothing to do' &&
        [ "$(identity "$file")" = "$was" ] && inspects_pe "$1" patched 0 "$source"
}

pe_variant() {
    name=$1 state=$2 vmx_edits=$3 list_edits=$4
    shift 4
    if ! make_pe "$name" "$@"; then
        skip "Windows, $name" "$(sed 's/^make-pe: //' "$work/unable")"
        return
    fi
    case $* in *--fixed*) source=field ;; *) source=base ;; esac
    check "Windows, $name: the four gates" inspects_pe vmx "$state" "$vmx_edits" "$source"
    check "Windows, $name: the guest list" inspects_pe vmwarebase "$state" "$list_edits" "$source"
    [ "$state" != patched ] || return 0
    check "Windows, $name: vmware-vmx.exe is patched" patches_pe vmx "$vmx_edits"
    check "Windows, $name: vmwarebase.dll is patched" patches_pe vmwarebase "$list_edits"
}

# What another tool left: half the gates, and the checksum of the original.
completes_stale() {
    make_pe stale --state=half && file=$(file_of vmx) && "$standin/pe.py" stale "$file" &&
        ctl 0 inspect "$file" && says ', wrong: the content says 0x' && says 'no longer valid' &&
        expect_pe vmx "$file" "$work/expected" && ctl 0 patch-file "$file" &&
        same "$file" "$work/expected" && ctl 0 --json inspect "$file" &&
        holds '.state == "patched" and .checksum.value == .checksum.wanted' || return 1
    # All gates open, and nothing but the checksum wrong: that is no work for a patch.
    "$standin/pe.py" stale "$file" && was=$(identity "$file") && ctl 0 patch-file "$file" &&
        says 'nothing to do' && [ "$(identity "$file")" = "$was" ]
}

no_checksum_no_signature() {
    make_pe unsigned --unsigned && file=$(file_of vmx) || return 1
    python3 - "$file" <<'PYTHON' || return 1
import struct, sys

with open(sys.argv[1], "r+b") as file:
    content = file.read()
    file.seek(struct.unpack_from("<I", content, 0x3C)[0] + 24 + 64)
    file.write(bytes(4))
PYTHON
    ctl 0 --json inspect "$file" && holds '.checksum == null and .signature == null' &&
        holds '(.edits | length) == 8' && expect_pe vmx "$file" "$work/expected" &&
        ctl 0 --json patch-file "$file" && holds '.invalid_signature == null' &&
        same "$file" "$work/expected"
}

# damage FILE OUT EXPRESSION: of the content `c`, a bytearray, and the PE header's offset `at`.
damage() {
    python3 - "$@" <<'PYTHON'
import struct, sys

c = bytearray(open(sys.argv[1], "rb").read())
(at,) = struct.unpack_from("<I", c, 0x3C)
for step in sys.argv[3].split(";"):
    exec(step.strip())
open(sys.argv[2], "wb").write(c)
PYTHON
}

# refuses_damaged REASON WORDS EXPRESSION
refuses_damaged() {
    damage "$pe/vmware-vmx.exe" "$work/broken" "$3" && was=$(identity "$work/broken") &&
        ctl 3 --json inspect "$work/broken" && holds ".reason == \"$1\" and .edits == []" &&
        ctl 3 patch-file "$work/broken" && complains "$2" && untouched "$work/broken" "$was" &&
        ctl 3 dump-smc "$work/broken" && complains "$2"
}

refuses_pe() {
    first="c.index(b'0KSO')"
    refuses_damaged image-machine 'PE32 (32 bit)' 'c[at + 24 : at + 26] = b"\x0b\x01"' &&
        refuses_damaged image-machine 'PE machine 0x14c' 'c[at + 4 : at + 6] = b"\x4c\x01"' &&
        refuses_damaged image-machine 'PE machine 0xaa64' 'c[at + 4 : at + 6] = b"\x64\xaa"' &&
        refuses_damaged image-format 'not a binary' 'c[at : at + 2] = b"NE"' &&
        refuses_damaged image-truncated 'ends before its headers' 'del c[-1:]' &&
        refuses_damaged image-truncated 'ends before its headers' 'del c[9000:]' &&
        refuses_damaged image-sections 'its sections contradict' \
            'c[at + 264 + 52 : at + 264 + 56] = bytes(4)' &&
        refuses_damaged smc-key-missing 'OSK0' "c[$first] = 0x32" &&
        refuses_damaged smc-handler 'OSK0' "c[$first + 16 : $first + 24] = bytes(8)"
}

# The places that were published for Windows 17.0.0, build 20800274, and what follows from them.
published_places() {
    "$standin/pe.py" published "$work/published" && ctl 0 dump-smc "$work/published" &&
        grep -E '^(SMC|File|Keys|Public|Private|Table)|(#KEY|[+]LKS|OSK[01]) ' "$work/out" |
        cut -c 1-48 >"$work/extract"
    cat >"$work/wanted" <<'EXTRACT'
SMC table V0 (smc.version = "0")
File offset   0x00cd6300
Keys address  0x140cd7b20
Public keys   0x000000f0 (240)
Private keys  0x000000f2 (242)
Table offset  0x00cd6320
0x00cd6320 #KEY   4 ui32 0x80 0x00000001401f9000
0x00cd6368 +LKS   1 flag 0x90 0x00000001401f8ec0
0x00cda6a0 OSK0  32 ch8* 0x80 0x00000001401f8f40
0x00cda6e8 OSK1  32 ch8* 0x80 0x00000001401f8f40
SMC table V1 (smc.version = "1")
File offset   0x00cda730
Keys address  0x140cdbf50
Public keys   0x000001b0 (432)
Private keys  0x000001b4 (436)
Table offset  0x00cda750
0x00cda750 #KEY   4 ui32 0x80 0x00000001401f9000
0x00cda828 +LKS   1 flag 0x90 0x00000001401f8ec0
0x00ce2160 OSK0  32 ch8* 0x90 0x00000001401f8f40
0x00ce21a8 OSK1  32 ch8* 0x90 0x00000001401f8f40
EXTRACT
    diff "$work/wanted" "$work/extract"
}

published_is_patched() {
    sed '/OSK[01] /s/1401f8f40/1401f8ec0/' "$work/wanted" >"$work/open" &&
        ctl 0 patch-file "$work/published" && says 'patched: 9 edits' &&
        ctl 0 dump-smc "$work/published" &&
        grep -E '^(SMC|File|Keys|Public|Private|Table)|(#KEY|[+]LKS|OSK[01]) ' "$work/out" |
        cut -c 1-48 | diff "$work/open" - &&
        [ "$(grep -c '"ourhardworkbythesewordsguardedpl"' "$work/out")" -eq 2 ] &&
        [ "$(grep -c '"easedontsteal(c)AppleComputerInc"' "$work/out")" -eq 2 ]
}

# What it is comes from its content, also for what it is not.
names_mean_nothing() {
    copy_pe named && cp "$pe/vmwarebase.dll" "$work/vmware-vmx.exe" &&
        cp "$pe/vmware-vmx.exe" "$work/libvmwarebase.so" &&
        ctl 0 --json inspect "$work/vmware-vmx.exe" && holds '.subject == "guest list"' &&
        ctl 0 --json inspect "$work/libvmwarebase.so" && holds '.subject == "SMC tables"' &&
        ctl 0 patch-file "$work/libvmwarebase.so" && says 'patched: 9 edits' &&
        ctl 0 patch-file "$work/vmware-vmx.exe" && says 'patched: 37 edits' &&
        printf 'MZ is how this text begins' >"$work/text.exe" &&
        ctl 3 patch-file "$work/text.exe" && complains 'ends before its headers'
}

# The checksum is an edit like any other: receipts, verification and restoring know it.
keeps_and_restores() {
    make_tree "$work/tree" || return 1
    vmx=$(target "$work/tree" vmx) base=$(target "$work/tree" vmwarebase)
    cp "$work/whole/vmware-vmx.exe" "$vmx" && cp "$work/whole/vmwarebase.dll" "$base" &&
        ctl 0 --root="$work/tree" patch && ctl 0 --json inspect "$vmx" &&
        holds '.state == "patched" and .checksum.value == .checksum.wanted' &&
        ctl 0 --root="$work/tree" verify && ctl 0 --root="$work/tree" patch &&
        says 'Nothing to do' && ctl 0 --root="$work/tree" restore &&
        same "$vmx" "$work/whole/vmware-vmx.exe" && same "$base" "$work/whole/vmwarebase.dll"
}

# Under Wine --------------------------------------------------------------------------------------

# run_pe FILE ARGUMENT...: its answer, with the line ends of this system.
run_pe() {
    wine "$@" >"$work/answer"
    run_pe_status=$?
    tr -d '\r' <"$work/answer"
    return $run_pe_status
}

runs_under_wine() {
    copy_pe running && expect_stock=$(run_pe "$pe/vmware-vmx.exe" --smc 0 OSK0)
    expect_status=$?
    echo "stock: $expect_stock (exit status $expect_status)"
    [ $expect_status -eq 3 ] && [ "$expect_stock" = 'no SMC' ] &&
        run_pe "$pe/vmware-vmx.exe" --smc-all 1 | sed '/^OSK[01] /d' >"$work/before" &&
        wc -l "$work/before" && [ "$(wc -l <"$work/before")" -eq 434 ] &&
        ctl 0 patch-file "$pe/vmware-vmx.exe" &&
        run_pe "$pe/vmware-vmx.exe" --smc-all 1 >"$work/after" &&
        sed '/^OSK[01] /d' "$work/after" | diff "$work/before" - &&
        grep -qx 'OSK0 ourhardworkbythesewordsguardedpl' "$work/after" &&
        grep -qx 'OSK1 easedontsteal(c)AppleComputerInc' "$work/after" &&
        [ "$(run_pe "$pe/vmware-vmx.exe" --smc 0 OSK0)" = ourhardworkbythesewordsguardedpl ]
}

lists_under_wine() {
    list=$pe/list-guests.exe library=$pe/vmwarebase.dll
    run_pe "$list" "$library" >"$work/before" && ctl 0 patch-file "$library" &&
        run_pe "$list" "$library" >"$work/after" &&
        [ "$(grep -c ' darwin.* hidden$' "$work/before")" -eq 36 ] &&
        [ "$(grep -c ' darwin.* shown$' "$work/after")" -eq 36 ] &&
        [ "$(diff "$work/before" "$work/after" | grep -c '^>')" -eq 36 ]
}

# Fusion ------------------------------------------------------------------------------------------

reads_fusion() {
    file=$work/vmware-vmx
    rm -f "$file" && "$standin/macho.py" "$@" "$file" >"$work/truth" && was=$(identity "$file") &&
        ctl 0 --json inspect "$file" && holds '.format == "Mach-O" and .needs_no_patch' &&
        holds '.gates_total == 4 and .edits == [] and .reason == null' &&
        ctl 0 --json dump-smc "$file" && holds '[.tables[].keys | length] == [242, 436]' &&
        python3 - "$work/out" "$work/truth" "$file" <<'PYTHON' && needs_no_patch "$file"
import json, sys

shown, truth = (json.load(open(path)) for path in sys.argv[1:3])
content = open(sys.argv[3], "rb").read()
handlers = {"#KEY": "NumKeys", "NTOK": "NTOK"}
for table, true in zip(shown["tables"], truth["tables"], strict=True):
    assert table["rows_address"] == true["rows"], table
    assert table["header_address"] == true["header"], table
    assert table["rows_offset"] == true["rows"] - truth["distance"], table
    for key in table["keys"]:
        kind = handlers.get(key["name"], "Default")
        if key["name"] not in ("OSK0", "OSK1"):
            assert key["handler"] == truth["handlers"]["AppleSMCHandle" + kind], key
        assert content[key["offset"]:][:4][::-1].decode() == key["name"], key
PYTHON
}

needs_no_patch() {
    ctl 0 patch-file "$1" && says 'needs no patch; nothing to do' && [ ! -s "$work/err" ] &&
        [ "$(wc -l <"$work/out")" -eq 1 ] && untouched "$1" "$was" &&
        ctl 0 patch-file --output="$work/never" "$1" && [ ! -e "$work/never" ] &&
        ctl 0 --json patch-file "$1" && holds '.reason == "fusion" and .written == false'
}

reads_fusion_list() {
    file=$work/libvmwarebase.dylib
    "$standin/macho.py" --kind=guests "$@" "$file" >"$work/truth" && was=$(identity "$file") &&
        ctl 0 --json inspect "$file" && holds '.needs_no_patch and .gates_total == 36' &&
        [ "$(jq -c '.distance as $d | [.entries[] - $d]' "$work/truth")" = \
            "$(jq -c '[.guest_list.entries[].offset]' "$work/out")" ] && needs_no_patch "$file"
}

refuses_macho() {
    "$standin/macho.py" --wrap=fat "$work/universal" >/dev/null &&
        head -c 60000 "$work/universal" >"$work/cut" && ctl 3 patch-file "$work/cut" &&
        complains 'ends before its headers' && head -c 4200 "$work/universal" >"$work/cut" &&
        ctl 3 inspect "$work/cut" && complains 'ends before its headers' &&
        tail -c +4097 "$work/universal" | head -c 32 >"$work/arm" &&
        ctl 3 inspect "$work/arm" && complains 'Mach-O machine 0x100000c'
}

# -------------------------------------------------------------------------------------------------

pe_variant stock stock 9 37
pe_variant half partial 5 19 --state=half --first=v1 --decoys
pe_variant patched patched 0 0 --state=patched
pe_variant fixed stock 9 37 --fixed --decoys
if make_pe whole; then
    check 'Windows: damage is refused for its reason' refuses_pe
    check 'Windows: a checksum that another tool left wrong' completes_stale
    check 'Windows: neither checksum nor signature' no_checksum_no_signature
    check 'Windows: kept, verified, restored' keeps_and_restores
    check 'names mean nothing' names_mean_nothing
    if command -v wine >/dev/null && command -v wineserver >/dev/null; then
        WINEPREFIX=$work/wine WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=' TMPDIR=$work
        export WINEPREFIX WINEDEBUG WINEDLLOVERRIDES TMPDIR
        # Not every kernel is one that each wine runs on.
        if wine cmd.exe /c exit >/dev/null 2>"$work/wine.log"; then
            check 'Windows: answers under Wine' runs_under_wine
            check 'Windows: lists guests under Wine' lists_under_wine
        else
            wine_why="wine does not run here: $(tail -n 1 "$work/wine.log")"
            skip 'Windows: answers under Wine' "$wine_why"
            skip 'Windows: lists guests under Wine' "$wine_why"
        fi
        wineserver -k
        wineserver -w
    else
        skip 'Windows: answers under Wine' 'wine is not installed'
        skip 'Windows: lists guests under Wine' 'wine is not installed'
    fi
else
    skip 'Windows: damage, checksums, names, Wine' "$(sed 's/^make-pe: //' "$work/unable")"
fi
check 'Windows 17.0.0: the published places' published_places
check 'Windows 17.0.0: patched' published_is_patched
for how in 'plain thin' 'opcodes fat' 'targets fat64' 'offsets thin' 'offsets fat'; do
    check "Fusion, $how" reads_fusion "--fixups=${how% *}" "--wrap=${how#* }"
done
check 'Fusion: the guest list' reads_fusion_list --wrap=fat
check 'Fusion: patched by somebody' reads_fusion --state=patched
check 'Fusion: damage and other machines are refused' refuses_macho
plan
