# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2154,SC2329 # run.sh sources it
# `bootstrap install` on a copy of this very computer, which has all that a build needs: what is
# written goes to memory, in a mount namespace that ends with the test.

# Makes $root the copy, seen through the process that holds its namespace.
copy_start() {
    mkdir -p "$work/copy"
    # shellcheck disable=SC2016
    unshare --mount --propagation private sh -c '
        mount -t tmpfs tmpfs "$1" && mkdir "$1/upper" "$1/work" "$1/root" &&
            mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root" &&
            mount -t proc proc "$1/root/proc" && mount --rbind /dev "$1/root/dev" &&
            mount -t tmpfs tmpfs "$1/root/run" && mkdir "$1/root/tree" && : >"$1/ready" &&
            exec sleep 1000' sh "$work/copy" >"$work/copy.log" 2>&1 &
    copy_holder=$!
    root=/proc/$copy_holder/root$work/copy/root
    copy_waited=0
    until [ -e "/proc/$copy_holder/root$work/copy/ready" ]; do
        copy_waited=$((copy_waited + 1))
        kill -0 $copy_holder 2>/dev/null && [ $copy_waited -lt 50 ] || return 1
        sleep 0.1
    done
}

copy_stop() {
    [ -z "${copy_holder:-}" ] || kill "$copy_holder" 2>/dev/null || true
    copy_holder=
    root=$work/root
}

copied() {
    nsenter --target "$copy_holder" --mount --root="$root" --wd="$root/tree" -- env -i \
        PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@" </dev/null
}

bootstraps() {
    copied ./bootstrap install "$@" >"$work/said" 2>&1 || { cat "$work/said" && return 1; }
}

bootstrap_says() {
    grep -qF -e "$1" "$work/said" || { echo "not said: $1" && cat "$work/said" && return 1; }
}

bootstrap_shows() {
    tar -C "$root/tree" --strip-components=1 -xf "$top_builddir"/vmware-unlocker-*.tar.xz &&
        bootstraps && bootstrap_says ', as a package: vmware-unlocker_' &&
        bootstrap_says '4 of 4 patched: macOS guests can run.' &&
        bootstrap_says '4 of 4 original.' && copied dpkg -s vmware-unlocker >"$work/log" &&
        ! [ -e "$root/usr/local/bin/unlockerctl" ]
}

bootstrap_patches() {
    cp -a "$trees/first/." "$root/" && bootstraps && bootstrap_says '4 of 4 patched: macOS' &&
        copied unlockerctl status && ! cmp -s "$trees/first$bin/vmware-vmx" "$root$bin/vmware-vmx"
}

bootstrap_is_held() {
    copied unlockerctl restore && ! bootstraps && bootstrap_says 'on hold' &&
        is_as_in "$trees/first" && copied unlockerctl release && bootstraps &&
        copied unlockerctl status
}

bootstrap_refuses_prefix() {
    ! bootstraps --prefix=/opt/unlocker &&
        bootstrap_says 'the package vmware-unlocker is installed' && ! [ -e "$root/opt/unlocker" ]
}

bootstrap_is_removed() {
    copied dpkg --purge vmware-unlocker && is_as_in "$trees/first" &&
        ! [ -e "$root/usr/bin/unlockerctl" ]
}

bootstrap_by_make() {
    bootstraps --prefix=/usr/local && bootstrap_says ' in /usr/local' &&
        copied /usr/local/bin/unlockerctl status && ! bootstraps &&
        bootstrap_says 'is not of a package and would come first'
}

scenarios_bootstrap() {
    check "bootstrap install: a package, and the job shown on a generated tree" bootstrap_shows
    check "bootstrap install: again, with VMware: patched" bootstrap_patches
    check "bootstrap install: again, on hold: not patched, and said" bootstrap_is_held
    check "bootstrap install: no --prefix beside a package" bootstrap_refuses_prefix
    check "bootstrap install: the package manager takes it away" bootstrap_is_removed
    check "bootstrap install: --prefix, and no package beside that" bootstrap_by_make
}
