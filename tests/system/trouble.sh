# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2086,SC2154,SC2119,SC2120,SC2015 # run.sh sources all of it together
# Scenarios: what comes at the wrong moment, and what stands in the way.

# stock_again: a stock file by rename, as the next event.
stock_again() {
    run sh -c "cp -p /opt/first$vmx $bin/.new && mv $bin/.new $vmx"
}

# While a run waits, works and ends: one every quarter of a second, some seconds long.
changes_during_run() {
    clean && bundle install /opt/first && patched "$first" || return 1
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
        stock_again
        sleep 0.25
    done
    patched "$first"
}

# Right after its end, while the service manager does not watch yet: as soon as a run has recorded
# what it saw, and as soon as it is gone. The first change waits until all is at rest: without that
# record nobody can tell that it came while nobody watched.
changes_after_run() {
    clean && bundle install /opt/first && patched "$first" || return 1
    for rearm_delay in 0 0 0.002 0.004 0.006 0.008 0.01 0.012 0.02 0.05; do
        rest && run timeout 60 sh -c "
            rm -f /run/vmware-unlocker/seen
            touch $vmx
            until [ -s /run/vmware-unlocker/seen ]; do :; done
            sleep $rearm_delay
            cp -p /opt/first$vmx $bin/.new && mv $bin/.new $vmx" || return 1
        within 15 opened || { echo "lost: $rearm_delay s after" && return 1; }
    done
    patched "$first"
}

# At many moments: what is left is whole, and the next run ends the work.
killed() {
    clean || return 1
    for kill_delay in 0.5 1 1.9 2.05 2.1 2.15 2.2 2.3; do
        bundle install /opt/first || return 1
        run systemctl start --no-block $service
        sleep $kill_delay
        run systemctl kill --signal=KILL $service 2>/dev/null
        opened || closed || { echo "neither stock nor patched" && return 1; }
        patched "$first" || return 1
        run sh -c "ls -A $bin" | grep '^\.' && echo "left behind" && return 1
    done
    return 0
}

# A stop that was asked for is no failure, at any moment: it is said, nothing half-done is left, and
# the next start does the work.
stopped() {
    for stop_delay in 0 0.01 0.1 0.5 1.9 2.05 2.1 2.15 2.2 2.3; do
        bundle install /opt/first || return 1
        run systemctl start --no-block $service
        sleep $stop_delay
        run systemctl stop $service && rest && not_failed || return 1
        run sh -c "ls -A $bin" | grep '^\.' && echo "left behind" && return 1
        stop_line=$(status_line)
        echo "stopped after $stop_delay s: $stop_line"
        case $stop_delay:$stop_line in
        0:* | 0.01:*) opened || closed || return 1 ;; # before the program could say a word
        *"stopped before it was done"*) closed || return 1 ;;
        *) opened || return 1 ;;
        esac
        run systemctl start $service && patched "$first" || return 1
    done
    # Of more restarts in a row than it may crash, none is a crash.
    bundle install /opt/first && run sh -c "for i in 1 2 3 4 5 6 7; do
        systemctl restart --no-block $service; sleep 0.3; done" && patched "$first"
}

restored_and_held() {
    clean && bundle install /opt/first && patched "$first" && run unlockerctl restore &&
        closed && mode_is "4755 0:0" && within 20 line_has "on hold" && line_has "0 of 4 patched" &&
        not_failed && run unlockerctl status | grep -q 'on hold' ||
        { run unlockerctl status && return 1; }
}

update_under_hold() {
    bundle remove /opt/first && bundle install /opt/second && sleep 3 && rest && closed &&
        line_has "on hold" && line_has "$second: 0 of 4 patched"
}

released() {
    run unlockerctl release && patched "$second"
}

held_by_hand() {
    run touch /var/lib/vmware-unlocker/hold && within 10 line_has "on hold" && line_has "4 of 4" &&
        run rm /var/lib/vmware-unlocker/hold && patched "$second"
}

