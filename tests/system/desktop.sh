# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2086,SC2154,SC2119,SC2120,SC2015 # run.sh sources all of it together
# Scenarios: a user of the machine, whose service manager shows what the service did. The bus and
# the managers are the machine's; what shows notifications runs on this computer, as the same user,
# on that bus.

desktop_uid=4711
desktop_bus=

# desktop_prepare RELEASE: the user, and a bus that both see, before the machine boots. What
# dbus-user-session and libpam-systemd would add is written here.
desktop_prepare() {
    if desktop_missing=$(desktop_unable); then
        skip "$1: notifications" "$desktop_missing"
        return 1
    fi
    desktop_bus=$(mktemp -d) && chown $desktop_uid "$desktop_bus" || return 1
    on_options="--bind=$desktop_bus:/run/desktop"
    chroot "$root" useradd --create-home --uid $desktop_uid user || return 1
    mkdir -p "$root/etc/systemd/user/default.target.wants" \
        "$root/etc/systemd/system/user@.service.d" "$root/var/lib/systemd/linger"
    : >"$root/var/lib/systemd/linger/user"
    printf '[Service]\nEnvironment=XDG_RUNTIME_DIR=/run/user/%%i\n' \
        >"$root/etc/systemd/system/user@.service.d/test.conf"
    cat >"$root/etc/systemd/user/session-bus.service" <<'UNIT'
[Service]
ExecStart=dbus-daemon --session --nofork --nopidfile --address=unix:path=/run/desktop/bus
UNIT
    ln -sf ../session-bus.service "$root/etc/systemd/user/default.target.wants/"
    cat >"$root/etc/systemd/system/user@.service.d/bus.conf" <<'UNIT'
[Service]
Environment=DBUS_SESSION_BUS_ADDRESS=unix:path=/run/desktop/bus
UNIT
}

# On this computer, as the user.
on_desktop() {
    setpriv --reuid=$desktop_uid --regid=$desktop_uid --clear-groups env HOME="$desktop_bus" \
        XDG_RUNTIME_DIR="$desktop_bus" DBUS_SESSION_BUS_ADDRESS="unix:path=$desktop_bus/bus" "$@"
}

desktop_comes() {
    until_true test -S "$desktop_bus/bus" && screen_begin 640x480x24 &&
        chmod 711 "$trees" "$work" && dunst_begin "$urgency" on_desktop &&
        within 30 history on_desktop
}

# seen COUNT SUMMARY URGENCY: so many in all, the newest one so.
seen() {
    history on_desktop && [ "$(wc -l <"$work/shown")" -eq "$1" ] &&
        [ "$(head -n 1 "$work/shown" | cut -f 1,3)" = "$(printf '%s\t%s' "$2" "$3")" ]
}

bundle_is_told() {
    clean && bundle install /opt/first && patched "$first" &&
        within 30 seen 1 "$first: macOS guests are ready" NORMAL
}

update_is_told() {
    bundle install /opt/second && patched "$second" &&
        within 30 seen 2 "$second: macOS guests are ready" NORMAL
}

refusal_is_told() {
    run sh -c "head -c 5000 /opt/second$vmx-debug >/opt/short &&
        cp /opt/short $bin/vmware-vmx-debug" && within 30 failed && rest &&
        within 30 seen 3 "$second could not be patched" CRITICAL
}

scenarios_desktop() {
    check "$1: a user's session with notifications" desktop_comes
    check "$1: a bundle is installed: a notification" bundle_is_told
    check "$1: and one for the next build" update_is_told
    check "$1: one that is refused: a critical one" refusal_is_told
    rm -rf "$desktop_bus"
}
