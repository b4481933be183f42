#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the packages of this tree, and lets the package managers themselves install, upgrade and
# remove them together with a package of VMware, on roots that are made for it. With arguments, only
# these: deb rpm pacman marks bootstrap ansible release; so with UNLOCKER_TEST_PACKAGES. Needs root
# and debootstrap, see tests/system/machine.sh.

scenarios=${0%/*}
# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
# shellcheck source=tests/system/machine.sh
. "$top_srcdir/tests/system/machine.sh"
# shellcheck source=tests/packages/vmware.sh
. "$scenarios/vmware.sh"
for name in scenarios deb rpm dnf pacman marks bootstrap ansible release; do
    # shellcheck source=/dev/null
    . "$scenarios/$name.sh"
done

[ "$(id -u)" -eq 0 ] || skip_all "only root can install packages"
command -v debootstrap >/dev/null || skip_all "no debootstrap"
[ -x "${top_builddir:?}/unlockerctl" ] || skip_all "not built in $top_builddir"
trees=$work
make_tree "$trees/first" || skip_all "$(cat "$work/unable")"
make_tree "$trees/second" --version=17.6.2 --build=24409262 --first=v1 --decoys ||
    skip_all "$(cat "$work/unable")"
# makepkg gives all files one time.
export SOURCE_DATE_EPOCH=1700000000
find "$trees/first" "$trees/second" -exec touch -hd @$SOURCE_DATE_EPOCH {} +
vmware_make_broken || skip_all "no copy of a tree can be made"
vmware_make_old || skip_all "$(cat "$work/unable")"
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

# tools WHAT TOOL…: whether all are here; else WHAT is skipped.
tools() {
    tools_what=$1
    shift
    for tool; do
        command -v "$tool" >/dev/null || { skip "$tools_what" "no $tool" && return 1; }
    done
}

# A fresh root of the release, with the packages in it.
fresh() {
    usable "$1" && mkdir -p "$root/packages" && cp "$packages"/*.* "$root/packages/"
}

test_deb() {
    tools deb dpkg-buildpackage dh dpkg-deb || return
    check "make deb" deb_make
    [ -e "$packages/vmware-17.6.3.deb" ] || return
    check "make deb again, elsewhere: the same bytes" built_alike deb
    ! tools "lintian has nothing to say" lintian || check "lintian has nothing to say" deb_lintian
    ! tools autopkgtest autopkgtest ||
        check "debian/tests, by autopkgtest" deb_autopkgtest "$(release_native)"
    for release in $machine_releases; do
        fresh "$release" || continue
        scenarios_deb "$release"
        if machine_unable; then
            skip "$release, booted" "$machine_why"
            continue
        fi
        fresh "$release"
        # shellcheck disable=SC2119 # without its option
        if ! machine_boot; then
            check "$release: boots" false
        else
            scenarios_deb_booted "$release"
            machine_stop
        fi
    done
}

on_scratch() {
    scenarios "$1"
    check "$1: the library alone, by its old name" old_library
}

test_rpm() {
    tools rpm rpm rpmbuild || return
    check "make rpm" rpm_make
    [ -e "$packages/vmware-17.6.3.rpm" ] || return
    check "make rpm again, elsewhere: the same bytes" built_alike rpm
    ! tools "rpmlint has nothing to say" rpmlint || check "rpmlint has nothing to say" rpm_lint
    if fresh "$(release_native)"; then
        on_scratch rpm
        check "rpm: a killed removal leaves no hold" rpm_killed_removal
        check "rpm: where files only go, what is left is patched" rpm_neighbour_gone
    fi
    tools "dnf and zypper" createrepo_c || return
    check "what dnf and zypper ask for besides" resolver_make
    for manager in dnf zypper; do
        tools "$manager" "$manager" || continue
        fresh "$(release_native)" || continue
        check "$manager: a root for it" manager install system
        on_scratch "$manager"
    done
}

test_pacman() {
    tools pacman pacman makepkg bsdtar fakeroot || return
    check "make pkg" pacman_make
    [ -e "$packages/vmware-17.6.3.pkg.tar" ] || return
    fresh "$(release_native)" || return
    on_scratch pacman
    check "pacman: a killed removal leaves no hold" pacman_killed_removal
}

test_marks() {
    if tools "dnf and zypper: what came for a build alone" rpmbuild createrepo_c; then
        check "packages for dnf and zypper" marks_rpms
        for manager in dnf zypper; do
            ! tools "$manager: what came for a build alone" "$manager" || scenarios_marks "$manager"
        done
    fi
    rm -rf "$packages" && mkdir "$packages"
    if tools "pacman: what came for a build alone" pacman makepkg repo-add fakeroot; then
        check "packages for pacman" marks_pkgs
        scenarios_marks pacman
    fi
}

test_bootstrap() {
    if machine_unable; then
        skip "bootstrap install" "$machine_why"
        return
    fi
    make -C "${top_builddir:?}" dist-xz >"$work/log" 2>&1 ||
        { check "make dist-xz" tail -n 5 "$work/log" && return; }
    for release in $machine_releases; do
        ! root_of_release "$release" || check "$release: bootstrap check, interrupted" \
            interrupted_leaves_nothing "$release"
        if fresh_boot "$release"; then
            scenarios_bootstrap "$release"
            bootstrap_stop
        else
            skip "bootstrap install: $release" "cannot be had from this computer's package sources"
        fi
    done
}

# Each Ansible knows the Pythons of its own time.
test_ansible() {
    tools ansible ansible-playbook dpkg-buildpackage dh dpkg-deb || return
    if machine_unable; then
        skip ansible "$machine_why"
        return
    fi
    if [ -e "$trees/deb/ours-1.deb" ]; then
        cp "$trees/deb"/ours-*.deb "$packages/"
    else
        deb_make >"$work/log" 2>&1 || { check "make deb" cat "$work/log" && return; }
    fi
    fresh "$(release_native)" || return
    # shellcheck disable=SC2119 # without its option
    machine_boot || { check "ansible: the machine boots" false && return; }
    scenarios_ansible
    machine_stop
}

# Of what is committed.
test_release() {
    tools release git autoreconf xz gpg signify-openbsd || return
    [ -e "$top_srcdir/.git" ] || { skip release "not a checkout" && return; }
    scenarios_release
}

# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] ||
    set -- ${UNLOCKER_TEST_PACKAGES:-deb rpm pacman marks bootstrap ansible release}
for suite; do
    manager=$suite # scenarios.sh asks for it
    packages=$trees/$suite
    mkdir -p "$packages"
    suite_began=$(date +%s)
    "test_$suite"
    echo "# $suite took $(($(date +%s) - suite_began)) s"
done
plan
