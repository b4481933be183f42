#!/bin/sh
# SPDX-License-Identifier: MIT
# What the units call, without systemd: patch --auto, missed, generate. tests/system/ has the rest.

. "${top_srcdir:?}/tests/lib.sh"

need_python
command -v flock >/dev/null || skip_all "no flock"
make_tree "$work/tree" || skip_all "$(cat "$work/unable")"
tree=$work/tree
vmx=$(target "$tree" vmx)
notify=$work/notify

# auto STATUS [OPTION…]: a run as the service does it, but for the settle time.
auto() {
    auto_expected=$1
    shift
    ctl "$auto_expected" --root="$tree" patch --auto --settle=300ms "$@"
}

# A fresh tree; the fresh files are not what it waits for.
renew() {
    rm -rf "$tree" "$tree.truth"
    make_tree "$tree" "$@"
}

patches_by_itself() {
    auto 0 && complains "Patched $vmx" && complains "4 of 4 patched" && answers_all_osk "$vmx"
}

silent_when_done() {
    auto 0 && [ ! -s "$work/err" ] && [ ! -s "$work/out" ]
}

# What it waited for is no failure.
document_of_success() {
    renew && touch "$vmx" && auto 0 --json && cat "$work/out" &&
        python3 -c 'import json, sys
root = json.load(open(sys.argv[1]))["roots"][0]
assert root["reason"] is root["why"] is root["todo"] is None' "$work/out"
}

nothing_missed() {
    ctl 1 --root="$tree" missed
}

change_missed() {
    touch "$vmx" && ctl 0 --root="$tree" missed && auto 0 && ctl 1 --root="$tree" missed
}

never_ran() {
    rm -rf "$tree/run" && touch "$vmx" && ctl 1 --root="$tree" missed
}

held() {
    renew && ctl 0 --root="$tree" hold && auto 0 && complains "on hold; run" &&
        complains "unlockerctl --root=$tree release\` to resume" && refuses_all_osk "$vmx" &&
        silent_when_done && ctl 1 --root="$tree" missed &&
        ctl 0 --root="$tree" release && auto 0 && complains "no longer on hold" &&
        complains "4 of 4 patched" && answers_all_osk "$vmx"
}

lock=$tree/etc/vmware-installer/database.lck

# Two seconds under the installer's lock, then a moment to settle.
waits_for_installer() {
    renew && mkdir -p "${lock%/*}" && : >"$lock" || return 1
    # shellcheck disable=SC2016
    flock "$lock" sh -c 'sleep 2; rm "$1"' - "$lock" &
    waits_for=$!
    sleep 0.2
    auto 0 && [ ! -e "$lock" ] && answers_all_osk "$vmx"
    waits_status=$?
    wait $waits_for
    return $waits_status
}

gives_up() {
    renew && mkdir -p "${lock%/*}" && : >"$lock" || return 1
    flock "$lock" sleep 3 &
    gives_up_for=$!
    sleep 0.2
    auto 5 --limit=1s && complains "VMware's installer is running" && refuses_all_osk "$vmx"
    gives_up_status=$?
    kill $gives_up_for
    wait $gives_up_for 2>/dev/null
    rm -f "$lock"
    return $gives_up_status
}

# A file that came while it patched is patched by the same run. The machine may be busy.
new_file_meanwhile() {
    renew && cp -p "$vmx" "$work/stock" || return 1
    auto 0 --settle=3s &
    meanwhile_pid=$!
    for _ in 1 2 3 4 5 6 7 8; do
        cp -p "$work/stock" "$vmx.new" && mv "$vmx.new" "$vmx" || return 1
        sleep 0.2
    done
    wait $meanwhile_pid && answers_all_osk "$vmx" && ctl 1 --root="$tree" missed
}

no_vmware() {
    rm -rf "$tree/usr/lib/vmware" && auto 0 && [ ! -s "$work/err" ]
}

