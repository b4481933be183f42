#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds a stand-in for an installed VMware under DIR, with the C compiler: files that are laid out
# like VMware's where it matters, and that run. Over an existing tree it acts like an update: each
# file is replaced by rename. See usage() for the options, vmx.c and base.c for what the files do.
#
# Exit status: 0, 1 (failed), 2 (usage), 77 (this machine's tools cannot build the variant).

set -eu
LC_ALL=C
export LC_ALL

usage() {
    cat <<'USAGE'
Usage: make-tree.sh [OPTION…] DIR
       make-tree.sh --lister=FILE          builds only the program that lists guest entries

The installation:
  --player                  VMware Player: no vmware-vmx-stats
  --version=V --build=B     its version and build number (17.6.1, 24319023)
  --libdir=PATH             below DIR (/usr/lib/vmware)
  --old-lib                 lib/libvmwarebase.so.0/libvmwarebase.so.0, as before version 12
  --without=ROLE            leave one out: vmx, vmx-debug, vmx-stats, vmwarebase; may be repeated
  --empty=ROLE              … or make it a file of 0 bytes
  --no-config               no /etc/vmware/config
The files:
  --link=rela|lld|relr|fixed
                            rela: position-independent, addends also in the fields; lld: zero
                            fields; relr: DT_RELR; fixed: fixed address (the library as in rela
                            with the last two)
  --strip=all|none|no-sections|garbage-sections|cut-sections
                            the section headers: there, e_shoff = 0, far behind the end, cut off
  --first=v0|v1             the table that comes first
  --v1-gap=0x20|0x30        from header to rows of V1 (0x20; 0x30 in vmx-stats)
  --decoys                  what looks like a table or a place to patch, and is none
  --state=stock|half|values-only|v0-only|patched
                            half: OSK0 of both tables and the first guest group are patched;
                            values-only: values and fields, but no relocation; v0-only: one table
  --guests=26|34|36|42      macOS entries in the guest list, in two groups
  --guest-flag=3e|be        flags of a hidden entry
  --guest-7c                entries with 0x7C where 10, 20, 01 or 02 belongs
  --guest-strays            matches that stand alone, or have another flag byte
  --size=25M                about the least size of each vmx file
  --pad=FILE                what they are filled up with, and the library too, instead of noise
For tests:
  --truth=FILE              writes where everything is, for expect.py
USAGE
}

fail() {
    echo "make-tree: $*" >&2
    exit 1
}

unable() {
    echo "make-tree: cannot build this variant here: $*" >&2
    exit 77
}

# Options -----------------------------------------------------------------------------------------

product="VMware Workstation" version=17.6.1 build=24319023
libdir=/usr/lib/vmware library=libvmwarebase.so config=yes
without='' empty='' link=rela strip=all first=v0 v1_gap='' decoys='' state=stock
guests=36 guest_flag=3e slip=0 strays='' size='' pad='' truth='' lister='' directory=''

while [ $# -gt 0 ]; do
    value=${1#*=}
    case $1 in
    --player) product="VMware Player" without="$without vmx-stats" ;;
    --version=*) version=$value ;;
    --build=*) build=$value ;;
    --libdir=*) libdir=/${value#/} ;;
    --old-lib) library=libvmwarebase.so.0 ;;
    --without=*) without="$without $value" ;;
    --empty=*) empty="$empty $value" ;;
    --no-config) config= ;;
    --link=rela | --link=lld | --link=relr | --link=fixed) link=$value ;;
    --strip=all | --strip=none | --strip=no-sections | --strip=garbage-sections | \
        --strip=cut-sections)
        strip=$value
        ;;
    --first=v0 | --first=v1) first=$value ;;
    --v1-gap=0x20 | --v1-gap=0x30) v1_gap=$value ;;
    --decoys) decoys=yes ;;
    --state=stock | --state=half | --state=values-only | --state=v0-only | --state=patched)
        state=$value
        ;;
    --guests=26 | --guests=34 | --guests=36 | --guests=42) guests=$value ;;
    --guest-flag=3e | --guest-flag=be) guest_flag=$value ;;
    --guest-7c) slip=1 ;;
    --guest-strays) strays=yes ;;
    --size=*[0-9]M) size=${value%M} ;;
    --pad=*) pad=$value ;;
    --truth=*) truth=$value ;;
    --lister=*) lister=$value ;;
    --help)
        usage
        exit 0
        ;;
    -*)
        usage >&2
        exit 2
        ;;
    *)
        [ -z "$directory" ] || fail "more than one directory"
        directory=$1
        ;;
    esac
    shift
done
[ -n "$directory$lister" ] || {
    usage >&2
    exit 2
}

