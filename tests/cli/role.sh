#!/bin/sh
# SPDX-License-Identifier: MIT
# What the role of packaging/ansible does with the program, on this machine and on a tree: its
# arguments, check mode, what it tells of a failure. tests/packages/ansible.sh has the rest.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v ansible-playbook >/dev/null || skip_all "no ansible-playbook"
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
vmx=usr/lib/vmware/bin/vmware-vmx

mkdir "$work/bin" "$work/home"
cat >"$work/bin/unlockerctl" <<SH
#!/bin/sh
exec "$UNLOCKERCTL" "--root=$work/tree" "\$@"
SH
chmod +x "$work/bin/unlockerctl"
cat >"$work/patch.yml" <<'YAML'
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
        name: vmware_unlocker
        tasks_from: patch.yml
        public: true
      vars:
        ansible_facts: {service_mgr: none}
YAML
cat >"$work/role.yml" <<'YAML'
- hosts: localhost
  connection: local
  gather_facts: false
  roles: [vmware_unlocker]
YAML

start() {
    rm -rf "$work/tree" && cp -a "$work/stock" "$work/tree"
}

# plays STATUS PLAYBOOK OPTION…: its output is in $work/played, with line breaks as they are.
plays() {
    plays_status=$1
    playbook=$2
    shift 2
    HOME=$work/home PATH=$work/bin:$PATH LC_ALL=C.UTF-8 ANSIBLE_NOCOLOR=1 ANSIBLE_NOCOWS=1 \
        ANSIBLE_ROLES_PATH=$top_srcdir/packaging/ansible/roles ANSIBLE_LOCAL_TEMP=$work/home/local \
        ansible-playbook -i localhost, -e ansible_remote_tmp="$work/home/remote" "$@" \
        "$work/$playbook" </dev/null >"$work/played" 2>&1
    plays_got=$?
    [ $plays_got -eq "$plays_status" ] && return
    echo "exit status $plays_got, not $plays_status: $playbook $*"
    cat "$work/played"
    return 1
}

shows() {
    grep -qF -e "$1" "$work/played" || { echo "not shown: $1" && cat "$work/played" && return 1; }
}

patches_once() {
    start && plays 0 patch.yml && shows 'changed=1 ' && ctl 0 "--root=$work/tree" status &&
        plays 0 patch.yml && shows 'changed=0 '
}

check_mode_shows_drift() {
    start && plays 0 patch.yml --check && shows 'changed=1 ' && ctl 3 "--root=$work/tree" status &&
        same "$work/tree/$vmx" "$work/stock/$vmx" && plays 0 patch.yml &&
        plays 0 patch.yml --check && shows 'changed=0 '
}

holds() {
    start && plays 0 patch.yml -e '{"vmware_unlocker_hold": true}' && shows 'changed=1 ' &&
        ctl 3 "--root=$work/tree" status && says 'on hold' &&
        plays 0 patch.yml -e '{"vmware_unlocker_hold": true}' && shows 'changed=0 ' &&
        plays 0 patch.yml && ctl 0 "--root=$work/tree" status
}

failure_has_reasons() {
    start && echo words >"$work/tree/$vmx" && plays 2 patch.yml && shows '3 of 4 patched' &&
        ctl 3 --json "--root=$work/tree" status || return 1
    python3 -IS - "$work/out" >"$work/reasons" <<'PYTHON'
import json, sys

with open(sys.argv[1], encoding="utf-8") as file:
    targets = [one for each in json.load(file)["installations"] for one in each["targets"]]
for one in targets:
    if one["reason"]:
        print(f"{one['path']}: {one['why']}: {one['todo']}")
PYTHON
    [ -s "$work/reasons" ] || return 1
    while read -r line; do shows "$line" || return 1; done <"$work/reasons"
    plays 0 patch.yml -e '{"vmware_unlocker_required": false}'
}

damaged_archive() {
    start && plays 0 patch.yml &&
        truncate -s 100 "$work/tree/var/lib/vmware-unlocker/originals"/* &&
        plays 2 patch.yml && shows 'damaged archives of originals: 1: run' &&
        shows 'verify --record'
}

# A word that is none of the two is no boolean: it must not end a hold.
arguments() {
    start && plays 2 role.yml -e vmware_unlocker_hold=held && shows 'unable to convert to bool' &&
        plays 2 role.yml -e vmware_unlocker_holds=true &&
        shows 'Unknown variables: vmware_unlocker_holds' &&
        plays 2 role.yml -e vmware_unlocker_textfile_directory=here && shows 'is not absolute' &&
        plays 0 role.yml --syntax-check && ctl 3 "--root=$work/tree" status
}

check "VMware is patched, once" patches_once
check "check mode shows what would be patched, and patches nothing" check_mode_shows_drift
check "a hold is set, and ended" holds
check "a failure has each target's reason and remedy" failure_has_reasons
check "a damaged archive fails the play" damaged_archive
check "wrong types, unknown variables and relative directories are refused" arguments
plan
