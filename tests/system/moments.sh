# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2086,SC2154,SC2119,SC2120,SC2015 # run.sh sources all of it together
# Scenarios that depend on a moment, many times over. What must hold each time: patched within
# $moment_limit seconds of the last write, no failure, no mail, nothing above notice in the journal,
# and few starts.

# How often each is made; UNLOCKER_TEST_MOMENTS=20 for more.
moments=${UNLOCKER_TEST_MOMENTS:-3}
moment_limit=6

# moment_spread LAST: the moments evenly from 1 to LAST.
moment_spread() {
    echo $((1 + (moment - 1) * ($1 - 1) / (moments > 1 ? moments - 1 : 1)))
}

# How long it takes from the last write: each in milliseconds, a line in $work/moments.
moment_patched() {
    moment_begun=$(run sh -c "$1; date +%s%N")
    until opened >/dev/null 2>&1; do
        moment_now=$(($(date +%s%N) - moment_begun))
        [ $moment_now -lt $((moment_limit * 1000000000)) ] ||
            { echo "unpatched after $moment_limit s" && explain && return 1; }
        sleep 0.05
    done
    echo $((($(date +%s%N) - moment_begun) / 1000000)) >>"$work/moments"
}

moment_times() {
    sort -n "$work/moments" | awk -v limit=$moment_limit '
        { times[NR] = $1 }
        END {
            printf "patched after %d ms in the median, %d ms at worst, of %d\n",
                times[int((NR + 1) / 2)], times[NR], NR
            exit !(NR > 0 && times[NR] < limit * 1000)
        }'
}

# What a machine has whose administrator wants mails of failures.
moment_watched() {
    run sh -c "mkdir -p /run/systemd/system/$service.d && cat >/run/systemd/system/mail@.service &&
        printf '[Unit]\nOnFailure=mail@%%n.service\n' >/run/systemd/system/$service.d/mail.conf
        rm -f /run/mails /run/vmware-unlocker/starts
        systemctl daemon-reload" <<'UNIT'
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo %i >>/run/mails'
UNIT
    moment_loud=$(moment_warnings)
    : >"$work/moments"
}

# In this boot.
moment_warnings() {
    run journalctl -b -o json -p warning -t unlockerctl -t systemd |
        jq -s 'map(select((.UNIT // "") + (.MESSAGE | tostring) | test("unlocker"))) | length'
}

# At most so many starts.
moment_silent() {
    echo "$(starts) starts"
    rest && not_failed && run test ! -e /run/mails && [ "$(starts)" -le "$1" ] &&
        [ "$(moment_warnings)" = "$moment_loud" ] ||
        { run journalctl -p warning --no-pager --lines=10 && return 1; }
}

# quietly STARTS COMMAND…: it, without an alarm.
quietly() {
    quietly_starts=$1 quietly_status=0
    shift
    clean && moment_watched || return 1
    "$@" && moment_silent "$quietly_starts" || quietly_status=1
    run sh -c "rm -r /run/systemd/system/$service.d; systemctl daemon-reload"
    return $quietly_status
}

# From here on a run waits a quarter of the usual time, which is long enough for these.
moment_short() {
    run sh -c "mkdir -p /run/systemd/system/$service.d
        printf '[Service]\nExecStart=\nExecStart=%s patch --auto --settle=500ms\n' \
        \$(command -v unlockerctl) >/run/systemd/system/$service.d/settle.conf
        systemctl daemon-reload"
}

# repeated STARTS COMMAND…: it, for each of the moments 1, 2, …
repeated() {
    repeated_starts=$1
    shift
    clean && bundle install /opt/first && patched "$first" && moment_watched || return 1
    for moment in $(seq $moments); do
        "$@" && rest || { echo "the $moment. time" && return 1; }
    done
    moment_times && moment_silent $((repeated_starts * moments))
}

# The whole tree replaced while a run waits.
moment_tree_replaced() {
    moment_patched "touch $vmx; sleep 0.$((40 + $(moment_spread 40))); rm -rf /usr/lib/vmware
        cp -a /opt/first/usr/lib/vmware /usr/lib/vmware"
}

# Gone, and back while the service manager makes the sandbox: 1 to 58 ms after a start.
moment_tree_comes() {
    run rm -rf /usr/lib/vmware && rest || return 1
    moment_patched "systemctl start --no-block $service
        sleep $(printf 0.%03d "$(moment_spread 58)")
        cp -a /opt/first/usr/lib/vmware /usr/lib/vmware"
}

# An update as the bundle does it.
moment_bundle() {
    moment_patched "/opt/bundle.sh remove /opt/first; /opt/bundle.sh install /opt/first"
}