# Which directory, how much, and what to do: in the line that all see, and in the journal.
told_full() {
    full_words='no space left in /var/lib/vmware-unlocker: free [1-9][0-9]* MB, then run'
    status_line | tee "$work/line" | grep "0 of 4 patched; .*$full_words" ||
        { cat "$work/line" && return 1; }
    run journalctl -o json PRIORITY=3 -t unlockerctl >"$work/full" &&
        jq -es --arg words "$full_words" 'length > 0 and all(.[]; .UNLOCKER_REASON) and
            any(.[]; .MESSAGE | test($words))' "$work/full" || { cat "$work/full" && return 1; }
}

disk_full() {
    clean && run mount -t tmpfs -o size=64k none /var/lib/vmware-unlocker &&
        run sh -c 'cat /dev/zero >/var/lib/vmware-unlocker/full 2>/dev/null; true' &&
        bundle install /opt/first && within 20 failed && rest && closed && told_full &&
        run umount /var/lib/vmware-unlocker && run systemctl start $service && patched "$first"
}

read_only_usr() {
    clean && bundle install /opt/first && patched "$first" || return 1
    stock_again && run mount --bind /usr/lib/vmware /usr/lib/vmware &&
        run mount -o remount,bind,ro /usr/lib/vmware || return 1
    read_only_before=$(events $id_read_only)
    run systemctl start $service && run systemctl start $service && rest && closed && not_failed &&
        line_has "read-only" &&
        [ "$(events $id_read_only)" -eq $((read_only_before + 1)) ] &&
        run umount /usr/lib/vmware && run systemctl start $service && patched "$first"
}

# A path unit that fires while the service is masked has failed, and watches no more.
masked() {
    clean && bundle install /opt/first && patched "$first" && rest || return 1
    run systemctl --quiet mask --runtime $service && stock_again && sleep 1 && closed &&
        run systemctl --quiet unmask --runtime $service && within 10 opened && rest &&
        not_failed && run systemctl --quiet is-active vmware-unlocker.path &&
        stock_again && within 10 opened && rest && not_failed
}

# A limit of a second, so that it comes, and files that are quiet sooner; its end is what the next
# run follows on.
installer_without_end() {
    clean && run mkdir -p /run/systemd/system/$service.d &&
        run sh -c "printf '[Service]\nExecStart=\nExecStart=%s patch --auto %s\n' \
            \$(command -v unlockerctl) '--limit=1s --settle=300ms' \
            >/run/systemd/system/$service.d/limit.conf" &&
        run systemctl daemon-reload && bundle install /opt/first 6 &
    endless_pid=$!
    within 20 failed && line_has "installer" && [ "$(events $id_busy)" -ge 1 ] && ! opened
    endless_status=$?
    wait $endless_pid
    run rm -r /run/systemd/system/$service.d && run systemctl daemon-reload &&
        [ $endless_status -eq 0 ] && patched "$first"
}

unknown_file() {
    clean && bundle install /opt/first && patched "$first" &&
        run sh -c "head -c 9000 /opt/first$bin/vmware-vmx-debug >$bin/vmware-vmx-debug" &&
        within 20 failed && rest && line_has "3 of 4 patched; vmx-debug: " && opened &&
        run cp -p /opt/first$bin/vmware-vmx-debug $bin/vmware-vmx-debug && patched "$first"
}

# verified JSON: what status says of the last proof of the originals.
verified() {
    run unlockerctl --json status >"$work/status" && jq -e ".roots[0] | $1" "$work/status" \
        >/dev/null || { cat "$work/status" && return 1; }
}

