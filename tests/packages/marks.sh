# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2030,SC2031,SC2034,SC2154,SC2317,SC2329 # run.sh sources it
# What bootstrap installs for the build alone is found again and can be removed, by dnf, zypper and
# pacman themselves: in an empty root, from an archive of packages that are but words. compiler
# needs parts; library is what the program uses; base is there before.

marks_spec() {
    printf '%s\n' "Name: $1" 'Version: 1' 'Release: 1' 'Summary: words' 'License: none' \
        'BuildArch: noarch'
    [ -z "$2" ] || echo "Requires: $2"
    printf '%%description\nWords.\n%%files\n'
}

marks_rpms() {
    mkdir -p "$packages/archive" && for name in base compiler library parts; do
        marks_spec $name "$([ $name != compiler ] || echo parts)" >"$packages/$name.spec" &&
            rpm_build $name $name && mv "$packages/$name.rpm" "$packages/archive/" || return 1
    done
    createrepo_c --quiet "$packages/archive"
}

marks_pkgs() {
    mkdir -p "$packages/archive" && for name in base compiler library parts; do
        mkdir "$packages/$name" && printf '%s\n' "pkgname=$name" pkgver=1 pkgrel=1 'arch=(any)' \
            "depends=($([ $name != compiler ] || echo parts))" 'package() { :; }' \
            >"$packages/$name/PKGBUILD" && chmod 755 "$work" && chown -R nobody "$packages/$name" &&
            (cd "$packages/$name" && runuser -u nobody -- env HOME="$packages/$name" \
                PKGEXT=.pkg.tar makepkg --nodeps) &&
            mv "$packages/$name"/*.pkg.tar "$packages/archive/" || return 1
    done
    repo-add "$packages/archive/words.db.tar.gz" "$packages/archive"/*.pkg.tar
}

# The managers, on that root.
marks_dnf() {
    env dnf --installroot="$root" --releasever=1 --nogpgcheck --setopt=reposdir=/dev/null \
        --setopt=cachedir="$work/dnf" --setopt=pluginpath=/dev/null \
        --repofrompath="words,file://$packages/archive" "$@"
}

marks_zypper() {
    env zypper --root "$root" --no-gpg-checks "$@"
}

marks_pacman() {
    env pacman --root "$root" --config "$work/marks.conf" "$@"
}

# Each has its database where it thinks.
marks_rpm() {
    if [ "$family" = zypper ]; then set -- --dbpath /var/lib/rpm "$@"; fi
    env rpm --root "$root" "$@"
}

marks_root() {
    root=$work/marks-root
    rm -rf "$root" "$work/marks-build"
    mkdir -p "$root/var/lib/pacman" "$root/var/lib/rpm" "$root/var/log" "$work/marks-build"
    case $1 in
    zypper) marks_zypper --non-interactive addrepo "file://$packages/archive" words ;;
    pacman)
        printf '%s\n' '[options]' 'Architecture = auto' 'SigLevel = Never' "CacheDir = $root" \
            '[words]' "Server = file://$packages/archive" >"$work/marks.conf"
        marks_pacman -Sy
        ;;
    esac
}

# What was there before.
marks_base() {
    case $family in
    dnf) dnf -y install base ;;
    zypper) zypper --non-interactive install base ;;
    pacman) pacman -S --noconfirm base ;;
    esac </dev/null
}

# marks FAMILY COMMAND…: with bootstrap's own words for the family.
marks() {
    (
        family=$1 build=$work/marks-build sudo='' step_log=$work/marks-build/log
        dnf() { marks_dnf "$@"; }
        zypper() { marks_zypper "$@"; }
        pacman() { marks_pacman "$@"; }
        rpm() { marks_rpm "$@"; }
        build_packages() { echo compiler library; }
        die() { echo "$*" && exit 1; }
        # shellcheck source=packaging/bootstrap/packages.sh
        . "$top_srcdir/packaging/bootstrap/packages.sh"
        step() {
            shift 3
            "$@" </dev/null
        }
        as_root() { "$@"; }
        mark_auto=yes
        shift
        "$@"
    )
}

# removable NAME…: what bootstrap finds.
removable() {
    : >"$build/packages.unneeded"
    removable_packages
    echo "$*" | tr ' ' '\n' | diff - "$build/packages.unneeded"
}

left() {
    list_installed >"$work/installed"
    echo "$*" | tr ' ' '\n' | diff - "$work/installed"
}

# The command that it names is true.
told_is_true() {
    told_count=$(wc -l <"$build/packages.unneeded")
    tell_removable "were installed for the build alone" >"$work/said"
    grep -q "^$told_count packages (0 MB) were installed for the build alone" "$work/said" ||
        { cat "$work/said" && return 1; }
    # shellcheck disable=SC2016 # as it is printed
    told_words=$(sed -n 's/^    \(.*\) \$(cat .*/\1/p' "$work/said")
    case $family in
    dnf) told_words="$told_words -y" ;;
    zypper) told_words="zypper --non-interactive ${told_words#zypper }" ;;
    pacman) told_words="$told_words --noconfirm" ;;
    esac
    # shellcheck disable=SC2046 # a list of words
    $told_words $(cat "$build/packages.unneeded") </dev/null
}

# zypper's list has no more than what bootstrap asked for: the rest goes with it.
marks_all() {
    marks_base && need compiler library && is_installed parts || return 1
    case $family in
    zypper) removable compiler library ;;
    *) removable compiler library parts ;;
    esac
}

marks_remove() {
    removable compiler library && told_is_true && left base
}

marks_wanted() {
    mark_as_wanted library && removable compiler parts && told_is_true &&
        left base library
}

marks_dependency() {
    mark_as_dependency library && removable library && told_is_true && left base
}

scenarios_marks() {
    check "$1: an empty root" marks_root "$1"
    check "$1: what came for the build alone is known" marks "$1" marks_all
    if [ "$1" = zypper ]; then
        check "$1: the command that bootstrap names removes it" marks "$1" marks_remove
        return
    fi
    check "$1: the command that bootstrap names removes it, and not what is wanted" \
        marks "$1" marks_wanted
    check "$1: what is not wanted any more goes, too" marks "$1" marks_dependency
}
