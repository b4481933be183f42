#!/bin/sh
# SPDX-License-Identifier: MIT
# doctor on VMware's kernel modules: each state that they may be in, in made-up trees.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all 'no jq'
make_tree "$work/pc" || skip_all "$(cat "$work/unable")"
release=6.1.0-18-amd64
built=$work/pc/lib/modules/$release

# kernel [SECUREBOOT [LOCKDOWN]]: a running kernel without VMware's modules.
kernel() {
    rm -rf "$work/pc/lib/modules" "$work/pc/sys" "$work/pc/dev"
    mkdir -p "$built/misc" "$work/pc/sys/module/ext4" "$work/pc/proc/sys/kernel" \
        "$work/pc/sys/kernel/security" "$work/pc/sys/firmware/efi/efivars" "$work/pc/dev"
    echo "$release" >"$work/pc/proc/sys/kernel/osrelease"
    printf 'vendor_id\t: GenuineIntel\nflags\t\t: vmx avx2\n' >"$work/pc/proc/cpuinfo"
    # shellcheck disable=SC2059
    printf "\\006\\000\\000\\000\\00${1:-0}" \
        >"$work/pc/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
    echo "${2:-[none] integrity confidentiality}" >"$work/pc/sys/kernel/security/lockdown"
}

# module FILE VERSION [SOURCE [RELEASE]]: a module's file below /lib/modules/RELEASE.
module() {
    mkdir -p "$(dirname "$built/$1")"
    printf '\177ELF\001\000version=%s\000srcversion=%s\000name=x\000vermagic=%s SMP\000\002' "$2" \
        "${3:-A}" "${4:-$release}" >"$built/$1"
}
sign() {
    printf 'signature~Module signature appended~\n' >>"$built/$1"
}

# loaded NAME VERSION [SOURCE]
loaded() {
    mkdir -p "$work/pc/sys/module/$1" && echo "$2" >"$work/pc/sys/module/$1/version" &&
        echo "${3:-A}" >"$work/pc/sys/module/$1/srcversion"
    [ "$1" = vmnet ] || : >"$work/pc/dev/vmmon"
}

# says_of NAME LEVEL WORDS...: what the check says or advises.
says_of() {
    says_name=$1 says_level=$2
    shift 2
    ctl '0|3' "--root=$work/pc" --json doctor &&
        jq -r --arg id "$says_name" '.roots[0].checks[] | select(.id == $id) |
            "\(.level): \(.fact): \(.todo)"' "$work/out" >"$work/said" || return 1
    [ "$(cut -d: -f1 "$work/said")" = "$says_level" ] || { cat "$work/said" && return 1; }
    for words; do
        grep -qF -e "$words" "$work/said" ||
            { echo "not said: $words" && cat "$work/said" && return 1; }
    done
}

not_built() {
    kernel && says_of vmmon problem "vmmon is not built for the running kernel $release" \
        'vmware-modconfig --console --install-all' vmware-host-modules &&
        says_of vmnet warning 'vmnet is not built' && module misc/vmmon.ko 1 A 5.10.0-9-amd64 &&
        says_of vmmon problem 'is not built for the running kernel'
}
not_loaded() {
    kernel && module misc/vmmon.ko 418.0 && module misc/vmnet.ko 418.0 &&
        says_of vmmon problem 'built but not loaded' 'modprobe -a vmmon vmnet' &&
        says_of vmnet warning 'built but not loaded' &&
        mv "$built/misc/vmmon.ko" "$built/misc/vmmon.ko.xz" &&
        says_of vmmon problem 'built but not loaded'
}
# Wherever below the kernel's directory they are; its headers are no such place.
anywhere() {
    for place in updates/vmware kernel/drivers/vmware extra/vmware-host-modules a/b/c; do
        kernel && module "$place/vmmon.ko" 418.0 && says_of vmmon problem 'built but not loaded' ||
            return 1
    done
    kernel && module build/vmmon.ko 418.0 && says_of vmmon problem 'is not built' &&
        kernel && mkdir -p "$built/extra" "$work/pc/elsewhere" && module x.ko 1 &&
        mv "$built/x.ko" "$work/pc/elsewhere/vmmon.ko" &&
        ln -s /elsewhere/vmmon.ko "$built/extra/vmmon.ko" &&
        says_of vmmon problem 'built but not loaded'
}
refused() {
    kernel 1 && module misc/vmmon.ko 418.0 && says_of vmmon problem 'unsigned' 'mokutil --import' &&
        sign misc/vmmon.ko && says_of vmmon problem 'built but not loaded' 'modprobe' 'mokutil' &&
        kernel 0 'none [integrity] confidentiality' && module misc/vmmon.ko 418.0 &&
        says_of vmmon problem 'unsigned' && kernel 0 &&
        mkdir -p "$work/pc/sys/module/module/parameters" &&
        echo Y >"$work/pc/sys/module/module/parameters/sig_enforce" && module misc/vmmon.ko 418.0 &&
        says_of vmmon problem 'unsigned'
}
in_use() {
    kernel 1 && module misc/vmmon.ko 418.0 && loaded vmmon 418.0 && loaded vmnet 418.0 &&
        says_of vmmon ok 'version 418.0' && says_of vmnet ok 'vmnet is loaded' &&
        rm "$work/pc/dev/vmmon" && says_of vmmon problem 'no /dev/vmmon' 'systemctl restart vmware'
}
of_another() {
    kernel && module misc/vmmon.ko 418.0 B && loaded vmmon 417.0 A &&
        says_of vmmon problem 'version 417.0, of another VMware' 'is 418.0' 'modprobe -r' &&
        module misc/vmmon.ko 417.0 B && says_of vmmon warning 'is not the one in' 'modprobe -r'
}
elsewhere() {
    kernel && module updates/dkms/vmmon.ko 418.0 A &&
        touch -d yesterday "$built/updates/dkms/vmmon.ko" &&
        module misc/vmmon.ko 418.0 B && loaded vmmon 418.0 A &&
        says_of vmmon warning 'loaded from' 'updates/dkms/vmmon.ko' 'misc/vmmon.ko is newer' depmod
}

# What asks for another version than the one that is loaded.
log_asks() {
    mkdir -p "$work/vm" && printf '%s\n' 'guestOS = darwin22-64' 'firmware = efi' \
        'smc.present = 1' >"$work/vm/a.vmx" &&
        echo 'Version mismatch with vmmon module: expecting 418.0, got 417.0.' \
            >"$work/vm/vmware.log" || return 1
    for version in 417.0:problem 418.0:warning; do
        kernel && loaded vmmon "${version%:*}" &&
            ctl '0|3' "--root=$work/pc" --json doctor "$work/vm/a.vmx" &&
            [ "$(jq -r '.vms[0].checks[] | select(.id == "log") | .level' "$work/out")" = \
                "${version#*:}" ] || return 1
    done
}

# A name that leads out of the tree is no release.
strange() {
    kernel && echo '../../../etc' >"$work/pc/proc/sys/kernel/osrelease" &&
        says_of vmmon problem 'vmmon is not loaded'
}

ctl 0 "--root=$work/pc" patch || exit 1
check "modules that are not built, or for another kernel" not_built
check "built, not loaded" not_loaded
check "built, in any directory" anywhere
check "unsigned, under Secure Boot, lockdown and sig_enforce" refused
check "loaded, with and without the device" in_use
check "loaded, of another VMware" of_another
check "loaded from another directory than the newest" elsewhere
check "the log asks for another version, or for the one that is loaded since" log_asks
check "a kernel's release that is no name" strange
plan