# Before, in and after a reload.
moment_reload() {
    moment_patched "systemctl daemon-reload & sleep $(printf 0.%03d "$(moment_spread 200)")
        cp -p /opt/first$vmx /usr/lib/vmware/.new && mv /usr/lib/vmware/.new $vmx; wait"
}

# Another stock tree, as the next one to come.
moment_stock() {
    run sh -c "mkdir -p $1 && cp -a --remove-destination /opt/first/usr/lib/vmware/. $1"
}

# Mounted where there was an empty directory, and gone again.
moment_mounted() {
    if run mountpoint -q /usr/lib/vmware; then
        run umount /usr/lib/vmware && within 10 line_is "no VMware found" || return 1
    elif run test -e $vmx; then
        run rm -rf /usr/lib/vmware && run mkdir /usr/lib/vmware &&
            within 10 line_is "no VMware found" || return 1
    fi
    moment_stock /opt/elsewhere && rest &&
        moment_patched "mount --bind /opt/elsewhere /usr/lib/vmware"
}

# What changes in the mount as soon as it is patched.
moment_changed_in_mount() {
    moment_mounted && rest &&
        moment_patched "cp -p /opt/first$vmx $bin/.new && mv $bin/.new $vmx"
}

# Unmounted: what the mount covered has changed meanwhile.
moment_uncovered() {
    ! run mountpoint -q /usr/lib/vmware || run umount /usr/lib/vmware || return 1
    run mkdir -p /usr/lib/vmware /opt/elsewhere /run/below && moment_stock /usr/lib/vmware &&
        within 10 opened && moment_stock /opt/elsewhere && rest &&
        run mount --bind /opt/elsewhere /usr/lib/vmware && within 10 opened && rest &&
        run sh -c "mount --bind / /run/below &&
            cp -p /opt/first$vmx /run/below$bin/.new && mv /run/below$bin/.new /run/below$vmx
            umount /run/below" && moment_patched "umount /usr/lib/vmware"
}

# The symbolic link leads to another tree from now on.
moment_switched() {
    run umount -q /usr/lib/vmware
    moment_tree=/opt/tree$((moment % 2))
    if ! run test -L /usr/lib/vmware; then
        run rm -rf /usr/lib/vmware && moment_stock /opt/tree0 && rest &&
            run ln -s tree0 /opt/tree && run ln -s /opt/tree /usr/lib/vmware &&
            within 10 opened && rest || return 1
    fi
    moment_stock $moment_tree && rest && moment_patched "ln -sfn $moment_tree /opt/tree"
}

# Thirty replacements in a row are followed by a few runs, and those by none.
many_replacements() {
    clean && bundle install /opt/first && patched "$first" && moment_watched || return 1
    for _ in $(seq 30); do
        run sh -c "rm -rf /usr/lib/vmware; cp -a /opt/first/usr/lib/vmware /usr/lib/vmware
            sleep 0.1"
    done
    patched "$first" || return 1
    many_starts=$(starts)
    sleep 4
    echo "$many_starts starts, $(starts) after some seconds"
    [ "$many_starts" -le 8 ] && [ "$(starts)" -eq "$many_starts" ] && moment_silent 8
}

# No unit has two reasons to be started by one run, of which systemd 252 warns.
no_warning_of_units() {
    run journalctl --no-pager -o cat >"$work/journal" && [ -s "$work/journal" ] &&
        ! grep 'multiple trigger source' "$work/journal"
}

scenarios_moments() {
    check "$1: the tree is replaced during a run, $moments times" repeated 4 moment_tree_replaced
    sed -n 's/^patched after/# &/p' "$work/log"
    moment_short
    check "$1: the tree comes while a sandbox is made, $moments times" repeated 6 moment_tree_comes
    sed -n 's/^patched after/# &/p' "$work/log"
    check "$1: a bundle is updated, $moments times" repeated 6 moment_bundle
    sed -n 's/^patched after/# &/p' "$work/log"
    check "$1: a change about a reload, $moments times" repeated 4 moment_reload
    sed -n 's/^patched after/# &/p' "$work/log"
    check "$1: VMware is mounted, $moments times" repeated 4 moment_mounted
    sed -n 's/^patched after/# &/p' "$work/log"
    check "$1: VMware is mounted and changed there, $moments times" \
        repeated 8 moment_changed_in_mount
    sed -n 's/^patched after/# &/p' "$work/log"
    check "$1: VMware is unmounted, and another tree is there, $moments times" \
        repeated 8 moment_uncovered
    sed -n 's/^patched after/# &/p' "$work/log"
    check "$1: the link of a link is switched, $moments times" repeated 4 moment_switched
    sed -n 's/^patched after/# &/p' "$work/log"
    run sh -c "rm -r /run/systemd/system/$service.d; systemctl daemon-reload"
    check "$1: thirty replacements in a row: a few runs, and an end" many_replacements
    check "$1: systemd warns of no unit" no_warning_of_units
}
