# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2154 # run.sh sources it
# dnf and zypper, with rpm.sh's packages. They look at dependencies, and rpm knows nothing of the
# files of $root: a package that is only words provides what ours needs.

# rpm_provider NAME FILE…
rpm_provider() {
    provider_name=$1
    shift
    {
        printf 'Name: %s\nVersion: 1\nRelease: 1\nSummary: words\nLicense: none\n' "$provider_name"
        rpm -qp --requires "$@" 2>/dev/null | grep -v '^rpmlib(' | sort -u | sed 's/^/Provides: /'
        printf '%%description\nWords.\n%%files\n'
    } >"$packages/$provider_name.spec"
    rpm_build "$provider_name" "$provider_name"
}

resolver_make() {
    rpm_provider system "$packages/ours-1.rpm" "$packages/ours-2.rpm" \
        "$packages/vmware-17.6.1.rpm" && rm -rf "$packages/empty" && mkdir "$packages/empty" &&
        createrepo_c --quiet "$packages/empty"
}

# How FILE stands to what is installed of its name: install, reinstall, downgrade.
resolver_verb() {
    resolver_name=$(rpm -qp --qf '%{name}' "$1" 2>/dev/null)
    resolver_has=$(rpm --root "$root" -q --qf '%{version}-%{release}' "$resolver_name") ||
        { echo install && return; }
    resolver_gets=$(rpm -qp --qf '%{version}-%{release}' "$1" 2>/dev/null)
    case $(rpm --eval "%{lua:print(rpm.vercmp('$resolver_gets', '$resolver_has'))}") in
    -1) echo downgrade ;;
    0) echo reinstall ;;
    *) echo install ;;
    esac
}

resolver_files() {
    for resolver_file; do echo "$packages/$resolver_file.rpm"; done
}

dnf_transaction() {
    dnf --installroot="$root" --releasever=1 --assumeyes --nogpgcheck --setopt=reposdir=/dev/null \
        --setopt=cachedir="$work/dnf" --setopt=pluginpath=/dev/null \
        --repofrompath="empty,file://$packages/empty" "$@" </dev/null >"$work/said" 2>&1 ||
        { echo "failed: dnf $*" && cat "$work/said" && return 1; }
}

dnf_install() {
    dnf_verb=$(resolver_verb "$packages/$1.rpm")
    # shellcheck disable=SC2046 # a list of words
    dnf_transaction "$dnf_verb" $(resolver_files "$@")
}

dnf_remove() {
    dnf_transaction --noautoremove remove "$1"
}

dnf_forget() {
    dnf_remove "$1" && rpm_clean "$1"
}

dnf_modified() {
    rpm_modified "$1"
}

zypper_transaction() {
    zypper --root "$root" --non-interactive --no-gpg-checks --no-refresh "$@" </dev/null \
        >"$work/said" 2>&1 || { echo "failed: zypper $*" && cat "$work/said" && return 1; }
}

zypper_install() {
    # shellcheck disable=SC2046 # a list of words
    zypper_transaction install --allow-unsigned-rpm --oldpackage --force $(resolver_files "$@")
}

zypper_remove() {
    zypper_transaction remove "$1"
}

zypper_forget() {
    zypper_remove "$1" && rpm_clean "$1"
}

zypper_modified() {
    rpm_modified "$1"
}
