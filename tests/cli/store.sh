#!/bin/sh
# SPDX-License-Identifier: MIT
# list, verify, prune, hold and release: what is said of the kept originals is true, what is damaged
# is found, and nothing that an installed file may need is ever removed.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all 'no jq'
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
make_tree "$work/newer" --version=25H2u1 --build=25000000 --guests=42 ||
    skip_all "$(cat "$work/unable")"

holds() {
    jq -e "$1" "$work/out" >/dev/null && return 0
    echo "does not hold: $1" && cat "$work/out"
    return 1
}

on() {
    on_status=$1
    shift
    ctl "$on_status" "--root=$tree" "$@"
}

# A tree of its own, patched.
start() {
    rm -rf "$work/tree" && cp -a "$work/stock" "$work/tree" && tree=$work/tree &&
        store=$tree/var/lib/vmware-unlocker && on 0 patch
}

# Another build over it, as an update brings it, patched as well.
update() {
    cp -a --remove-destination "$work/newer/." "$tree/" && on 0 patch
}

archives() {
    find "$store/originals" -name '*.tar.*' | wc -l
}

# change_byte FILE [WHERE]: another value, in the middle or at the offset.
change_byte() {
    python3 - "$@" <<'PYTHON'
import os, sys

with open(sys.argv[1], "r+b") as file:
    at = int(sys.argv[2]) if len(sys.argv) > 2 else os.path.getsize(sys.argv[1]) // 2
    file.seek(at)
    byte = file.read(1)[0]
    file.seek(at)
    file.write(bytes([byte ^ 0x55]))
PYTHON
}

nothing_kept() {
    tree=$work/stock
    on 0 list && says 'No originals are kept' && on 0 release &&
        on 0 prune && says "Nothing to remove in $tree: no originals are kept there." &&
        on 0 verify && says 'Nothing to prove: no file is patched, and no originals are kept.' &&
        on 0 --json list && holds '.roots[0].archives == []' && [ ! -e "$tree/var" ]
}

no_vmware() {
    mkdir -p "$work/bare" && tree=$work/bare
    on 0 list && on 4 verify && on 0 prune && ctl 1 "--root=$work/nowhere" list &&
        complains "$work/nowhere"
}

