#!/bin/sh
# SPDX-License-Identifier: MIT
# The picture of README: what `patch` and `status` print on a terminal, on a stand-in in place of
# "/". Nothing is printed where such a system cannot be made here.
#
#     sh docs/terminal.sh BUILD_DIR >docs/terminal.svg

top_srcdir=$(cd "$(dirname "$0")/.." && pwd)
UNLOCKERCTL=$(cd "${1:?}" && pwd)/unlockerctl
exec 3>&1 >&2
# shellcheck source=tests/cli/by-hand-lib.sh
. "$top_srcdir/tests/cli/by-hand-lib.sh"

# As after an installation: the unit is there, and enabled.
units=$work/picture/etc/systemd/system
system picture "$work/stock" && mkdir -p "$units/multi-user.target.wants" &&
    cp "$top_srcdir/systemd/vmware-unlocker.path" "$units/" &&
    ln -s ../vmware-unlocker.path "$units/multi-user.target.wants/" &&
    python3 -IS "$top_srcdir/docs/terminal.py" \
        "$as_root sh '$work/enter' '$work/picture' '' '' ''" \
        'sudo unlockerctl patch' 'unlockerctl status' >&3
