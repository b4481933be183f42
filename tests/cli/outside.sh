#!/bin/sh
# SPDX-License-Identifier: MIT
# What comes from outside, names, words and contents, reaches no terminal, log or reader of lines as
# it is: control characters, newlines, controls of direction, bytes that are no UTF-8.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
vmx=usr/lib/vmware/bin/vmware-vmx
# A new line, a red one, a title, C1's CSI, a right-to-left override, Latin-1, a tab, an e with an
# accent, a backslash.
name=$(printf 'a\nunlockerctl: FALSE\033[31m\033]0;x\007\302\233m\342\200\256b\351c\td\303\251\\e')

# Whether a stream can do no harm: whole lines of UTF-8 without any control. Those of complaints all
# begin with the program's name, those of events with what happened.
cat >"$work/harmless.py" <<'PYTHON'
import sys, unicodedata

for stream, complaints in ((sys.argv[1], False), (sys.argv[2], True)):
    text = open(stream, "rb").read().decode()
    bad = [c for c in text if c != "\n" and (unicodedata.category(c) in ("Cc", "Zl", "Zp") or
           unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF",
                                           "LRI", "RLI", "FSI", "PDI"))]
    if bad:
        sys.exit(f"{stream}: {bad}")
    for line in text.splitlines():
        if line.startswith("unlockerctl: FALSE") or \
           complaints and not line.startswith(("unlockerctl: ", "Automatic patching ", "Patched ")):
            sys.exit(f"{stream}: a false line: {line}")
PYTHON

# harmless ARGUMENT…: whatever it comes to, as text and with --json.
harmless() {
    echo "$*" | cat -v
    ctl '0|1|2|3|4|5' "$@" && python3 -IS "$work/harmless.py" "$work/out" "$work/err" &&
        ctl '0|1|2|3|4|5' --json "$@" &&
        python3 -IS "$work/harmless.py" "$work/out" "$work/err"
}

roots() {
    cp -a "$work/stock" "$work/$name" || return 1
    for verb in status 'status --prometheus' 'patch -n' patch list 'list x' verify 'restore -n' \
        hold release 'prune -n' prune tools doctor restore "patch --auto --settle=0"; do
        # shellcheck disable=SC2086
        harmless --root="$work/$name" $verb || return 1
    done
    for verb in status patch list verify restore hold prune tools doctor; do
        harmless --root="$work/none/$name" "$verb" || return 1
    done
}

words() {
    harmless "$name" && harmless "--$name" && harmless "-$name" && harmless patch "--$name" &&
        harmless list "$name" && harmless prune --keep "$name" && harmless tools --as "$name" &&
        harmless patch --auto --settle "$name" && harmless dump-smc a "$name" &&
        harmless --root="$work/stock" patch "$name" &&
        harmless --root="$work/stock" restore "$name" && harmless --json="$name"
}

files() {
    cp "$work/stock/$vmx" "$work/file $name" && echo words >"$work/words $name" || return 1
    for verb in inspect dump-smc 'patch-file -n' doctor 'doctor --fix' tools; do
        for file in "file $name" "words $name" "none $name"; do
            # shellcheck disable=SC2086
            harmless --root="$work/stock" $verb "$work/$file" || return 1
        done
    done
    harmless patch-file "$work/file $name" -o "$work/out $name" &&
        harmless patch-file "$work/file $name" -o "$work/out $name" &&
        harmless patch-file "$work/file $name" "$work/words $name" -o "$work/dir $name" &&
        harmless patch-file "$work/file $name"
}

contents() {
    cp -a "$work/stock" "$work/config" && {
        printf 'product.name = "VM%s"\n' "$name"
        printf 'product.version = "%s"\n' "$name"
    } >>"$work/config/etc/vmware/config" && printf 'guestOS = "darwin%s"\n%s\n' "$name" "$name" \
        >"$work/vm.vmx" && harmless --root="$work/config" doctor --fix "$work/vm.vmx" &&
        harmless --root="$work/config" doctor --fix --yes "$work/vm.vmx" || return 1
    for verb in status patch list verify restore; do
        harmless --root="$work/config" "$verb" || return 1
    done
}

