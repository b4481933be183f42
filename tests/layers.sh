#!/bin/sh
# SPDX-License-Identifier: MIT
# Each layer of src/ includes only from the layers it may see, and names them by path.

set -eu
cd "${top_srcdir:?}/src"

allowed() {
    case $1 in
    base) echo "base" ;;
    image) echo "base image" ;;
    patch) echo "base image patch" ;;
    store) echo "base store" ;;
    visor) echo "base visor" ;;
    vmx) echo "base vmx" ;;
    host) echo "base vmx host" ;;
    doctor) echo "base vmx doctor" ;;
    swap) echo "base image patch store host swap" ;;
    tools) echo "base store tools" ;;
    ctl) echo "base image patch store visor vmx host swap doctor tools ctl" ;;
    *) echo "" ;;
    esac
}

number=0
for layer in */; do
    layer=${layer%/}
    breaches=$(
        for file in "$layer"/*.[ch]; do
            [ -e "$file" ] || continue
            sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$file" |
                while read -r header; do
                    case " $(allowed "$layer") " in
                    *" ${header%%/*} "*)
                        [ -e "$header" ] || echo "$file: no such header: $header"
                        ;;
                    *) [ "$header" = config.h ] || echo "$file: must not include $header" ;;
                    esac
                done
        done
    )
    number=$((number + 1))
    if [ -z "$breaches" ]; then
        echo "ok $number - $layer sees only its layers"
    else
        echo "not ok $number - $layer sees only its layers"
        printf '%s\n' "$breaches" | sed 's/^/# /'
    fi
done

# image and patch are pure: no I/O, no logging.
number=$((number + 1))
doors='#include <(fcntl|unistd|stdio|sys/(stat|mman|ioctl|socket)|syslog|systemd/.*)\.h>'
doors="$doors|\"base/(fd|log|root|atomic-file|mapping|attributes)\.h\""
impure=$(grep -nE "$doors" image/*.[ch] patch/*.[ch] || true)
if [ -z "$impure" ]; then
    echo "ok $number - image and patch are pure"
else
    echo "not ok $number - image and patch are pure"
    printf '%s\n' "$impure" | sed 's/^/# /'
fi
echo "1..$number"
