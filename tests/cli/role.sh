#!/bin/sh
# SPDX-License-Identifier: MIT
# What the collection of packaging/ansible does with the program, on this machine and on a tree: it
# is built and installed; arguments, check mode, states, what it tells of a failure.
# tests/packages/ansible.sh has the rest.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
case ${SANITIZERS:-no}${BUILD_FLAGS:-} in
yes* | *--coverage*) skip_all "it is Ansible that takes the time, however the program was built" ;;
esac
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
collection=$top_srcdir/packaging/ansible
role=$collection/roles/vmware_unlocker
version=$(sed -n 's/^version: //p' "$collection/galaxy.yml")
cat >"$work/part.yml" <<'YAML'
- hosts: all
  gather_facts: false
  tasks:
    - ansible.builtin.include_role:
        name: vmware_unlocker.fleet.vmware_unlocker
        tasks_from: "{{ part }}.yml"
      vars:
        ansible_facts: {service_mgr: none, pkg_mgr: "{{ manager | default('apt') }}"}
YAML
cat >"$work/role.yml" <<'YAML'
- hosts: all
  gather_facts: false
  roles: [vmware_unlocker.fleet.vmware_unlocker]
YAML

start() {
    rm -rf "$work/tree" && cp -a "$work/stock" "$work/tree"
}

with_ansible() {
    HOME=$work/home PATH=$work/bin:$PATH LC_ALL=C.UTF-8 ANSIBLE_NOCOLOR=1 ANSIBLE_NOCOWS=1 \
        ANSIBLE_LOCAL_TEMP=$work/home/local "$@"
}

