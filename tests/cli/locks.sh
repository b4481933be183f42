#!/bin/sh
# SPDX-License-Identifier: MIT
# Another run that changes the store: each command waits for it, says what it waits for and which
# process has it, and waits no longer than --limit.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
make_tree "$work/tree" || skip_all "$(cat "$work/unable")"
make_tree "$work/other" || skip_all "$(cat "$work/unable")"
store=$work/tree/var/lib/vmware-unlocker
printf '%32769sCD001%2042s' '' '' >"$work/darwin.iso"
mkdir "$work/backup" && cp "$work/tree/usr/lib/vmware/bin/vmware-vmx" "$work/backup/"
ctl 0 --root="$work/tree" patch vmx || skip_all "no store can be made here"

cat >"$work/holder" <<'PYTHON'
import fcntl, os, sys, time

fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.flock(fd, fcntl.LOCK_EX)
os.ftruncate(fd, 0)
os.pwrite(fd, sys.argv[3].encode() if len(sys.argv) > 3 else b"%d\n" % os.getpid(), 0)
open(sys.argv[1] + ".ready", "w")
time.sleep(float(sys.argv[2]))
PYTHON

# hold_lock SECONDS [TEXT]: another process has the lock for so long; its pid is in $holder.
hold_lock() {
    (cd "$work" && exec python3 -IS holder "$store/lock" "$@") &
    holder=$!
    until [ -e "$store/lock.ready" ]; do sleep .05; done
    rm "$store/lock.ready"
}

let_go() {
    kill "$holder" 2>/dev/null
    wait "$holder" 2>/dev/null
    return 0
}

state() {
    find "$work/tree" ! -name lock -type f -exec sha256sum {} + | sort
}

# gives_up ARGUMENT…: with 5, and with the reason; nothing is changed.
gives_up() {
    echo "$*"
    ctl 5 --root="$work/tree" "$@" --limit=200ms &&
        complains "another run to end: $store/lock is held by pid $holder: " &&
        complains "another run is in progress" && complains ": wait until it ends, then" &&
        ctl 5 -q --root="$work/tree" "$@" --limit=0 && ! grep waiting "$work/err" &&
        complains "python3 -IS holder" &&
        ctl 5 --json --root="$work/tree" "$@" --limit=200ms &&
        says '"reason":"store-busy"' && says "\"exit_status\":5"
}

each_gives_up() {
    ctl 0 --root="$work/tree" restore && ctl 0 --root="$work/tree" patch vmx && hold_lock 60 &&
        state >"$work/before" && gives_up patch && gives_up restore && gives_up hold &&
        gives_up prune && gives_up adopt "$work/backup" &&
        gives_up tools --force "$work/darwin.iso"
    each_status=$?
    let_go
    state | diff "$work/before" - && [ $each_status -eq 0 ] || return 1
    ctl 0 --root="$work/tree" hold || return 1
    hold_lock 60
    gives_up release
    each_status=$?
    let_go
    [ -e "$store/hold" ] && [ $each_status -eq 0 ] && ctl 0 --root="$work/tree" release
}

# Without a limit it waits; with one that is long enough, too.
waits() {
    hold_lock 1.5
    ctl 0 --root="$work/tree" hold && complains "python3 -IS holder" && let_go &&
        hold_lock 1.5 && ctl 0 --root="$work/tree" release --limit=1m &&
        complains "python3 -IS holder" && let_go
}

# What the lock says of its holder is another process's word.
of_unknown() {
    hold_lock 60 "$(printf '0\n')" && ctl 5 --root="$work/tree" hold --limit=100ms &&
        complains "is held by an unknown process" && let_go || return 1
    hold_lock 60 "$(printf '2147483647\n')" && ctl 5 --root="$work/tree" hold --limit=100ms &&
        complains "is held by pid 2147483647" && let_go
}

# A command line is no more trusted than a name: nothing of it reaches the terminal as it is. One
# that is cut says so.
of_odd_command() {
    odd=$(printf 'a\033[31mb\nc')
    python3 -IS - "$odd" "$store/lock" "$(printf '%0128d' 0)" <<'PYTHON' &
import fcntl, os, sys, time

fd = os.open(sys.argv[2], os.O_RDWR)
fcntl.flock(fd, fcntl.LOCK_EX)
os.ftruncate(fd, 0)
os.pwrite(fd, b"%d\n" % os.getpid(), 0)
open(sys.argv[2] + ".ready", "w")
time.sleep(60)
PYTHON
    holder=$!
    until [ -e "$store/lock.ready" ]; do sleep .05; done
    rm "$store/lock.ready"
    ctl 5 --root="$work/tree" hold --limit=100ms && complains 'a\x1b[31mb\x0ac' &&
        complains '...: another run is in progress'
    of_odd_status=$?
    let_go
    return $of_odd_status
}

# One root that is busy does not keep the others from being patched.
others_go_on() {
    hold_lock 60
    ctl 5 --root="$work/tree" --root="$work/other" patch --limit=100ms && says '4 of 4 patched.' &&
        complains "$store/lock is held by"
    others_status=$?
    let_go
    return $others_status
}

usage() {
    for verb in patch restore hold release prune "tools $work/darwin.iso"; do
        for limit in abc -1 1d '' 25h 1.5s; do
            # shellcheck disable=SC2086
            ctl 2 --root="$work/tree" $verb "--limit=$limit" &&
                complains "--limit=$limit: invalid time (examples: " || return 1
        done
    done
    ctl 2 --root="$work/tree" tools --limit=1s && complains '--limit needs a SOURCE' &&
        ctl 2 --root="$work/tree" patch --settle=1s && complains '--settle needs --auto'
}

check "each command that writes gives up at its limit" each_gives_up
check "without a limit it waits, and says for whom" waits
check "a holder that this machine does not know" of_unknown
check "a holder's command line is escaped" of_odd_command
check "another root is patched all the same" others_go_on
check "a limit that is no time" usage
plan
