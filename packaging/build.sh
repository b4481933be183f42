#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make deb`, `make rpm` and `make pkg` run: a distribution's own tools on the tarball of
# `make dist`. The packages land in OUT, which is emptied first.
#
#     build.sh deb|rpm|pkg TARBALL OUT
#
# DEB_BUILD_OPTIONS is `nocheck` unless it is set: the tests are `make check`. DEB_FLAGS,
# RPMBUILD_FLAGS and MAKEPKG_FLAGS are given to those tools.

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

build_deb() {
    cp -r "$tree/packaging/debian" "$tree/debian"
    cp "$tree/hooks/dpkg.triggers" "$tree/debian/triggers"
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
