# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2086,SC2154,SC2119,SC2120,SC2015 # run.sh sources all of it together
# Scenarios: VMware is installed, updated, removed, while everything is as it should be.

no_vmware() {
    rest && line_is "no VMware found" && not_failed &&
        [ "$(run journalctl -o json -t unlockerctl | jq -s length)" -eq 0 ]
}

all_watching() {
    for watching in vmware-unlocker vmware-unlocker-lib vmware-unlocker-lib0 vmware-unlocker-tree \
        vmware-unlocker-hold vmware-unlocker-config vmware-unlocker-etc \
        vmware-unlocker-installer vmware-unlocker-reload; do
        run systemctl is-active $watching.path || return 1
    done
    run systemctl is-active vmware-unlocker-missed.timer &&
        run systemctl is-active vmware-unlocker-verify.timer
}

nothing_wrong_with_units() {
    run systemd-analyze verify --man=no vmware-unlocker.path vmware-unlocker-lib.path \
        vmware-unlocker-lib0.path vmware-unlocker-tree.path vmware-unlocker-hold.path \
        vmware-unlocker-config.path vmware-unlocker-etc.path vmware-unlocker-installer.path \
        vmware-unlocker.service vmware-unlocker-missed.service vmware-unlocker-missed.timer \
        vmware-unlocker-verify.service vmware-unlocker-verify.timer \
        vmware-unlocker-config.service >"$work/verify" 2>&1
    verify_status=$?
    ! grep vmware-unlocker "$work/verify" && [ $verify_status -eq 0 ]
}

tight_sandbox() {
    tight_line=$(run systemd-analyze security --no-pager $service | tail -n 1)
    echo "$tight_line"
    tight_score=$(echo "$tight_line" | sed -n 's/.*: \([0-9]*\)\.\([0-9]\) .*/\1\2/p')
    [ -n "$tight_score" ] && [ "${tight_score#0}" -le 14 ]
}

# Two passes, two seconds apart.
bundle_installed() {
    bundle install /opt/first 2 && patched "$first" &&
        opened $bin/vmware-vmx-debug && opened $bin/vmware-vmx-stats
}

told_in_journal() {
    run journalctl --output=json --no-pager MESSAGE_ID=$id_patched >"$work/events" || return 1
    jq -s -e 'length == 4 and all(.[];
        .PRIORITY == "5" and .UNLOCKER_ACTION == "patch" and .UNLOCKER_STATE == "patched" and
        .UNLOCKER_RESULT == "patched" and (.UNLOCKER_EDITS | tonumber > 0) and
        (.UNLOCKER_SHA256_BEFORE | test("^[0-9a-f]{64}$")) and
        (.UNLOCKER_SHA256_AFTER | test("^[0-9a-f]{64}$")) and
        .UNLOCKER_SHA256_BEFORE != .UNLOCKER_SHA256_AFTER and
        .UNLOCKER_PRODUCT == "VMware Workstation" and .UNLOCKER_VERSION == "17.6.1" and
        .UNLOCKER_BUILD == "24319023") and
        ([.[].UNLOCKER_ROLE] | sort) == ["vmwarebase", "vmx", "vmx-debug", "vmx-stats"] and
        any(.[]; .UNLOCKER_PATH == "/usr/lib/vmware/bin/vmware-vmx")' "$work/events" ||
        { cat "$work/events" && return 1; }
    [ "$(events $id_run)" -eq 1 ] &&
        run journalctl -x --no-pager -u $service | grep -q 'gives the original back'
}

read_back() {
    [ "$(run journalctl --no-pager -o cat -u vmware-unlocker | grep -c '^Patched /usr/lib')" -eq 4 ]
}

# Once more over what is patched: not a word.
silent_when_done() {
    silent_before=$(run journalctl -o json -u $service -t unlockerctl | wc -l)
    run systemctl start $service && rest && line_is "$first: 4 of 4 patched" &&
        [ "$(run journalctl -o json -u $service -t unlockerctl | wc -l)" -eq "$silent_before" ]
}

seen_by_all() {
    run setpriv --reuid=65534 --regid=65534 --clear-groups systemctl status --no-pager $service |
        grep -F "$first: 4 of 4 patched"
}

