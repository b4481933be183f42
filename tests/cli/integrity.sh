#!/bin/sh
# SPDX-License-Identifier: MIT
# Programs that compare contents: doctor warns of fapolicyd where it refuses a patched program, and
# the drop-in that is shipped for it is one that systemd takes.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all "no jq"
make_tree "$work/tree" || skip_all "$(cat "$work/unable")"
tree=$work/tree
config=$tree/etc/fapolicyd/fapolicyd.conf
wants=$tree/etc/systemd/system/multi-user.target.wants
mkdir -p "${config%/*}" "$wants" "$tree/usr/lib/systemd/system"
echo '[Service]' >"$tree/usr/lib/systemd/system/fapolicyd.service"

# finds WORDS: what the check says; "" when it was not made.
finds() {
    ctl '0|3' --root="$tree" --json doctor || return 1
    jq -r '.roots[0].checks[] | select(.id == "integrity") | .level + ": " + .fact' "$work/out" \
        >"$work/found"
    cat "$work/found"
    [ "$(cat "$work/found")" = "$1" ]
}

start_at_boot() {
    ln -s /usr/lib/systemd/system/fapolicyd.service "$wants/fapolicyd.service"
}

warns() {
    printf '# integrity = none\npermissive = 0\nintegrity = sha256\n' >"$config" && start_at_boot &&
        finds '' && ctl 0 --root="$tree" patch &&
        finds 'warning: fapolicyd compares programs (integrity = sha256), and VMware is patched' &&
        ctl '0|3' --root="$tree" doctor && says 'INTEGRITY GUARDS' &&
        printf 'integrity=ima\r\n' >"$config" &&
        finds 'warning: fapolicyd compares programs (integrity = ima), and VMware is patched'
}

silent_elsewhere() {
    for line in 'integrity = none' '# integrity = sha256' 'integrity' 'integrity_x = sha256' '' \
        'integrity = sha256
integrity = none'; do
        printf '%s\n' "$line" >"$config" && finds '' || return 1
    done
    printf 'integrity = size' >"$config" && ! finds '' && rm "$wants/fapolicyd.service" &&
        finds '' && start_at_boot && rm "$config" && finds '' && mkfifo "$config" && finds '' &&
        rm "$config"
}

drop_in() {
    mkdir -p "$work/units/vmware-unlocker.service.d" && cp "$top_srcdir/systemd/50-fapolicyd.conf" \
        "$work/units/vmware-unlocker.service.d/" || return 1
    for file in "$top_srcdir"/systemd/*.service* "$top_srcdir"/systemd/*.path; do
        sed "s|@bindir@/unlockerctl|$UNLOCKERCTL|" "$file" >"$work/units/$(basename "$file" .in)"
    done
    # It may not be installed here.
    sed -i 's/+-fapolicyd-cli/+-true/' "$work"/units/*.d/*
    SYSTEMD_UNIT_PATH="$work/units:" systemd-analyze verify --man=no \
        "$work/units/vmware-unlocker.service" >"$work/verified" 2>&1
    drop_in_status=$?
    ! grep vmware-unlocker "$work/verified" && [ $drop_in_status -eq 0 ] &&
        [ "$(grep -c '^ExecStopPost=+-true' "$work"/units/*.d/*)" -ge 3 ]
}

check "doctor warns of fapolicyd where VMware is patched" warns
check "and not where it compares nothing, or does not run" silent_elsewhere
check_with systemd-analyze "the drop-in for it is one that systemd takes" drop_in
plan
