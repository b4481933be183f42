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
        on 0 prune && says 'Nothing to remove' && on 0 verify &&
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
        on 1 list 17.6 && complains 'no originals are kept of a build 17.6' && [ ! -s "$work/out" ]
}

lists() {
    start && on 0 list && says "VMware Workstation 17.6.1" && says yes &&
        on 0 list -v && says .tar. && on 0 --json list &&
        holds '.roots[0].archives | length == 1' &&
        holds '.roots[0].archives[0] | .installed == "installed" and .build == "24319023"' &&
        jq -r '.roots[0].archives[0].files[] | .sha256 + "  " + .path' "$work/out" >"$work/sums" &&
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
        grep -q damaged "$work/out" "$work/err"
}

# A byte of a recorded edit: the receipt is well-formed, and wrong.
wrong_receipt() {
    start && python3 - "$store"/receipts/*.json <<'PYTHON' && on 1 --json verify &&
import re, sys

for path in sys.argv[1:]:
    text = open(path).read()
    changed = re.sub(r'("before"\s*:\s*)"3e"', r'\1"3d"', text, count=1)
    changed = changed.replace("0000000000000000", "0000000000000001", 1)
    open(path, "w").write(changed)
PYTHON
        holds '[.roots[0].findings[] | select(.result == "damaged")] | length >= 4'
}

broken_receipt() {
    start && for receipt in "$store"/receipts/*.json; do echo '{"' >"$receipt"; done &&
        on 1 verify && says damaged && complains 'a receipt is damaged'
}

missing_receipt() {
    start && rm "$store"/receipts/*.json && on 3 verify && says 'receipt missing' &&
        on 3 --json verify && holds '.roots[0].findings[0].reason == "receipt-none"'
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
        on 0 prune --keep=1 && [ "$(archives)" -eq 2 ] &&
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
        [ "$(archives)" -eq 2 ] && start && update &&
        rm "$store"/receipts/*.json && on 3 prune && [ "$(archives)" -eq 2 ]
}

prunes_not_while_installing() {
    command -v flock >/dev/null || return 0
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
    [ $status -eq 3 ] && complains 'Permission denied' && ! grep -q damaged "$work/out" || return 1
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
check 'tar alone gives the originals' tar_alone
check 'verify proves what was patched' verifies
check 'a damaged archive is found' damaged_archive
check 'a receipt with a wrong edit is found' wrong_receipt
check 'a receipt that is no JSON is found' broken_receipt
check 'a missing receipt is told from damage' missing_receipt
check 'a missing original is said' missing_original
check 'a changed file is not called intact' changed_file
check 'prune removes what nothing installed needs, and only that' prunes
check 'prune keeps what is installed and stock' prunes_not_what_is_stock
check 'prune keeps what may be needed, and says so' prunes_not_in_doubt
check 'prune waits for no installer' prunes_not_while_installing
check 'prune takes a number' prune_words
check 'hold and release' holding
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    check 'who may only read can look, and is told why not more' unprivileged
else
    skip 'who may only read can look, and is told why not more' 'needs root and setpriv'
fi
check 'two roots' two_roots
plan