lists_build() {
    start && update && name=$(basename "$store"/originals/*17.6.1*) &&
        for word in 17.6.1 24319023 "$name" "${name%%.tar*}"; do
            on 0 list "$word" && says /usr/lib/vmware/bin/vmware-vmx-stats && says "$name" &&
                ! says 25H2u1 >"$work/not" &&
                says "$(sha256sum <"$work/stock/usr/lib/vmware/bin/vmware-vmx" | cut -c 1-12)" ||
                return 1
        done
    on 0 --json list 25H2u1 &&
        holds '.roots[0].archives | length == 1 and .[0].version == "25H2u1"' &&
        on 0 list 17.6.1 25H2u1 && says "$name" && says 25H2u1 &&
        on 1 list 17.6 && complains 'cannot list: 17.6: no originals of this build are kept: see' &&
        complains "\`unlockerctl --root=$tree list -v\`" && [ ! -s "$work/out" ] &&
        on 1 --json list 17.6 &&
        jq -e --arg todo "see \`unlockerctl --root=$tree list -v\`" '.roots[0].todo == $todo' \
            "$work/out"
}

lists() {
    start && on 0 list && says "VMware Workstation 17.6.1" && says yes &&
        on 0 list -v && says .tar. && on 0 --json list &&
        holds '.roots[0].archives | length == 1' &&
        holds '.roots[0].archives[0] | .installed == "installed" and .build == "24319023"' &&
        jq -r --arg root "$tree/" '.roots[0].archives[0].files[] | .sha256 + "  " +
            (.path | ltrimstr($root))' "$work/out" >"$work/sums" &&
        [ "$(wc -l <"$work/sums")" -eq 4 ] && (cd "$work/stock" && sha256sum -c "$work/sums")
}

# The manual says so: tar alone gives them back.
tar_alone() {
    start && mkdir -p "$work/by-tar" &&
        tar -C "$work/by-tar" -xpf "$store"/originals/*.tar.* &&
        for role in vmx vmx-debug vmx-stats vmwarebase; do
            same "$(target "$work/by-tar" $role)" "$(target "$work/stock" $role)" || return 1
        done && [ -s "$work/by-tar/var/lib/vmware-unlocker/manifest.json" ]
}

verifies() {
    start && on 0 verify && says intact && ! grep -q damaged "$work/out" && on 0 --json verify &&
        holds '[.roots[0].findings[] | select(.kind == "target").result] == ["intact", "intact",
            "intact", "intact"]' &&
        holds '[.roots[0].findings[] | select(.kind == "archive").result] == ["intact"]'
}

damaged_archive() {
    start && change_byte "$(echo "$store"/originals/*.tar.*)" && on 1 verify &&
        grep -q damaged "$work/out" "$work/err" &&
        complains ': copy that archive from a backup; without one' &&
        ! grep -F 'unlockerctl verify' "$work/err" && printf x >"$(echo "$store"/originals/*)" &&
        on 1 list && ! says 'No originals' && complains 'cannot list everything'
}

# A byte of a recorded edit, in a receipt without a digest of its own: well-formed, and wrong.
# The archive proves the file, and patch writes the receipt anew.
wrong_receipt() {
    start && python3 - "$store"/receipts/*.json <<'PYTHON' && on 3 --json verify &&
import re, sys

for path in sys.argv[1:]:
    text = open(path).read()
    changed = re.sub(r'("before"\s*:\s*)"3e"', r'\1"3d"', text, count=1)
    changed = changed.replace("0000000000000000", "0000000000000001", 1)
    changed = re.sub(r'"sha256"\s*:\s*"[0-9a-f]*",', "", changed)
    open(path, "w").write(changed)
PYTHON
        holds '[.roots[0].findings[] | select(.result == "unrecorded")] | length == 4' &&
        holds '[.roots[0].findings[] | select(.reason == "receipt-differs")] | length == 4' &&
        rebuilt
}

# Whether patch makes all receipts anew, and changes nothing else; status has never doubted.
rebuilt() {
    on 0 --json status &&
        holds '[.installations[].targets[].original] | unique == ["kept"]' &&
        identity "$(target "$tree" vmx)" >"$work/before" && on 0 patch && says 'Nothing to do' &&
        identity "$(target "$tree" vmx)" | diff "$work/before" - && on 0 verify && says intact &&
        [ "$(find "$store/receipts" -name '*.json' | wc -l)" -eq 4 ]
}

# The same for what the service runs.
rebuilt_by_service() {
    start && rm "$store"/receipts/*.json && on 0 patch --auto --settle=0ms && on 0 verify
}

# What is not given back has its receipt again; the hold is set by restore.
rebuilt_by_restore() {
    start && rm "$store"/receipts/*.json && on 0 restore vmx && on 0 verify &&
        [ "$(find "$store/receipts" -name '*.json' | wc -l)" -eq 3 ]
}

broken_receipt() {
    start && for receipt in "$store"/receipts/*.json; do echo '{"' >"$receipt"; done &&
        on 1 verify && says damaged && complains 'a receipt is damaged' && rebuilt
}

missing_receipt() {
    start && rm "$store"/receipts/*.json && on 3 verify && says 'receipt missing' &&
        on 3 --json verify && holds '.roots[0].findings[0].reason == "receipt-none"' && rebuilt
}

missing_original() {
    start && rm "$store"/originals/*.tar.* && on 3 verify && says 'original missing'
}

# A patched file that is not the one that was patched: no original makes it.
changed_file() {
    start && file=$(target "$tree" vmx) && change_byte "$file" $(($(stat -c %s "$file") - 8)) &&
        on '1|3' verify && ! grep -E "(intact|stock).*$file\$" "$work/out"
}

prunes() {
    start && update && [ "$(archives)" -eq 2 ] && on 0 prune --dry-run &&
        says 'would remove vmware-workstation-17.6.1-' && [ "$(archives)" -eq 2 ] &&
        on 0 prune --keep=2 && [ "$(archives)" -eq 2 ] &&
        on 0 prune --keep=0 && on 0 prune --keep=0 --all --yes && [ "$(archives)" -eq 2 ] &&
        on 0 --json prune && [ "$(archives)" -eq 1 ] &&
        holds '(.roots[0].removed | length) == 1 and (.roots[0].kept | length) == 1' &&
        on 0 verify && says intact && ! grep -q 'not needed' "$work/out" &&
        on 0 prune && [ "$(archives)" -eq 1 ] && on 0 restore &&
        same "$(target "$tree" vmx)" "$(target "$work/newer" vmx)"
}

# Restored files are stock: their archive stays, for it holds what is installed.
prunes_not_what_is_stock() {
    start && on 0 restore && on 0 prune && [ "$(archives)" -eq 1 ]
}

# A file that cannot be judged may have come from any archive that has its path.
prunes_not_in_doubt() {
    start && update && head -c 3000 "$(target "$work/newer" vmx)" >"$(target "$tree" vmx)" &&
        on 3 prune && complains 'an installed file may have come from it' &&
        [ "$(archives)" -eq 2 ] && start && update && rm "$store"/originals/*25h2u1* &&
        on 3 prune && [ "$(archives)" -eq 1 ]
}

# Receipts are an index: what they do not say is proved from the archives, and what they say wrong
# is not believed.
prunes_without_receipts() {
    start && update && rm "$store"/receipts/*.json && on 0 prune && [ "$(archives)" -eq 1 ] &&
        on 0 restore && same "$(target "$tree" vmx)" "$(target "$work/newer" vmx)"
}

prunes_not_by_receipt() {
    start && python3 - "$store"/receipts/*.json <<'PYTHON' && on 0 prune &&
import re, sys

for path in sys.argv[1:]:
    text = open(path).read()
    at = re.search(r'"sha256_before" *: *"', text).end()
    open(path, "w").write(text[:at] + "%x" % (int(text[at], 16) ^ 1) + text[at + 1:])
PYTHON
        [ "$(archives)" -eq 1 ] && rebuilt && on 0 restore &&
        same "$(target "$tree" vmx)" "$(target "$work/stock" vmx)"
}

# VMware's directory is not mounted for a moment, or single files of it are missing.
prunes_not_what_is_absent() {
    start && update && mv "$tree/usr/lib/vmware" "$work/away" && on '0|4' prune &&
        says 'is not there now' && [ "$(archives)" -eq 2 ] &&
        mv "$work/away" "$tree/usr/lib/vmware" &&
        rm "$(target "$tree" vmx-debug)" && on 0 prune && says 'is not there now' &&
        says vmware-vmx-debug && [ "$(archives)" -eq 2 ] && on 0 restore
}

# Nothing needs it, and still it stays: the newest of its files. --all takes it, when asked twice.
prunes_not_the_newest() {
    start && on 0 restore && cp -a --remove-destination "$work/newer/." "$tree/" && on 0 prune &&
        says 'the newest original of a file' && [ "$(archives)" -eq 1 ] &&
        on 2 prune --all </dev/null && complains 'use --yes' && [ "$(archives)" -eq 1 ] &&
        on 0 prune --all --dry-run && says 'would remove' && [ "$(archives)" -eq 1 ] &&
        on 0 prune --all --yes && [ "$(archives)" -eq 0 ]
}

# --all is no licence to remove what an installed file needs.
prunes_all_but_what_is_needed() {
    start && update && on 0 prune --all --yes && [ "$(archives)" -eq 1 ] && on 0 restore &&
        same "$(target "$tree" vmx)" "$(target "$work/newer" vmx)"
}

# One stock file put back beside three patched ones: its original is kept already.
kept_once() {
    start && cp -p "$(target "$work/stock" vmx)" "$(target "$tree" vmx)" && on 0 patch &&
        [ "$(archives)" -eq 1 ] && on 0 verify && on 0 restore &&
        same "$(target "$tree" vmx)" "$(target "$work/stock" vmx)"
}

# The clock went back between two archives that hold the same original with other modes.
clock_goes_back() {
    start && on 0 restore && chmod 4711 "$(target "$tree" vmx)" &&
        file=$(target "$tree" vmx-stats) && change_byte "$file" $(($(stat -c %s "$file") - 8)) &&
        chmod 4755 "$file" && on 0 patch && python3 - "$store" <<'PYTHON' && on 0 restore &&
import json, glob, sys

for path in glob.glob(sys.argv[1] + "/receipts/*.json"):
    assert json.load(open(path))["archive"]
PYTHON
        [ "$(stat -c %a "$(target "$tree" vmx)")" = 4711 ]
}

prunes_not_while_installing() {
    start && update && mkdir -p "$tree/etc/vmware-installer" &&
        : >"$tree/etc/vmware-installer/database.lck" &&
        flock "$tree/etc/vmware-installer/database.lck" \
            "$UNLOCKERCTL" "--root=$tree" prune 2>"$work/err"
    [ $? -eq 5 ] && complains installer && [ "$(archives)" -eq 2 ]
}

prune_words() {
    ctl 2 prune --keep=many && complains many && ctl 2 prune --keep && ctl 2 prune everything
}

holding() {
    rm -rf "$work/tree" && cp -a "$work/stock" "$work/tree" && tree=$work/tree
    on 0 hold && says 'on hold' && [ -e "$tree/var/lib/vmware-unlocker/hold" ] &&
        on 0 hold && says 'already' && on 0 --json hold && holds '.roots[0].hold == true' &&
        on 0 --quiet release && [ ! -s "$work/out" ] &&
        [ ! -e "$tree/var/lib/vmware-unlocker/hold" ] && on 0 release && says 'already' &&
        same "$(target "$tree" vmx)" "$(target "$work/stock" vmx)"
}

# As a user who may read everything and write nothing.
unprivileged() {
    start && chmod 755 "$work" || return 1
    # In a build for coverage, where its counts go when it may not write to the build directory.
    mkdir -p "$work/counts" && chmod 1777 "$work/counts"
    export GCOV_PREFIX="$work/counts"
    for verb in status list verify; do
        setpriv --reuid=65534 --regid=65534 --clear-groups \
            "$UNLOCKERCTL" "--root=$tree" $verb >"$work/out" 2>"$work/err" || return 1
        [ ! -s "$work/err" ] || return 1
    done
    chmod 600 "$store"/originals/*.tar.*
    status=0
    setpriv --reuid=65534 --regid=65534 --clear-groups \
        "$UNLOCKERCTL" "--root=$tree" verify >"$work/out" 2>"$work/err" || status=$?
    [ $status -eq 3 ] && ! grep -q damaged "$work/out" &&
        complains 'may not be read by this user' && ! grep -q 'original missing' "$work/out" ||
        return 1
    setpriv --reuid=65534 --regid=65534 --clear-groups \
        "$UNLOCKERCTL" "--root=$tree" --json list >"$work/out" 2>"$work/err"
    status=$?
    document_seen "$work/out" --json list
    [ $status -eq 3 ] && holds '.roots[0] | .damaged == 0 and .denied == 1' &&
        holds '.roots[0].reason == "vault-denied"' || return 1
    for verb in hold prune; do
        status=0
        setpriv --reuid=65534 --regid=65534 --clear-groups \
            "$UNLOCKERCTL" "--root=$tree" $verb >"$work/out" 2>"$work/err" || status=$?
        [ $status -eq 1 ] && complains 'run as root' || return 1
    done
    unset GCOV_PREFIX
}

two_roots() {
    start && ctl 0 "--root=$tree" "--root=$work/stock" list && says "$tree" && says "$work/stock" &&
        ctl 0 --json "--root=$tree" list "--root=$work/stock" && holds '.roots | length == 2'
}

check 'nothing kept: nothing is listed, and nothing made' nothing_kept
check 'without VMware' no_vmware
check 'list names the build and the very originals' lists
check 'list BUILD names the files of that build, and no others' lists_build
# odd_name CONFIG NAME: VMware in a directory of that name, which VMware's configuration has so.
odd_name() {
    name=$2
    rm -rf "$work/tree" && cp -a "$work/stock" "$work/tree" && tree=$work/tree &&
        store=$tree/var/lib/vmware-unlocker && mv "$tree/usr/lib/vmware" "$tree/usr/lib/$name" &&
        printf 'libdir = "/usr/lib/%s"\n' "$1" >>"$tree/etc/vmware/config" &&
        on 0 patch && on 0 status && on 0 verify && on 0 --json status &&
        python3 - "$work/out" "$tree/usr/lib/$name" <<'PYTHON' &&
import json, os, re, sys

text = open(sys.argv[1], "rb").read().decode("utf-8")
names = [json.loads(word) for word in re.findall(r'"(?:[^"\\]|\\.)*"', text)]
names = [re.sub(rb"\xef\xbf\xbd([89a-f][0-9a-f])", lambda m: bytes.fromhex(m[1].decode()),
                name.encode()) for name in names if "/bin/vmware-vmx" in name]
wanted = os.fsencode(sys.argv[2]) + b"/bin/vmware-vmx"
assert names and any(os.path.samefile(os.path.join(b"/", n), wanted) for n in names
                     if os.path.exists(os.path.join(b"/", n))), names
PYTHON
        rm "$store"/receipts/*.json && on '0|3' restore &&
        same "$work/stock/usr/lib/vmware/bin/vmware-vmx" "$tree/usr/lib/$name/bin/vmware-vmx"
}

if command -v zstd >/dev/null; then
    check 'tar alone gives the originals' tar_alone
else
    skip "tar alone gives the originals" "no zstd"
fi
check 'verify proves what was patched' verifies
check 'a damaged archive is found' damaged_archive
check 'a receipt with a wrong edit is found' wrong_receipt
check 'a receipt that is no JSON is found' broken_receipt
check 'a missing receipt is told from damage' missing_receipt
check 'lost receipts are written anew by the service' rebuilt_by_service
check 'lost receipts are written anew by restore' rebuilt_by_restore
check 'a missing original is said' missing_original
check 'a changed file is not called intact' changed_file
check 'prune removes what nothing installed needs, and only that' prunes
check 'prune keeps what is installed and stock' prunes_not_what_is_stock
check 'prune keeps what may be needed, and says so' prunes_not_in_doubt
check 'prune proves without receipts' prunes_without_receipts
check 'prune believes no receipt' prunes_not_by_receipt
check 'prune keeps the originals of what is not there' prunes_not_what_is_absent
check 'prune keeps the newest originals, but for --all' prunes_not_the_newest
check 'prune --all keeps what is needed' prunes_all_but_what_is_needed
check 'an original that is kept is not kept again' kept_once
check 'originals are told apart without the clock' clock_goes_back
check_with flock 'prune waits for no installer' prunes_not_while_installing
check 'prune takes a number' prune_words
check 'hold and release' holding
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    check 'who may only read can look, and is told why not more: vault-denied' unprivileged
else
    skip 'who may only read can look, and is told why not more' 'needs root and setpriv'
fi
check 'two roots' two_roots
check 'a directory in UTF-8' odd_name 'vmwäre €' 'vmwäre €'
check 'a directory in Latin-1' odd_name "$(printf 'vmw\344re')" "$(printf 'vmw\344re')"
check 'a directory with quote, backslash, newline and control character' \
    odd_name 'a|22b\c|0AX|01' "$(printf 'a"b\\c\nX\001')"
plan
