# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The smallest root of a Debian release that systemd boots, made once and kept as a tarball. Sourced
# after tests/lib.sh.
#
#     root_of_release bookworm             $root_archive: debootstrap's minbase and systemd
#     root_of_release bookworm jq acl      the same, and these packages
#
# 1 when it cannot be had. A tarball holds neither a list of packages nor a downloaded one.
# UNLOCKER_TEST_CACHE says where they are kept (else below XDG_CACHE_HOME or /var/cache).

# shellcheck disable=SC2154 # $work comes from lib.sh

root_cache=${UNLOCKER_TEST_CACHE:-${XDG_CACHE_HOME:-/var/cache}/vmware-unlocker-tests}
root_made=

# The archive of Debian's packages that this computer is set up to use.
root_mirror() {
    if command -v apt-get >/dev/null; then
        # shellcheck disable=SC2016
        apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' 2>/dev/null |
            awk '$1 !~ /security/ && $1 ~ /debian\/?$/ { print $1; exit }'
    fi
}

# root_unpack RELEASE DIR: the release's smallest root.
root_unpack() {
    root_archive=$root_cache/$1-minbase-1.tar.zst
    if [ -e "$root_archive" ]; then
        mkdir -p "$2" && tar -C "$2" -xpf "$root_archive"
        return
    fi
    # shellcheck disable=SC2046 # a word, or none
    debootstrap --variant=minbase --include=systemd "$1" "$2" $(root_mirror)
}

# root_add DIR PACKAGE…
root_add() {
    root_directory=$1
    shift
    [ $# -gt 0 ] || return 0
    chroot "$root_directory" env LC_ALL=C.UTF-8 apt-get -q -o Acquire::Retries=3 update &&
        chroot "$root_directory" env LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive apt-get -q -y \
            install --no-install-recommends "$@"
}

# root_pack DIR ARCHIVE: it takes its name when it is whole.
root_pack() {
    rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* &&
        mkdir -p "$1/var/cache/apt/archives/partial" "$1/var/lib/apt/lists/partial" &&
        tar -C "$1" --zstd -cf "$root_made/archive" . && mv "$root_made/archive" "$2"
}

# root_make RELEASE PACKAGE…
root_make() {
    root_release=$1
    shift
    root_unpack "$root_release" "$root_made/root" || return 1
    [ -e "$root_archive" ] || root_pack "$root_made/root" "$root_archive" || return 1
    [ $# -eq 0 ] || { root_add "$root_made/root" "$@" && root_pack "$root_made/root" "$root_kept"; }
}

# The tarball's name tells its packages by a checksum of their names.
root_of_release() {
    root_kept=$root_cache/$1-minbase-1.tar.zst
    [ $# -eq 1 ] || root_kept=$root_cache/$1-$(echo "$*" | cksum | cut -d' ' -f1)-1.tar.zst
    if ! [ -e "$root_kept" ]; then
        mkdir -p "$root_cache" && root_made=$(mktemp -d "$root_cache/$1.XXXXXX") || return 1
        echo "# making $root_kept, once"
        root_make "$@" >"$work/debootstrap.log" 2>&1 ||
            tail -n 5 "$work/debootstrap.log" | sed 's/^/# /'
        rm -rf "$root_made"
    fi
    root_archive=$root_kept
    [ -e "$root_archive" ]
}
