#!/bin/sh
# SPDX-License-Identifier: MIT
# Each room of src/ includes only from the rooms it may see, and names them by path; the rooms of
# ctl see those below src/ctl that stand before them.

set -eu
cd "${top_srcdir:?}/src"

files="base file"
binaries="base file/edit.h image elf pe macho"
lower="base file image patch store vault visor vmx host settle doctor exchange swap tools"
ctl="ctl/frame ctl/terminal ctl/work ctl/render ctl/service ctl/verbs ctl "

allowed() {
    case $1 in
    base) echo "base" ;;
    file) echo "$files" ;;
    image | elf | pe | macho) echo "$binaries" ;;
    patch) echo "base file/edit.h image patch" ;;
    store) echo "$files store" ;;
    vault) echo "$files store vault" ;;
    visor) echo "$files visor" ;;
    vmx) echo "$files vmx" ;;
    host) echo "$files vmx host" ;;
    settle) echo "$files host settle" ;;
    doctor) echo "$files vmx doctor" ;;
    swap) echo "$files image patch store vault host settle exchange swap" ;;
    exchange) echo "$files image patch store vault host exchange" ;;
    tools) echo "$files store vault tools" ;;
    ctl | ctl/*) echo "$lower ${ctl%%"$1 "*}$1" ;;
    *) echo "" ;;
    esac
}

number=0
tell() {
    number=$((number + 1))
    if [ -z "$2" ]; then
        echo "ok $number - $1"
    else
        echo "not ok $number - $1"
        printf '%s\n' "$2" | sed 's/^/# /'
    fi
}

rooms=$(find . -name '*.[ch]' -printf '%P\n' | sed 's,/[^/]*$,,' | sort -u)
for room in $rooms; do
    breaches=$(
        for file in "$room"/*.[ch]; do
            [ -e "$file" ] || continue
            sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$file" |
                while read -r header; do
                    case " $(allowed "$room") " in
                    *" ${header%/*} "* | *" $header "*)
                        [ -e "$header" ] || echo "$file: no such header: $header"
                        ;;
                    *) [ "$header" = config.h ] || echo "$file: must not include $header" ;;
                    esac
                done
        done
    )
    tell "$room sees only its rooms" "$breaches"
done

# What decides about a file's bytes is pure: no I/O, no logging.
doors='#include <(fcntl|unistd|stdio|sys/(stat|mman|ioctl|socket)|syslog|systemd/.*)\.h>'
doors="$doors|\"base/log\.h\""
impure=$(find image elf pe macho patch -name '*.[ch]' -exec grep -nE "$doors" {} + || true)
tell "image, elf, pe, macho and patch are pure" "$impure"
echo "1..$number"
