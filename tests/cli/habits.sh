#!/bin/sh
# SPDX-License-Identifier: MIT
# What people and scripts are used to: a plugin for Nagios, waiting for the service, what to do
# next.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
tree=$work/tree
mkdir "$work/none"

begin() {
    rm -rf "$tree" && cp -a "$work/stock" "$tree" && vmx=$(target "$tree" vmx)
}

# The unit is installed, and enabled unless $1 is "off".
automatic() {
    mkdir -p "$tree/usr/lib/systemd/system" "$tree/etc/systemd/system/multi-user.target.wants" &&
        cp "$top_srcdir/systemd/vmware-unlocker.path" "$tree/usr/lib/systemd/system/" || return 1
    rm -f "$tree/etc/systemd/system/multi-user.target.wants/vmware-unlocker.path"
    [ "${1:-}" = off ] || ln -s /usr/lib/systemd/system/vmware-unlocker.path \
        "$tree/etc/systemd/system/multi-user.target.wants/"
}

# plugin STATUS LINE: exactly this one line.
plugin() {
    ctl "$1" --root="$tree" status --nagios && cat "$work/out" && [ "$(cat "$work/out")" = "$2" ]
}

all='4 of 4 patched: macOS guests can run' numbers='| patched=4;4:;4:;0;4'

plugin_states() {
    begin && plugin 2 "UNLOCKER CRITICAL: 0 of 4 patched; run \`sudo unlockerctl --root=$tree \
patch\`. | patched=0;4:;4:;0;4 held=0;0" &&
        ctl 0 --root="$tree" patch &&
        plugin 0 "UNLOCKER OK: $all. $numbers held=0;0" &&
        automatic off &&
        plugin 1 "UNLOCKER WARNING: $all. Automatic patching is off. $numbers held=0;0" &&
        automatic && ctl 0 --root="$tree" status --nagios && ctl 0 --root="$tree" hold &&
        plugin 1 "UNLOCKER WARNING: $all; automatic patching is on hold. $numbers held=1;0" &&
        echo words >"$vmx" && ctl 2 --root="$tree" status --nagios && says 'CRITICAL: 3 of 4'
}

# Also of several systems at once the line is one, and the worst counts.
plugin_elsewhere() {
    begin && ctl 3 --root="$work/none" status --nagios &&
        says 'UNLOCKER UNKNOWN: No VMware found.' &&
        ctl 3 --root="$work/nowhere" status --nagios && says 'UNLOCKER UNKNOWN: ' &&
        ctl 2 --root="$work/none" --root="$tree" status --nagios &&
        [ "$(wc -l <"$work/out")" -eq 1 ] &&
        mkdir "$work/a|b" && ctl 3 --root="$work/a|b" --root="$work/a|c" status --nagios &&
        [ "$(tr -cd '|' <"$work/out")" = '|' ]
}

