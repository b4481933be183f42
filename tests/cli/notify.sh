#!/bin/sh
# SPDX-License-Identifier: MIT
# The notification on the desktop: a bus of a session, a service for notifications (dunst, on a
# screen in memory), and the state that runs of the service leave.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
for tool in dbus-daemon dunst Xvfb busctl jq; do
    command -v $tool >/dev/null || skip_all "no $tool"
done
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
tree=$work/tree
export HOME="$work/home" XDG_RUNTIME_DIR="$work/run" XDG_STATE_HOME="$work/state"
export XDG_CONFIG_HOME="$work/config"
unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
mkdir -p "$HOME" "$XDG_CONFIG_HOME" && mkdir -m 700 "$XDG_RUNTIME_DIR"
started=
# shellcheck disable=SC2086 # numbers
trap '[ -z "$started" ] || kill $started 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

# until_true COMMAND…: ten seconds at most.
until_true() {
    for _ in $(seq 100); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    return 1
}

session_begin() {
    DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus
    export DBUS_SESSION_BUS_ADDRESS
    # One that starts no other service for notifications.
    cat >"$work/session.conf" <<XML
<busconfig><type>session</type><listen>$DBUS_SESSION_BUS_ADDRESS</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
XML
    dbus-daemon --config-file="$work/session.conf" --nofork --nopidfile 2>"$work/bus.log" &
    started="$started $!"
    until_true busctl --user list
}

desktop_begin() {
    Xvfb -displayfd 3 -screen 0 640x480x24 -nolisten tcp 3>"$work/display" 2>"$work/xvfb.log" &
    started="$started $!"
    until_true test -s "$work/display" || return 1
    DISPLAY=:$(cat "$work/display")
    export DISPLAY
    # Its history has the urgency of newer versions only; the message is in the format of it.
    printf '[global]\nformat = "NORMAL"\n[urgency_critical]\nformat = "CRITICAL"\n' \
        >"$work/dunstrc"
    dunst -conf "$work/dunstrc" >"$work/dunst.log" 2>&1 &
    started="$started $!"
    until_true busctl --user status org.freedesktop.Notifications
}

# What the daemon showed, the newest first: the history has what was closed.
history() {
    busctl --user call org.freedesktop.Notifications /org/freedesktop/Notifications \
        org.dunstproject.cmd0 NotificationCloseAll >/dev/null &&
        busctl --user --json=short call org.freedesktop.Notifications \
            /org/freedesktop/Notifications org.dunstproject.cmd0 NotificationListHistory \
            >"$work/history"
}

# shown COUNT [SUMMARY BODY URGENCY]: so many in all, the newest one so.
shown() {
    history && jq -r '.data[0][] | [.summary.data, .body.data, .message.data] | @tsv' \
        "$work/history" >"$work/shown" && cat "$work/shown" &&
        [ "$(wc -l <"$work/shown")" -eq "$1" ] || return 1
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
    begin && notify && serve 0 && notify && [ ! -e "$XDG_STATE_HOME" ] && session_begin && notify &&
        [ ! -e "$XDG_STATE_HOME" ]
}

# A desktop that comes a little later.
waited_for() {
    ctl 0 --root="$tree" notify --wait=20s &
    waited_pid=$!
    sleep 0.5
    desktop_begin && wait $waited_pid && shown 1 "$title: macOS guests are ready" '' NORMAL
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
            "$(jq -r '.why + ": " + .todo' "$tree/run/vmware-unlocker/state.json"), or run \
\`unlockerctl report\`." CRITICAL && notify && touch "$vmx" && serve 3 && notify && shown 3 &&
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
check_with systemd-analyze "systemd finds nothing wrong with the user's units" units
plan
