# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2154 # bootstrap sources it
# `bootstrap install`: see install_program().

# show STATUS… -- COMMAND…: the command as a person would type it, then its output. Its exit status
# must be one of those named.
show() {
    allowed=
    while [ "$1" != -- ]; do
        allowed="$allowed $1"
        shift
    done
    shift
    printf '\n$ %s\n' "$*"
    status=0
    "$@" || status=$?
    case " $allowed " in
    *" $status "*) ;;
    *) die "exit status $status of: $*" ;;
    esac
}

# The main job on a generated tree, which then goes: nothing that is said of it is left to do. 3 is
# "not patched yet", of the program and of its guest.
demonstrate() {
    demo=$build/demo
    rm -rf "$demo"
    title "No VMware here: the same on a generated tree, demo"
    CC=${CC:-cc} tests/standin/make-tree.sh "$demo"
    PATH=$1/bin:$PATH
    cd "$build" || return
    vmx=demo/usr/lib/vmware/bin/vmware-vmx
    show 3 -- unlockerctl --root=demo status
    show 3 -- $vmx --smc 1 OSK0
    show 0 -- unlockerctl --root=demo patch
    show 0 -- $vmx --smc 1 OSK0
    show 0 -- unlockerctl --root=demo status
    rm -rf "$demo" # its programs are set-uid, as VMware's are
    cd "$tree" || return
    printf '\nThe tree demo is removed; nothing else was patched.\n'
}

# What patches a VMware that is installed later.
tell_next() {
    if units_known; then
        echo "Install VMware Workstation or Player, and it is patched automatically."
    else
        echo "Install VMware Workstation or Player, then run:"
        echo "    $sudo$1/bin/unlockerctl patch"
    fi
}

# Whether systemd runs and reads our units: it does not look below any prefix.
units_known() {
    [ -d /run/systemd/system ] && systemctl cat vmware-unlocker.path >/dev/null 2>&1
}

# Watches for VMware's updates from now on.
start_units() {
    [ ! -d /run/systemd/system ] || systemctl daemon-reload
    if units_known; then
        show 0 -- systemctl --quiet enable --now vmware-unlocker.path
    elif [ -d /run/systemd/system ]; then
        echo "systemd does not read $1/lib/systemd: nothing is patched automatically"
    fi
}

# The machine's own kind of package.
package_kind() {
    case $family in
    apt) echo deb ;;
    dnf | zypper) echo rpm ;;
    pacman) echo pkg ;;
    esac
}

# The same version may be there already, from another state of the tree.
install_package() {
    case $family in
    apt) apt_get -y install --reinstall --allow-downgrades --no-install-recommends "$1" ;;
    dnf)
        if rpm -q --quiet "$(rpm -qp --nosignature "$1")"; then
            dnf -y reinstall --nogpgcheck "$1"
        else
            dnf -y install --nogpgcheck "$1"
        fi
        ;;
    zypper) zypper --non-interactive install --force --allow-unsigned-rpm "$1" ;;
    pacman) pacman -U --noconfirm "$1" ;;
    esac
}

package_is_installed() {
    case $family in
    apt) is_installed vmware-unlocker ;;
    dnf | zypper) rpm -q --quiet vmware-unlocker ;;
    pacman) pacman -Q vmware-unlocker >/dev/null 2>&1 ;;
    esac
}

# Building -----------------------------------------------------------------------------------------

# For step(): how many files are compiled.
count_compiled() {
    printf '%d of %d compiled' "$(grep -cE '^  CC  |-c -o [^ ]*\.o ' "$1")" \
        "$(find "$tree/src" -name '*.c' | wc -l)"
}

configure_program() {
    as_owner ./autogen.sh && configured "$build/install" "$@"
}

make_program() {
    as_owner make -C "$build/install" -j"$(jobs)"
}

# Sets $made to the package. What dpkg-buildpackage would ask for besides is a compiler for C++.
make_package() {
    kind=$(package_kind)
    as_owner env DEB_FLAGS=-d make -C "$build/install" "$kind" || return 1
    made=$(find "$build/install/packages/$kind" -name 'vmware-unlocker[-_][0-9]*' \
        \( -name '*.deb' -o -name '*.x86_64.rpm' -o -name '*.pkg.tar*' \))
    [ -n "$made" ] && [ "$(printf '%s\n' "$made" | wc -l)" -eq 1 ]
}

install_as_package() {
    ! [ -e /usr/local/bin/unlockerctl ] || die "/usr/local/bin/unlockerctl is not from a package" \
        "and would come first; run: ${sudo}./bootstrap uninstall --prefix=/usr/local"
    # shellcheck disable=SC2046 # a list of words
    need $(build_packages) $(package_packages)
    step Configure "$build/configure.log" no_count configure_program || step_failed
    step Build "$build/build.log" count_compiled make_package || step_failed
    step Install "$build/install.log" no_count install_package "$made" || step_failed
    grep '^vmware-unlocker: ' "$build/install.log" || true
    printf '\nInstalled: %s\nas a package: %s\n' "$(/usr/bin/unlockerctl --version)" "${made##*/}"
}

# Below a prefix -----------------------------------------------------------------------------------

