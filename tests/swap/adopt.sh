#!/bin/sh
# SPDX-License-Identifier: MIT
# adopt: the backup of another patcher becomes the kept original of what it patched, when the bytes
# prove it; nothing else does, and the backup stays as it is.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all "no jq"
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
make_tree "$work/newer" --version=17.6.2 --build=24409262 || skip_all "$(cat "$work/unable")"
: >"$work/documents"
roles='vmx vmx-debug vmx-stats vmwarebase'
tree=$work/tree
backup=$work/unlocker/backup

# other PATCHED ORIGINAL: as the published patchers do it: each eight bytes that are the OSK
# handler become the Default handler, each match of the guest pattern gets bit 0, 0x7C included.
cat >"$work/other.py" <<'PYTHON'
import json, re, struct, subprocess, sys

program, patched, original = sys.argv[1:4]
content = bytearray(open(patched, "rb").read())
tables = json.loads(subprocess.run([program, "--json", "dump-smc", original],
                                   stdout=subprocess.PIPE).stdout).get("tables", [])
for table in tables:
    keys = {key["name"]: key["handler"] for key in table["keys"]}
    osk, default = struct.pack("<Q", keys["OSK0"]), struct.pack("<Q", keys["+LKS"])
    content = bytearray(bytes(content).replace(osk, default))
if not tables:
    pattern = rb"\x10\0\0\0[\x10|\x20]\0\0\0[\x01|\x02]\0\0\0\0{20}(.)"
    for match in re.finditer(pattern, bytes(content), re.DOTALL):
        content[match.start(1)] |= 1
open(patched, "wb").write(content)
PYTHON

# patched_by_other STOCK: $tree was patched by it, $backup has what it put aside, as cp leaves it.
patched_by_other() {
    rm -rf "$tree" "$work/unlocker" && cp -a "$1" "$tree" && mkdir -p "$backup" || return 1
    for role in $roles; do
        file=$(target "$tree" "$role")
        [ -e "$file" ] || continue
        cp "$file" "$backup/" && chmod 600 "$backup/${file##*/}" &&
            touch -d @1 "$backup/${file##*/}" &&
            "$UNLOCKERCTL" -q patch-file -o "$work/patched" "$file" &&
            cat "$work/patched" >"$file" &&
            python3 -IS "$work/other.py" "$UNLOCKERCTL" "$file" "$backup/${file##*/}" &&
            chmod --reference="$(target "$1" "$role")" "$file" || return 1
    done
    backup_sums >"$work/backup.sums"
}

backup_sums() {
    (cd "$work/unlocker" && find . | LC_ALL=C sort | xargs stat -c '%n %a %u %s %Y %Z' &&
        find . -type f -exec sha256sum {} + | sort)
}

# As they came from VMware, but for the times, which the other patcher lost.
given_back() {
    for role in $roles; do
        file=$(target "$1" "$role")
        [ -e "$file" ] || continue
        same "$file" "$(target "$tree" "$role")" &&
            stat -c '%a %u %g' "$file" >"$work/wanted" &&
            stat -c '%a %u %g' "$(target "$tree" "$role")" | diff "$work/wanted" - || return 1
    done
}

# run STATUS ARGUMENT…: with a document for the manual's comparison.
run() {
    run_status=$1
    shift
    ctl "$run_status" --root="$tree" --json "$@" || return 1
    [ "$1" = adopt ] || return 0
    cp "$work/out" "$work/document.$(wc -l <"$work/documents")" &&
        echo "adopt:$work/document.$(wc -l <"$work/documents")" >>"$work/documents"
}

holds() {
    jq -e "$1" "$work/out" >/dev/null && return 0
    echo "does not hold: $1" && cat "$work/out"
    return 1
}

originals() {
    find "$tree/var/lib/vmware-unlocker/originals" -type f 2>/dev/null | wc -l
}