# What is patched and could not be given back; a hold's line has it, too.
plugin_lacks() {
    begin && ctl 0 --root="$tree" patch && rm "$tree"/var/lib/vmware-unlocker/originals/* &&
        plugin 1 "UNLOCKER WARNING: $all. 4 originals are missing. $numbers held=0;0" &&
        begin && ctl 0 --root="$tree" patch &&
        for archive in "$tree"/var/lib/vmware-unlocker/originals/*; do echo >"$archive"; done &&
        ctl 1 --root="$tree" status --nagios && says 'Archives of originals are damaged. |'
}

# A file that this user may not read is not known to be unpatched; another's is.
plugin_unread() {
    begin && ctl 0 --root="$tree" patch && chmod 000 "$vmx" &&
        plugin_as_user 3 && says 'UNLOCKER UNKNOWN: 3 of 4 patched' &&
        cp "$(target "$work/stock" vmx-debug)" "$(target "$tree" vmx-debug)" &&
        plugin_as_user 2 && says 'UNLOCKER CRITICAL: 2 of 4 patched'
}

plugin_as_user() {
    chmod 755 "$work" && plugin_status=0
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=12345 --regid=12345 --clear-groups "$UNLOCKERCTL" --root="$tree" status \
            --nagios >"$work/out" 2>"$work/err" || plugin_status=$?
    else
        "$UNLOCKERCTL" --root="$tree" status --nagios >"$work/out" 2>"$work/err" || plugin_status=$?
    fi
    cat "$work/out" "$work/err" && [ "$plugin_status" -eq "$1" ]
}

# unknown WHY ARGUMENT…: a line of the plugin, and its exit status.
unknown() {
    unknown_why=$1
    shift
    ctl 3 "$@" && complains 'see `unlockerctl' && cat "$work/out" &&
        [ "$(cat "$work/out")" = "UNLOCKER UNKNOWN: $unknown_why" ]
}

# shellcheck disable=SC2016 # a command, quoted in a sentence
# A wrong command line is no CRITICAL of a machine.
plugin_usage() {
    misspelt=staut
    unknown 'unknown option --nosuch' status --nagios --nosuch &&
        unknown 'unknown option --nosuch' --nosuch status --nagios &&
        unknown 'unexpected argument a/b' status --nagios 'a|b' &&
        unknown "unknown command ${misspelt}s (did you mean status?)" "${misspelt}s" --nagios &&
        unknown 'unknown option --nagios before the command, write it after' --nagios &&
        unknown '--nagios and --json exclude each other' --json status --nagios &&
        unknown '--prometheus and --nagios exclude each other' status --nagios --prometheus &&
        unknown '--wait=x: invalid time (examples: 500ms, 2s, 15min)' status --nagios --wait=x &&
        ctl 2 patch --nagios && [ ! -s "$work/out" ] && ctl 2 status -- --nagios
}

# Only the plugin's own line is given with --quiet; nobody to read it is unknown, too.
plugin_ends() {
    begin && ctl 2 -q --root="$tree" status --nagios && says 'UNLOCKER CRITICAL: ' &&
        automatic && serve && touch "$vmx" &&
        ctl 1 --root="$tree" status --nagios --wait=300ms &&
        says 'Gave up waiting for the service. |' || return 1
    "$UNLOCKERCTL" --root="$tree" status --nagios >/dev/full 2>"$work/err"
    [ $? -eq 3 ]
}

serve() {
    RUNTIME_DIRECTORY=/run/vmware-unlocker ctl 0 --root="$tree" patch --auto --settle=100ms
}

# A change that is not looked at yet: it returns when a run has, with the state of then.
waits() {
    begin && automatic && serve && cp "$work/stock/${vmx#"$tree"}" "$vmx" || return 1
    (sleep 1 && RUNTIME_DIRECTORY=/run/vmware-unlocker exec "$UNLOCKERCTL" --root="$tree" \
        patch --auto --settle=1s) &
    waits_begun=$(date +%s)
    ctl 0 --root="$tree" status --wait=60s && says '4 of 4 patched' || return 1
    echo "$(($(date +%s) - waits_begun)) s" && [ $(($(date +%s) - waits_begun)) -ge 1 ] &&
        wait && answers_all_osk "$vmx"
}

waits_in_vain() {
    touch "$vmx" && ctl 5 --root="$tree" status --wait=300ms && says '4 of 4 patched' &&
        complains 'gave up waiting for the service' &&
        ctl 5 --root="$tree" --json status --wait=300ms && ctl 0 --root="$tree" status &&
        serve && ctl 0 --root="$tree" status --wait=300ms && ! complains waiting &&
        printf 1 >"$tree/run/vmware-unlocker/begun" && ctl 5 --root="$tree" status --wait=300ms
}

# What a run is about to do, or cannot do while an installer runs, is not advised.
says_busy() {
    begin && automatic && serve && cp "$work/stock/${vmx#"$tree"}" "$vmx" &&
        ctl 3 --root="$tree" && says '3 of 4 patched; the service patches the rest: run' &&
        says 'status --wait' && ! says ' patch`' && lock=$tree/etc/vmware-installer/database.lck &&
        mkdir -p "${lock%/*}" && : >"$lock" || return 1
    flock "$lock" sleep 5 &
    busy_for=$!
    sleep 0.4
    ctl 3 --root="$tree" status && says "VMware's installer is running: wait until it ends" &&
        ctl 5 --root="$tree" status --wait=200ms &&
        complains "gave up waiting for the service: $tree: VMware's installer is running"
    busy_status=$?
    kill $busy_for
    wait $busy_for 2>/dev/null
    rm "$lock"
    [ $busy_status -eq 0 ] && serve && ctl 0 --root="$tree" && ! says 'service patches'
}

# Where no service comes, or never came, or nothing is there.
waits_for_nothing() {
    automatic off && ctl 0 --root="$tree" status --wait=0s &&
        complains "$tree: vmware-unlocker.path is not enabled: no service to wait for" &&
        ctl 0 -q --root="$tree" status --wait=0s && [ ! -s "$work/err" ] && automatic &&
        rm -r "$tree/run/vmware-unlocker" && ctl 0 --root="$tree" status --wait=0s &&
        ctl 4 --root="$work/none" status --wait && ctl 1 --root="$work/nowhere" status --wait
}

# Without VMware: where it was looked for, and what happens once it is there, by the units.
# shellcheck disable=SC2016 # a command, quoted in a sentence
absent() {
    tree=$work/absent
    mkdir -p "$tree/etc/vmware" && echo 'libdir = "/opt/vm"' >"$tree/etc/vmware/config" &&
        ctl 4 --root="$tree" status &&
        says "Looked in $tree/opt/vm, $tree/usr/lib/vmware, and in $tree/etc/vmware/config" &&
        says "Once VMware is installed, run \`sudo unlockerctl --root=$tree patch\`." &&
        automatic off && ctl 4 --root="$tree" status &&
        says 'Automatic patching is off: vmware-unlocker.path is disabled. Run' &&
        says "  sudo systemctl --root=$tree enable vmware-unlocker.path" && automatic &&
        ctl 4 --root="$tree" status && says 'it is patched automatically when that system runs' &&
        ctl 0 --root="$tree" hold && ctl 4 --root="$tree" status &&
        says 'Run `sudo unlockerctl --root=' && ! says 'patched automatically'
}

# next COMMAND…: what is recommended below the state, and no more.
next() {
    ctl "$1" --root="$tree" && sed '1,/^Next:$/d; s/^ *//; s/  .*//' "$work/out" >"$work/next"
    shift
    printf '%s\n' "$@" | diff - "$work/next"
}

