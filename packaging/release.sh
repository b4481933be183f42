#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make release` runs: the tarball of the commit that is checked out, recipes that know its
# checksum, packages, SHA256SUMS, and signatures. All of it is the same, byte for byte, wherever it
# is made of that commit with the same tools.
#
#     release.sh SOURCE BUILD          makes BUILD/release
#
# RELEASE_PACKAGES says which packages are made, of deb, rpm and pkg (deb); RELEASE_KEY who signs:
# gpg:KEY or signify:FILE (nobody). HOMEPAGE, BUG_ADDRESS, PACKAGER: see build.sh.

set -eu
umask 022
LC_ALL=C TZ=UTC XZ_OPT='-9e -T1'
export LC_ALL TZ XZ_OPT
source=$1 build=$2 out=$2/release
packages=${RELEASE_PACKAGES-deb} key=${RELEASE_KEY:-}

die() {
    printf 'release: %s\n' "$*" >&2
    exit 1
}

[ -e "$source/.git" ] || die "not a checkout: $source"
[ -z "$(git -C "$source" status --porcelain)" ] || die "not all is committed: see git status"
case $key in
'' | gpg:?* | signify:?*) ;;
*) die "RELEASE_KEY=$key: gpg:KEY or signify:FILE" ;;
esac
SOURCE_DATE_EPOCH=$(git -C "$source" log -1 --format=%ct)
export SOURCE_DATE_EPOCH

rm -rf "$out"
mkdir -p "$out"
make -C "$build" dist-xz
tarball=$(find "$build" -maxdepth 1 -name 'vmware-unlocker-*.tar.xz' -newer "$out")
[ -f "$tarball" ] || die "no tarball, or more than one"
mv "$tarball" "$out/"
tarball=$out/${tarball##*/}
version=${tarball##*-} version=${version%.tar.xz}
[ "$(git -C "$source" tag --points-at HEAD -l "v$version")" ] ||
    echo "release: this commit has no tag v$version" >&2

for kind in recipes $packages; do
    sh "$source/packaging/build.sh" "$kind" "$tarball" "$out/$kind"
    # What says how and where it was built differs by its nature.
    find "$out/$kind" -type f ! -name '*.buildinfo' ! -name '*.changes' ! -name '*.orig.tar.xz' \
        -exec mv {} "$out/" \;
    rm -rf "${out:?}/$kind"
done
(cd "$out" && find . -type f ! -name SHA256SUMS -printf '%P\n' | sort |
    xargs sha256sum >../SHA256SUMS.new && mv ../SHA256SUMS.new SHA256SUMS)

# A tarball's own signature is what a packager's tools look for.
for file in "$tarball" "$out/SHA256SUMS"; do
    case $key in
    gpg:*) gpg --batch --yes --armor --local-user "${key#gpg:}" --detach-sign "$file" ;;
    signify:*)
        signify=$(command -v signify-openbsd || command -v signify)
        "$signify" -S -s "${key#signify:}" -m "$file" -x "$file.sig"
        ;;
    esac
done
find "$out" -type f -printf 'made: %p\n' | sort
