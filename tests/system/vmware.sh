# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2086,SC2154,SC2119,SC2120,SC2015 # run.sh sources all of it together
# What the scenarios share: VMware on the machine of machine.sh, the service, and how it stands.
# /opt/first and /opt/second are two builds to install, /opt/bundle.sh is their installer.



bin=/usr/lib/vmware/bin
vmx=$bin/vmware-vmx
service=vmware-unlocker.service
first="VMware Workstation 17.6.1 (build 24319023)"
second="VMware Workstation 17.6.2 (build 24409262)"
id_patched=ac952046ca574b8b8720b50e54cf48b3
id_run=ed242d166afb49cbac973e6135b07298
id_read_only=559a87a0eb3f472ab0817566180aea06
id_busy=696b2ec1ed65491dad3e0e9f4dd04ca8

# Into $root: the build of this tree as `make install` leaves it, enabled, and the two bundles.
vmware_prepare() {
    make -C "${top_builddir:?}" install DESTDIR="$root" >"$work/install.log" 2>&1 ||
        { tail -n 5 "$work/install.log" | sed 's/^/# /' && return 1; }
    chroot "$root" unlockerctl --version >"$work/runs.log" 2>&1 || return 2
    chroot "$root" journalctl --update-catalog >>"$work/install.log" 2>&1 || return 1
    systemctl --root="$root" enable vmware-unlocker.path >>"$work/install.log" 2>&1 &&
        systemctl --root="$root" --global preset vmware-unlocker-notify.path \
            >>"$work/install.log" 2>&1 || return 1
    # Each run leaves a line, so that they can be counted; not part of what is tested.
    mkdir -p "$root/etc/systemd/system/$service.d"
    cat >"$root/etc/systemd/system/$service.d/count.conf" <<'UNIT'
[Service]
ExecStartPre=/bin/sh -c 'echo started >>/run/vmware-unlocker/starts'
UNIT
    cp -a "$trees/first" "$trees/second" "$root/opt/"
    install -m 755 "$top_srcdir/tests/system/bundle.sh" "$root/opt/bundle.sh"
    chroot "$root" /opt/first$vmx --version >"$work/runs.log" 2>&1 || return 2
}

bundle() {
    run /opt/bundle.sh "$@"
}

# within SECONDS COMMAND…: whether it succeeds in that time; what it said last otherwise.
within() {
    within_end=$(($(date +%s) + $1))
    shift
    until "$@" >"$work/within" 2>&1; do
        [ "$(date +%s)" -lt "$within_end" ] || { echo "not in time: $*" && cat "$work/within" &&
            explain && return 1; }
        sleep 0.2
    done
}

explain() {
    run systemctl status --no-pager --full --lines=0 $service
    run journalctl --no-pager --output=short-precise --lines=15 -u $service
}

status_line() {
    run systemctl show --property=StatusText --value $service
}

line_is() {
    status_line_now=$(status_line)
    echo "status: $status_line_now"
    [ "$status_line_now" = "$1" ]
}

line_has() {
    status_line_now=$(status_line)
    echo "status: $status_line_now"
    case $status_line_now in *"$1"*) ;; *) return 1 ;; esac
}

# At rest: no run under way, and none about to begin.
resting() {
    [ "$(run systemctl show --property=ActiveState --value $service)" != activating ] &&
        ! run systemctl list-jobs --no-legend 'vmware-unlocker*' 2>/dev/null | grep -q '^ *[0-9]'
}

rest() {
    within 30 resting
}

failed() {
    run systemctl is-failed --quiet $service
}

not_failed() {
    ! failed
}

# The stand-in itself.
opened() {
    opened_answer=$(run "${1:-$vmx}" --smc 1 OSK0) || { echo "no answer" && return 1; }
    [ "$opened_answer" = ourhardworkbythesewordsguardedpl ]
}

closed() {
    closed_status=0
    run "${1:-$vmx}" --smc 1 OSK0 >"$work/closed" || closed_status=$?
    [ $closed_status -eq 3 ]
}

mode_is() {
    mode_now=$(run stat -c '%a %u:%g' "${2:-$vmx}")
    echo "mode $mode_now"
    [ "$mode_now" = "$1" ]
}

# patched LINE: at rest, patched, and said so.
patched() {
    within 30 opened && rest && opened && line_is "$1: 4 of 4 patched" && not_failed &&
        mode_is "4755 0:0"
}

# How many events of a kind there are, in this boot.
events() {
    run journalctl --output=json --no-pager MESSAGE_ID="$1" | jq -s length
}

starts() {
    run sh -c 'cat /run/vmware-unlocker/starts 2>/dev/null' | grep -c started
}

# A machine without VMware, hold or failures, at rest.
clean() {
    run umount -q /usr/lib/vmware /var/lib/vmware-unlocker 2>/dev/null
    run umount -q /usr/lib/vmware/bin /opt/elsewhere 2>/dev/null
    run sh -c 'rm -rf /usr/lib/vmware* /opt/elsewhere /opt/other /opt/tree* /home/* /etc/vmware \
        /etc/vmware-installer'
    run sh -c 'rm -rf /var/lib/vmware-unlocker/*'
    run systemctl reset-failed
    within 30 line_is "no VMware found" && rest
}
