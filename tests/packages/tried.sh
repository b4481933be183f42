#!/bin/sh
# SPDX-License-Identifier: MIT
# The systems on which CI tries README's commands, as README names them: the releases of
# tests/system/releases.sh, as long as CI runs bootstrap's check whole, and that has the stages
# which try them. `sh tests/packages/tried.sh` prints the line.

set -eu
tree=$(dirname "$0")/../..
unset UNLOCKER_TEST_RELEASES
# shellcheck source=tests/system/releases.sh
. "$tree/tests/system/releases.sh"
releases=$machine_releases
[ ! -e "$tree/.ci/run" ] || grep -qx './bootstrap check' "$tree/.ci/run" ||
    { echo "CI does not run all of ./bootstrap check" >&2 && exit 1; }
for stage in system packages release; do
    grep -qE "^(computing|waiting)='(.* )?$stage( .*)?'\$" "$tree/tests/stages.sh" ||
        { echo "bootstrap check has no stage $stage" >&2 && exit 1; }
done
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
