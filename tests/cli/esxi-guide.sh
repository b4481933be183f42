#!/bin/sh
# SPDX-License-Identifier: MIT
# docs/esxi.md: its commands, taken from there, are run against a stand-in of a host: a directory, a
# boot bank, and programs that do what the guide expects of a host's. A reboot unpacks the modules
# of boot.cfg one over the other, by the reader in Python.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
make_tree "$work/linux" --version=17.6.1 || skip_all "$(cat "$work/unable")"
guide=$top_srcdir/docs/esxi.md
host=$work/host
release='VMware ESXi 8.0.3 build-24022510'
unset SOURCE_DATE_EPOCH

# shellcheck disable=SC2086 # CC may have options
${CC:-cc} -shared -fPIC -Wl,-soname,libvmkctl.so -DNAMES='"vmci", "applesmc"' \
    -o "$work/libvmkctl.so" "$standin/vmkctl.c" 2>"$work/unable" ||
    skip_all "no library can be linked"

# program NAME: one of this machine, or of the host, from standard input.
program() {
    { printf '#!/bin/sh\nset -eu\nhost=%s\n' "$host" && cat; } >"$work/$1" && chmod 755 "$work/$1"
}

mkdir -p "$work/here" "$work/there"
ln -s "${UNLOCKERCTL:?}" "$work/here/unlockerctl"
# What is absolute on the host is below its directory here.
program here/ssh <<SSH
[ "\$1" = root@HOST ] && shift
PATH=$work/there:\$PATH
cd "\$host"
sh -eu -c "\$(printf '%s' "\$*" | sed "s| /| \$host/|g; s|\${host}/ |\$host |")"
SSH
program here/scp <<'SCP'
cp "$1" "$host${2#root@HOST:}"
SCP
program there/vmware <<VMWARE
echo '$release'
VMWARE
program there/sha256sum <<'SUM'
sed "s|  /|  $host/|" | /usr/bin/env -u PATH sha256sum "$@"
SUM
program there/BootModuleConfig.sh <<'ADD'
for argument; do
    case $argument in
    --add=*) cp "${argument#*=}" "$host/bootbank/" &&
        sed -i "/^modules=/s/\$/ --- ${argument#*=}/" "$host/bootbank/boot.cfg" ;;
    --remove=*) rm "$host/bootbank/${argument#*=}" &&
        sed -i "s/ --- ${argument#*=}//" "$host/bootbank/boot.cfg" ;;
    esac
done
ADD
program there/esxcli <<'LIST'
[ "$*" = 'system visorfs tardisk list' ]
sed -n 's/^modules=//p' "$host/bootbank/boot.cfg" | sed 's/ --- /\n/g'
LIST
program there/vim-cmd <<'HARDWARE'
[ "$*" = hostsvc/hosthardware ]
present=true
! grep -q applesmc "$host/lib64/libvmkctl.so" || present=false
echo "   smcPresent = $present,"
HARDWARE
program there/reboot <<REBOOT
rm -rf "\$host/bin" "\$host/lib64" "\$host/etc" "\$host/tmp"
python3 - "$top_srcdir/tests/cli" "\$host" <<'PYTHON'
import os, sys

sys.path.insert(0, sys.argv[1])
from visor import entries, unpack

host = sys.argv[2]
os.mkdir(f"{host}/tmp")
with open(f"{host}/bootbank/boot.cfg") as file:
    (line,) = [line for line in file if line.startswith("modules=")]
for module in line[len("modules=") :].strip().split(" --- "):
    for entry in entries(unpack(f"{host}/bootbank/{module}")):
        path = f"{host}/{entry['path']}"
        if entry["type"] == b"5":
            os.makedirs(path, exist_ok=True)
            continue
        if os.path.exists(path):
            os.remove(path)
        with open(path, "wb") as file:
            file.write(entry["content"])
        os.chmod(path, entry["mode"])
PYTHON
REBOOT