# As its README says.
collection_installs() {
    with_ansible ansible-galaxy collection build "$collection" --output-path "$work" &&
        with_ansible ansible-galaxy collection install --offline \
            "$work/vmware_unlocker-fleet-$version.tar.gz" || return 1
    tar -tzf "$work"/*.tar.gz | grep -vE '/$|^(MANIFEST|FILES)[.]json$' | sort >"$work/packed"
    (cd "$collection" && find . ! -type d) | sed 's|^./||' | grep -vx galaxy.yml | sort |
        diff - "$work/packed" &&
        plays 0 vmware_unlocker.fleet.site --syntax-check
}

# plays STATUS PLAYBOOK OPTION…: its output is in $work/played, with line breaks as they are.
plays() {
    plays_status=$1
    playbook=$2
    shift 2
    case $playbook in *.yml) playbook=$work/$playbook ;; esac
    with_ansible ansible-playbook -i localhost, -c local \
        -e ansible_remote_tmp="$work/home/remote" "$@" "$playbook" </dev/null >"$work/played" 2>&1
    plays_got=$?
    [ $plays_got -eq "$plays_status" ] && return
    echo "exit status $plays_got, not $plays_status: $playbook $*"
    cat "$work/played"
    return 1
}

shows() {
    grep -qF -e "$1" "$work/played" || { echo "not shown: $1" && cat "$work/played" && return 1; }
}

# One part of the role, as on a host without systemd.
part() {
    part_status=$1
    part=$2
    shift 2
    plays "$part_status" part.yml -e part="$part" "$@"
}

patches_once() {
    start && part 0 patch && shows 'changed=1 ' && ctl 0 "--root=$work/tree" status &&
        part 0 patch && shows 'changed=0 '
}

check_mode_shows_drift() {
    start && part 0 patch --check && shows 'changed=1 ' && ctl 3 "--root=$work/tree" status &&
        same "$work/tree/$vmx" "$work/stock/$vmx" && part 0 patch &&
        part 0 patch --check && shows 'changed=0 '
}

holds() {
    start && part 0 patch -e '{"vmware_unlocker_hold": true}' && shows 'changed=1 ' &&
        ctl 3 "--root=$work/tree" status && says 'on hold' &&
        part 0 patch -e '{"vmware_unlocker_hold": true}' && shows 'changed=0 ' &&
        part 0 patch --check && shows 'changed=2 ' && ctl 3 "--root=$work/tree" status &&
        says 'on hold' && part 0 patch && shows 'changed=2 ' && ctl 0 "--root=$work/tree" status &&
        part 0 patch --check -e '{"vmware_unlocker_hold": true}' && shows 'changed=1 ' &&
        ctl 0 --json "--root=$work/tree" status && says '"hold":false'
}

# restored STATUS OPTION…
restored() {
    restored_status=$1
    shift
    plays "$restored_status" role.yml -e vmware_unlocker_state=restored --tags restore "$@"
}

restores() {
    start && part 0 patch && restored 0 --check && shows 'changed=2 ' &&
        ctl 0 "--root=$work/tree" status && restored 0 && shows 'changed=2 ' &&
        same "$work/tree/$vmx" "$work/stock/$vmx" && ctl 3 "--root=$work/tree" status &&
        says 'on hold' && restored 0 && shows 'changed=0 ' || return 1
    start && restored 0 && shows 'changed=1 ' && ctl 3 "--root=$work/tree" status && says 'on hold'
}

# Without the originals nothing can be given back; a file that nothing ever patched is no failure.
restore_fails_with_reasons() {
    start && part 0 patch && rm "$work/tree/var/lib/vmware-unlocker/originals"/* && restored 2 &&
        tells_once 'no original of this very file is kept' 4 &&
        restored 0 -e '{"vmware_unlocker_required": false}' || return 1
    start && echo words >"$work/tree/$vmx" && restored 0
}

# tells_once WORDS [LINES]: the failure has them once, or in so many lines.
tells_once() {
    told=$(grep '"msg": ' "$work/played" | grep -oF -e "$1" | wc -l)
    [ "$told" -eq "${2:-1}" ] || { echo "told $told times: $1" && cat "$work/played" && return 1; }
}

failure_has_reasons() {
    start && echo words >"$work/tree/$vmx" && part 2 patch && shows '3 of 4 patched' &&
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
    while read -r line; do tells_once "$line" || return 1; done <"$work/reasons"
    part 0 patch -e '{"vmware_unlocker_required": false}'
}

damaged_archive() {
    start && part 0 patch &&
        truncate -s 100 "$work/tree/var/lib/vmware-unlocker/originals"/* &&
        part 2 patch && shows 'damaged archives of originals: 1: run' &&
        shows 'verify --record'
}

# A word that is none of the two is no boolean: it must not end a hold.
arguments() {
    cat >"$work/cases" <<'HOSTS'
hold vmware_unlocker_hold=held # unable to convert to bool
hold-number vmware_unlocker_hold=2 # unable to convert to bool
state vmware_unlocker_state=away # must be one of
unknown vmware_unlocker_holds=true # Unknown variables: vmware_unlocker_holds
directory vmware_unlocker_textfile_directory=here # is not absolute
version vmware_unlocker_version="1 2" # is no version
HOSTS
    start && each_host "$work/cases" role.yml && ctl 3 "--root=$work/tree" status
}

# What the package managers say is installed, and of any file.
managers() {
    printf '#!/bin/sh\necho "installed 1.0.10-2"\n' >"$work/bin/dpkg-query"
    printf '#!/bin/sh\nprintf 1.0.10-2\n' >"$work/bin/dpkg-deb"
    cat >"$work/bin/rpm" <<SH
#!/bin/sh
case \$1 in
--query) echo "installed 1.0.10-2" ;;
*) exec "$(command -v rpm)" "\$@" ;;
esac
SH
    chmod +x "$work/bin"/*
}

# each_host INVENTORY PLAYBOOK: all in one play. Each line has a host, its variables and, after #,
# what it is told, or ok.
each_host() {
    sed 's/ *#.*/ ansible_connection=local/' "$1" >"$work/hosts"
    each_status=0
    with_ansible ansible-playbook -i "$work/hosts" -e ansible_remote_tmp="$work/home/remote" \
        -e part=version "$work/$2" </dev/null >"$work/played" 2>&1 || each_status=$?
    [ $each_status -eq 2 ] || { cat "$work/played" && return 1; }
    while read -r name rest; do
        words=${rest##*# }
        if [ "$words" = ok ]; then
            shown=$(grep -cE "^$name .* failed=0 " "$work/played")
        else
            shown=$(grep -F "[$name]: FAILED" "$work/played" | grep -cF -e "$words")
        fi
        [ "$shown" -eq 1 ] || { echo "$name: not $words" && cat "$work/played" && return 1; }
    done <"$1"
}

downgrades_refused() {
    managers
    for manager in apt ${1:+"$1"}; do
        sed "s/^/$manager-/; s/ / manager=$manager /" <<'HOSTS'
older vmware_unlocker_version=1.0.9-1 # 1.0.10-2 is installed, and 1.0.9-1 is older: set vmware
older-upstream vmware_unlocker_version=1.0.9 # 1.0.10-2 is installed, and 1.0.9 is older: set
allowed vmware_unlocker_version=1.0.9-1 vmware_unlocker_allow_downgrade=true # ok
same vmware_unlocker_version=1.0.10-2 # ok
upstream vmware_unlocker_version=1.0.10 # ok
newer vmware_unlocker_version=1.0.10-3 # ok
any vmware_unlocker_version= # ok
HOSTS
    done >"$work/cases"
    cat >>"$work/cases" <<'HOSTS'
file vmware_unlocker_version=1.0.10-2 vmware_unlocker_package=./ours.deb # ok
other vmware_unlocker_version=1.0.9-1 vmware_unlocker_package=./our.deb # 1.0.10-2, not 1.0.9-1
pacman vmware_unlocker_version=1.0.10-2 manager=pacman # pacman has no versions to choose from
HOSTS
    each_host "$work/cases" part.yml
}

# Units as earlier releases of the role wrote them.
earlier_goes() {
    mkdir -p "$work/units" "$work/samples" && : >"$work/units/vmware-unlocker-textfile.timer" &&
        : >"$work/samples/vmware_unlocker.prom" && : >"$work/samples/other.prom" &&
        printf '%s\n' '[Service]' 'Type=oneshot' \
            "Environment=FILE=$work/samples/vmware_unlocker.prom" 'ProtectSystem=strict' \
            >"$work/units/vmware-unlocker-textfile.service" &&
        part 0 earlier --check -e __vmware_unlocker_units="$work/units" && shows 'changed=1 ' &&
        [ -e "$work/units/vmware-unlocker-textfile.timer" ] &&
        part 0 earlier -e __vmware_unlocker_units="$work/units" && shows 'changed=1 ' &&
        [ -z "$(ls "$work/units")" ] && [ "$(ls "$work/samples")" = other.prom ] &&
        part 0 earlier -e __vmware_unlocker_units="$work/units" && shows 'changed=0 '
}

# README's tables, argument_specs, defaults and the tags of the tasks say the same.
readme() {
    grep '^| `vmware_' "$collection/README.md" >"$work/table"
    python3 - "$role" >"$work/wanted" <<'PYTHON' || return 1
import json, sys, yaml

def load(name):
    with open(f"{sys.argv[1]}/{name}", encoding="utf-8") as file:
        return yaml.safe_load(file)

options = load("meta/argument_specs.yml")["argument_specs"]["main"]["options"]
for name, option in options.items():
    default = option["default"]
    shown = default if isinstance(default, str) and default else json.dumps(default)
    print(f"| `{name}` | {option['type']} | `{shown}` | {option['description']} |")
assert load("defaults/main.yml") == {name: one["default"] for name, one in options.items()}
PYTHON
    diff "$work/wanted" "$work/table" || return 1
    plays 0 role.yml --list-tags &&
        sed -n 's/.*TASK TAGS: \[\(.*\)\]/\1/p' "$work/played" | tr -d ' ' | tr , '\n' |
        grep -vx always >"$work/tags"
    sed -n '/^| tag /,$s/^| `\([a-z]*\)`.*/\1/p' "$collection/README.md" | sort |
        diff "$work/tags" -
}

check "the collection is built, packs all of it, and is installed without a network" \
    collection_installs
check "VMware is patched, once" patches_once
check "check mode shows what would be patched, and patches nothing" check_mode_shows_drift
check "a hold is set, and ended" holds
check "the originals are given back and stay, once; check mode shows it" restores
check "a file that stays patched fails a restore, with the reason" restore_fails_with_reasons
check "a failure has each target's reason and remedy, once" failure_has_reasons
check "a damaged archive fails the play" damaged_archive
check "wrong types, unknown variables and relative directories are refused" arguments
rpm=$(command -v rpm)
check_with dpkg "a downgrade is refused, unless it is allowed; a file of another version is" \
    downgrades_refused "${rpm:+dnf}"
check "units and sample of earlier releases of the role go" earlier_goes
if python3 -c 'import yaml' 2>/dev/null; then
    check "README, defaults, argument_specs and tags are in step" readme
else
    skip "README, defaults, argument_specs and tags are in step" "no PyYAML"
fi
plan
