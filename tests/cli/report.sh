#!/bin/sh
# SPDX-License-Identifier: MIT
# report: what a maintainer needs is in it, and nothing that tells who or where the user is.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"

# What must never be in a report, wherever it is planted.
cat >"$work/secrets" <<'SECRETS'
alicezz9
hostzz9
/home/
/opt/
00:50:56:3f:ab:cd
00-50-56-3f-ab-cd
0b7c5e0d9f3a4c1c8d2e6f7a8b9c0d1e
564d0a1b2c3d4e5f
zz9vm.vmx
SECRETS

# damage FILE: a file of which no table is believed, with secrets in its rows and behind them.
damage() {
    python3 - "$1" "$work/secrets" <<'PYTHON'
import sys
content = open(sys.argv[1], "rb").read()
assert b"0KSO\x20*8hc" in content
content = content.replace(b"0KSO\x20*8hc", b"XKSO\x20*8hc")
for secret in open(sys.argv[2], "rb").read().split():
    content += b"\0" + secret + b"\0"
    # In the value of a row, and over the padding of its name.
    at = content.index(b"YEK#")
    content = content[:at + 24] + secret[:32].ljust(32, b"\0") + content[at + 56:]
open(sys.argv[1], "wb").write(content)
PYTHON
}

# secret_tree: a root with secrets in its path, configuration, log, names and files.
secret_tree() {
    root=$work/home/alicezz9/hostzz9
    mkdir -p "$work/home/alicezz9" && cp -a "$work/stock" "$root" &&
        damage "$root/usr/lib/vmware/bin/vmware-vmx" || return 1
    mkdir -p "$root/opt/alicezz9/lib" "$root/var/log/vmware" "$root/home/alicezz9/vm" &&
        mv "$root/usr/lib/vmware" "$root/opt/alicezz9/lib/vmware" || return 1
    cat >"$root/etc/vmware/config" <<'CONFIG'
libdir = "/opt/alicezz9/lib/vmware"
product.name = "VMware Workstation alicezz9"
product.version = "17.6.1-hostzz9"
product.buildNumber = "24319023 00:50:56:3f:ab:cd"
alicezz9 without a name /home/alicezz9/zz9vm.vmx
CONFIG
    echo 'PRETTY_NAME="Debian GNU/Linux 12 hostzz9 0b7c5e0d9f3a4c1c8d2e6f7a8b9c0d1e"' \
        >"$root/etc/os-release"
    mkdir -p "$root/usr/lib/systemd" &&
        : >"$root/usr/lib/systemd/libsystemd-shared-257.3-alicezz9.so" &&
        echo hostzz9 >"$root/etc/hostname" &&
        echo 0b7c5e0d9f3a4c1c8d2e6f7a8b9c0d1e >"$root/etc/machine-id" &&
        echo 'alicezz9 on hostzz9' >"$root/var/log/vmware/vmware.log" &&
        cp "$root/opt/alicezz9/lib/vmware/bin/vmware-vmx" "$root/home/alicezz9/vm/zz9vm.vmx"
}

says_no_secret() {
    ! grep -niF -f "$work/secrets" "$1" && ! LC_ALL=C grep -n '[^ -~]' "$1" &&
        [ "$(wc -L <"$1")" -le 100 ]
}

tells_nobody() {
    secret_tree || return 1
    USER=alicezz9 HOME=/home/alicezz9 HOSTNAME=hostzz9 LOGNAME=alicezz9 PWD=/home/alicezz9
    export USER HOME HOSTNAME LOGNAME PWD
    ctl 0 --root="$root" report "$root/home/alicezz9/vm/zz9vm.vmx" &&
        says_no_secret "$work/out" && says 'Debian GNU/Linux 12 *' && says '17.6.1*' &&
        says '24319023 *' && says '257.3*' && says 'VMware Workstation *' &&
        says 'File: vmx' && says 'File: other' && says 'smc-key-missing' &&
        ctl 1 --json --root="$root" report /home/alicezz9/zz9vm.vmx &&
        says_no_text "$work/out"
}

says_no_text() {
    ! grep -niF -f "$work/secrets" "$1"
}

# write_journal DIR: a journal with one event of a run, full of secrets, by a journald of its own in
# a mount namespace: nothing of it reaches the machine's.
write_journal() {
    cat >"$work/journal.sh" <<'SCRIPT'
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/log /run/systemd/journal /run/systemd/journald.conf.d
printf '[Journal]\nAudit=no\nReadKMsg=no\nStorage=volatile\n' \
    >/run/systemd/journald.conf.d/test.conf
"$1" &
pid=$!
python3 - <<'PYTHON' || failed=1
import socket, time
event = """MESSAGE=vmx of alicezz9 on hostzz9: /opt/alicezz9/zz9vm.vmx
MESSAGE_ID=ed242d166afb49cbac973e6135b07298
UNLOCKER_ROLE=vmx
UNLOCKER_RESULT=patched
UNLOCKER_REASON=/home/alicezz9 00:50:56:3f:ab:cd
UNLOCKER_BUILD=17.6.1 hostzz9 24319023
UNLOCKER_PATH=/home/alicezz9/vmware-vmx
UNLOCKER_ROOT=/opt/alicezz9
"""
to = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for attempt in range(200):
    try:
        to.connect("/run/systemd/journal/socket")
        break
    except OSError:
        time.sleep(0.1)
to.send(event.encode())
PYTHON
for attempt in $(seq 100); do
    grep -rqs alicezz9 /run/log/journal && break
    sleep 0.1
done
kill "$pid"
wait "$pid" || :
cp -r /run/log/journal "$2"
exit "${failed:-0}"
SCRIPT
    unshare --mount sh "$work/journal.sh" "$journald" "$1"
}

