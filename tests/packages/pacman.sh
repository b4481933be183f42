# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2154 # run.sh sources it
# pacman, on a root that is made of another system's files; dependencies are not looked at.

pacman_of_vmware() {
    pacman_directory=$work/pkg-$2
    mkdir "$pacman_directory" && chmod 755 "$work" && cat >"$pacman_directory/PKGBUILD" <<PKGBUILD
pkgname=vmware-workstation
pkgver=$2
pkgrel=1
arch=(x86_64)
options=(!strip !zipman)
package() {
    cp -a $1/. "\$pkgdir"
}
PKGBUILD
    chown -R nobody "$pacman_directory" && (cd "$pacman_directory" &&
        runuser -u nobody -- env HOME="$pacman_directory" PKGEXT=.pkg.tar makepkg --nodeps) &&
        mv "$pacman_directory"/*.pkg.tar "$packages/vmware-$2.pkg.tar"
}

# Ours as it is, and with a higher release.
pacman_make() {
    make -C "${top_builddir:?}" pkg MAKEPKG_FLAGS=--nodeps || return 1
    cp "$top_builddir"/packages/pkg/vmware-unlocker-[0-9]*.pkg.tar* "$packages/ours-1.pkg.tar" &&
        pacman_newer && pacman_of_vmware "$trees/first" 17.6.1 &&
        pacman_of_vmware "$trees/second" 17.6.2 && pacman_of_vmware "$trees/broken" 17.6.3 &&
        pacman_of_vmware "$trees/library" 11
}

pacman_newer() {
    mkdir "$work/newer" && bsdtar -C "$work/newer" -xpf "$packages/ours-1.pkg.tar" &&
        sed -i 's/^pkgver = .*/&.2/' "$work/newer/.PKGINFO" &&
        (cd "$work/newer" && bsdtar -cf "$packages/ours-2.pkg.tar" .PKGINFO .BUILDINFO .INSTALL \
            .MTREE usr) && rm -r "$work/newer"
}

pacman_transaction() {
    mkdir -p "$root/var/lib/pacman" "$root/var/log"
    printf '[options]\nArchitecture = auto\nSigLevel = Never\n' >"$work/pacman.conf"
    pacman --root "$root" --config "$work/pacman.conf" --noconfirm --noprogressbar "$@" \
        </dev/null >"$work/said" 2>&1 ||
        { echo "failed: pacman $*" && cat "$work/said" && return 1; }
}

# A pacman that was killed leaves its lock, which a person removes.
pacman_install() {
    rm -f "$root/var/lib/pacman/db.lck"
    pacman_files=$(for pacman_name; do echo "$packages/$pacman_name.pkg.tar"; done)
    # shellcheck disable=SC2086 # a list of words
    pacman_transaction -U --nodeps --nodeps $pacman_files &&
        ! grep -qiE '^(error|warning): .*(hook|script|command)' "$work/said"
}

pacman_remove() {
    pacman_transaction -R "$1"
}

pacman_killed_removal() {
    cat >"$work/remove" <<'SCRIPT'
rm -f "$1/var/lib/pacman/db.lck"
exec pacman --root "$1" --config "$2" --noconfirm --noprogressbar -R vmware-unlocker </dev/null
SCRIPT
    # What VMware's package left, pacman takes for somebody's.
    rm -f "$root/etc/vmware/config"
    killed_removal sh "$work/remove" "$root" "$work/pacman.conf"
}

pacman_forget() {
    pacman_remove "$1" && case $1 in vmware-unlocker) rm -rf "$root$store" ;; esac
}

# "warning: NAME: /path (SHA256 checksum mismatch)", another for MD5; no other kind of difference.
pacman_modified() {
    pacman --root "$root" --config "$work/pacman.conf" -Qkk "$1" 2>&1 | tee "$work/qkk" |
        sed -n "s|^warning: $1: $root\(.*\) (SHA256 checksum mismatch)|\1|p"
    grep '^warning: ' "$work/qkk" | grep -vE '(SHA256|MD5) checksum mismatch'
}
