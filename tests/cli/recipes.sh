#!/bin/sh
# SPDX-License-Identifier: MIT
# The recipes of docs/packages.md for Gentoo and Nix: taken from there, and run as far as that can
# be without those systems.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v bash >/dev/null || skip_all "no bash"
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
vmx=usr/lib/vmware/bin/vmware-vmx

# recipe NAME: the block below the paragraph that begins with **NAME**, without its indentation.
recipe() {
    awk -v name="**$1**" '
        index($0, name) == 1 { found = 1 }
        found && /^    / { sub(/^    /, ""); print; block = 1; next }
        block { exit }' "$top_srcdir/docs/packages.md" >"$work/$1"
    [ -s "$work/$1" ] || { echo "no recipe for $1 in docs/packages.md" && return 1; }
}

# What Portage calls for each phase of each package.
phase() {
    EBUILD_PHASE=$1 CATEGORY=app-emulation PN=$2 DPKG_ROOT=$work/gentoo bash -eu "$work/bashrc" \
        >"$work/out" 2>"$work/err"
}

gentoo() {
    recipe Gentoo && cp -a "$work/stock" "$work/gentoo" || return 1
    hook=$(grep -oE '/[a-z/]*/libexec/vmware-unlocker/hook' "$work/Gentoo") && [ -n "$hook" ] &&
        sed "s|$hook|sh ${top_builddir:?}/hooks/hook|" "$work/Gentoo" >"$work/bashrc" || return 1
    # shellcheck disable=SC2016 # of the hook
    program=$work/gentoo$(sed -n 's/^program=\$root//p' "$top_builddir/hooks/hook")
    mkdir -p "${program%/*}" && cp "${UNLOCKERCTL:?}" "$program" || return 1
    # Gentoo's own mode.
    chmod 04711 "$work/gentoo/$vmx"
    phase install vmware-workstation && phase postinst coreutils && [ ! -s "$work/out" ] &&
        same "$work/gentoo/$vmx" "$work/stock/$vmx" && phase postinst vmware-workstation &&
        says '4 of 4 patched' && [ "$(stat -c %a "$work/gentoo/$vmx")" = 4711 ] &&
        ctl 0 --root="$work/gentoo" status
}

# As nixpkgs wraps VMware's programs; the build runs as an ordinary user there, without set-uid.
nix() {
    recipe Nix && mkdir -p "$work/nix/out/lib" &&
        cp -a "$work/stock/usr/lib/vmware" "$work/nix/out/lib/" || return 1
    for program in "$work"/nix/out/lib/vmware/bin/vmware-vmx*; do
        name=${program##*/}
        mv "$program" "${program%/*}/.$name-wrapped"
    done
    sed -n "/''\$/,/^''/p" "$work/Nix" | sed '1d;$d' | sed "/^''/d" >"$work/fixup"
    [ -s "$work/fixup" ] || { cat "$work/Nix" && return 1; }
    mkdir "$work/nix/bin" "$work/nix/build" && ln -s "$UNLOCKERCTL" "$work/nix/bin/unlockerctl" &&
        (cd "$work/nix/build" && out=$work/nix/out PATH=$work/nix/bin:$PATH &&
            export out PATH && bash -eu "$work/fixup") || return 1
    for program in "$work"/nix/out/lib/vmware/bin/.vmware-vmx*-wrapped; do
        ctl 0 inspect "$program" && says patched || return 1
    done
    ctl 0 inspect "$work/nix/out/lib/vmware/lib/libvmwarebase.so/libvmwarebase.so" && says patched
}

check "Gentoo: the phase hook patches VMware, and nothing else" gentoo
check "Nix: what the overlay adds patches the wrapped programs and the library" nix
plan