next_steps() {
    begin && with="unlockerctl --root=$tree" && next 3 "sudo $with patch" &&
        ctl 3 --root="$tree" status && ! says Next: &&
        ctl 0 --root="$tree" hold && next 3 "sudo $with release" &&
        ctl 0 --root="$tree" patch && next 0 "$with doctor" "$with tools" &&
        echo words >"$vmx" && next 3 "$with report" &&
        for archive in "$tree"/var/lib/vmware-unlocker/originals/*; do echo >"$archive"; done &&
        next 3 "$with report" "sudo $with verify" &&
        ctl 3 --root="$tree" -q && [ ! -s "$work/out" ] &&
        ctl 4 --root="$work/none" && says ' doctor  check this' && ctl 1 --root="$work/nowhere" &&
        ! says Next:
}

# shellcheck disable=SC2016 # for the shell that runs it
# A command fetches, checks and installs each missing image; it is what a shell takes, as a terminal
# of 80 columns shows it, however long the root is.
fetching() {
    long=$work/$(printf 'a-root-of-a-long-name-%.0s' 1 2 3)
    begin && ln -s "$tree" "$long" && mkdir -p "$work/bin" "$tree/usr/lib/vmware/isoimages" &&
        printf '#!/bin/sh\n[ "$1" = -fL ] && echo "$2" >>%s && echo "no image"\n' \
            "$work/fetched" >"$work/bin/curl" &&
        printf '#!/bin/sh\nexec "$@"\n' >"$work/bin/sudo" &&
        printf '#!/bin/sh\nexec %s "$@"\n' "$UNLOCKERCTL" >"$work/bin/unlockerctl" &&
        chmod +x "$work"/bin/* && COLUMNS=80 &&
        export COLUMNS && PATH=$work/bin:$PATH ctl 0 --root="$long" tools && unset COLUMNS &&
        ! says 'curl is not installed' &&
        sed -n '/^  curl/,/ tools -$/p' "$work/out" >"$work/lines" && cat "$work/lines" &&
        [ "$(grep -c '^  curl' "$work/lines")" -eq 2 ] || return 1
    PATH=$work/bin:$PATH sh "$work/lines" 2>"$work/err"
    cat "$work/err"
    complains 'ISO 9660' && grep -qx 'https://.*/darwin\.iso' "$work/fetched" &&
        grep -qx 'https://.*/darwinPre15\.iso' "$work/fetched" &&
        ! find "$tree/usr/lib/vmware/isoimages" -name 'darwin*' | grep .
}

fetching_without_curl() {
    begin && mkdir -p "$tree/usr/lib/vmware/isoimages" "$work/none" || return 1
    for path in "$work/none" "$work/none:"; do
        timeout 120 env PATH="$path" "$UNLOCKERCTL" --root="$tree" tools >"$work/out" &&
            says 'curl is not installed here: install it, or download' || return 1
    done
}

check "a plugin for Nagios: each state, one line" plugin_states
check "of what is not there, and of several" plugin_elsewhere
check "what cannot be given back is a warning" plugin_lacks
check_with setpriv "what cannot be read is unknown" plugin_unread
check "a wrong command line is unknown" plugin_usage
check "with --quiet, after waiting in vain, on a full disk" plugin_ends
check "--wait returns when the service has looked, with the state of then" waits
check "--wait gives up at its limit, and not where all is looked at" waits_in_vain
if command -v flock >/dev/null; then
    check "what the service or an installer is about to do" says_busy
else
    skip "what the service or an installer is about to do" "no flock"
fi
check "--wait where nothing is to be waited for" waits_for_nothing
check "without a command: what to do next" next_steps
check "a missing image: the line that fetches it" fetching
check "the same where curl is missing" fetching_without_curl
check "without VMware: where it was looked for, and what comes next" absent
plan
