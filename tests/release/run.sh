#!/bin/sh
# SPDX-License-Identifier: MIT
# README's command for developers on another release of Debian than this computer's: its minbase is
# booted with systemd and this computer's network, and bootstrap runs the stages below in a fresh
# clone there; machines are booted within that machine. Where those do not start, this computer
# tries that release with its own. The last lines count all of it as automake's do. With arguments,
# only these stages.

stages=${*:-gcc clang system packages}

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
# shellcheck source=tests/system/machine.sh
. "$top_srcdir/tests/system/machine.sh"
release=$(release_other)
# What depends on the release: its own package manager, and what a build needs.
release_packages='deb bootstrap'
tail_pid='' passed=0 failed=0 skipped=0
trap 'release_stop; rm -rf "$work"' EXIT
[ -n "$release" ] || skip_all "no other release than this computer's is to be tested"

# What shows the machine's words ends with it.
release_stop() {
    machine_stop
    [ -z "$tail_pid" ] || wait "$tail_pid"
    tail_pid=''
}

# A clone of what is committed, with what was changed since; or what a tarball holds.
release_tree() {
    mkdir "$root/tree"
    if git -C "$top_srcdir" rev-parse -q --verify HEAD >/dev/null 2>&1; then
        git clone -q "$top_srcdir" "$root/tree" && git -C "$top_srcdir" ls-files -z --cached \
            --others --exclude-standard >"$work/listed" &&
            tar -C "$top_srcdir" --null --ignore-failed-read -T "$work/listed" -cf - |
            tar -C "$root/tree" --no-same-owner -xf -
    else
        make -C "${top_builddir:?}" dist-xz && tar -C "$root/tree" --strip-components=1 \
            --no-same-owner -xf "$top_builddir"/vmware-unlocker-*.tar.xz
    fi
}

# A service whose control groups are its own, for the machines below it. What it says is in /said.
# Its packages need not outlast a power cut.
release_service() {
    : >"$root/said"
    echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io"
    echo "127.0.1.1 $(cat "$root/etc/hostname")" >>"$root/etc/hosts"
    cat >"$root/etc/systemd/system/bootstrap-check.service" <<UNIT
[Service]
Type=oneshot
Delegate=yes
TimeoutStopSec=5
WorkingDirectory=/tree
Environment=HOME=/root TMPDIR=/var/tmp UNLOCKER_TEST_RELEASES=$release
Environment=UNLOCKER_TEST_CACHE=$root_cache
Environment="UNLOCKER_TEST_PACKAGES=$release_packages"
ExecStart=/bin/sh -c 'exec ./bootstrap check $stages >/said 2>&1'
UNIT
}

# All that its tests need is made here, and kept here.
release_boot() {
    # shellcheck disable=SC2046 # a list of words
    root_of_release "$release" $(machine_packages "$release") && root_of_release "$release" &&
        machine_unpack && release_tree && release_service &&
        machine_boot --keep --network --capability=all "--bind=$root_cache"
}

# How a stage ended there.
release_ended() {
    grep "^$1: [0-9]* ok, [0-9]* not ok, " "$root/said" | tail -n 1
}

# stage_counts STAGE: adds them up. One that was not even begun has failed.
stage_counts() {
    stage_words=$(release_ended "$1" | awk '{ print $2, $4, $7 }')
    # shellcheck disable=SC2086 # a list of words
    set -- ${stage_words:-0 1 0}
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# Whether a machine could be booted within the machine.
nested() {
    ! grep -qsE '^1\.\.0|^# the machine does not start' "$root/tree/build/check/system.log"
}

# This computer's own machines try the release.
try_here() {
    for suite in system packages; do
        echo "# $suite: tried by this computer itself, as $1"
        UNLOCKER_TEST_RELEASES=$release UNLOCKER_TEST_PACKAGES=$release_packages \
            sh "$top_srcdir/tests/$suite/run.sh" >"$work/suite" 2>&1
        cat "$work/suite"
        passed=$((passed + $(grep -E '^ok ' "$work/suite" | grep -cvi '# SKIP')))
        skipped=$((skipped + $(grep -ciE '^(ok |1\.\.0).*# SKIP' "$work/suite")))
        failed=$((failed + $(grep -c '^not ok ' "$work/suite")))
        grep -q '^1\.\.' "$work/suite" || failed=$((failed + 1))
    done
}

release_tried() {
    tail -n +1 -f --pid="$machine_nspawn" "$root/said" | sed -u 's/^/| /' &
    tail_pid=$!
    release_status=0
    run systemctl start bootstrap-check.service || release_status=$?
    release_stop
    if grep -q '^bootstrap: no network' "$root/said"; then
        skipped_whole "there is no network"
        return
    fi
    if ! nested; then
        stages=$(echo " $stages " | sed 's/ system / /; s/ packages / /')
        for stage in $stages; do stage_counts "$stage"; done
        try_here "no machine starts within a machine"
        return
    fi
    for stage in $stages; do stage_counts "$stage"; done
    [ $release_status -eq 0 ] || [ $failed -gt 0 ] || failed=1
}

skipped_whole() {
    echo "# bootstrap check on $release: skipped, as $1"
    skipped=$((skipped + 1))
    try_here "$1"
}

if machine_unable; then
    skipped_whole "$machine_why"
elif ! release_boot; then
    skipped_whole "$release cannot be booted"
else
    release_tried
fi
printf '# PASS: %d\n# SKIP: %d\n# FAIL: %d\n' $passed $skipped $failed
[ $failed -eq 0 ]
