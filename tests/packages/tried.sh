#!/bin/sh
# SPDX-License-Identifier: MIT
# The systems on which `bootstrap check` tries README's commands, as README names them: from the
# releases that tests/system/machine.sh boots. `sh tests/packages/tried.sh` prints the line.

set -eu
machine=$(dirname "$0")/../system/machine.sh
releases=$(sed -n 's/^machine_releases=.*:-\(.*\)}$/\1/p' "$machine")
[ -n "$releases" ] || { echo "no releases in $machine" >&2 && exit 1; }
named=
for release in $releases; do
    case $release in
    bookworm) version=12 ;;
    trixie) version=13 ;;
    *) echo "the version of $release is not known here" >&2 && exit 1 ;;
    esac
    named="${named:+$named and }$version"
done
echo "Tried by CI, on the smallest system of each: Debian $named."
