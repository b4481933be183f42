#!/bin/sh
# SPDX-License-Identifier: MIT
# A patch of a layout that differs from every one seen says so, once. It changes nothing else.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all 'no jq'
make_tree "$work/seen" || skip_all "$(cat "$work/unable")"

# One more public key than in any build seen.
cp -a "$work/seen" "$work/new"
python3 - "$(target "$work/new" vmx)" <<'PYTHON'
import struct, sys
with open(sys.argv[1], "r+b") as file:
    content = file.read()
    counts = struct.pack("<II", 242, 240)
    assert content.count(counts) == 1
    file.seek(content.index(counts))
    file.write(struct.pack("<II", 242, 241))
PYTHON
cp -a "$work/new" "$work/json"
cp "$(target "$work/seen" vmx)" "$work/seen.vmx"
cp "$(target "$work/new" vmx)" "$work/new.vmx"

seen_says_nothing() {
    ctl 0 --json --root="$work/seen" patch -n &&
        jq -e '[.installations[0].targets[].new_layout] | length > 0 and all(. == null)' \
            "$work/out" && ctl 0 --root="$work/seen" patch && ! says 'not seen before'
}

new_says_what_differs() {
    ctl 0 --root="$work/new" patch -n && says 'layout not seen before' &&
        ctl 0 --root="$work/new" patch && says 'vmx: layout not seen before:' &&
        says 'V0 242/241 keys' && [ "$(grep -c 'not seen before' "$work/out")" -eq 1 ]
}

once_only() {
    ctl 0 --root="$work/new" patch && ! says 'not seen before'
}

json_has_it() {
    ctl 0 --json --root="$work/json" patch &&
        jq -e '[.installations[0].targets[] | {role, new_layout} | select(.new_layout)] ==
            [{"role": "vmx", "new_layout": "V0 242/241 keys"}] and
            (.installations[0] | .version and .build)' "$work/out"
}

# Also of files alone, and of several.
files_say_it() {
    cp "$work/new.vmx" "$work/one" && cp "$work/new.vmx" "$work/two" && mkdir -p "$work/files" &&
        ctl 0 patch-file -n "$work/one" && says 'layout not seen before: V0 242/241 keys.' &&
        ctl 0 --json patch-file -n "$work/one" &&
        jq -e '.new_layout == "V0 242/241 keys"' "$work/out" &&
        ctl 0 patch-file "$work/one" --output="$work/files" && says 'layout not seen before: V0' &&
        ctl 0 --json patch-file "$work/two" --output="$work/files" &&
        jq -e '[.files[].new_layout] == ["V0 242/241 keys"]' "$work/out" &&
        ctl 0 patch-file "$work/two" && says 'two patched: ' && says 'layout not seen before: V0' &&
        ctl 0 patch-file "$work/two" && ! says 'not seen before' &&
        cp "$work/seen.vmx" "$work/old" && ctl 0 patch-file "$work/old" && ! says 'not seen before'
}

check 'a layout that was seen says nothing' seen_says_nothing
check 'one that was not says what differs' new_says_what_differs
check 'a second run says nothing more' once_only
check 'JSON has it' json_has_it
check 'patch-file says it of files' files_say_it
plan