# Events are told by words of this program, whatever the journal says.
tells_events_without_names() {
    mkdir -p "$work/logged/etc" "$work/logged/var/log" && write_journal "$work/logged/var/log" &&
        ctl 0 --root="$work/logged" report && says_no_secret "$work/out" &&
        says 'Z RUN vmx patched build 17.6.1 * 24319023'
}

# All that is asked for first is there.
tells_a_maintainer() {
    cp -a "$work/stock" "$work/broken" && damage "$work/broken/usr/lib/vmware/bin/vmware-vmx" &&
        ctl 0 --root="$work/broken" report || return 1
    for words in Versions unlockerctl kernel systemd Units vmware-unlocker.path VMware \
        'Last events' 'vmx-debug' 'File: vmx' 'relocations RELA ' 'sections ' 'range ' \
        'Table candidate 1' '242, 240 of them public' 'OSK1' 'send it to'; do
        says "$words" || return 1
    done
    ! says 'File: vmwarebase' && [ ! -s "$work/err" ]
}

# Each unit that is installed, and those that the generator made.
names_units() {
    cp -a "$work/stock" "$work/units" && mkdir -p "$work/units/run/systemd/generator" || return 1
    ctl 0 --root="$work/units" report && ! says libdir || return 1
    for unit in "$top_srcdir"/systemd/*.path "$top_srcdir"/systemd/*[!@].timer; do
        grep -qE "^  ${unit##*/} +not installed$" "$work/out" || { echo "$unit" && return 1; }
    done
    for unit in libdir libdir-tree link; do
        echo '[Unit]' >"$work/units/run/systemd/generator/vmware-unlocker-$unit.path" || return 1
    done
    ctl 0 --root="$work/units" report && for unit in libdir libdir-tree link; do
        grep -qE "^  vmware-unlocker-$unit.path +installed$" "$work/out" || return 1
    done
}

# A file as VMware ships it is described when it is named.
describes_a_named_file() {
    ctl 0 --root="$work/stock" report "$(target "$work/stock" vmwarebase)" &&
        says 'File: libvmwarebase.so' && says 'stock, 0 of ' && ! says 'candidate' &&
        ctl 1 --root="$work/stock" report "$work/none" && complains "$work/none" &&
        says 'File: other' && ctl 1 --root="$work/stock" report /dev/null &&
        complains 'cannot report'
}

# More matches than fit.
cuts_honestly() {
    python3 - >"$work/many.c" <<'PYTHON'
import random
random.seed(1)
print("__attribute__((aligned(16))) unsigned many[] = {")
for _ in range(3000):
    print("0x10,0x10,1,0,0,0,0,0,%d," % (2 * random.randrange(128)) + "7," * random.randrange(40))
print("};")
PYTHON
    ${CC:-cc} -shared -fPIC -nostdlib -o "$work/many" "$work/many.c" &&
        ctl 0 --root="$work/stock" report "$work/many" && says 'cut here: more than 64 KiB' &&
        sed -n '/^File: other/,$p' "$work/out" >"$work/part" &&
        [ "$(wc -c <"$work/part")" -le 65536 ] && [ "$(wc -c <"$work/part")" -gt 60000 ]
}

# reportbug's script says it on descriptor 3.
bug_script() {
    mkdir -p "$work/bin" && ln -sf "$UNLOCKERCTL" "$work/bin/unlockerctl" &&
        PATH=$work/bin:$PATH sh "$top_srcdir/packaging/debian/vmware-unlocker.bug-script" \
            3>"$work/bug" && grep -q '^Versions' "$work/bug"
}

# Where it is to be sent: an address, or people whom the reader knows.
names_whom() {
    ctl 0 report && says 'Read it, then send it to ' && ! says 'send it to the project' &&
        ctl 0 help report && ! says 'Send it to the project' || return 1
    if grep -q '^#define BUG_ADDRESS "the people' "${top_builddir:?}/config.h"; then
        says 'people from whom you have unlockerctl.'
    fi
}

check 'no secret of the user is in it' tells_nobody
journald=/usr/lib/systemd/systemd-journald
if [ "$(id -u)" -eq 0 ] && [ -x "$journald" ] && unshare --mount true 2>/dev/null; then
    check 'no secret of an event is in it' tells_events_without_names
else
    skip 'no secret of an event is in it' 'no journald of our own here'
fi
check 'what a maintainer needs is in it' tells_a_maintainer
check 'each unit is in it, also those of the generator' names_units
check 'a named file is described' describes_a_named_file
check 'a long part is cut, and says so' cuts_honestly
check 'it says whom to send it to, whatever configure was told' names_whom
check 'the bug script of Debian prints it' bug_script
plan