adopts() {
    patched_by_other "$1" && ctl 0 --root="$tree" status && says missing &&
        says 'patched, but no original is kept: run `sudo unlockerctl --root=' &&
        says " adopt DIR\` on a backup, or reinstall VMware" &&
        run 0 adopt "$work/unlocker" && holds '[.roots[0].files[].outcome] | unique == ["kept"]' &&
        run 0 status && holds '[.installations[0].targets[] | select(.state == "patched").original]
            | unique == ["kept"]' &&
        backup_sums | diff "$work/backup.sums" - && run 0 verify &&
        holds '[.roots[0].findings[] | select(.kind == "target").result] | unique == ["intact"]' &&
        run 0 patch && run 0 adopt "$backup/" &&
        holds '[.roots[0].files[].outcome] | unique == ["there"]' && [ "$(originals)" -eq 1 ] &&
        run 0 prune && run 0 restore && given_back "$1" &&
        backup_sums | diff "$work/backup.sums" - &&
        ctl 0 --root="$tree" patch && answers_all_osk "$(target "$tree" vmx)"
}

variant() {
    name=$1
    shift
    if make_tree "$work/$name" "$@"; then
        check "$name: adopted, found intact, given back" adopts "$work/$name"
        rm -rf "${work:?}/$name"
    else
        skip "$name: adopted, found intact, given back" "$(cat "$work/unable")"
    fi
}

check "what the others do is taken back" adopts "$work/stock"
variant rela-decoys --strip=none --decoys --guest-7c --guest-strays
variant lld-decoys --link=lld --strip=none --decoys --guest-7c --guest-strays
variant relr-decoys --link=relr --decoys --first=v1
variant fixed-old --link=fixed --old-lib --player --decoys --guest-strays --guest-flag=be

# shellcheck disable=SC2016 # a command, quoted in a sentence
advises_adoption() {
    complains ": run \`sudo unlockerctl --root=$tree adopt DIR\` on a backup of it, or"
}

# half STATE: of the same bytes, half patched; the backup is complete.
half() {
    make_tree "$work/half" --state="$1" && patched_by_other "$work/stock" && rm -rf "$tree" &&
        mv "$work/half" "$tree" && ctl 3 --root="$tree" restore &&
        [ "$(originals)" -eq 0 ] && advises_adoption && ctl 3 --root="$tree" verify &&
        says 'original missing' && complains 'adopt DIR' && cp -a "$tree" "$work/again" &&
        ctl 0 --root="$tree" patch && ctl 3 --root="$tree" verify && advises_adoption &&
        run 0 adopt "$work/unlocker" && ctl 0 --root="$tree" verify && run 0 restore &&
        given_back "$work/stock" && rm -rf "$tree" && mv "$work/again" "$tree" &&
        run 0 adopt "$work/unlocker" && run 3 status &&
        holds '[.installations[0].targets[] | select(.state == "partial").original]
            | unique == ["kept"]' && ctl 0 --root="$tree" verify &&
        cp -a "$tree" "$work/again" && run 0 restore &&
        given_back "$work/stock" && rm -rf "$tree" && mv "$work/again" "$tree" && run 0 patch &&
        answers_all_osk "$(target "$tree" vmx)" && run 0 status &&
        holds '[.installations[0].targets[].original] | unique == ["kept"]' && run 0 prune &&
        run 0 restore && given_back "$work/stock"
}

# refused FILE REASON: nothing of it is kept; the others are.
refused() {
    run 3 adopt "$work/unlocker" &&
        holds ".roots[0].files[] | select(.path == \"$1\") | .outcome == \"refused\" and
            .reason == \"$2\" and .archive == null" && run 0 status &&
        holds '[.installations[0].targets[] | select(.role == "vmx").original] == ["missing"]' &&
        run 3 restore && holds '[.installations[0].targets[] | select(.role == "vmx").outcome]
            == ["refused"]' && rm -rf "${tree:?}/var"
}

