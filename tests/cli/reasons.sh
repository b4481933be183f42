#!/bin/sh
# SPDX-License-Identifier: MIT
# Reasons that no other test meets: each is provoked, and said with the file and what to do.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
make_tree "$work/half" --state=half || skip_all "$(cat "$work/unable")"

start() {
    rm -rf "$work/tree" && cp -a "$work/$1" "$work/tree" && tree=$work/tree &&
        store=$tree/var/lib/vmware-unlocker && vmx=$tree/usr/lib/vmware/bin/vmware-vmx
}

# reason ID: somewhere in the JSON document of the last ctl, with its words.
reason() {
    python3 - "$work/out" "$1" <<'PYTHON'
import json, sys


def reasons(value):
    if isinstance(value, dict):
        if value.get("reason"):
            yield value["reason"], value["why"], value["todo"]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from reasons(part)


with open(sys.argv[1], encoding="utf-8") as file:
    found = list(reasons(json.load(file)))
if not any(id == sys.argv[2] and why and todo for id, why, todo in found):
    sys.exit(f"no {sys.argv[2]} in {found}")
PYTHON
}

# injected CALL ERROR COMMAND…: with every such system call on the file failing.
injected() {
    injected_call=$1 injected_error=$2
    shift 2
    injected_path=
    [ "$1" != -P ] || { injected_path="-P $2" && shift 2; }
    # shellcheck disable=SC2086 # two words
    strace -qq -o /dev/null $injected_path -e "trace=$injected_call" \
        -e "inject=$injected_call:error=$injected_error" \
        "${UNLOCKERCTL:?}" "$@" >"$work/out" 2>"$work/err"
    injected_status=$?
    [ $injected_status -eq 1 ] ||
        { echo "exit status $injected_status" && cat "$work/err" && return 1; }
}

no_installation() {
    mkdir -p "$work/nothing" && ctl 4 "--root=$work/nothing" --json patch && reason no-installation
}

held() {
    start stock && ctl 0 "--root=$tree" hold && ctl 0 "--root=$tree" patch --auto \
        --settle=100ms && complains 'on hold' && complains "unlockerctl --root=$work/tree release"
}

# An automatic run, too, names the root in its advice.
unknown_build() {
    start stock && cp /bin/true "$vmx" && ctl 3 "--root=$tree" patch --auto --settle=100ms &&
        complains "run \`unlockerctl --root=$tree report FILE\`"
}

no_original() {
    start half && ctl 0 "--root=$tree" patch && ctl 3 "--root=$tree" --json verify &&
        reason no-original
}

not_ours() {
    start half && ctl 3 "--root=$tree" --json restore && reason not-ours
}

receipt_differs() {
    start stock && ctl 0 "--root=$tree" patch && python3 - "$store"/receipts/*.json <<'PYTHON' &&
import json, sys

for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as file:
        receipt = json.load(file)
    receipt["edits"].pop()
    del receipt["sha256"]
    with open(name, "w", encoding="utf-8") as file:
        json.dump(receipt, file)
PYTHON
        ctl '1|3' "--root=$tree" --json verify && reason receipt-differs
}

vault_claimed() {
    start stock && ctl 0 "--root=$tree" patch &&
        truncate -s 9000 "$tree"/usr/lib/vmware/bin/* "$tree"/usr/lib/vmware/lib/*/* &&
        ctl 3 "--root=$tree" prune &&
        complains "an installed file may have come from it ($tree/usr" &&
        complains "run \`unlockerctl --root=$tree status\`, do what it says, then"
}

exists() {
    start stock && cp "$vmx" "$work/one" && : >"$work/one.orig" && ctl 1 patch-file "$work/one" &&
        complains "already exists (one.orig): rename it" &&
        same "$work/one" "$vmx" && [ ! -s "$work/one.orig" ]
}

# unwritable CALL ERROR WORDS: what is said of the file, and it stays.
unwritable() {
    start stock && cp -a "$vmx" "$work/one" && rm -f "$work/one.orig" &&
        injected "$1" "$2" patch-file "$work/one" && complains "$work/one: $3" &&
        same "$work/one" "$vmx"
}

unreadable() {
    start stock && cp -a "$vmx" "$work/one" &&
        injected mmap,pread64,read EIO -P "$work/one" inspect "$work/one" &&
        complains "$work/one: cannot be read (Input/output error): check the disk"
}

# More than there is address space for. Sanitizers need terabytes of that themselves.
no_memory() {
    start stock && cp "$vmx" "$work/large" && truncate -s 2G "$work/large" || return 1
    # shellcheck disable=SC3045
    (ulimit -v 1000000 && ctl 1 inspect "$work/large") || return 1
    complains 'large: not enough memory: free some'
}

# Wherever it meets the limit of open files, nothing is said of the file's permissions or the disk.
too_many_files() {
    for limit in 6 8 10 12 14 16; do
        printf '#!/bin/sh\nulimit -n %s && exec "%s" "$@"\n' $limit "$UNLOCKERCTL" >"$work/limited"
        chmod +x "$work/limited"
        start stock && (UNLOCKERCTL=$work/limited && ctl 1 --json "--root=$tree" patch) &&
            reason too-many-files && complains 'too many files are open: raise the limit' ||
            return 1
    done
}

check "no-installation" no_installation
check "held" held
check "smc-none" unknown_build
check "no-original" no_original
check "not-ours" not_ours
check "receipt-differs" receipt_differs
check "vault-claimed" vault_claimed
check "exists" exists
check "too-many-files" too_many_files
# patch-file alone reads and writes but one file.
if can_strace; then
    check "no-space" unwritable copy_file_range ENOSPC 'does not fit on the disk'
    check "read-only" unwritable renameat2 EROFS 'is on a read-only file system'
    check "mounted" unwritable renameat2 EBUSY 'is a mount point'
    check "not-permitted" unwritable renameat2 EACCES 'may not be written'
    check "write" unwritable fsync EIO 'cannot be written'
    check "read" unreadable
else
    skip "no-space, read-only, mounted, not-permitted, write, read" "strace cannot run here"
fi
if [ "${SANITIZERS:-no}" = no ]; then
    check "no-memory" no_memory
else
    skip "no-memory" "sanitizers"
fi
plan
