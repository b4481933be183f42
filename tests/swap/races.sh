#!/bin/sh
# SPDX-License-Identifier: MIT
# Somebody else changes a target in the very instant of the swap: strace holds the run before its
# first exchange while it happens. What the other one wrote is never lost.

. "${top_srcdir:?}/tests/lib.sh"

need_python
need_strace
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
make_tree "$work/newer" --version=17.6.2 --build=24409262

# held_before CALL COMMAND...: runs `patch` with the first CALL delayed by two seconds, and COMMAND
# while it waits there. The exit status of patch is in $held_status.
held_before() {
    held_call=$1
    shift
    rm -rf "$work/tree"
    cp -a "$work/stock" "$work/tree"
    bin=$work/tree/usr/lib/vmware/bin
    strace -f -qq -o "$work/trace" -e trace="$held_call" \
        -e inject="$held_call:delay_enter=2000000:when=1" \
        "${UNLOCKERCTL:?}" --root="$work/tree" patch >"$work/out" 2>"$work/err" &
    held_pid=$!
    # The staged copy of the first target is there once the run comes near.
    for _ in $(seq 100); do
        ls "$bin"/.vmware-vmx.unlocker-* >/dev/null 2>&1 && break
        sleep 0.05
    done
    sleep 0.5
    "$@" || echo "the other one failed"
    held_status=0
    wait "$held_pid" || held_status=$?
    cat "$work/out" "$work/err"
}

no_leftovers() {
    [ -z "$(find "$work/tree" -name '.*.unlocker-*')" ]
}

# The original of what is live now is in the vault: restore gives back exactly FILE.
origin_is() {
    ctl 0 --root="$work/tree" restore && same "$bin/vmware-vmx" "$1"
}

replace() {
    cp -a "$work/newer/usr/lib/vmware/bin/vmware-vmx" "$bin/vmware-vmx.AbCd" &&
        mv "$bin/vmware-vmx.AbCd" "$bin/vmware-vmx"
}
replaced() {
    held_before renameat2 replace
    [ "$held_status" -eq 0 ] && answers_all_osk "$bin/vmware-vmx" && no_leftovers &&
        origin_is "$work/newer/usr/lib/vmware/bin/vmware-vmx"
}
check "a target replaced before the exchange is started over as the new file" replaced

set_mode() {
    chmod 0711 "$bin/vmware-vmx"
}
mode_changed() {
    held_before renameat2 set_mode
    [ "$held_status" -eq 0 ] && answers_all_osk "$bin/vmware-vmx" && no_leftovers &&
        [ "$(stat -c %a "$bin/vmware-vmx")" = 711 ]
}
check "a mode set before the exchange stays" mode_changed

removed() {
    held_before renameat2 rm "$bin/vmware-vmx"
    [ ! -e "$bin/vmware-vmx" ] && no_leftovers && answers_all_osk "$bin/vmware-vmx-debug"
}
check "a target removed before the exchange stays removed" removed

# Opening for writing blocks on the lease until the run is done, then goes to the file of the name.
write_in_place() {
    python3 - "$bin/vmware-vmx" "$work/newer/usr/lib/vmware/bin/vmware-vmx" <<'PYTHON' &
import os, sys

with open(sys.argv[2], "rb") as source:
    content = source.read()
fd = os.open(sys.argv[1], os.O_WRONLY)
os.truncate(fd, 0)
os.write(fd, content)
os.close(fd)
PYTHON
    writer_pid=$!
}
written_in_place() {
    held_before renameat2 write_in_place
    wait "$writer_pid"
    # The writer's content is live, whole, whether it came before or after the run; the next run
    # patches it.
    ctl 0 --root="$work/tree" patch && answers_all_osk "$bin/vmware-vmx" && no_leftovers &&
        origin_is "$work/newer/usr/lib/vmware/bin/vmware-vmx"
}
check "a writer who waited for the lease loses nothing" written_in_place

two_runs() {
    held_before renameat2 ctl 0 --root="$work/tree" patch
    [ "$held_status" -eq 0 ] && answers_all_osk "$bin/vmware-vmx" && no_leftovers &&
        origin_is "$work/stock/usr/lib/vmware/bin/vmware-vmx"
}
check "a second run waits for the first and finds nothing to do" two_runs

