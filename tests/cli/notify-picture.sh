#!/bin/sh
# SPDX-License-Identifier: MIT
# A picture of the notifications, as dunst shows them: one of a build that was patched, one of a
# build that could not be.
#
#     sh tests/cli/notify-picture.sh BUILD_DIR OUT.png

top_srcdir=$(cd "$(dirname "$0")/../.." && pwd)
UNLOCKERCTL=$(cd "${1:?}" && pwd)/unlockerctl
# shellcheck source=tests/lib.sh
. "$top_srcdir/tests/lib.sh"
# shellcheck source=tests/cli/desktop-lib.sh
. "$top_srcdir/tests/cli/desktop-lib.sh"
missing=$(desktop_unable) && { echo "$missing" >&2 && exit 1; }
session_prepare
trap 'desktop_end; rm -rf "$work"' EXIT

# Its own colours, in lines that are not cut.
look='[global]\nwidth = (0, 600)\nheight = 300\norigin = top-right\nsort = no\n'

served() {
    RUNTIME_DIRECTORY=/run/vmware-unlocker ctl "$1" --root="$work/tree" patch --auto --settle=0 &&
        ctl 0 --root="$work/tree" notify --wait=10s
}

make_tree "$work/tree" && bus_begin && screen_begin 640x160x24 && dunst_begin "$look" env &&
    served 0 && vmx=$(target "$work/tree" vmx-debug) && head -c 5000 "$vmx" >"$work/short" &&
    sed -i 's/17\.6\.1/17.6.2/' "$work/tree/etc/vmware/config" && cp "$work/short" "$vmx" &&
    served 3 && sleep 1 &&
    python3 -IS "$top_srcdir/tests/cli/xwd-png.py" "$work/screen/Xvfb_screen0" "$2"
