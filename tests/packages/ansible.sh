# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2015,SC2034,SC2119,SC2154 # run.sh sources it
# The collection of packaging/ansible, as a controller runs it, on a booted machine. What stands for
# ssh enters that machine's namespaces.

ansible_prepare() {
    cat >"$work/ssh" <<SSH
#!/bin/sh
while :; do
    case \$1 in
    -o | -O | -p | -l | -i) shift 2 ;;
    -*) shift ;;
    *) break ;;
    esac
done
shift
exec nsenter --target $machine_pid --all -- /usr/bin/env -i HOME=/root LC_ALL=C.UTF-8 \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /bin/sh -c "\$*"
SSH
    chmod +x "$work/ssh"
    cat >"$work/hosts" <<HOSTS
workstation ansible_connection=ssh ansible_host=localhost ansible_ssh_executable=$work/ssh
[all:vars]
ansible_ssh_args=
ansible_become=false
ansible_ssh_pipelining=true
ansible_ssh_transfer_method=piped
ansible_python_interpreter=/usr/bin/python3
vmware_unlocker_package=$packages/ours-1.deb
vmware_unlocker_textfile_directory=/var/lib/node exporter
HOSTS
}

# plays CHANGED OPTION…: the playbook succeeds with so many changes.
plays() {
    plays_changed=$1
    shift
    ansible_run "$@" || { cat "$work/played" && return 1; }
    grep -q "changed=$plays_changed  *unreachable=0  *failed=0" "$work/played" ||
        { cat "$work/played" && return 1; }
}

with_ansible() {
    HOME=$work ANSIBLE_NOCOLOR=1 ANSIBLE_RETRY_FILES_ENABLED=0 ANSIBLE_NOCOWS=1 LC_ALL=C.UTF-8 "$@"
}