no_exchange() {
    rm -rf "$work/tree"
    cp -a "$work/stock" "$work/tree"
    bin=$work/tree/usr/lib/vmware/bin
    strace -f -qq -o "$work/trace" -e trace=renameat2 -e inject=renameat2:error=EINVAL \
        "${UNLOCKERCTL:?}" --root="$work/tree" patch >"$work/out" 2>&1 || return 1
    answers_all_osk "$bin/vmware-vmx" && no_leftovers &&
        [ "$(stat -c %a "$bin/vmware-vmx")" = 4755 ] &&
        origin_is "$work/stock/usr/lib/vmware/bin/vmware-vmx"
}
check "without RENAME_EXCHANGE a plain rename serves" no_exchange

# The first lease is refused, as by a file system that has none.
no_leases() {
    rm -rf "$work/tree"
    cp -a "$work/stock" "$work/tree"
    bin=$work/tree/usr/lib/vmware/bin
    ctl 0 --root="$work/tree" patch && ctl 0 --root="$work/tree" restore || return 1
    strace -f -qq -o "$work/trace" -e trace=fcntl "${UNLOCKERCTL:?}" --root="$work/tree" \
        patch --quiet || return 1
    ctl 0 --root="$work/tree" restore || return 1
    lease=$(grep -n -m 1 F_SETLEASE "$work/trace" | cut -d: -f1)
    strace -f -qq -o "$work/trace" -e trace=fcntl -e inject="fcntl:error=EINVAL:when=$lease" \
        "${UNLOCKERCTL:?}" --root="$work/tree" patch >"$work/out" 2>&1
    leases_status=$?
    cat "$work/out"
    grep INJECTED "$work/trace"
    grep -q 'F_SETLEASE.*INJECTED' "$work/trace" && [ "$leases_status" -eq 0 ] &&
        answers_all_osk "$bin/vmware-vmx" && no_leftovers
}
check "without leases looking again serves" no_leases

# An exchange that was killed before what came out was looked at, while somebody had changed that.
newer_leftover() {
    rm -rf "$work/tree"
    cp -a "$work/stock" "$work/tree"
    bin=$work/tree/usr/lib/vmware/bin
    ctl 0 --root="$work/tree" patch &&
        cp -a "$work/newer/usr/lib/vmware/bin/vmware-vmx" \
            "$bin/.vmware-vmx.unlocker-0123456789abcdef" &&
        ctl 0 --root="$work/tree" patch && no_leftovers && answers_all_osk "$bin/vmware-vmx" &&
        origin_is "$work/newer/usr/lib/vmware/bin/vmware-vmx"
}
check "a newer file that a killed run left aside is put back" newer_leftover

unfinished_leftover() {
    rm -rf "$work/tree"
    cp -a "$work/stock" "$work/tree"
    bin=$work/tree/usr/lib/vmware/bin
    ctl 0 --root="$work/tree" patch &&
        head -c 30000 "$bin/vmware-vmx" >"$bin/.vmware-vmx.unlocker-f123456789abcdef" &&
        cp -a "$work/newer/usr/lib/vmware/bin/vmware-vmx-debug" \
            "$bin/.vmware-vmx-debug.unlocker-f123456789abcdef" &&
        chmod 0600 "$bin"/.vmware-vmx*.unlocker-* &&
        ctl 0 --root="$work/tree" patch && says "Nothing to do" && no_leftovers &&
        origin_is "$work/stock/usr/lib/vmware/bin/vmware-vmx"
}
check "unfinished copies are removed" unfinished_leftover

# Two writers of the store -----------------------------------------------------------------------

held_hold() {
    rm -rf "$work/tree" && cp -a "$work/stock" "$work/tree" && ctl 0 --root="$work/tree" hold &&
        ctl 0 --root="$work/tree" release || return 1
    strace -f -qq -o "$work/trace" -e trace=fchmod -e inject=fchmod:delay_enter=1000000 \
        "${UNLOCKERCTL:?}" --root="$work/tree" hold >"$work/held" 2>&1 &
    held_pid=$!
    sleep 0.5
    ctl 0 --root="$work/tree" patch && complains "is held by pid " || return 1
    wait "$held_pid" || { cat "$work/held" && return 1; }
}
check "a hold is not disturbed by another run, which waits for it" held_hold