# An entry of an archive is shown by its name.
entries() {
    python3 -IS - "$work/entries.tar" "$name" <<'PYTHON'
import io, os, sys, tarfile

image = bytearray(65536)
image[32768:32774] = b"\x01CD001"
image[32848:32852] = (32).to_bytes(4, "little")
image[32896:32898] = (2048).to_bytes(2, "little")
image[32808:32812] = b"V\n\x1bX"
with tarfile.open(sys.argv[1], "w", encoding="utf-8", errors="surrogateescape") as tar:
    entry = tarfile.TarInfo(sys.argv[2] + "/darwin.iso")
    entry.size = len(image)
    tar.addfile(entry, io.BytesIO(image))
PYTHON
    harmless --root="$work/stock" tools "$work/entries.tar" && grep -q 'darwin.iso' "$work/out"
}

# What a shell reads line by line has no line that is not the program's.
candidates() {
    ctl 0 complete -- --root="$work/$name" patch '' && ! grep -q '^unlockerctl: FALSE' "$work/out"
}

# One and the same JSON value, spelt so that it may be printed.
exact() {
    ctl '1|3' --json inspect "$work/words $name" &&
        python3 -IS - "$work/out" "$work/words $name" <<'PYTHON'
import json, os, sys

wanted = "".join(f"\ufffd{ord(c) - 0xdc00:02x}" if "\udc80" <= c <= "\udcff" else c
                 for c in os.fsencode(sys.argv[2]).decode("utf-8", "surrogateescape"))
got = json.load(open(sys.argv[1]))["path"]
if got != wanted:
    sys.exit(f"{got!r}, not {wanted!r}")
PYTHON
}

# What a user mounts, and runs, in a namespace of his own: a program that says of itself that it is
# VMware's. His own, one that is removed, and one of root's under the name of a temporary file.
# shellcheck disable=SC2016 # of the script
false_machine() {
    chmod 0755 "$work" && cp -a "$work/stock" "$work/seen" && mkdir -p "$work/his" &&
        cp "$(command -v sleep)" "$work/theirs" && chmod 0755 "$work/theirs" || return 1
    vmx_directory=$(dirname "$work/seen/$vmx")
    temporary=$vmx_directory/.vmware-vmx.unlocker-8123456789abcdef
    "$work/seen/$vmx" --sleep 60 &
    sleepers=$!
    for way in kept removed temporary; do
        cp "$work/theirs" "$work/his/$way" && chown -R 12345:12345 "$work/his" || return 1
        case $way in
        temporary)
            set -- "$temporary" "$work/theirs" \
                'mount -t tmpfs none "${1%/*}" && : >"$1" && mount --bind "$2" "$1"'
            ;;
        *) set -- "$work/seen/$vmx" "$work/his/$way" 'mount --bind "$2" "$1"' ;;
        esac
        setpriv --reuid 12345 --regid 12345 --clear-groups unshare -r -m \
            sh -c "$3"' && exec "$1" 60' sh "$1" "$2" &
        sleepers="$sleepers $!"
        until [ "$(readlink "/proc/$!/exe")" = "$1" ]; do
            kill -0 $! || return 1
            sleep .1
        done
        [ $way != removed ] || rm "$work/his/removed" || return 1
    done
    ctl 3 --json --root="$work/seen" status && cat "$work/out" &&
        jq -e --argjson pid "${sleepers%% *}" '[.installations[].targets[].in_use[] |
            [.pid, .outdated]] == [[$pid, false]]' "$work/out"
}

false_machine_ends() {
    sleepers=
    false_machine
    false_machine_status=$?
    for sleeper in $sleepers; do kill "$sleeper"; done
    return $false_machine_status
}

check "a root's name" roots
check "words of the command line" words
check "names of files" files
check "VMware's configuration and a VM's" contents
check "entries of an archive" entries
check "candidates for a shell" candidates
check "JSON keeps the name" exact
if [ "$(id -u)" -ne 0 ]; then
    skip "a process that calls itself a virtual machine" "only root has another user's rights"
elif ! setpriv --reuid 12345 --regid 12345 --clear-groups unshare -r -m true 2>/dev/null; then
    skip "a process that calls itself a virtual machine" "a user has no mount namespaces here"
else
    check_with jq "a process that calls itself a virtual machine" false_machine_ends
fi
plan