unknown_left() {
    renew || return 1
    head -c 5000 "$(target "$tree" vmx-debug)" >"$work/cut" && cp "$work/cut" \
        "$(target "$tree" vmx-debug)" || return 1
    chmod 4755 "$(target "$tree" vmx-debug)"
    auto 3 && complains "Left unpatched" && complains vmware-vmx-debug && answers_all_osk "$vmx" &&
        ctl 1 --root="$tree" missed
}

# auto_read_only STATUS [NAME=VALUE…]: a run to which /usr is read-only, in a mount namespace.
auto_read_only() {
    read_only_expected=$1
    shift
    # shellcheck disable=SC2016
    unshare -m sh -c 'mount --bind "$1/usr" "$1/usr" && mount -o remount,ro,bind "$1/usr" &&
        shift && exec env "$@"' sh "$tree" "$@" "$UNLOCKERCTL" --root="$tree" patch --auto \
        --settle=300ms >"$work/out" 2>"$work/err"
    read_only_status=$?
    cat "$work/err"
    [ $read_only_status -eq "$read_only_expected" ]
}

# Told once; a file that is refused elsewhere fails all the same.
# The whole system on a read-only file system, but for /run as on a machine that runs.
auto_all_read_only() {
    all_status=0
    mkdir -p "$tree/run"
    # shellcheck disable=SC2016
    unshare -m sh -c 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" &&
        mount --bind "$2" "$1/run" && exec "$3" --root="$1" patch $4' - "$tree" "$work/run" \
        "$UNLOCKERCTL" "${1:-}" >"$work/out" 2>"$work/err" || all_status=$?
    cat "$work/out" "$work/err"
}

all_read_only() {
    renew && rm -rf "$work/run" && mkdir "$work/run" && auto_all_read_only '--auto --settle=0' &&
        [ "$all_status" -eq 0 ] && complains 'is on a read-only file system' &&
        [ "$(wc -l <"$work/err")" -eq 1 ] && auto_all_read_only '--auto --settle=0' &&
        [ "$all_status" -eq 0 ] && [ ! -s "$work/err" ] && auto_all_read_only &&
        [ "$all_status" -eq 1 ] && complains 'is on a read-only file system: mount it writable' &&
        refuses_all_osk "$vmx"
}