ansible_installs() {
    with_ansible ansible-galaxy collection build "$top_srcdir/packaging/ansible" \
        --output-path "$work/collection" &&
        with_ansible ansible-galaxy collection install "$work"/collection/*.tar.gz --offline
}

ansible_run() {
    with_ansible ansible-playbook -i "$work/hosts" "$@" vmware_unlocker.fleet.site \
        </dev/null >"$work/played" 2>&1
}

ansible_checks() {
    plays '[1-9][0-9]*' --check && ! run unlockerctl --version
}

ansible_without_vmware() {
    plays '[1-9][0-9]*' && run systemctl is-active vmware-unlocker.path && plays 0
}

# put TREE: as VMware's installer would.
put() {
    run systemctl stop vmware-unlocker.path vmware-unlocker-lib.path vmware-unlocker.service
    tar -C "$1" -cf - . | run tar -C / -xf -
}

ansible_patches() {
    put "$trees/first" && plays '[1-9][0-9]*' && run unlockerctl status && plays 0
}

ansible_holds() {
    plays 1 -e vmware_unlocker_hold=true && plays 0 -e vmware_unlocker_hold=true &&
        put "$trees/second" && ! run unlockerctl status && plays 1 -e vmware_unlocker_hold=true &&
        ! run unlockerctl status && plays '[1-9][0-9]*' && run unlockerctl status && plays 0
}

samples_are_in() {
    soon run grep -q '^vmware_unlocker_status{root="/"} 0$' "$1/vmware-unlocker.prom"
}

ansible_writes_samples() {
    samples_are_in '/var/lib/node exporter' &&
        plays '[1-9][0-9]*' -e vmware_unlocker_textfile_directory=/srv/samples &&
        samples_are_in /srv/samples && ! run ls '/var/lib/node exporter/vmware-unlocker.prom' &&
        plays 0 -e vmware_unlocker_textfile_directory=/srv/samples &&
        plays '[1-9][0-9]*' -e vmware_unlocker_textfile_directory= &&
        ! run ls /srv/samples/vmware-unlocker.prom && plays '[1-9][0-9]*' &&
        samples_are_in '/var/lib/node exporter'
}

# promtool comes with Prometheus alone, which nobody wants to run here.
promtool_get() {
    mkdir -p "$work/promtool" && cd "$work/promtool" &&
        apt-get -q download prometheus >download.log 2>&1 &&
        dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xf - ./usr/bin/promtool 2>/dev/null
}

alerts_are_raised() {
    cd "$work/promtool" &&
        cp "$top_srcdir/systemd/prometheus-alerts.yml" "$top_srcdir/tests/packages/alerts.yml" . &&
        ./usr/bin/promtool check rules prometheus-alerts.yml &&
        ./usr/bin/promtool test rules alerts.yml
}

ansible_restores() {
    put "$trees/first" && plays '[1-9][0-9]*' -e vmware_unlocker_state=restored &&
        ! run unlockerctl status && plays 0 -e vmware_unlocker_state=restored &&
        plays '[1-9][0-9]*' && run unlockerctl status
}

# ours-2 is newer.
ansible_refuses_downgrades() {
    plays '[1-9][0-9]*' -e vmware_unlocker_package="$packages/ours-2.deb" &&
        ! ansible_run && grep -q 'is older: set vmware_unlocker_allow_downgrade' "$work/played" &&
        plays '[1-9][0-9]*' -e vmware_unlocker_allow_downgrade=true && plays 0
}

ansible_removes() {
    plays '[1-9][0-9]*' --check -e vmware_unlocker_state=absent && run unlockerctl status &&
        plays '[1-9][0-9]*' -e vmware_unlocker_state=absent && ! run unlockerctl --version &&
        ! run ls /var/lib/vmware-unlocker && ! run ls /var/cache/ours-1.deb &&
        ! run ls '/var/lib/node exporter/vmware-unlocker.prom' &&
        plays 0 -e vmware_unlocker_state=absent &&
        plays '[1-9][0-9]*' -e vmware_unlocker_hold=true && ! run unlockerctl status &&
        plays '[1-9][0-9]*' && run unlockerctl status
}

ansible_says() {
    put "$trees/broken" && ! ansible_run && grep -q 'of 4 patched' "$work/played" &&
        plays '[0-9]*' -e vmware_unlocker_required=false
}

# The line of docs/fleet.md for a log host, on the host itself.
ansible_journal() {
    run journalctl -o json MESSAGE_ID=ac952046ca574b8b8720b50e54cf48b3 >"$work/journal" &&
        jq -r '[._HOSTNAME, .UNLOCKER_PATH, .UNLOCKER_VERSION, .UNLOCKER_RESULT] | @tsv' \
            "$work/journal" >"$work/events" &&
        grep -q "$bin/vmware-vmx	17.6.1	patched\$" "$work/events" ||
        { cat "$work/journal" "$work/events" && return 1; }
}

scenarios_ansible() {
    ansible_prepare
    check "ansible: the collection is installed" ansible_installs
    check "ansible: --check tells what would change, and changes nothing" ansible_checks
    check "ansible: installs the package; the second time there is nothing to do" \
        ansible_without_vmware
    check "ansible: VMware is patched, once" ansible_patches
    check "ansible: a hold is set, and ended" ansible_holds
    check "ansible: samples for node_exporter are written" ansible_writes_samples
    if (promtool_get); then
        check "each alert over them is raised, and no other" alerts_are_raised
    else
        skip "each alert over them is raised, and no other" "no promtool in a package prometheus"
    fi
    tools "the journal" jq && check "the journal tells what was patched" ansible_journal
    check "ansible: the originals are given back, and stay" ansible_restores
    check "ansible: a downgrade is refused, unless it is allowed" ansible_refuses_downgrades
    check "ansible: all of it is removed; with a hold nothing is patched when it comes again" \
        ansible_removes
    check "ansible: a file that stays unpatched fails the play, unless that is allowed" ansible_says
}
