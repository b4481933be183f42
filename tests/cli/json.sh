#!/bin/sh
# SPDX-License-Identifier: MIT
# --json: whatever a command comes to, standard output is one document, of the one version, that
# says with which status the program ended.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all "no jq"
for tree in stock patched broken; do
    make_tree "$work/$tree" || skip_all "$(cat "$work/unable")"
done
mkdir "$work/empty"
vmx=usr/lib/vmware/bin/vmware-vmx
echo words >"$work/words"
cp "$work/words" "$work/broken/$vmx"
chmod 4755 "$work/broken/$vmx"

# document STATUS ARGUMENT…: as `ctl`, with --json.
document() {
    document_status=$1
    shift
    echo "$*"
    ctl "$document_status" --json "$@" || return 1
    jq -es "length == 1 and .[0].version == 1 and .[0].exit_status == $document_status" \
        "$work/out" >"$work/answer" || { cat "$work/out" && return 1; }
}

# And tells why.
with_reason() {
    document "$@" &&
        jq -e '[.. | objects | select(.reason and .why)] | length >= 1' "$work/out" >"$work/answer"
}

roots() {
    document 3 --root="$work/stock" status && document 4 --root="$work/empty" status &&
        with_reason 1 --root="$work/none" status && document 0 --root="$work/stock" patch -n &&
        document 0 --root="$work/patched" patch && document 0 --root="$work/patched" status &&
        document 0 --root="$work/patched" patch && with_reason 3 --root="$work/broken" patch &&
        with_reason 4 --root="$work/empty" patch && with_reason 1 --root="$work/none" patch &&
        document 3 --root="$work/stock" --root="$work/patched" status
}

originals() {
    document 0 --root="$work/patched" list && document 0 --root="$work/empty" list &&
        with_reason 1 --root="$work/none" list && document 0 --root="$work/patched" verify &&
        with_reason 1 --root="$work/none" verify && document 0 --root="$work/patched" prune &&
        document 0 --root="$work/empty" prune && with_reason 1 --root="$work/none" prune &&
        document 0 --root="$work/patched" restore -n && document 0 --root="$work/patched" restore &&
        with_reason 4 --root="$work/empty" restore && document 0 --root="$work/patched" hold &&
        document 0 --root="$work/patched" release && with_reason 1 --root="$work/none" hold &&
        with_reason 1 --root="$work/none" release && with_reason 1 --root="$work/patched" list 99 &&
        with_reason 4 --root="$work/empty" verify &&
        document 0 --root="$work/patched" adopt "$work/stock" &&
        with_reason 1 --root="$work/none" adopt "$work/stock" &&
        with_reason 4 --root="$work/empty" adopt "$work/stock"
}

files() {
    document 0 inspect "$work/stock/$vmx" && document 3 inspect "$work/words" &&
        with_reason 1 inspect "$work/none" && with_reason 1 inspect "$work" &&
        document 0 dump-smc "$work/stock/$vmx" && with_reason 3 dump-smc "$work/words" &&
        document 0 report "$work/words" && document 1 report "$work/none" &&
        with_reason 1 dump-smc "$work/none" && document 0 patch-file -n "$work/stock/$vmx" &&
        document 0 patch-file "$work/stock/$vmx" -o "$work/one" &&
        with_reason 3 patch-file "$work/words" && with_reason 1 patch-file "$work/none" &&
        with_reason 1 patch-file "$work/one" -o "$work/none/none" &&
        document 0 patch-file "$work/stock/usr/lib/vmware" -o "$work/many" &&
        with_reason 3 patch-file "$work/words" "$work/stock/$vmx" -o "$work/some" &&
        with_reason 1 patch-file "$work/none" "$work/stock/$vmx" -o "$work/other" &&
        with_reason 3 patch-file /bin/true && with_reason 3 patch-file /bin/true /bin/true -n
}

rest() {
    echo 'guestOS = "darwin21-64"' >"$work/vm.vmx"
    document 0 --root="$work/stock" tools && with_reason 4 --root="$work/empty" tools &&
        with_reason 1 --root="$work/none" tools &&
        with_reason 1 --root="$work/stock" tools "$work/words" &&
        jq -r '.. | .todo? // empty' "$work/out" >"$work/todo" &&
        grep -qF "unlockerctl --root=$work/stock tools" "$work/todo" &&
        document 3 --root="$work/empty" doctor && with_reason 1 --root="$work/none" doctor &&
        document 3 --root="$work/empty" doctor "$work/vm.vmx" &&
        with_reason 1 --root="$work/empty" doctor "$work/none.vmx"
}

# Nothing of the above was left out.
all_commands() {
    ctl 0 --help &&
        sed -n '/^Commands:/,/^Options:/s/^  \([a-z][a-z-]*\).*/\1/p' "$work/out" |
            grep -vx -e help -e version >"$work/verbs" &&
        [ -s "$work/verbs" ] || return 1
    while read -r verb; do
        grep -qE "^ .*(document|with_reason) [0-9] ([^ ]+ )*$verb( |\$)" "$0" ||
            echo "not tried: $verb"
    done <"$work/verbs" >"$work/untried"
    ! grep . "$work/untried"
}

# The service's run has one as well, whatever it comes to.
automatic() {
    auto="patch --auto --settle=0"
    cp -a "$work/stock" "$work/serviced" || return 1
    # shellcheck disable=SC2086
    document 0 --root="$work/serviced" $auto && document 0 --root="$work/serviced" $auto &&
        with_reason 1 --root="$work/none" $auto && document 0 --root="$work/empty" $auto &&
        document 0 --root="$work/serviced" hold && document 0 --root="$work/serviced" $auto &&
        document 0 --root="$work/serviced" release &&
        for archive in "$work"/serviced/var/lib/vmware-unlocker/originals/*; do
            echo damaged >"$archive" || return 1
        done
    # shellcheck disable=SC2086
    with_reason 1 --root="$work/serviced" list && with_reason 3 --root="$work/serviced" prune &&
        document 1 --root="$work/serviced" $auto && ctl 1 --root="$work/serviced" $auto
}

check "of roots" roots
check "of originals" originals
check "of files" files
check "of the rest" rest
check "of an automatic run" automatic
check "of every command" all_commands
plan