refuses() {
    patched_by_other "$work/stock" && vmx=$backup/vmware-vmx && cp "$vmx" "$work/good" &&
        cp -a "$tree" "$work/live" || return 1
    # A patched one; another build; no program; cut; longer; one byte; in the live file one byte.
    for wrong in patched newer words cut longer byte live; do
        echo "$wrong"
        reason=adopt-differs
        rm -rf "$tree" && cp -a "$work/live" "$tree" && cp "$work/good" "$vmx" || return 1
        case $wrong in
        patched) cp "$(target "$tree" vmx)" "$vmx" && reason=adopt-patched ;;
        newer) cp "$(target "$work/newer" vmx)" "$vmx" ;;
        words)
            tr '\0-\377' x <"$work/good" >"$vmx"
            reason=image-format
            ;;
        cut) truncate -s -1 "$vmx" ;;
        longer) truncate -s 5G "$vmx" ;;
        byte) printf '\125' | dd of="$vmx" bs=1 seek=1000 conv=notrunc 2>/dev/null ;;
        live) printf '\125' | dd of="$(target "$tree" vmx)" bs=1 seek=1000 conv=notrunc \
            2>/dev/null ;;
        esac
        refused "$vmx" $reason || return 1
    done
}

# What is no file, or leads elsewhere.
hostile() {
    patched_by_other "$work/stock" && vmx=$backup/vmware-vmx && cp -a "$tree" "$work/hostile" &&
        mv "$vmx" "$work/elsewhere" || return 1
    for wrong in link fifo directory socket; do
        echo "$wrong"
        rm -rf "$vmx" "$tree" && cp -a "$work/hostile" "$tree" || return 1
        case $wrong in
        link) ln -s "$work/elsewhere" "$vmx" ;;
        fifo) mkfifo "$vmx" ;;
        socket) python3 -IS -c 'import os, socket, sys
os.chdir(os.path.dirname(sys.argv[1]))
socket.socket(socket.AF_UNIX).bind("vmware-vmx")' "$vmx" ;;
        directory) mkdir "$vmx" ;;
        esac
        if [ $wrong = directory ]; then
            run 3 adopt "$work/unlocker" && holds '.roots[0].files | length == 3' || return 1
        else
            timeout 20 "$UNLOCKERCTL" --root="$tree" adopt "$work/unlocker" >/dev/null 2>&1
            [ $? -eq 3 ] && rm -rf "${tree:?}/var" && refused "$vmx" not-regular || return 1
        fi
        [ -e "$work/elsewhere" ] || return 1
    done
    # A directory that is a link, and one that leads in a circle.
    rm -rf "$vmx" "${tree:?}/var" && mkdir "$work/real" &&
        mv "$work/elsewhere" "$work/real/vmware-vmx" &&
        ln -s "$work/real" "$backup/more" && ln -s . "$backup/circle" &&
        run 3 adopt "$work/unlocker" && holds '.roots[0].files | length == 3'
}

# Deep, beside older backups, and with a name of before version 12.
deep() {
    patched_by_other "$work/stock" && mkdir -p "$work/unlocker/a/b/c/libvmwarebase.so" \
        "$work/unlocker/0" &&
        mv "$backup/libvmwarebase.so" "$work/unlocker/a/b/c/libvmwarebase.so/" &&
        cp "$(target "$work/newer" vmx)" "$work/unlocker/0/" && run 0 adopt "$work/unlocker" &&
        holds '[.roots[0].files[].outcome] | sort == ["kept", "kept", "kept", "kept", "refused"]' &&
        run 0 restore && given_back "$work/stock" && [ "$(originals)" -eq 1 ] || return 1
    deeper=$work/unlocker
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do deeper=$deeper/d; done
    mkdir -p "$deeper" && ctl 1 --root="$tree" adopt "$work/unlocker" && complains 'larger than'
}