# What `make install` writes, and the directories it has to make (with a slash), for uninstall:
# that works without make, a compiler, and this tree's build.
list_files() {
    rm -rf "$build/stage"
    make -C "$build/install" install DESTDIR="$build/stage" || return 1
    files=$1/libexec/vmware-unlocker/files
    {
        [ ! -e "$files" ] || cat "$files"
        (cd "$build/stage" && find . ! -type d | sed 's/^\.//')
        (cd "$build/stage" && find . -mindepth 1 -type d) | sed 's/^\.//' |
            while read -r directory; do [ -d "$directory" ] || echo "$directory/"; done
        printf '%s\n' "$files" "${files%files}packages"
    } | LC_ALL=C sort -u >"$build/files"
    rm -rf "$build/stage"
}

make_install() {
    list_files "$1" && make -C "$build/install" install &&
        mv "$build/files" "$1/libexec/vmware-unlocker/files" &&
        chown root:root "$1/libexec/vmware-unlocker/files"
}

# The packages whose libraries the program uses.
packages_of_program() {
    ldd "$1" | sed -n 's/.* => \([^ ]*\) .*/\1/p' | while read -r library; do
        case $family in
        apt) dpkg-query -S "*/${library##*/}" | sed 's/:.*//' ;;
        dnf | zypper) rpm -qf --qf '%{NAME}\n' "$(realpath "$library")" ;;
        pacman) pacman -Qoq "$library" ;;
        esac
    done 2>/dev/null | LC_ALL=C sort -u
}

# No package needs them that the package manager knows, so they are marked as wanted; a list says
# which, for uninstall.
keep_needed() {
    [ -s "$pulled" ] || return 0
    { packages_of_program "$1/bin/unlockerctl" && echo zstd; } | LC_ALL=C sort -u >"$build/needed"
    LC_ALL=C sort -u "$pulled" | LC_ALL=C comm -12 - "$build/needed" >"$build/kept"
    [ ! -s "$build/kept" ] || {
        sort -u "$build/kept" >>"$1/libexec/vmware-unlocker/packages"
        # shellcheck disable=SC2046 # a list of words
        mark_as_wanted $(cat "$build/kept")
    }
    rm -f "$build/needed" "$build/kept"
}

install_below() {
    ! package_is_installed || die "the package vmware-unlocker is installed;" \
        "run: ${sudo}./bootstrap uninstall"
    # shellcheck disable=SC2046 # a list of words
    need $(build_packages) zstd
    step Configure "$build/configure.log" no_count configure_program --prefix="$1" \
        --sysconfdir=/etc --localstatedir=/var \
        --with-systemdsystemunitdir="$1/lib/systemd/system" || step_failed
    step Build "$build/build.log" count_compiled make_program || step_failed
    step Install "$build/install.log" no_count make_install "$1" || step_failed
    ! command -v restorecon >/dev/null ||
        restorecon -RF "$1/lib/systemd/system" "$1/bin/unlockerctl" || true
    keep_needed "$1"
    printf '\nInstalled: %s in %s\n' "$("$1/bin/unlockerctl" --version)" "$1"
    grep '^Notifications on the desktop' "$build/install.log" || true
}

# As the service does, so that a hold stays.
patch_once() {
    if units_known; then
        show 0 1 -- systemctl start vmware-unlocker.service
    else
        show 0 1 3 4 5 -- "$1/bin/unlockerctl" patch --auto
    fi
}

# What will happen, before it does.
announce_install() {
    printf 'vmware-unlocker on %s\n\n' "$(. /etc/os-release && echo "$PRETTY_NAME")"
    if [ -n "$prefix" ]; then
        printf '  installs   by make, below %s\n' "$prefix"
    else
        printf '  installs   a package (%s), built here\n' "$(package_kind)"
    fi
    cat <<'TEXT'
  downloads  what the build needs and is missing: about 110 MB, 600 MB on disk
  takes      about 1 minute on a fresh Debian with 2 processors
  logs       build/*.log

TEXT
}

parse_prefix() {
    prefix='' argument=
    for argument; do
        case $argument in
        --prefix=/*) prefix=${argument#*=} ;;
        --prefix*) die "--prefix takes an absolute path: --prefix=/usr/local" ;;
        *) die "$verb: unknown argument $argument: see ./bootstrap --help" ;;
        esac
    done
    [ "$(id -u)" -eq 0 ] || die "$verb needs root: sudo ./bootstrap $verb${argument:+ $argument}"
}

install_program() {
    parse_prefix "$@"
    mark_auto=yes
    announce_install
    if [ -n "$prefix" ]; then
        install_below "$prefix"
    else
        install_as_package
        prefix=/usr
    fi

    title "Patch"
    start_units "$prefix"
    found=0
    "$prefix/bin/unlockerctl" status >/dev/null 2>&1 || found=$?
    if [ $found -eq 4 ]; then
        demonstrate "$prefix"
        tell_next "$prefix"
        status=0
    else
        [ $found -eq 0 ] || patch_once "$prefix"
        show 0 3 -- "$prefix/bin/unlockerctl" status
    fi
    tell_removable "were installed for the build alone"
    tell_removal
    exit $status
}