image() {
    python3 - "$1" "$2" <<'PYTHON'
import os, sys

volume = bytearray(65536)
volume[32768:32774] = b"\1CD001"
volume[32848:32852] = (32).to_bytes(4, "little")
volume[32896:32898] = (2048).to_bytes(2, "little")
volume[40000] = int(sys.argv[2])
os.makedirs(sys.argv[1])
with open(sys.argv[1] + "/darwin.iso", "wb") as file:
    file.write(volume)
PYTHON
}

two_tools() {
    rm -rf "$work/tree" && cp -a "$work/stock" "$work/tree" && image "$work/one" 1 &&
        image "$work/two" 2 || return 1
    strace -f -qq -o "$work/trace" -e trace=flock -e inject=flock:delay_enter=1000000:when=1 \
        "${UNLOCKERCTL:?}" --root="$work/tree" tools --force "$work/one/darwin.iso" \
        >"$work/held" 2>&1 &
    held_pid=$!
    sleep 0.5
    ctl 0 --root="$work/tree" tools --force "$work/two/darwin.iso" || return 1
    wait "$held_pid" || { cat "$work/held" && return 1; }
    no_leftovers && same "$work/tree/usr/lib/vmware/isoimages/darwin.iso" "$work/one/darwin.iso"
}
check "two runs of tools do not take each other's file away" two_tools

# What a killed run may have left beside a target -------------------------------------------------

leftover=.vmware-vmx.unlocker-0123456789abcdef

# beside COMMAND...: a fresh tree, patched or not, and a file that COMMAND makes beside vmware-vmx.
beside() {
    rm -rf "$work/tree" && cp -a "$work/stock" "$work/tree" && bin=$work/tree/usr/lib/vmware/bin
    [ "$1" = stock ] || ctl 0 --root="$work/tree" patch || return 1
    shift
    "$@" "$bin/$leftover"
}

# A build that is not known, or anything else that an installer may bring.
unknown_build() {
    cp /bin/true "$1" && printf 'NEW BUILD' >>"$1" && chmod 4755 "$1" && cp -p "$1" "$work/unknown"
}

unknown_goes_back() {
    beside patched unknown_build && ctl 3 --root="$work/tree" patch &&
        same "$bin/vmware-vmx" "$work/unknown" && no_leftovers && complains 'it is back' &&
        [ "$(stat -c %a "$bin/vmware-vmx")" = 4755 ]
}
check "an unknown file that came out of an exchange gets its name back" unknown_goes_back

unknown_stays() {
    beside stock unknown_build && ctl 3 --root="$work/tree" --json patch &&
        same "$bin/$leftover" "$work/unknown" && answers_all_osk "$bin/vmware-vmx" &&
        complains 'was not made by unlockerctl' &&
        grep -q '"leftovers":\[{"path":"/.*unlocker-0123456789abcdef","put_back":false' "$work/out"
}
check "beside a file that is not ours it stays, and is told: leftover" unknown_stays

not_regular() {
    beside patched mkdir && rm -rf "$bin/vmware-vmx" &&
        cp -p "$work/stock/usr/lib/vmware/bin/vmware-vmx" "$bin" &&
        ctl 3 --root="$work/tree" patch && [ -d "$bin/$leftover" ] &&
        answers_all_osk "$bin/vmware-vmx"
}
check "a directory of such a name stays, and blocks nothing" not_regular

newer_stock() {
    cp -p "$work/newer/usr/lib/vmware/bin/vmware-vmx" "$1"
}
original() {
    cp -p "$work/stock/usr/lib/vmware/bin/vmware-vmx" "$1"
}
patched_copy() {
    cp -p "$bin/vmware-vmx" "$1"
}
ours_goes() {
    for what in original patched_copy; do
        beside patched $what && ctl 0 --root="$work/tree" patch && no_leftovers &&
            origin_is "$work/stock/usr/lib/vmware/bin/vmware-vmx" || return 1
    done
    # The patched form of an original, beside what another build brought.
    beside patched patched_copy && newer_stock "$bin/vmware-vmx" &&
        ctl 0 --root="$work/tree" patch && no_leftovers &&
        origin_is "$work/newer/usr/lib/vmware/bin/vmware-vmx"
}
check "an original that is kept, and its patched form, are removed" ours_goes

plan
