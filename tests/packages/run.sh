#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the packages of this tree, and lets the package managers themselves install, upgrade and
# remove them together with a package of VMware, on roots that are made for it. With arguments, only
# these: deb rpm pacman. Needs root and debootstrap, see tests/system/machine.sh.

scenarios=${0%/*}
# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
# shellcheck source=tests/system/machine.sh
. "$top_srcdir/tests/system/machine.sh"
# shellcheck source=tests/packages/vmware.sh
. "$scenarios/vmware.sh"
# shellcheck source=tests/packages/deb.sh
. "$scenarios/deb.sh"
groups=${*:-deb}

[ "$(id -u)" -eq 0 ] || skip_all "only root can install packages"
command -v debootstrap >/dev/null || skip_all "no debootstrap"
[ -x "${top_builddir:?}/unlockerctl" ] || skip_all "not built in $top_builddir"
trees=$work
make_tree "$trees/first" || skip_all "$(cat "$work/unable")"
make_tree "$trees/second" --version=17.6.2 --build=24409262 --first=v1 --decoys ||
    skip_all "$(cat "$work/unable")"
trap 'machine_stop; rm -rf "$trees"' EXIT

# usable RELEASE: $root is a fresh Debian on which this build runs; else it says why not.
usable() {
    if ! machine_prepare "$1"; then
        skip "$1" "cannot be had from this computer's package sources"
    elif ! inside_runs "$top_builddir/unlockerctl" --version; then
        skip "$1" "a program built here does not run there: $(head -n 1 "$work/runs.log")"
    else
        return 0
    fi
    return 1
}

inside_runs() {
    cp "$1" "$root/probe"
    shift
    inside /probe "$@" >"$work/runs.log" 2>&1
    inside_status=$?
    rm -f "$root/probe"
    return $inside_status
}

test_deb() {
    if deb_unable; then
        skip "deb" "$deb_why"
        return
    fi
    check "make deb" debs_make
    [ -e "$work/vmware-17.6.3.deb" ] || return
    if command -v lintian >/dev/null; then
        check "lintian has nothing to say" deb_lintian
    else
        skip "lintian has nothing to say" "no lintian"
    fi
    for release in $machine_releases; do
        usable "$release" || continue
        debs_there
        scenarios_deb "$release"
        if machine_unable; then
            skip "$release, booted" "$machine_why"
            continue
        fi
        machine_prepare "$release"
        debs_there
        # shellcheck disable=SC2119 # without its option
        if ! machine_boot; then
            check "$release: boots" false
        else
            scenarios_deb_booted "$release"
            machine_stop
        fi
    done
}

for group in $groups; do "test_$group"; done
plan
