#!/bin/sh
# SPDX-License-Identifier: MIT
# What image.h says of files that real linkers made: each pointer of a table leads to the function
# that nm names, and the counts are those of readelf; the same without section headers.

set -eu
for tool in nm readelf; do
    command -v $tool >/dev/null || { echo "1..0 # SKIP no $tool" && exit 0; }
done
probe=${top_builddir:?}/tests/unit/probe/image-probe
: "${CC:=cc}"
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
number=0

report() { # ok|not ok, name
    number=$((number + 1))
    echo "$1 $number - $2"
}

cat >table.c <<'END'
static int one(int x) { return x + 1; }
static int two(int x) { return x * 2; }
int three(int x) { return x - 3; }
static int stray_target;
int *const stray = &stray_target;
int (*const volatile table[])(int) = {one, two, three, two};
int main(int argc, char **argv) { (void)argv; return table[argc % 4](argc); }
END

lister="nm" prefix=''
address_of() { # file, symbol
    "$lister" "$1" | awk -v name="$prefix$2" '$3 == name { print $1 }'
}

# What image-probe must print for the table of file $1, whose pointers come from $2, after the
# description; $3 is the number of relocations and $4 that of RELR fields.
expected() {
    echo "$3 $4"
    for pair in "one 1" "two 2" "three 1" "two 2"; do
        printf '%x %s %s\n' "0x$(address_of "$1" "${pair% *}")" "$2" "${pair#* }"
    done
}

probed() { # file to look at, file with symbols
    start=$((0x$(address_of "$2" table)))
    "$probe" "$1" "$(printf %x $start)" "$(printf %x $((start + 8)))" \
        "$(printf %x $((start + 16)))" "$(printf %x $((start + 24)))"
}

compare() { # name, file, expected description
    if probed "$2" full >got && { echo "$3" && cat want; } | diff - got >difference; then
        report ok "$1"
    else
        report "not ok" "$1"
        sed 's/^/# /' got difference
    fi
}

check() { # name, source of pointers, description, compiler options…
    name=$1 source=$2 description=$3
    shift 3
    if ! $CC -O1 -o full table.c "$@" 2>log; then
        report ok "$name # SKIP the compiler cannot: $(head -n 1 log)"
        return
    fi
    rela=$(readelf -rW full | sed -n "s/.*'\.rela\.dyn' at .* contains \([0-9]*\) entr.*/\1/p")
    # "… which relocate 8 locations:"; older binutils have a line "8 offsets".
    relr=$(readelf -rW full |
        sed -nE "/'\.relr\.dyn'/s/.* ([0-9]+) locations.*/\1/p; s/^ *([0-9]+) offsets\$/\1/p")
    expected full "$source" "${rela:-0}" "${relr:-0}" >want
    compare "$name" full "$description"
    strip -o bare full
    # e_shoff, then e_shentsize, e_shnum and e_shstrndx
    printf '\377\377\377\377\377\377\377\177' | dd of=bare bs=1 seek=40 conv=notrunc status=none
    printf '\377\377\377\377\377\377' | dd of=bare bs=1 seek=58 conv=notrunc status=none
    compare "$name, stripped, section headers garbage" bare "$description"
}

pie="ELF 64-bit x86-64, position-independent"
check "position-independent" rela "$pie, RELA" -fPIE -pie
check "position-independent, lld" rela "$pie, RELA" -fPIE -pie -fuse-ld=lld
check "RELR, lld" relr "$pie, RELA, RELR" -fPIE -pie -fuse-ld=lld -Wl,--pack-dyn-relocs=relr
check "RELR" relr "$pie, RELA, RELR" -fPIE -pie -Wl,-z,pack-relative-relocs
check "static, position-independent" rela "$pie, RELA" -fPIE -static-pie
check "fixed address" field "ELF 64-bit x86-64, fixed address, RELA" -fno-pie -no-pie

# The same for Windows, by its own linkers. GNU ld sets the checksum.
check_windows() { # name, source of pointers, description, "checksum right" or nothing, options…
    name=$1 source=$2 description=$3 checksum=$4
    shift 4
    if ! x86_64-w64-mingw32-gcc -O1 -o full.exe table.c "$@" 2>log; then
        report ok "$name # SKIP the compiler cannot: $(head -n 1 log)"
        return
    fi
    mv full.exe full
    expected full "$source" 0 0 >want
    [ -z "$checksum" ] || sed -i "1a $checksum" want
    compare "$name" full "$description"
    cp full bare && x86_64-w64-mingw32-strip bare
    compare "$name, stripped" bare "$description"
}

pe="PE32+ x86-64, image base 0x140000000"
lister=x86_64-w64-mingw32-nm
if command -v $lister >/dev/null; then
    check_windows "Windows" base "$pe, base relocations" "checksum right"
    check_windows "Windows, fixed address" field "$pe, fixed address" "checksum right" \
        -Wl,--disable-dynamicbase -Wl,--disable-reloc-section
    number=$((number + 1))
    wrong=$(find "$(dirname "$(x86_64-w64-mingw32-gcc -print-libgcc-file-name)")" -name '*.dll' |
        while read -r dll; do
            "$probe" "$dll" >got && grep -qx 'checksum right' got || echo "# $dll: $(cat got)"
        done)
    [ -z "$wrong" ] || printf 'not '
    echo "ok $number - the libraries of mingw-w64 have right checksums"
    [ -z "$wrong" ] || printf '%s\n' "$wrong"
else
    report ok "Windows # SKIP no mingw-w64"
fi

# And for Apple's systems, by LLVM's: opcodes, and from version 16 on chained fixups.
check_apple() { # name, source of pointers, rest of the description, the linker's options…
    name=$1 source=$2 rest=$3
    shift 3
    if ! "$linker" -dylib -arch x86_64 "$@" -undefined dynamic_lookup -o full table.o 2>log ||
        [ -s log ]; then
        report ok "$name # SKIP the linker cannot: $(head -n 1 log)"
        return
    fi
    expected full "$source" 0 0 >want
    compare "$name" full "Mach-O 64-bit x86-64$rest"
    "$lipo" -create full other.o -output bare
    compare "$name, universal" bare "Mach-O 64-bit x86-64, universal, one of 2 slices$rest"
}

newest() {
    find /usr/lib/llvm-*/bin -name "$1" 2>/dev/null | sort | tail -n 1
}

linker=$(newest ld64.lld) lipo=$(newest llvm-lipo) lister=$(newest llvm-nm) prefix=_
if [ -n "$linker" ] && [ -n "$lipo" ] && [ -n "$lister" ] &&
    clang -target x86_64-apple-macos11 -O1 -c -o table.o table.c 2>log &&
    clang -target arm64-apple-macos11 -O1 -c -o other.o table.c 2>log; then
    check_apple "Apple, opcodes" field "" -platform_version macos 11 11
    check_apple "Apple, chained fixups" chained ", chained fixups" -platform_version macos 13 13 \
        -fixup_chains
else
    report ok "Apple # SKIP no clang and linker for it"
fi
echo "1..$number"