# Copies with an ending, beside the installed files, which are no backup of themselves.
beside() {
    patched_by_other "$work/stock" || return 1
    for role in $roles; do
        file=$(target "$tree" "$role")
        cp "$backup/${file##*/}" "$file.bak" || return 1
    done
    mv "$file.bak" "$work/ending" && run 3 adopt "$tree/usr/lib/vmware" &&
        holds '[.roots[0].files[] | select(.reason == "adopt-installed").outcome]
            == ["refused", "refused", "refused", "refused"]' &&
        holds '[.roots[0].files[] | select(.outcome == "kept").role] | sort
            == ["vmx", "vmx-debug", "vmx-stats"]' &&
        mv "$work/ending" "$file~" && ctl 0 --root="$tree" adopt "$tree/usr/lib/vmware" &&
        says "Passed over: $file: is the installed file itself." &&
        says "$file~ is kept as the original of $file." &&
        says 'unlockerctl' && says ' gives the originals back.' && [ ! -s "$work/err" ] &&
        cp "$file~" "$file-2" && echo words >"$file.txt" && mv "$file.txt" "$file"2 &&
        run 0 adopt "$tree/usr/lib/vmware" && holds '.roots[0].files | length == 9' &&
        rm "$file"?* && run 0 restore && given_back "$work/stock"
}

nothing() {
    patched_by_other "$work/stock" && mkdir "$work/empty" && run 1 adopt "$work/empty" &&
        complains 'contains no file with the name of a' && run 1 adopt "$work/nowhere" &&
        complains 'directory: name the directory where the other patcher keeps its backup' &&
        run 1 adopt "$backup/vmware-vmx" && complains ': name the directory that the backup' &&
        run 1 adopt '' && complains 'cannot adopt: "": is not an existing directory' &&
        [ ! -e "$tree/var/lib/vmware-unlocker" ] &&
        ctl 2 --root="$tree" adopt && ctl 2 --root="$tree" adopt a b &&
        ctl 4 --root="$work/empty" adopt "$backup" && [ -z "$(ls -A "$work/empty")" ] &&
        rm -rf "$tree" && cp -a "$work/stock" "$tree" && run 0 adopt "$backup" &&
        holds '[.roots[0].files[].outcome] | unique == ["not-needed"]' &&
        [ "$(originals)" -eq 0 ] &&
        ctl 0 --root="$tree" adopt "$backup" && says 'is not needed: no installed vmx is patched.'
}

# The copy in the store never has a mode or owner before it is proved, and none of the backup's.
never_set_uid() {
    patched_by_other "$work/stock" && chmod 6777 "$backup"/* && chown 12345:12345 "$backup"/* &&
        printf '\125' | dd of="$backup/vmware-vmx" bs=1 seek=1000 conv=notrunc 2>/dev/null &&
        strace -f -qq -e trace=fchmod,fchown,fchmodat,fchownat -o "$work/calls" \
            "$UNLOCKERCTL" --root="$tree" adopt "$backup" >"$work/out" 2>"$work/err"
    cat "$work/calls"
    [ "$(grep -c '0\?4755' "$work/calls")" -eq 2 ] && ! grep 12345 "$work/calls" &&
        ! grep 6777 "$work/calls" && ctl 3 --root="$tree" restore &&
        [ "$(stat -c '%a %u' "$(target "$tree" vmx-debug)")" = \
            "$(stat -c '%a %u' "$(target "$work/stock" vmx-debug)")" ]
}

as_the_manual_shows() {
    grep -q '^\.Ss adopt' "$top_srcdir/man/unlockerctl-json.5" || return 1
    xargs -d '\n' python3 -IS "$top_srcdir/tests/cli/manual-json.py" --only=adopt \
        "$top_srcdir/man/unlockerctl-json.5" <"$work/documents"
}

check "what is half patched, the values" half half
check "… without the relocations" half values-only
check "what is no original is refused: adopt-patched, adopt-differs" refuses
check "links, pipes, sockets and directories" hostile
check "at any depth, the one among several that fits" deep
check "beside the installed files: adopt-installed" beside
check "nothing to adopt: adopt-none" nothing
if [ "$(id -u)" -eq 0 ] && can_strace; then
    check "no owner and no mode of the backup's" never_set_uid
else
    skip "no owner and no mode of the backup's" "no strace, or not root"
fi
check "the documents are as the manual shows them" as_the_manual_shows
plan
