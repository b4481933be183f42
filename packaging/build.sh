#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make deb`, `make rpm` and `make pkg` run: a distribution's own tools on the tarball of
# `make dist`. The packages land in OUT, which is emptied first.
#
#     build.sh deb|rpm|pkg TARBALL OUT
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
        -e "s|^license=.*|&\nurl='$said_home'|" "$1"
    [ -z "${PACKAGER:-}" ] || sed -E -i -e "s|^(Maintainer: ).*|\1$said_packager|" \
        -e "s|^( -- ).*>(  .*)|\1$said_packager\2|" \
        -e "s|^(\* .* 20[0-9][0-9] ).*( - )|\1$said_packager\2|" "$1"
}

# What sed takes as it is for a replacement.
quoted() {
    printf '%s' "$1" | sed 's/[&|\\]/\\&/g'
}

build_deb() {
    cp -r "$tree/packaging/debian" "$tree/debian"
    cp "$tree/hooks/dpkg.triggers" "$tree/debian/triggers"
    for recipe in control changelog rules; do said "$tree/debian/$recipe"; done
    (
        cd "$tree"
        [ "$(dpkg-parsechangelog -S Version)" = "$version" ] ||
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

build_rpm() {
    filled vmware-unlocker.spec.in >"$tree/vmware-unlocker.spec"
    said "$tree/vmware-unlocker.spec"
    # shellcheck disable=SC2086 # a list of words
    rpmbuild ${RPMBUILD_FLAGS:-} --define "_topdir $work/rpm" \
        --define "_sourcedir $(dirname "$tarball")" -ba "$tree/vmware-unlocker.spec"
    find "$work/rpm/RPMS" "$work/rpm/SRPMS" -name '*.rpm' -exec mv -f {} "$out/" \;
}

# makepkg does not run as root.
build_pkg() {
    cp "$tarball" "$tree/packaging/vmware-unlocker.install" "$work/"
    sum=$(sha256sum "$tarball" | cut -d' ' -f1)
    filled PKGBUILD.in | sed "s/^sha256sums=.*/sha256sums=('$sum')/" >"$work/PKGBUILD"
    said "$work/PKGBUILD"
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
