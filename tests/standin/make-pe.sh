#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds stand-ins for the files of VMware for Windows, with mingw-w64: vmware-vmx.exe and
# vmwarebase.dll, and list-guests.exe, which lists what the library holds. They run.
#
# Exit status: 0, 1 (failed), 2 (usage), 77 (no mingw-w64 here).

set -eu
LC_ALL=C
export LC_ALL

usage() {
    cat <<'USAGE'
Usage: make-pe.sh [OPTION…] DIR
  --state=stock|half|patched  half: OSK0 of both tables and the first guest group
  --first=v0|v1               the table that comes first
  --fixed                     no base relocations
  --decoys                    what looks like a table or a place to patch, and is none
  --unsigned                  without a signature
  --truth=FILE                writes where everything is, for expect.py
USAGE
}

state=stock first=0 link=-Wl,--dynamicbase decoys='' sign=yes truth='' directory=''
while [ $# -gt 0 ]; do
    case $1 in
    --state=stock | --state=half | --state=patched) state=${1#*=} ;;
    --first=v0 | --first=v1) first=${1#*=v} ;;
    --fixed) link='-Wl,--disable-dynamicbase -Wl,--disable-reloc-section' ;;
    --decoys) decoys=-DDECOYS ;;
    --unsigned) sign='' ;;
    --truth=*) truth=${1#*=} ;;
    -*)
        usage >&2
        exit 2
        ;;
    *) directory=$1 ;;
    esac
    shift
done
[ -n "$directory" ] || {
    usage >&2
    exit 2
}

compiler=x86_64-w64-mingw32-gcc
command -v $compiler >/dev/null || {
    echo "make-pe: no mingw-w64" >&2
    exit 77
}

case $state in
stock) bits=0000 shown=00 ;;
half) bits=1010 shown=10 ;;
patched) bits=1111 shown=11 ;;
esac

sources=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
case $truth in '' | /*) ;; *) truth=$PWD/$truth ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cp "$sources"/*.[ch] "$sources"/*.awk "$work"
cd "$work"

compile() {
    $compiler -std=gnu17 -O1 -w -fno-stack-protector -falign-functions=16 "$@"
}

for version in 0 1; do
    awk -f keys.awk -v version=$version -v values="$bits" -v handlers="$bits" >rows$version.h
done
awk -f guests.awk -v half=18 -v flag=0x3e -v shown="$shown" -v slip=0 -v stray=0 >guests.h
printf 'extern const char product_line[];\nconst char product_line[] = "stand-in";\n' >line.c

# shellcheck disable=SC2086
compile "-DFIRST=$first" -DV1_GAP=0x20 $decoys $link -o vmware-vmx.exe vmx.c line.c
# shellcheck disable=SC2086
compile -shared $link -o vmwarebase.dll base.c line.c
compile -o "$directory/list-guests.exe" list-guests.c

# address FILE SYMBOL: where the linker put it, in decimal.
address() {
    address_hex=$(x86_64-w64-mingw32-nm "$1" | awk -v name="$2" '$3 == name { print $1 }')
    echo $((0x${address_hex:?no symbol $2 in $1}))
}

# table VERSION HEADER KEYS PUBLIC LKS
table() {
    rows=$(($2 + 32))
    printf '{"version": %d, "header": %d, "rows": %d, "private": %d, "public": %d, "lks": %d, ' \
        "$1" "$2" $rows "$3" "$4" $((rows + 72 * $5))
    printf '"osk": [%d, %d]}' $((rows + 72 * ($3 - 2))) $((rows + 72 * ($3 - 1)))
}

print_truth() {
    at=$(address vmware-vmx.exe tables)
    printf '{"vmx": {"kind": "smc", "handlers": {"Default": %d, "OSK": %d}, "tables": [' \
        "$(address vmware-vmx.exe AppleSMCHandleDefault)" \
        "$(address vmware-vmx.exe AppleSMCHandleOSK)"
    case $first in
    0) table 0 "$at" 242 240 1 && printf ', ' && table 1 $((at + 32 + 242 * 72)) 436 432 3 ;;
    1) table 0 $((at + 32 + 436 * 72)) 242 240 1 && printf ', ' && table 1 "$at" 436 432 3 ;;
    esac
    at=$(address vmwarebase.dll guests)
    printf ']}, "vmwarebase": {"kind": "guests", "entries": ['
    awk '/"darwin/ { print NR - 1, comma; comma = "," }' guests.h | while read -r number comma; do
        printf '%s %d' "$comma" $((at + 64 * number))
    done
    printf ']}}\n'
}

[ -z "$truth" ] || print_truth >"$truth"
for file in vmware-vmx.exe vmwarebase.dll; do
    x86_64-w64-mingw32-strip $file
    [ -z "$sign" ] || python3 "$sources/pe.py" sign $file
    mv $file "$directory"
done
