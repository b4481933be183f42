#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make deb`, `make rpm` and `make pkg` run: a distribution's own tools on the tarball of
# `make dist`. The packages land in OUT, which is emptied first.
#
#     build.sh deb|rpm|pkg TARBALL OUT
#     build.sh recipes TARBALL OUT            the spec and the PKGBUILD alone
#
# A package is the same, byte for byte, wherever it is built of that tarball with the same tools.
# SOURCE_DATE_EPOCH is the tarball's time unless it is set.
#
# HOMEPAGE, BUG_ADDRESS and PACKAGER are configure's --with-homepage, --with-bug-address and
# --with-packager. DEB_BUILD_OPTIONS is `nocheck` unless it is set: the tests are `make check`.
# DEB_FLAGS, RPMBUILD_FLAGS and MAKEPKG_FLAGS are given to those tools.

set -eu
kind=$1 tarball=$(realpath "$2")
rm -rf "$3"
mkdir -p "$3"
out=$(realpath "$3")
name=$(basename "$tarball" .tar.xz)
version=${name##*-}
# Not below OUT: whom makepkg runs as must get there.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar -C "$work" -xf "$tarball"
tree=$work/$name
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(stat -c %Y "$tree/configure")}
# How many processors compress shows in what they make.
DPKG_DEB_THREADS_MAX=1
export SOURCE_DATE_EPOCH DPKG_DEB_THREADS_MAX
umask 022

# said FILE: with who stands behind this build, in a recipe of any kind.
said() {
    said_switches=
    [ -z "${HOMEPAGE:-}" ] || said_switches="--with-homepage='$HOMEPAGE' "
    [ -z "${BUG_ADDRESS:-}" ] || said_switches="$said_switches--with-bug-address='$BUG_ADDRESS' "
    said_home=$(quoted "${HOMEPAGE:-}") said_packager=$(quoted "${PACKAGER:-}")
    said_switches=$(quoted "$said_switches")
    sed -E -i -e "s|(dh_auto_configure -- \|^%configure \|\./configure )|\1$said_switches|" "$1"
    [ -z "${HOMEPAGE:-}" ] || sed -E -i -e "s|^Maintainer: .*|&\nHomepage: $said_home|" \
        -e "s|^License: .*|&\nURL:            $said_home|" \
        -e "s|^license=.*|&\nurl='$said_home'|" -e "s|^# HOMEPAGE |$said_home |" "$1"
    [ -z "${PACKAGER:-}" ] || sed -E -i -e "s|^(Maintainer: ).*|\1$said_packager|" \
        -e "s|^( -- ).*>(  .*)|\1$said_packager\2|" \
        -e "s|^(\* .* 20[0-9][0-9] ).*( - )|\1$said_packager\2|" "$1"
}

# What sed takes as it is for a replacement.
quoted() {
    printf '%s' "$1" | sed 's/[&|\\]/\\&/g'
}

build_deb() {
    cp "$tarball" "$work/vmware-unlocker_$version.orig.tar.xz"
    cp -r "$tree/packaging/debian" "$tree/debian"
    cp "$tree/hooks/dpkg.triggers" "$tree/debian/triggers"
    for recipe in control changelog rules watch; do said "$tree/debian/$recipe"; done
    (
        cd "$tree"
        case $(dpkg-parsechangelog -S Version) in "$version"-?*) ;; *) false ;; esac ||
            { echo "packaging/debian/changelog is of another version" >&2 && exit 1; }
        # shellcheck disable=SC2086 # a list of words
        DEB_BUILD_OPTIONS=${DEB_BUILD_OPTIONS-nocheck} dpkg-buildpackage -us -uc -j"$(nproc)" \
            ${DEB_FLAGS:-}
    )
    find "$work" -maxdepth 1 -name 'vmware-unlocker*' -type f -exec mv -f {} "$out/" \;
}

# filled FILE.in: with what is the same everywhere in its place.
filled() {
    sed -e "s|@version@|$version|" -e "/^@rpm_triggers@$/{r $tree/hooks/rpm.triggers
        d}" "$tree/packaging/$1"
}

spec() {
    filled vmware-unlocker.spec.in >"$1/vmware-unlocker.spec"
    said "$1/vmware-unlocker.spec"
}

# rpm writes into each package where it was built: at one place, but while somebody else is there.
choose_top() {
    top=/var/tmp/vmware-unlocker-rpm
    mkdir -m 700 "$top" 2>/dev/null || :
    if [ -O "$top" ] && [ ! -L "$top" ] && exec 9<"$top" && flock -n 9; then
        trap 'rm -rf "$work" "$top"' EXIT
        rm -rf "${top:?}"/*
    else
        top=$work/rpm
        echo "build.sh: /var/tmp/vmware-unlocker-rpm is taken: other bytes than elsewhere" >&2
    fi
}

build_rpm() {
    choose_top
    mkdir -p "$top/SOURCES"
    cp "$tarball" "$top/SOURCES/"
    spec "$top/SOURCES"
    touch -d "@$SOURCE_DATE_EPOCH" "$top/SOURCES"/*
    # shellcheck disable=SC2086 # a list of words
    rpmbuild ${RPMBUILD_FLAGS:-} --define "_topdir $top" \
        --define "_sourcedir $top/SOURCES" --define '_buildhost localhost' \
        --define 'use_source_date_epoch_as_buildtime 1' \
        --define 'clamp_mtime_to_source_date_epoch 1' -ba "$top/SOURCES/vmware-unlocker.spec"
    find "$top/RPMS" "$top/SRPMS" -name '*.rpm' -exec mv -f {} "$out/" \;
}

pkgbuild() {
    sum=$(sha256sum "$tarball" | cut -d' ' -f1)
    filled PKGBUILD.in | sed "s/^sha256sums=.*/sha256sums=('$sum')/" >"$1/PKGBUILD"
    said "$1/PKGBUILD"
    cp "$tree/packaging/vmware-unlocker.install" "$1/"
}

build_recipes() {
    spec "$out"
    pkgbuild "$out"
}

# makepkg does not run as root.
build_pkg() {
    cp "$tarball" "$work/"
    pkgbuild "$work"
    as_builder=
    if [ "$(id -u)" -eq 0 ]; then
        chown -R nobody "$work"
        as_builder="runuser -u nobody -- env HOME=$work"
    fi
    # shellcheck disable=SC2086 # lists of words
    (cd "$work" && $as_builder makepkg ${MAKEPKG_FLAGS:-})
    find "$work" -maxdepth 1 -name '*.pkg.tar*' -exec mv -f {} "$out/" \;
}

"build_$kind"
find "$out" -maxdepth 1 -type f -printf 'made: %p\n' | sort
