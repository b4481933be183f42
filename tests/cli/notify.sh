#!/bin/sh
# SPDX-License-Identifier: MIT
# The notification on the desktop: a bus of a session, a service for notifications (dunst, on a
# screen in memory), and the state that runs of the service leave.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
# shellcheck source=tests/cli/desktop-lib.sh
. "$top_srcdir/tests/cli/desktop-lib.sh"
need_python
missing=$(desktop_unable) && skip_all "$missing"
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
tree=$work/tree
session_prepare
trap 'desktop_end; rm -rf "$work"' EXIT

# shown COUNT [SUMMARY BODY URGENCY]: so many in all, the newest one so.
shown() {
    history env && [ "$(wc -l <"$work/shown")" -eq "$1" ] || return 1
    [ $# -eq 1 ] || [ "$(head -n 1 "$work/shown")" = "$(printf '%s\t%s\t%s' "$2" "$3" "$4")" ]
}

begin() {
    rm -rf "$tree" && cp -a "$work/stock" "$tree" && vmx=$(target "$tree" vmx)
}

serve() {
    RUNTIME_DIRECTORY=/run/vmware-unlocker ctl "$1" --root="$tree" patch --auto --settle=100ms
}

# As the user's service does it, but for the time it waits; it never says anything.
notify() {
    ctl 0 --root="$tree" notify --wait=0s && [ ! -s "$work/out" ] && [ ! -s "$work/err" ]
}

title='VMware Workstation 17.6.1 (build 24319023)'

no_session() {
    begin && notify && serve 0 && notify && [ ! -e "$XDG_STATE_HOME" ] && bus_begin && notify &&
        [ ! -e "$XDG_STATE_HOME" ]
}

# A desktop that comes a little later.
waited_for() {
    ctl 0 --root="$tree" notify --wait=20s &
    waited_pid=$!
    sleep 0.5
    screen_begin 640x480x24 && dunst_begin "$urgency" env && wait $waited_pid &&
        shown 1 "$title: macOS guests are ready" '' NORMAL
}

once_for_each_build() {
    notify && touch "$vmx" && serve 0 && notify && shown 1 &&
        sed -i 's/17\.6\.1/17.6.2/' "$tree/etc/vmware/config" && touch "$vmx" && serve 0 &&
        notify &&
        shown 2 'VMware Workstation 17.6.2 (build 24319023): macOS guests are ready' '' NORMAL
}

failure() {
    cp "$vmx-debug" "$work/whole" && head -c 5000 "$work/whole" >"$vmx-debug" && serve 3 &&
        notify &&
        shown 3 'VMware Workstation 17.6.2 (build 24319023) could not be patched' \
            "vmx-debug: $(jq -r '.why + ": " + .todo' "$tree/run/vmware-unlocker/state.json"), \
or run \`unlockerctl report\`." CRITICAL && notify && touch "$vmx" && serve 3 && notify &&
        shown 3 &&
        cp "$work/whole" "$vmx-debug" && serve 0 && notify && shown 3 &&
        head -c 5000 "$work/whole" >"$vmx-debug" && serve 3 && notify && shown 4
}

# Held, or nothing there: that is known to who did it.
silent() {
    begin && ctl 0 --root="$tree" hold && serve 0 && notify &&
        rm -r "$tree/usr/lib/vmware" && serve 0 && notify && shown 4
}

# Another state file than a run's own is no reason for anything.
damaged() {
    for text in '[]' '{}' '{"result": "patched"}' '{"result": "failed"}' x; do
        echo "$text" >"$tree/run/vmware-unlocker/state.json"
        ctl 1 --root="$tree" notify --wait=0s && complains 'state.json' || return 1
    done
    rm "$tree/run/vmware-unlocker/state.json" && mkfifo "$tree/run/vmware-unlocker/state.json" &&
        timeout 10 "$UNLOCKERCTL" --root="$tree" notify --wait=0s 2>"$work/err"
    [ $? -le 1 ] && shown 4
}

# The picture for people is one: with the colours of a screen that shows something.
picture() {
    sh "$top_srcdir/tests/cli/notify-picture.sh" "${top_builddir:?}" "$work/picture.png" &&
        python3 -IS - "$work/picture.png" <<'PYTHON'
import struct, sys, zlib

png = open(sys.argv[1], "rb").read()
width, height = struct.unpack(">II", png[16:24])
start = png.index(b"IDAT")
size = struct.unpack(">I", png[start - 4:start])[0]
pixels = zlib.decompress(png[start + 4:start + 4 + size])
colours = {pixels[i:i + 3] for row in range(height)
           for i in range(row * (3 * width + 1) + 1, (row + 1) * (3 * width + 1), 3)}
print(width, height, len(colours))
sys.exit(not (len(pixels) == height * (3 * width + 1) and len(colours) > 20))
PYTHON
}

units() {
    mkdir -p "$work/units" && for file in "$top_srcdir"/systemd/user/*.path \
        "$top_srcdir"/systemd/user/*.service.in; do
        sed "s|@bindir@/unlockerctl|$UNLOCKERCTL|" "$file" >"$work/units/$(basename "$file" .in)"
    done
    XDG_RUNTIME_DIR=$work/run SYSTEMD_UNIT_PATH="$work/units:" \
        systemd-analyze --user verify --man=no "$work"/units/* >"$work/verified" 2>&1
    units_status=$?
    ! grep vmware-unlocker "$work/verified" && [ $units_status -eq 0 ]
}

check "without a session, or a service for notifications: silence" no_session
check "a desktop that is starting is waited for; macOS guests are ready" waited_for
check "once for each build" once_for_each_build
check "a failure is critical, told once, and told again after a good run" failure
check "a hold and no VMware are not told" silent
check "a state file that is damaged" damaged
check "a picture of it is made by one command" picture
check_with systemd-analyze "systemd finds nothing wrong with the user's units" units
plan