upgraded() {
    bundle remove /opt/first && bundle install /opt/second 1 && patched "$second" &&
        [ "$(run ls /var/lib/vmware-unlocker/originals | wc -l)" -eq 2 ]
}

removed_while_patched() {
    bundle remove /opt/second && within 20 line_is "no VMware found" && rest && not_failed &&
        ! run test -e $vmx
}

reinstalled() {
    bundle install /opt/second && patched "$second"
}

# A tree of 2,000 files, ours in the midst of them.
many_files() {
    clean || return 1
    run mkdir -p /opt/many && run cp -a /opt/first/. /opt/many/ || return 1
    run sh -c 'cd /opt/many/usr/lib/vmware/bin && seq 2000 | xargs -I{} touch a-{} z-{}' || return 1
    run rm -f /run/vmware-unlocker/starts
    run tar -C /opt/many -cf /opt/many.tar . && run tar -C / -xf /opt/many.tar &&
        patched "$first" && echo "$(starts) starts" && [ "$(starts)" -le 4 ]
}

# The way package managers do it: the whole tree by rename.
tree_renamed_in() {
    clean && run mkdir -p /etc/vmware && run cp -a /opt/second/usr/lib/vmware /usr/lib/vmware.new &&
        run cp /opt/second/etc/vmware/config /etc/vmware/ &&
        run mv /usr/lib/vmware.new /usr/lib/vmware && patched "$second"
}

slow_write() {
    run sh -c "cat /opt/first$vmx >/opt/slow; exec 3<>$vmx; sleep 3.5; cat /opt/slow >&3" &
    slow_pid=$!
    slow_inode=$(run stat -c %i $vmx)
    sleep 3
    # Nobody replaced it under the writer, though more than the settle time went by.
    [ "$(run stat -c %i $vmx)" = "$slow_inode" ] || return 1
    wait $slow_pid && within 20 opened && rest && not_failed
}

running_vm() {
    run systemd-run --quiet --unit=vm $vmx --sleep 60 /root/macos.vmx || return 1
    run cp /opt/second$vmx $bin/new && run chmod 4755 $bin/new && run mv $bin/new $vmx &&
        within 20 opened && rest && run unlockerctl status >"$work/status"
    grep -E '1 VM' "$work/status" && grep 'still runs the previous version' "$work/status" &&
        run systemctl is-active vm
    running_status=$?
    [ $running_status -eq 0 ] || cat "$work/status"
    run systemctl stop vm
    return $running_status
}

# Of a tree that was not there before it is not said that it keeps changing.
first_wait() {
    clean && run cp -a /opt/first/usr/lib/vmware /usr/lib/ || return 1
    for _ in 1 2 3 4 5 6 7 8; do
        status_line
        sleep 0.2
    done >"$work/waits"
    sort "$work/waits" | uniq -c
    grep -qx "waiting: VMware's files are new, or change" "$work/waits" &&
        ! grep 'kept changing' "$work/waits" && within 20 opened && rest && not_failed
}

scenarios_installing() {
    check "$1: no VMware: said, not failed, silent" no_vmware
    check "$1: every path unit watches" all_watching
    check "$1: systemd finds nothing wrong with the installed units" nothing_wrong_with_units
    check "$1: the sandbox is as tight as it was" tight_sandbox
    sed 's/^/# /' "$work/log"
    check "$1: a bundle is installed, and patched by itself" bundle_installed
    check "$1: the journal has a message per file with all fields, and explains it" told_in_journal
    check "$1: the manual's journalctl shows it" read_back
    check "$1: another run has nothing to do, and says nothing" silent_when_done
    check "$1: everybody sees the line of status" seen_by_all
    check "$1: an upgrade is patched and told, both originals are kept" upgraded
    check "$1: removed while patched" removed_while_patched
    check "$1: installed again" reinstalled
    check "$1: a VM that runs meanwhile is told of" running_vm
    check "$1: a slow writer is waited for" slow_write
    check "$1: 2,000 files make a few runs, and are patched" many_files
    check "$1: a whole tree renamed into place" tree_renamed_in
    check "$1: a first wait is told as one" first_wait
}