# Building ----------------------------------------------------------------------------------------

CC=${CC:-cc}
sources=$(cd "$(dirname "$0")" && pwd)
case $truth in '' | /*) ;; *) truth=$PWD/$truth ;; esac
case $lister in '' | /*) ;; *) lister=$PWD/$lister ;; esac
case $pad in '' | /*) ;; *) pad=$PWD/$pad ;; esac
case $directory in '') ;; *) mkdir -p "$directory" && directory=$(cd "$directory" && pwd) ;; esac
directory=${directory%/}

# shellcheck disable=SC2086 # CC may hold options, here and below
machine=$($CC -dumpmachine) || fail "no C compiler: $CC"
case $machine in x86_64*) ;; *) unable "the tables are those of x86-64" ;; esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cp "$sources"/*.[ch] "$sources"/*.awk "$work"
cd "$work" # names in symbol tables stay the same wherever the sources are

# shellcheck disable=SC2086
compile() {
    $CC -std=gnu17 -D_GNU_SOURCE -O1 -w -fno-stack-protector -falign-functions=16 "$@"
}

[ -z "$truth$lister" ] || compile -o list-guests list-guests.c -ldl
if [ -n "$lister" ]; then
    cp list-guests "$lister"
    [ -n "$directory" ] || exit 0
fi

has() {
    case " $1 " in *" $2 "*) return 0 ;; *) return 1 ;; esac
}

# Linker options of the program, of the library, and how the program's code is compiled.
common='-Wl,--build-id=none'
library_link="-fuse-ld=bfd $common"
code=-fPIE
case $link in
rela) program_link="-pie -fuse-ld=bfd $common" ;;
lld) program_link="-pie -fuse-ld=lld $common" library_link="-fuse-ld=lld $common" ;;
relr) program_link="-pie -fuse-ld=bfd $common -Wl,-z,pack-relative-relocs" ;;
fixed) program_link="-no-pie -fuse-ld=bfd $common" code=-fno-pie ;;
esac
[ -z "$decoys" ] || program_link="$program_link -rdynamic"

case $state in
stock) values=0000 handlers=0000 shown=00 ;;
half) values=1010 handlers=1010 shown=10 ;;
values-only) values=1111 handlers=0000 shown=00 ;;
v0-only) values=1100 handlers=1100 shown=00 ;;
patched) values=1111 handlers=1111 shown=11 ;;
esac

# Whether a trivial program linked that way runs; the reason is the linker's or the loader's.
probe() {
    echo 'static int x; int *const p = &x; int main(void) { return *p; }' >probe.c
    # shellcheck disable=SC2086
    compile $code $1 -o probe probe.c 2>probe.err && ./probe 2>>probe.err &&
        ! grep -qi 'warning' probe.err
}
if ! probe "$program_link"; then
    # lld has no way to tell glibc about DT_RELR; a static program needs none.
    [ "$link" = relr ] || unable "--link=$link: $(head -n 1 probe.err)"
    program_link="-static-pie -fuse-ld=lld $common -Wl,--pack-dyn-relocs=relr"
    [ -z "$decoys" ] || program_link="$program_link -rdynamic"
    probe "$program_link" || unable "--link=relr: $(head -n 1 probe.err)"
fi

# get FILE OFFSET SIZE: the number there; put FILE OFFSET SIZE NUMBER writes one.
get() {
    od -An -v -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '
}
put() {
    put_value=$4 put_text=
    for _ in $(seq "$3"); do
        put_text="$put_text\\$(printf %03o $((put_value & 255)))"
        put_value=$((put_value >> 8))
    done
    # shellcheck disable=SC2059
    printf "$put_text" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# Where the last segment that is loaded ends in the file.
end_of_segments() {
    end=0
    header=$(get "$1" 32 8)
    for _ in $(seq "$(get "$1" 56 2)"); do
        segment_end=$(($(get "$1" $((header + 8)) 8) + $(get "$1" $((header + 32)) 8)))
        if [ "$(get "$1" "$header" 4)" -eq 1 ] && [ $segment_end -gt $end ]; then
            end=$segment_end
        fi
        header=$((header + 56))
    done
    echo $end
}

spoil_sections() {
    case $strip in
    none) ;;
    *) "${STRIP:-strip}" "$1" ;;
    esac
    case $strip in
    no-sections)
        put "$1" 40 8 0 # e_shoff
        put "$1" 60 4 0 # e_shnum, e_shstrndx
        ;;
    garbage-sections) put "$1" 40 8 $((0x7fffffff00)) ;;
    cut-sections) dd if=/dev/null of="$1" bs=1 seek="$(end_of_segments "$1")" status=none ;;
    esac
}

# The fields of the OSK rows: as they must be for the variant, and as another tool left them.
settle_fields() {
    ./"$1" --fields >fields
    while read -r offset default; do
        field=$(get "$1" "$offset" 8)
        case $link in
        lld) [ "$field" -eq 0 ] || unable "this linker puts addends into fields" ;;
        *) [ "$field" -ne 0 ] || unable "this linker leaves fields zero" ;;
        esac
        [ "$state" != values-only ] || has "relr fixed" "$link" || put "$1" "$offset" 8 "$default"
    done <fields
}

compile_tables() {
    awk -f keys.awk -v version=0 -v values="$values" -v handlers="$handlers" >rows0.h
    awk -f keys.awk -v version=1 -v values="$values" -v handlers="$handlers" >rows1.h
    compile "$code" "-DFIRST=${first#v}" "-DV1_GAP=$2" ${decoys:+-DDECOYS} -c -o "$1" vmx.c
}

compile_product() {
    compile "$3" "-DPRODUCT_LINE=\"$product $version build-$build ($2)\"" \
        ${size:+-DPAD=\"pad.bin\"} -c -o "$1" product.c
}

build_vmx() {
    compile_product product.o "$1" "$code"
    gap=${v1_gap:-0x20}
    [ -n "$v1_gap" ] || [ "$1" != vmx-stats ] || gap=0x30
    [ -e "tables-$gap.o" ] || compile_tables "tables-$gap.o" "$gap"
    # shellcheck disable=SC2086
    compile $program_link -o "$1" "tables-$gap.o" product.o
    spoil_sections "$1"
    settle_fields "$1"
}

build_library() {
    awk -f guests.awk -v half=$((guests / 2)) -v flag="0x$guest_flag" -v shown="$shown" \
        -v slip="$slip" -v stray="${strays:+1}" >guests.h
    size=$pad compile_product product.o libvmwarebase -fPIC
    compile -fPIC ${strays:+-DSTRAYS} "-DSTRAY_FLAG=0x$guest_flag" -c -o base.o base.c
    # shellcheck disable=SC2086
    compile -shared "-Wl,-soname,$library" $library_link -o vmwarebase base.o product.o
    spoil_sections vmwarebase
}

truth_of() {
    case $1 in
    vmwarebase) ./list-guests --truth ./vmwarebase ;;
    *) ./"$1" --truth ;;
    esac
}

# Installing --------------------------------------------------------------------------------------

# install_as FILE PATH MODE: like VMware's installer, beside the target and then by rename.
install_as() {
    mkdir -p "${2%/*}"
    cp "$1" "$2.XXXX"
    chmod "$3" "$2.XXXX"
    mv -f "$2.XXXX" "$2"
}

path_of() {
    case $1 in
    vmwarebase) echo "$directory$libdir/lib/$library/$library" ;;
    *) echo "$directory$libdir/bin/vmware-$1" ;;
    esac
}

mode_of() {
    [ "$1" = vmwarebase ] && echo 0755 || echo 04755
}

if [ -n "$pad" ]; then
    size=$pad
    cp "$pad" pad.bin
elif [ -n "$size" ]; then
    compile -o pad pad.c
    ./pad $((size * 1048576)) "$version $build" >pad.bin
fi

mkdir -p "$directory/etc/vmware" "$directory$libdir/bin" "$directory$libdir/isoimages"
echo "Linux guest tools of $version, a stand-in" >"$directory$libdir/isoimages/linux.iso"

separator='{'
: >truth
for role in vmx vmx-debug vmx-stats vmwarebase; do
    if has "$without" $role; then
        rm -f "$(path_of $role)"
    elif has "$empty" $role; then
        : >nothing
        install_as nothing "$(path_of $role)" "$(mode_of $role)"
    else
        case $role in vmwarebase) build_library ;; *) build_vmx $role ;; esac
        if [ -n "$truth" ]; then
            printf '%s"%s": ' "$separator" $role >>truth
            truth_of $role >>truth
            separator=', '
        fi
        install_as $role "$(path_of $role)" "$(mode_of $role)"
    fi
done
if [ -n "$truth" ]; then
    [ -s truth ] || echo '{' >truth
    echo '}' >>truth
    cp truth "$truth"
fi

if [ -n "$config" ]; then
    case $product in *Player) short=player ;; *) short=workstation ;; esac
    cat >config <<CONFIG
.encoding = "UTF-8"
product.name = "$product"
product.version = "$version"
product.buildNumber = "$build"
$short.product.version = "$version"
bindir = "/usr/bin"
libdir = "$libdir"
CONFIG
    install_as config "$directory/etc/vmware/config" 0644
else
    rm -f "$directory/etc/vmware/config"
fi
