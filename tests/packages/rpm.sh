# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2015,SC2034,SC2154 # run.sh sources it
# rpm, on a root that is made of another system's files: rpm knows nothing of those, so dependencies
# are not looked at.

# rpm_spec NAME VERSION DIR PATH…: of a package of the tree DIR, with what it has at these paths.
rpm_spec() {
    cat <<SPEC
Name: $1
Version: $2
Release: 1
Summary: stand-in
License: none
%global __os_install_post %{nil}
%global debug_package %{nil}
%description
Stand-in.
%install
mkdir -p %{buildroot} && cp -a $3/. %{buildroot}/
%files
%defattr(-,root,root,-)
SPEC
    shift 3
    printf '%s\n' "$@"
}

# rpm_build NAME FILE: $packages/FILE.rpm from $packages/NAME.spec.
rpm_build() {
    rpmbuild --quiet --define "_topdir $work/rpm" --define "_binary_payload w0.ufdio" \
        -bb "$packages/$1.spec" && mv "$work"/rpm/RPMS/*/"$1"-*.rpm "$packages/$2.rpm"
}

rpm_of_vmware() {
    rpm_spec vmware-workstation "$2" "$1" /usr/lib/vmware /etc/vmware \
        >"$packages/vmware-workstation.spec" && rpm_build vmware-workstation "vmware-$2"
}

# A package that has but one file among VMware's.
rpm_of_neighbour() {
    mkdir -p "$work/neighbour$bin" && echo words >"$work/neighbour$bin/neighbour" &&
        rpm_spec neighbour 1 "$work/neighbour" "$bin/neighbour" >"$packages/neighbour.spec" &&
        rpm_build neighbour neighbour
}

# Ours as it is, and once more with a higher release.
rpm_make() {
    rpm_flags=--nodeps
    rpm --eval '%systemd_post' | grep -q '^%' &&
        rpm_flags="$rpm_flags --load $top_srcdir/tests/packages/rpm-macros"
    for rpm_release in 2 1; do
        [ $rpm_release -eq 1 ] && echo '%dist %{nil}' >"$work/dist" || echo '%dist .2' >"$work/dist"
        # Only its number counts.
        [ $rpm_release -eq 1 ] || echo '%optflags -O0' >>"$work/dist"
        make -C "${top_builddir:?}" rpm RPMBUILD_FLAGS="$rpm_flags --load $work/dist" || return 1
        # The second, without an addition to its release, stays for rpmlint.
        cp "$top_builddir"/packages/rpm/vmware-unlocker-[0-9]*.x86_64.rpm \
            "$packages/ours-$rpm_release.rpm" || return 1
    done
    rpm_of_vmware "$trees/first" 17.6.1 && rpm_of_vmware "$trees/second" 17.6.2 &&
        rpm_of_vmware "$trees/broken" 17.6.3 && rpm_of_vmware "$trees/library" 11 &&
        rpm_of_neighbour
}

# What only a distribution's own rpmlint would not ask for: a signature, a packager, a group, a
# URL; and how this computer's rpm, which is not of a distribution with rpm, strips and compresses.
rpm_lint() {
    rpmlint "$top_builddir"/packages/rpm/*.rpm >"$work/rpmlint" 2>&1
    rpm_lint_allowed='no-(signature|packager-tag|group-tag|url-tag|buildroot-tag)'
    rpm_lint_allowed="$rpm_lint_allowed|invalid-(license MIT|url Source0)"
    rpm_lint_allowed="$rpm_lint_allowed|unstripped-binary|manpage-not-compressed"
    rpm_lint_allowed="$rpm_lint_allowed|no-manual-page-for-binary unlockerctl" # .8, not .1
    # Its dictionary knows neither; newer ones look for %check, and debuginfo links across packages.
    rpm_lint_allowed="$rpm_lint_allowed|spelling-error .'(macOS|systemd)'|no-%check-section"
    rpm_lint_allowed="$rpm_lint_allowed|debuginfo.* (no-documentation|dangling-relative-symlink)"
    # It takes "service" for the section.
    rpm_lint_allowed="$rpm_lint_allowed|bad-manual-page-folder .*/man8/vmware-unlocker.service.8"
    grep -q 'specfiles checked' "$work/rpmlint" &&
        ! grep -E ': [EW]: ' "$work/rpmlint" | grep -vE "$rpm_lint_allowed"
}

rpm_transaction() {
    rpm --root "$root" "$@" </dev/null >"$work/said" 2>&1 ||
        { echo "failed: rpm $*" && cat "$work/said" && return 1; }
}

rpm_install() {
    rpm_files=$(for rpm_name; do echo "$packages/$rpm_name.rpm"; done)
    # shellcheck disable=SC2086 # a list of words
    rpm_transaction -U --nodeps --oldpackage --replacepkgs $rpm_files
}

rpm_remove() {
    rpm_transaction -e --nodeps "$1"
}

rpm_killed_removal() {
    killed_removal rpm --root "$root" -e --nodeps vmware-unlocker && rpm_forget vmware-workstation
}

# What a removal leaves.
rpm_clean() {
    case $1 in vmware-unlocker) rm -rf "${root:?}$store" ;; esac
}

rpm_forget() {
    rpm_remove "$1" && rpm_clean "$1"
}

# "..5......    /path": size, mode, owner, group, time and the rest are as packaged.
rpm_modified() {
    rpm --root "$root" -V --nodeps "$1" | sed 's/^\.\.5\.\.\.\.\.\.    //'
}

# Where a package's files only go, what is left is looked at.
rpm_neighbour_gone() {
    rm -rf "${root:?}/usr/lib/vmware" "$root$store" && rpm_install ours-1 vmware-17.6.1 neighbour &&
        is_patched "$trees/first" && inside unlockerctl restore && inside unlockerctl release &&
        is_as_in "$trees/first" && rpm_remove neighbour && is_patched "$trees/first" && told &&
        rpm_forget vmware-workstation && rm -rf "${root:?}/usr/lib/vmware"
}
