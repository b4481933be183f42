#!/bin/sh
# SPDX-License-Identifier: MIT
# The units: systemd finds nothing wrong with them, and the service's sandbox is as tight as it was.

. "${top_srcdir:?}/tests/lib.sh"
: "${top_builddir:?}"

command -v systemd-analyze >/dev/null || skip_all "no systemd-analyze"
[ "$(systemctl --version | awk 'NR == 1 { print $2 }')" -ge 250 ] ||
    skip_all "systemd is older than 250: no --offline"

units=$work/units
mkdir "$units"
for file in "$top_srcdir"/systemd/*; do
    unit=$(basename "$file" .in)
    case $unit in
    *.path | *.service | *.timer)
        sed "s|@bindir@/unlockerctl|$UNLOCKERCTL|" "$file" >"$units/$unit"
        ;;
    esac
done

# A template as one instance: of the mount of "/", which is always there.
verified() {
    cp -r "$units" "$work/verify" && mv "$work/verify/vmware-unlocker-mount@.service" \
        "$work/verify/vmware-unlocker-mount@-.service" || return 1
    SYSTEMD_UNIT_PATH="$work/verify:" systemd-analyze verify --man=no "$work/verify"/* \
        >"$work/verified" 2>&1
    verified_status=$?
    grep vmware-unlocker "$work/verified" && return 1
    return $verified_status
}

# score UNIT: ten times its exposure; 100 is none at all.
score() {
    systemd-analyze security --offline=true --no-pager "$units/$1" |
        sed -n 's/.*exposure level for .*: \([0-9]*\)\.\([0-9]\) .*/\1\2/p' | sed 's/^0*\(.\)/\1/'
}

at_most() {
    echo "exposure $1, limit $2 (tenths)"
    [ -n "$1" ] && [ "$1" -le "$2" ]
}

# With two in one unit, events get lost.
one_path_each() {
    for file in "$units"/*.path; do
        [ "$(grep -cE '^(Path|Directory)[A-Za-z]*=' "$file")" -eq 1 ] ||
            { echo "$file" && return 1; }
    done
}

# Nothing that makes a path unit stop, or the sandbox open.
no_traps() {
    ! grep -n '^PathExists=' "$units"/* | grep -v 'vmware-unlocker-reload\.path:' &&
        ! grep -n '^RemainAfterExit' "$units"/* | grep -v 'vmware-unlocker-mount@\.service:' &&
        ! grep -nE '^(ExecPaths|TriggerLimit|RestrictSUIDSGID)' "$units"/* &&
        ! grep -L '^StartLimitIntervalSec=0$' "$units"/vmware* | grep . &&
        grep -q '^PathChanged=/usr/lib/vmware/bin$' "$units/vmware-unlocker.path"
}

# Each unit that starts with vmware-unlocker.path stops with it, and the reverse.
together() {
    sed -n 's/^Wants=//p' "$units/vmware-unlocker.path" | tr ' ' '\n' |
        grep -vx vmware-unlocker.service | sort >"$work/wanted"
    (cd "$units" && grep -lx PartOf=vmware-unlocker.path -- *) | sort | diff "$work/wanted" -
}

# What make installs: the program's real place, and nothing left to replace.
substituted() {
    for file in "$top_srcdir"/systemd/*.in; do
        built=$top_builddir/systemd/$(basename "$file" .in)
        if grep -nE '@[a-z]+@' "$built" || ! grep -q '/bin/unlockerctl ' "$built"; then
            echo "$built"
            return 1
        fi
    done
}

check "what is installed calls the program where it is" substituted
check "systemd finds nothing wrong" verified
check "one path in each path unit" one_path_each
check "no directive that loses events or opens the sandbox" no_traps
check "the path units start and stop together" together
for limit in vmware-unlocker:14 vmware-unlocker-missed:14 vmware-unlocker-verify:14 \
    vmware-unlocker-config:11 vmware-unlocker-mount@x:11 vmware-unlocker-reload:11 \
    vmware-unlocker-metrics@x:18; do
    unit=${limit%:*}.service
    score=$(score "$unit")
    echo "# $unit: exposure ${score:-?} tenths by systemd-analyze security"
    check "$unit is exposed no more than before" at_most "$score" "${limit#*:}"
done
plan