# The weekly run proves each archive, within its sandbox; one that is damaged is told, and none goes
# meanwhile; when it is sound again, so is the next proof.
weekly_proof() {
    weekly=vmware-unlocker-verify.service originals=/var/lib/vmware-unlocker/originals
    clean && bundle install /opt/first && patched "$first" && run unlockerctl restore &&
        bundle install /opt/second && run unlockerctl release && patched "$second" && rest &&
        run systemctl is-active vmware-unlocker-verify.timer && verified '.verified_at == null' &&
        run systemctl start $weekly && verified '.verified_at > 0 and .verified_damaged == []' &&
        not_failed && [ "$(run sh -c "ls $originals | wc -l")" -eq 2 ] || return 1
    run sh -c "set -- $originals/*-17.6.2-*; cp -a \$1 /root/sound
        printf damaged | dd of=\$1 bs=1 seek=5000 conv=notrunc" &&
        ! run systemctl start $weekly && run systemctl is-failed --quiet $weekly &&
        verified '.verified_damaged | length == 1' &&
        [ "$(run sh -c "ls $originals | wc -l")" -eq 2 ] && run sh -c "set -- $originals/*-17.6.2-*
            mv /root/sound \$1" && run systemctl reset-failed $weekly &&
        run systemctl start $weekly && verified '.verified_damaged == []' && opened
}

# So are the services beside it: a removal stops each of them in whatever it is doing.
stopped_beside() {
    clean && bundle install /opt/first && patched "$first" || return 1
    for beside in reload missed config verify mount@- metrics@opt; do
        for stop_delay in 0 0.005 0.01 0.02 0.04 0.06 0.08 0.1 0.15; do
            run systemctl start --no-block vmware-unlocker-$beside.service || return 1
            sleep $stop_delay
            run systemctl stop vmware-unlocker-$beside.service 2>"$work/said" &&
                ! run systemctl --quiet is-failed vmware-unlocker-$beside.service ||
                { echo "$beside, stopped after $stop_delay s" && cat "$work/said" && return 1; }
        done
    done
    run rm -f /opt/vmware-unlocker.prom && rest && not_failed
}

# More builds than are kept: the oldest archive goes, and the journal says so.
weekly_prune() {
    run mkdir -p /etc/systemd/system/$weekly.d && run sh -c "printf '[Service]\n%s\n' \
        Environment=UNLOCKER_KEEP=1 >/etc/systemd/system/$weekly.d/keep.conf" &&
        run systemctl daemon-reload && rest && run systemctl start $weekly &&
        run journalctl --sync && run journalctl -o cat -u $weekly >"$work/weekly" &&
        [ "$(run sh -c "ls $originals")" = "$(run sh -c "cd $originals && ls -- *-17.6.2-*")" ] &&
        grep 'Removed .*17\.6\.1' "$work/weekly" && patched "$second"
    weekly_status=$?
    [ $weekly_status -eq 0 ] || { run ls $originals && tail -n 20 "$work/weekly"; }
    run rm -rf /etc/systemd/system/$weekly.d && run systemctl daemon-reload
    return $weekly_status
}

scenarios_trouble() {
    check "$1: changes during a run" changes_during_run
    check "$1: changes right after a run" changes_after_run
    check "$1: killed in the middle, at eight moments" killed
    check "$1: stopped in the middle, at ten moments" quietly 60 stopped
    check "$1: the services beside it stopped in the middle, at nine moments" \
        quietly 60 stopped_beside
    check "$1: restore gives the originals back and holds" restored_and_held
    check "$1: an update under the hold stays as it is" update_under_hold
    check "$1: release patches it" released
    check "$1: the hold marker set and removed by hand" held_by_hand
    check "$1: disk full: failed, said why, patched when there is room" disk_full
    check "$1: a read-only tree: said once, not failed" read_only_usr
    check "$1: changed while masked: patched once it is unmasked, and after that" masked
    check "$1: an installer that does not end: failed at the limit, patched at its end" \
        installer_without_end
    check "$1: one unknown file: failed, the others patched" unknown_file
    check "$1: the weekly proof of the originals" weekly_proof
    check "$1: the weekly run removes what is not needed" weekly_prune
}
