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
    begin && plugin 2 "VMWARE CRITICAL - 0 of 4 patched; run \`sudo unlockerctl --root=$tree \
patch\`. | patched=0;4:;4:;0;4 held=0;0" &&
        ctl 0 --root="$tree" patch &&
        plugin 0 "VMWARE OK - $all. $numbers held=0;0" &&
        automatic off &&
        plugin 1 "VMWARE WARNING - $all. Automatic patching is off. $numbers held=0;0" &&
        automatic && ctl 0 --root="$tree" status --nagios && ctl 0 --root="$tree" hold &&
        plugin 1 "VMWARE WARNING - $all; automatic patching is on hold. $numbers held=1;0" &&
        echo words >"$vmx" && ctl 2 --root="$tree" status --nagios && says 'CRITICAL - 3 of 4'
}

# Also of several systems at once the line is one, and the worst counts.
plugin_elsewhere() {
    begin && ctl 3 --root="$work/none" status --nagios &&
        says 'VMWARE UNKNOWN - No VMware found.' &&
        ctl 3 --root="$work/nowhere" status --nagios && says 'VMWARE UNKNOWN - ' &&
        ctl 2 --root="$work/none" --root="$tree" status --nagios &&
        [ "$(wc -l <"$work/out")" -eq 1 ] &&
        mkdir "$work/a|b" && ctl 3 --root="$work/a|b" --root="$work/a|c" status --nagios &&
        [ "$(tr -cd '|' <"$work/out")" = '|' ]
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

# Where no service comes, or never came, or nothing is there.
waits_for_nothing() {
    automatic off && ctl 0 --root="$tree" status --wait=0s && automatic &&
        rm -r "$tree/run/vmware-unlocker" && ctl 0 --root="$tree" status --wait=0s &&
        ctl 4 --root="$work/none" status --wait && ctl 1 --root="$work/nowhere" status --wait
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
            says 'curl is not installed here: install it first, or download' || return 1
    done
}

check "a plugin for Nagios: each state, one line" plugin_states
check "of what is not there, and of several" plugin_elsewhere
check "--wait returns when the service has looked, with the state of then" waits
check "--wait gives up at its limit, and not where all is looked at" waits_in_vain
check "--wait where nothing is to be waited for" waits_for_nothing
check "without a command: what to do next" next_steps
check "a missing image: the line that fetches it" fetching
check "the same where curl is missing" fetching_without_curl
plan
