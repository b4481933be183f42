# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2154 # $work comes from lib.sh; who sources it reads what is set here
# A desktop for tests: a bus of a session and a service for notifications (dunst), on a screen in
# memory. desktop_end stops what was started.

desktop_started=

# Whether something for it is missing; says what.
desktop_unable() {
    for desktop_tool in dbus-daemon dunst Xvfb busctl jq; do
        command -v $desktop_tool >/dev/null || { echo "no $desktop_tool" && return; }
    done
    return 1
}

# until_true COMMAND…: ten seconds at most.
until_true() {
    for _ in $(seq 100); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.1
    done
    return 1
}

# A session of its own, in $work.
session_prepare() {
    export HOME="$work/home" XDG_RUNTIME_DIR="$work/run" XDG_STATE_HOME="$work/state"
    export XDG_CONFIG_HOME="$work/config"
    unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS
    mkdir -p "$HOME" "$XDG_CONFIG_HOME" && mkdir -m 700 "$XDG_RUNTIME_DIR"
}

# A bus that starts no other service for notifications.
bus_begin() {
    DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus
    export DBUS_SESSION_BUS_ADDRESS
    cat >"$work/session.conf" <<XML
<busconfig><type>session</type><listen>$DBUS_SESSION_BUS_ADDRESS</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
XML
    dbus-daemon --config-file="$work/session.conf" --nofork --nopidfile 2>"$work/bus.log" &
    desktop_started="$desktop_started $!"
    until_true busctl --user list
}

# screen_begin GEOMETRY: sets DISPLAY. The screen itself is the file "$work/screen/Xvfb_screen0".
screen_begin() {
    mkdir -p "$work/screen"
    Xvfb -displayfd 3 -screen 0 "$1" -fbdir "$work/screen" -ac -nolisten tcp \
        3>"$work/display" 2>"$work/xvfb.log" &
    desktop_started="$desktop_started $!"
    until_true test -s "$work/display" || return 1
    DISPLAY=:$(cat "$work/display")
    export DISPLAY
}

# dunst_begin CONFIGURATION COMMAND…: as the command runs it, such as `env`.
dunst_begin() {
    printf '%b' "$1" >"$work/dunstrc" && chmod 644 "$work/dunstrc"
    shift
    "$@" dunst -conf "$work/dunstrc" >"$work/dunst.log" 2>&1 &
    desktop_started="$desktop_started $!"
}

# A dunst whose history tells the urgency; itself it does so only in newer versions.
urgency='[global]\nformat = "NORMAL"\n[urgency_critical]\nformat = "CRITICAL"\n'

# history COMMAND…: what the service showed, the newest first, in $work/shown: summary, body,
# format. It has what was closed. The command runs busctl, as `env` does.
history() {
    "$@" busctl --user call org.freedesktop.Notifications /org/freedesktop/Notifications \
        org.dunstproject.cmd0 NotificationCloseAll >/dev/null &&
        "$@" busctl --user --json=short call org.freedesktop.Notifications \
            /org/freedesktop/Notifications org.dunstproject.cmd0 NotificationListHistory \
            >"$work/history" &&
        jq -r '.data[0][] | [.summary.data, .body.data, .message.data] | @tsv' \
            "$work/history" >"$work/shown" && cat "$work/shown"
}

desktop_end() {
    # shellcheck disable=SC2086 # numbers
    [ -z "$desktop_started" ] || { kill $desktop_started; wait $desktop_started; } 2>/dev/null
    desktop_started=
}