# An image that was patched where it was made: its originals are there, and nothing is to be done.
patched_image() {
    renew && ctl 0 --root="$tree" patch && rm -r "$tree/var/lib/vmware-unlocker" &&
        ctl 0 --root="$tree" status && says 'patched, but no original is kept' &&
        ctl 3 --root="$tree" verify && says 'original missing' && auto_read_only 0 &&
        [ ! -s "$work/err" ] || return 1
    in_image status &&
        says 'vmx, vmx-debug, vmx-stats, vmwarebase: read-only, patched: ' &&
        says '4 of 4 patched: macOS guests can run.' && ! grep adopt "$work/out" &&
        in_image --json status && says '"unpatched_read_only":false,"patched_read_only":true' &&
        in_image verify && [ "$(grep -c 'patched in the image' "$work/out")" -eq 4 ] &&
        says 'kept where this image was made: verify them there.' && in_image --json verify &&
        says '"result":"in-image","reason":null' || return 1
    # What the store has lost is lost, also where nothing can be written.
    renew && ctl 0 --root="$tree" patch && rm "$tree"/var/lib/vmware-unlocker/originals/* &&
        ! in_image verify && [ "$(grep -c 'original missing' "$work/out")" -eq 4 ]
}

# in_image ARGUMENT…: where /usr is read-only.
in_image() {
    # shellcheck disable=SC2016
    unshare -m sh -c 'mount --bind "$1/usr" "$1/usr" && mount -o remount,ro,bind "$1/usr" &&
        shift && exec "$@"' - "$tree" "$UNLOCKERCTL" --root="$tree" "$@" >"$work/out" \
        2>"$work/err"
    in_image_status=$?
    document_seen "$work/out" "$@"
    return $in_image_status
}

# A store that alone is read-only needs a person.
store_read_only() {
    renew && mkdir -p "$tree/var/lib" || return 1
    store_status=0
    # shellcheck disable=SC2016
    unshare -m sh -c 'mount --bind "$1/var" "$1/var" && mount -o remount,ro,bind "$1/var" &&
        exec "$2" --root="$1" patch --auto --settle=0' - "$tree" "$UNLOCKERCTL" \
        >"$work/out" 2>"$work/err" || store_status=$?
    [ $store_status -eq 1 ] && complains "$tree/var/lib/vmware-unlocker: is on a read-only file"
}

read_only_beside_refused() {
    renew && auto_read_only 0 && complains "read-only" && refuses_all_osk "$vmx" &&
        auto_read_only 0 && [ ! -s "$work/err" ] || return 1
    mkdir -p "$tree/opt" && cp -a "$tree/usr/lib/vmware" "$tree/opt/vmware" &&
        sed -i '/libdir/d' "$tree/etc/vmware/config" &&
        echo 'libdir = "/opt/vmware"' >>"$tree/etc/vmware/config" &&
        cp "$work/cut" "$tree/opt/vmware/bin/vmware-vmx-debug" &&
        auto_read_only 3 && complains "Left unpatched" && complains "read-only" &&
        ! complains "Cannot patch" && answers_all_osk "$tree/opt/vmware/bin/vmware-vmx" &&
        ctl 1 --root="$tree" missed
}

# In a sandbox that is older than VMware's directory it seems to be read-only: another run follows.
read_only_once() {
    renew || return 1
    for _ in 1 2 3; do
        touch "$vmx"
        auto_read_only 0 RUNTIME_DIRECTORY=/run/vmware-unlocker && [ ! -s "$work/err" ] &&
            ctl 0 --root="$tree" missed || return 1
    done
    auto_read_only 0 RUNTIME_DIRECTORY=/run/vmware-unlocker && complains "read-only" &&
        ctl 1 --root="$tree" missed &&
        auto_read_only 0 RUNTIME_DIRECTORY=/run/vmware-unlocker && [ ! -s "$work/err" ] &&
        ctl 1 --root="$tree" missed && auto 0 && answers_all_osk "$vmx" &&
        [ ! -e "$tree/run/vmware-unlocker/read-only" ]
}

# A second time it is known that its run did not see the difference; another one is asked for anew.
# A drop-in may give the service other directories beside its own.
asked_once() {
    renew && auto 0 || return 1
    for directories in /run/vmware-unlocker /run/motd.d:/run/vmware-unlocker \
        /run/vmware-unlocker:/run/other; do
        touch "$vmx"
        RUNTIME_DIRECTORY=/run/vmware-unlocker-2:/run ctl 0 --root="$tree" missed &&
            RUNTIME_DIRECTORY=$directories ctl 0 --root="$tree" missed &&
            RUNTIME_DIRECTORY=$directories ctl 1 --root="$tree" missed &&
            ctl 0 --root="$tree" missed || return 1
    done
    # The hourly look asks once more: what kept the service from seeing it may be gone.
    touch -d '-1 hour' "$tree/run/vmware-unlocker/asked"
    RUNTIME_DIRECTORY=/run/vmware-unlocker ctl 0 --root="$tree" missed &&
        RUNTIME_DIRECTORY=/run/vmware-unlocker ctl 1 --root="$tree" missed
}

# The files are those that the last run saw, but units for where they lie now are due.
moved_behind_link() {
    renew && auto 0 && generated=$tree/run/systemd/generator && mkdir -p "$generated" &&
        ctl 1 --root="$tree" missed && ctl 0 --root="$tree" generate "$generated" &&
        ctl 1 --root="$tree" missed && mkdir -p "$tree/opt" &&
        mv "$tree/usr/lib/vmware" "$tree/opt/vmware" &&
        ln -s /opt/vmware "$tree/usr/lib/vmware" && ctl 0 --root="$tree" missed &&
        auto 0 && ctl 0 --root="$tree" missed && ctl 0 --root="$tree" generate "$generated" &&
        ctl 1 --root="$tree" missed
}

# Five that did not end; the sixth says so, the seventh tries anew.
crashes_counted() {
    renew && mkdir -p "$tree/run/vmware-unlocker" || return 1
    for crash_count in 1 2 3 4 5; do
        "$UNLOCKERCTL" --root="$tree" patch --auto --settle=20s 2>/dev/null &
        crash_pid=$!
        until grep -qx $crash_count "$tree/run/vmware-unlocker/begun" 2>/dev/null; do
            sleep .05
        done
        kill -KILL $crash_pid
        wait $crash_pid 2>/dev/null
    done
    auto 1 && complains "5 consecutive runs did not finish" &&
        ctl 1 --root="$tree" missed && auto 0 &&
        answers_all_osk "$vmx"
}

# stopped_run [OPTION…]: a run of the service that waits is stopped, and ends at once.
stopped_run() {
    rm -f "$tree/run/vmware-unlocker/begun"
    RUNTIME_DIRECTORY=/run/vmware-unlocker "$UNLOCKERCTL" --root="$tree" patch --auto "$@" \
        >"$work/out" 2>"$work/err" &
    stopped_pid=$!
    until [ -s "$tree/run/vmware-unlocker/begun" ]; do sleep 0.05; done
    sleep 0.3
    kill -INT $stopped_pid
    stopped_at=$(date +%s)
    stopped_status=0
    wait $stopped_pid || stopped_status=$?
    cat "$work/out" "$work/err"
    echo "exit status $stopped_status after $(($(date +%s) - stopped_at)) s"
    [ $stopped_status -eq 0 ] && [ $(($(date +%s) - stopped_at)) -le 3 ] &&
        ! grep -v 'waiting for another run' "$work/err"
}

# More often than it may crash. No run follows by itself, and the next one does the work.
stopped() {
    renew && mkdir -p "$tree/run/vmware-unlocker" || return 1
    for _ in 1 2 3 4 5 6; do
        touch "$vmx"
        stopped_run --settle=20s && refuses_all_osk "$vmx" && ctl 1 --root="$tree" missed ||
            return 1
    done
    auto 0 && answers_all_osk "$vmx"
}

# While it waits for another run, which has the lock of the store.
stopped_at_lock() {
    renew && auto 0 && ctl 0 --root="$tree" restore && ctl 0 --root="$tree" release || return 1
    flock "$tree/var/lib/vmware-unlocker/lock" sleep 30 &
    stopped_locked=$!
    sleep 0.2
    stopped_run --settle=0 && refuses_all_osk "$vmx"
    stopped_status=$?
    kill $stopped_locked
    wait $stopped_locked 2>/dev/null
    return $stopped_status
}

# By any other signal it has failed.
ended_by_others() {
    renew && touch "$vmx" || return 1
    RUNTIME_DIRECTORY=/run/vmware-unlocker \
        "$UNLOCKERCTL" --root="$tree" patch --auto --settle=20s &
    others_pid=$!
    sleep 0.5
    kill -TERM $others_pid
    wait $others_pid
    [ $? -eq 143 ]
}

# other_day STATUS ARGUMENT…: as the service calls it, $day seconds from now.
other_day() {
    day_expected=$1 day_status=0
    shift
    LD_PRELOAD=$work/other-day.so OTHER_DAY=$day RUNTIME_DIRECTORY=/run/vmware-unlocker \
        "$UNLOCKERCTL" --root="$tree" "$@" >"$work/out" 2>"$work/err" || day_status=$?
    cat "$work/out" "$work/err"
    [ $day_status -eq "$day_expected" ]
}

# A run after the clock was set patches and is content; what changes after it is missed, and asked
# for; an installer is waited for; a run with the old clock finds nothing.
clock_set() {
    for day in -86400 86400; do
        renew && other_day 0 patch --auto --settle=300ms && answers_all_osk "$vmx" &&
            other_day 1 missed && ctl 1 --root="$tree" missed && touch "$vmx" &&
            RUNTIME_DIRECTORY=/run/vmware-unlocker ctl 0 --root="$tree" missed &&
            other_day 0 missed && other_day 0 patch --auto --settle=300ms &&
            other_day 1 missed && mkdir -p "${lock%/*}" && : >"$lock" || return 1
        flock "$lock" sleep 20 &
        clock_installer=$!
        sleep 0.3
        other_day 5 patch --auto --settle=300ms --limit=1s
        clock_status=$?
        kill $clock_installer
        wait $clock_installer 2>/dev/null
        rm "$lock"
        [ $clock_status -eq 0 ] && auto 0 && [ ! -s "$work/err" ] || return 1
    done
}

bad_usage() {
    ctl 2 --root="$tree" patch --auto --settle=soon && complains "invalid time" &&
        ctl 2 --root="$tree" patch --auto vmx && ctl 2 --root="$tree" patch --auto --dry-run &&
        ctl 2 --root="$tree" patch --auto --limit=99999999999999999999s
}

# The line for systemctl status, as sd_notify(3) sends it.
notify_lines() {
    rm -f "$notify"
    python3 - "$notify" >"$work/lines" <<'PYTHON' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
s.settimeout(15)
while True:
    line = s.recv(4096).decode()
    print(line, flush=True)
    if "of" in line or "no VMware" in line:
        break
PYTHON
    notified_pid=$!
    until [ -S "$notify" ]; do sleep 0.1; done
    touch "$vmx"
    NOTIFY_SOCKET=$notify ctl "$1" --root="$tree" patch --auto --settle=2s || return 1
    wait $notified_pid
    cat "$work/lines"
}

notified() {
    renew && notify_lines 0 && ! grep -q 'kept changing' "$work/lines" &&
        grep -qxF "STATUS=waiting: VMware's files are new, or change" "$work/lines" &&
        tail -n 1 "$work/lines" |
        grep -qxF 'STATUS=VMware Workstation 17.6.1 (build 24319023): 4 of 4 patched'
}

# Why, and what to do; what is the same for several is said once.
notified_why() {
    renew && make_tree "$work/cuts" && for cut in "$vmx" "$vmx-debug"; do
        head -c 3000 "$work/cuts/${vmx#"$tree"}" >"$work/cut" && cp "$work/cut" "$cut" || return 1
    done
    notify_lines 3 && tail -n 1 "$work/lines" | grep -E '2 of 4 patched; vmx, vmx-debug: [^:]+: ' &&
        [ "$(tail -n 1 "$work/lines" | grep -o 'reinstall VMware' | wc -l)" -eq 1 ]
}

generates_nothing() {
    renew && mkdir -p "$work/units" && ctl 0 --root="$tree" generate "$work/units" &&
        (cd "$work/units" && find . -type f | sort) >"$work/generated" &&
        diff - "$work/generated" <<'UNITS' && ctl 1 --root="$tree" generate --changed "$work/units"
./usr-lib-vmware-bin.mount.d/10-vmware-unlocker.conf
./usr-lib-vmware-lib-libvmwarebase.so.0.mount.d/10-vmware-unlocker.conf
./usr-lib-vmware-lib-libvmwarebase.so.mount.d/10-vmware-unlocker.conf
./usr-lib-vmware-lib.mount.d/10-vmware-unlocker.conf
./usr-lib-vmware.mount.d/10-vmware-unlocker.conf
./usr-lib.mount.d/10-vmware-unlocker.conf
./usr.mount.d/10-vmware-unlocker.conf
./vmware-unlocker.units
UNITS
}

# Which directory the link is in is watched, and no other sandbox is needed.
generates_link() {
    renew && mkdir -p "$work/linked" "$tree/opt" && mv "$tree/usr/lib/vmware" "$tree/opt/vmware" &&
        ln -s /opt/vmware "$tree/usr/lib/vmware" &&
        ctl 0 --root="$tree" generate "$work/linked" &&
        grep -qx PathChanged=/usr/lib "$work/linked/vmware-unlocker-link.path" &&
        [ -e "$work/linked/vmware-unlocker.path.wants/vmware-unlocker-link.path" ] &&
        ! grep -rq ReadWritePaths "$work/linked" &&
        ctl 1 --root="$tree" generate --changed "$work/linked"
}

# Every link of a chain is watched, and the directory it leads to is seen by the service.
generates_chain() {
    renew && mkdir -p "$work/chain" "$tree/home/user" &&
        mv "$tree/usr/lib/vmware" "$tree/home/user/vmware-17" &&
        ln -s vmware-17 "$tree/home/user/vmware" &&
        ln -s /home/user/vmware "$tree/usr/lib/vmware" &&
        ctl 0 --root="$tree" generate "$work/chain" &&
        grep -qx PathChanged=/usr/lib "$work/chain/vmware-unlocker-link.path" &&
        grep -qx PathChanged=/home/user "$work/chain/vmware-unlocker-link1.path" &&
        grep -qx StartLimitIntervalSec=0 "$work/chain/vmware-unlocker-link1.path" &&
        [ ! -e "$work/chain/vmware-unlocker-link2.path" ] &&
        [ -e "$work/chain/home.mount.d/10-vmware-unlocker.conf" ] &&
        grep -qx ProtectHome=read-only "$work/chain/vmware-unlocker.service.d/10-libdir.conf" &&
        ! grep -rq ReadWritePaths "$work/chain"
}

# A directory of programs, and a program, elsewhere: the service may write there, but not where the
# system's own programs are.
generates_writable() {
    renew && mkdir -p "$work/writable" "$tree/opt/bins" "$tree/srv/one" "$tree/usr/bin" &&
        mv "$tree/usr/lib/vmware/bin" "$tree/opt/bins/bin" &&
        ln -s /opt/bins/bin "$tree/usr/lib/vmware/bin" &&
        mv "$tree/opt/bins/bin/vmware-vmx" "$tree/srv/one/" &&
        ln -s /srv/one/vmware-vmx "$tree/opt/bins/bin/vmware-vmx" &&
        mv "$tree/opt/bins/bin/vmware-vmx-stats" "$tree/usr/bin/" &&
        ln -s /usr/bin/vmware-vmx-stats "$tree/opt/bins/bin/vmware-vmx-stats" &&
        ctl 0 --root="$tree" generate "$work/writable" &&
        grep ReadWritePaths "$work/writable/vmware-unlocker.service.d/10-libdir.conf" |
        sort | diff - "$work/writable.expected" &&
        for watched in usr/lib/vmware opt/bins/bin srv/one; do
            grep -rqx "PathChanged=/$watched" "$work/writable" || return 1
        done
}

# Below /tmp both see it, who patch and who compare.
generates_temporary() {
    renew --libdir=/tmp/vm/vmware && mkdir -p "$work/temporary" &&
        ctl 0 --root="$tree" generate "$work/temporary" &&
        grep -qx PrivateTmp=no "$work/temporary/vmware-unlocker.service.d/10-libdir.conf" &&
        grep -qx PrivateTmp=no "$work/temporary/vmware-unlocker-missed.service.d/10-libdir.conf" &&
        grep -qx PrivateTmp=no "$work/temporary/vmware-unlocker-verify.service.d/10-libdir.conf"
}

generates_units() {
    renew --libdir=/opt/vm%ware/lib && ctl 0 --root="$tree" generate --changed "$work/units" &&
        ctl 0 --root="$tree" generate "$work/units" &&
        ctl 1 --root="$tree" generate --changed "$work/units" &&
        grep -qx 'PathChanged=/opt/vm%%ware/lib/bin' "$work/units/vmware-unlocker-libdir.path" &&
        grep -qx 'ReadWritePaths="-/opt/vm%%ware/lib"' \
            "$work/units/vmware-unlocker.service.d/10-libdir.conf" &&
        [ -e "$work/units/vmware-unlocker.path.wants/vmware-unlocker-libdir-lib0.path" ] &&
        grep -qxF 'Wants=vmware-unlocker-mount@opt-vm\x25ware-lib.service' \
            "$work/units/opt-vm\\x25ware-lib.mount.d/10-vmware-unlocker.conf" &&
        sed -i '/libdir/d' "$tree/etc/vmware/config" &&
        ctl 0 --root="$tree" generate --changed "$work/units"
}

# No configuration makes the service write where the system's own files are.
never_opens_the_system() {
    rm -rf "$work/units" && mkdir "$work/units" || return 1
    for libdir in / /usr /usr/lib /usr/lib/ /etc /opt/../usr/lib /usr/./lib //usr//lib ../x; do
        echo "libdir = \"$libdir\"" >"$tree/etc/vmware/config"
        echo "libdir $libdir"
        case $libdir in
        /) ctl 0 --root="$tree" generate "$work/units" || return 1 ;;
        *) ctl 1 --root="$tree" generate "$work/units" || return 1 ;;
        esac
        ! grep -rq ReadWritePaths "$work/units" || return 1
    done
}

check "patch --auto patches a fresh installation" patches_by_itself
check "where nothing is to be done it says nothing" silent_when_done
check "its document names no failure where there was none" document_of_success
check "nothing was missed since" nothing_missed
check "a change is found to be missed, until the next run" change_missed
check "where no run left anything, nothing was missed" never_ran
check "under a hold nothing is patched, and that is said once" held
check "it waits for VMware's installer" waits_for_installer
check "at the time limit it gives up, says why, and leaves the files alone" gives_up
check "files replaced again and again while it runs are patched in the end" new_file_meanwhile
check "no VMware is nothing to complain about" no_vmware
check "an unknown file is left, the others are patched, exit status 3" unknown_left
if unshare -m true 2>/dev/null; then
    check "read-only is told once, and beside it a refused file fails" read_only_beside_refused
    check "a system that is read-only as a whole is told once, and needs nobody" all_read_only
    check "an image that was patched where it was made is said to be so" patched_image
    check "a store that alone is read-only is a failure" store_read_only
    check "read-only to a sandbox: another run follows, each time" read_only_once
else
    skip "read-only is told once, another run follows" "no mount namespaces"
fi
check "the service is asked once for a run over the same difference" asked_once
check "VMware moved behind a link is a change, patched or not" moved_behind_link
check "killed again and again it stops trying, then tries anew" crashes_counted
check "stopped while it waits it ends with success, however often" stopped
check "stopped while another run has the lock it ends" stopped_at_lock
check "any other signal is a failure" ended_by_others
if [ "${SANITIZERS:-no}" = yes ] ||
    ! ${CC:-cc} -std=gnu17 -shared -fPIC -o "$work/other-day.so" \
        "$top_srcdir/tests/cli/other-day.c" >"$work/log" 2>&1; then
    skip "the clock is set back or forward a day: it decides nothing" "no library can be preloaded"
else
    check "the clock is set back or forward a day: it decides nothing" clock_set
fi
check "times and combinations that make no sense are refused" bad_usage
check "the service manager gets the line with product, build and count" notified
check "the same line says why a file is not patched, and what to do" notified_why
check "the default directory needs no units" generates_nothing
check "a link to it has its directory watched" generates_link
printf 'ReadWritePaths="-/%s"\n' opt/bins/bin srv/one >"$work/writable.expected"
check "every link of a chain is watched" generates_chain
check "where links lead may be written, but for the system's directories" generates_writable
check "a libdir below /tmp is seen" generates_temporary
check "another libdir gets its units, until it goes" generates_units
check "a libdir of the system's own is refused" never_opens_the_system
plan