# A host whose own module has the files as they are shipped, once booted.
host() {
    rm -rf "$host" "$work/desk" && mkdir -p "$host/bootbank" "$work/desk" &&
        python3 - "$top_srcdir/tests/cli" "$host/bootbank/s.v00" "$release" \
            "$work/linux/usr/lib/vmware/bin/vmware-vmx" "$work/libvmkctl.so" <<'PYTHON' || return 1
import sys

sys.path.insert(0, sys.argv[1])
from visor import header

vmx, library = (open(path, "rb").read() for path in sys.argv[4:])
files = [
    ("bin/vmx", 0o4555, vmx),
    ("bin/vmx-debug", 0o4555, vmx),
    ("bin/vmx-stats", 0o4555, b""),
    ("etc/vmware-release", 0o444, b"VMware ESXi 8.0.3 GA\n"),
    ("lib64/libvmkctl.so", 0o555, library),
]
headers = b"".join(header(name, type=b"5", mode=0o755) for name in ("bin", "etc", "lib64"))
body = b""
for path, mode, content in files:
    headers += header(path, mode=mode, size=len(content), offset=8192 + len(body))
    body += content
open(sys.argv[2], "wb").write(headers.ljust(8192, b"\0") + body)
PYTHON
    printf 'bootstate=0\nkernel=b.b00\nmodules=s.v00\nupdated=1\n' >"$host/bootbank/boot.cfg" &&
        "$work/there/reboot" && [ -u "$host/bin/vmx" ] && ! host_is_patched
}

# The digests of what runs are not those of what was shipped.
host_is_patched() {
    ctl 0 --json inspect "$host/bin/vmx" && grep -q '"state":"patched"' "$work/out"
}

# block SECTION NUMBER: that block of commands of the guide.
block() {
    awk -v section="## $1. " -v number="$2" '
        /^## / { here = index($0, section) == 1 }
        here && /^    / && !block { block = 1; count++ }
        !/^    / { block = 0 }
        block && count == number { print substr($0, 5) }' "$guide" >"$work/block"
    [ -s "$work/block" ] || { echo "no block $2 in section $1" && return 1; }
}

# run SECTION NUMBER: as a person types it.
run() {
    block "$1" "$2" || return 1
    echo "$1.$2" >>"$work/ran"
    (cd "$work/desk" && umask 022 && PATH=$work/here:$PATH sh -eu "$work/block") >"$work/out" \
        2>&1 || { cat "$work/block" "$work/out" && return 1; }
}

made() {
    run 1 1 && run 2 1 && says "unlocker.v00: boot module for $release." &&
        grep -q "^> unlocker.v00: boot module for $release\.\$" "$guide" && run 2 2 &&
        [ "$(grep -c ' patched ' "$work/out")" -eq 3 ]
}

booted() {
    host_is_patched && run 4 1 && [ "$(grep -c ': OK$' "$work/out")" -eq 3 ] &&
        ! grep -v ': OK$' "$work/out" && run 4 2 &&
        [ "$(grep -c "$release\$" "$work/out")" -eq 2 ] &&
        [ "$(grep -c '^-r-sr-xr-x ' "$work/out")" -eq 2 ] && says 'smcPresent = true' &&
        grep -qx unlocker.v00 "$work/out"
}

gone() {
    ! host_is_patched && [ ! -e "$host/bootbank/unlocker.v00" ] &&
        [ ! -e "$host/etc/vmware-unlocker.conf" ] &&
        grep -qx 'modules=s.v00' "$host/bootbank/boot.cfg" && [ -u "$host/bin/vmx" ]
}

by_script() {
    host && made && run 3 1 && booted && run 5 1 && gone && [ -s "$host/bootbank/boot.old" ]
}

by_hand() {
    host && made && run 3 2 && says 'modules=s.v00 --- unlocker.v00' && booted && run 5 2 && gone
}

# No block is left that was not run.
all_run() {
    awk '/^## / { section = $2 + 0; count = 0 }
        /^    / && !block { block = 1; print section "." ++count }
        !/^    / { block = 0 }' "$guide" | sort -u >"$work/blocks"
    sort -u "$work/ran" | diff - "$work/blocks"
}

# The limits are said.
limits() {
    tr '\n' ' ' <"$guide" >"$work/out"
    for limit in 'no module was booted on a real host by this project' \
        '**Secure Boot** must be off' \
        '**execInstalledOnly**' 'Remove the module before each update' 'a purple screen' 'Shift+O' \
        'Shift+R'; do
        says "$limit" || return 1
    done
}

check "a module made, put into the boot bank by its script, checked, removed" by_script
check "the same by hand" by_hand
check "every block of commands was run" all_run
check "the limits are said" limits
plan
