#!/bin/sh
# SPDX-License-Identifier: MIT
# What a run of the service leaves for others: the state file, as unlockerctl-json(5) shows it, and
# the line for logins.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all "no jq"
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
tree=$work/tree
state=$tree/run/vmware-unlocker/state.json
motd=$tree/run/motd.d/60-vmware-unlocker
: >"$work/documents"
documents=0

begin() {
    rm -rf "$tree" && cp -a "$work/stock" "$tree" && vmx=$(target "$tree" vmx)
}

# run STATUS RESULT [OPTION…]: as the service does it; the state is kept for the comparison.
run() {
    run_status=$1 run_result=$2
    shift 2
    RUNTIME_DIRECTORY=/run/vmware-unlocker ctl "$run_status" --root="$tree" patch --auto \
        --settle=100ms "$@" || return 1
    cat "$state" && [ "$(stat -c %a "$state")" = 644 ] &&
        is .result "$run_result" && is .exit_status "$run_status" || return 1
    documents=$((documents + 1))
    cp "$state" "$work/document.$documents" &&
        echo "The state file:$work/document.$documents" >>"$work/documents"
}

# is FILTER VALUE
is() {
    is_value=$(jq -r "$1" "$state") && echo "$1: $is_value" && [ "$is_value" = "$2" ]
}

# The whole message: one sentence, which fits on a terminal.
says() {
    cat "$motd" && [ "$(tr -s '\n ' ' ' <"$motd")" = "$1 " ] &&
        [ "$(wc -L <"$motd")" -le 80 ] && [ "$(stat -Lc %a "$motd")" = 644 ]
}

title='VMware Workstation 17.6.1 (build 24319023)'

good() {
    begin && run 0 patched && is .reason null && is .hold false && [ ! -e "$motd" ] &&
        [ ! -L "$motd" ] && is '.installations[0].product' 'VMware Workstation' &&
        is '.installations[0].patched' 4 && is '.installations[0].present' 4 &&
        is '[.installations[0].targets[] | select(.reason == null).state] | unique[]' patched &&
        [ "$(($(date +%s) - $(jq .time "$state")))" -le 60 ]
}

# Gone after the next good run, as the whole file is.
refused() {
    begin && head -c 5000 "$(target "$tree" vmx-debug)" >"$work/cut" &&
        cp "$(target "$tree" vmx-debug)" "$work/whole" &&
        cp "$work/cut" "$(target "$tree" vmx-debug)" && run 3 refused &&
        is '.installations[0].patched' 3 && is .reason image-truncated &&
        is '.installations[0].targets[] | select(.role == "vmx-debug") | .reason' image-truncated &&
        says "$title: 3 of 4 files patched: vmx-debug: $(jq -r '.why + ": " + .todo' "$state")" &&
        cp "$work/whole" "$(target "$tree" vmx-debug)" && run 0 patched && [ ! -L "$motd" ] &&
        [ ! -e "$tree/run/vmware-unlocker/motd" ]
}

held() {
    begin && ctl 0 --root="$tree" hold && run 0 held && is .hold true && is .reason held &&
        is '.installations[0].patched' 0 &&
        is '[.installations[0].targets[].reason] | unique[]' held &&
        says "$title: 0 of 4 files patched: automatic patching is on hold: \
run \`sudo unlockerctl release\` to allow it again" &&
        ctl 0 --root="$tree" release && run 0 patched && is .hold false && [ ! -L "$motd" ] &&
        ctl 0 --root="$tree" hold && run 0 patched && is .hold true && [ ! -L "$motd" ]
}

busy() {
    begin && lock=$tree/etc/vmware-installer/database.lck && mkdir -p "${lock%/*}" && : >"$lock" ||
        return 1
    flock "$lock" sleep 3 &
    busy_for=$!
    sleep 0.2
    run 5 busy --limit=300ms && is .reason installer-runs && is '.installations | length' 0 &&
        grep -q '^vmware-unlocker failed: .*installer' "$motd"
    busy_status=$?
    kill $busy_for
    wait $busy_for 2>/dev/null
    return $busy_status
}

# No room for the store; a damaged archive; runs that crash.
failed() {
    begin && mkdir -p "$tree/var/lib" && echo >"$tree/var/lib/vmware-unlocker" && run 1 failed &&
        is '.reason != null' true && [ -e "$motd" ] && rm "$tree/var/lib/vmware-unlocker" &&
        run 0 patched && [ ! -L "$motd" ] || return 1
    for archive in "$tree"/var/lib/vmware-unlocker/originals/*; do echo >"$archive"; done
    touch "$vmx" && run 1 failed && is '.installations[0].patched' 4 &&
        is '.reason | startswith("vault-")' true && grep -q '4 of 4 files patched:' "$motd" &&
        printf 5 >"$tree/run/vmware-unlocker/begun" && run 1 failed && is .reason crashed
}

none() {
    begin && rm -r "$tree/usr/lib/vmware" && run 0 no-vmware && is .reason null && [ ! -L "$motd" ]
}

# Nothing to be done about: no line. A first run that finds it so is followed by another.
read_only() {
    begin || return 1
    for read_only_run in 1 2; do
        # shellcheck disable=SC2016
        unshare -m sh -c 'mount --bind "$1/usr" "$1/usr" && mount -o remount,ro,bind "$1/usr" &&
            RUNTIME_DIRECTORY=/run/vmware-unlocker exec "$2" --root="$1" patch --auto \
            --settle=100ms' sh "$tree" "$UNLOCKERCTL" || return 1
        [ $read_only_run -eq 2 ] || [ ! -e "$state" ] || return 1
    done
    is .result read-only && is .reason read-only && [ ! -L "$motd" ]
}

# A product that is named to harm a terminal; a libdir of a user's.
outside_names() {
    begin && mkdir -p "$tree/home/secret" && mv "$tree/usr/lib/vmware" "$tree/home/secret/vmware" &&
        printf 'libdir = "/home/secret/vmware"\nproduct.name = "VM\033[2Jware"\n' \
            >"$tree/etc/vmware/config" && cp "$work/cut" \
        "$tree/home/secret/vmware/bin/vmware-vmx" && run 3 refused &&
        ! grep -r secret "$state" "$motd" && ! grep -q "$(printf '\033')" "$state" "$motd" &&
        ! sed 1d "$motd" | grep -v '^  '
}

# A person's run, or a package manager's, is not the service's.
only_of_the_service() {
    begin && ctl 0 --root="$tree" patch --auto --settle=100ms && [ ! -e "$state" ]
}

as_the_manual_shows() {
    grep -n '^\.Ss The state file' "$top_srcdir/man/unlockerctl-json.5" || return 1
    xargs -d '\n' python3 -IS "$top_srcdir/tests/cli/manual-json.py" \
        --only='The state file' "$top_srcdir/man/unlockerctl-json.5" <"$work/documents"
}

check "all is patched: the state says so, and logins show nothing" good
check "a refused file: reason and remedy, until the next good run" refused
check "a hold is told while it keeps something unpatched" held
check_with flock "an installer that does not end" busy
check "failures of the store, of an archive, of the runs" failed
check "no VMware" none
if unshare -m true 2>/dev/null; then
    check "a read-only file system" read_only
else
    skip "a read-only file system" "no mount namespaces"
fi
check "no path, and no control sequence" outside_names
check "other runs leave none" only_of_the_service
check "the documents are as the manual shows them" as_the_manual_shows
plan
