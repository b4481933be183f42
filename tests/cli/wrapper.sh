#!/bin/sh
# SPDX-License-Identifier: MIT
# A wrapper in the place of vmware-vmx: the program that it starts is patched, where that lies
# beside it. And VMware on a read-only file system: what can be done there is said.
#
# shellcheck disable=SC2016 # scripts and advice in single quotes are meant as they are

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all 'no jq'

# tree: a new one, with vmware-vmx alone.
tree() {
    rm -rf "$work/pc" && make_tree "$work/pc" || return 1
    bin=$work/pc/usr/lib/vmware/bin
}
make_tree "$work/pc" || skip_all "$(cat "$work/unable")"

# script TEXT: in the place of vmware-vmx.
script() {
    # shellcheck disable=SC2059
    printf "$1" >"$bin/vmware-vmx" && chmod 755 "$bin/vmware-vmx" &&
        cp "$bin/vmware-vmx" "$work/wrapper"
}

# follows NAME: all commands take the program of that name for the target.
follows() {
    cp "$bin/$1" "$work/original" && ctl 3 "--root=$work/pc" status &&
        says "vmware-vmx is a wrapper; it starts $1." &&
        says "unlockerctl --root=$work/pc patch\`" &&
        ctl 0 "--root=$work/pc" patch && same "$work/wrapper" "$bin/vmware-vmx" &&
        answers_all_osk "$bin/$1" && [ -u "$bin/$1" ] && ctl 0 "--root=$work/pc" --json status &&
        jq -r '.installations[0].targets[0] | "\(.path) \(.wrapper) \(.state)"' "$work/out" |
        grep -qxF "$bin/$1 $bin/vmware-vmx patched" && ctl 0 "--root=$work/pc" verify &&
        ctl 0 "--root=$work/pc" restore && same "$work/original" "$bin/$1"
}

by_script() {
    tree && mv "$bin/vmware-vmx" "$bin/vmware-vmx.real" &&
        script '#!/bin/sh\nexec /usr/lib/vmware/bin/vmware-vmx.real "$@"\n' &&
        follows vmware-vmx.real
}
beside_script() {
    tree && mv "$bin/vmware-vmx" "$bin/the-program" &&
        script '#!/bin/sh\nset -e\n  exec -a "$0" "$(dirname "$0")/the-program" "$@"\n' &&
        follows the-program
}
by_nix() {
    tree && mv "$bin/vmware-vmx" "$bin/.vmware-vmx-wrapped" && script '\177ELF a small program' &&
        follows .vmware-vmx-wrapped
}
by_link() {
    tree && nix=$work/pc/nix/bin && mkdir -p "$nix" &&
        mv "$bin/vmware-vmx" "$nix/.vmware-vmx-wrapped" &&
        printf '#!/bin/sh\nexec "/nix/bin/.vmware-vmx-wrapped" "$@"\n' >"$nix/vmware-vmx" &&
        ln -s /nix/bin/vmware-vmx "$bin/vmware-vmx" && ctl 0 "--root=$work/pc" patch &&
        answers_all_osk "$nix/.vmware-vmx-wrapped"
}

# elsewhere SCRIPT: what it starts is no target; people are not sent back to `patch`.
elsewhere() {
    tree && ctl 0 "--root=$work/pc" patch && mv "$bin/vmware-vmx" "$work/pc/opt-vmx" &&
        script "$1" && ctl 3 "--root=$work/pc" status &&
        says 'is a wrapper that starts a program elsewhere' &&
        says 'patch-file' && ! grep -q 'unlockerctl .*patch`' "$work/out" &&
        ctl 3 "--root=$work/pc" --json doctor &&
        [ "$(jq -r '.roots[0].checks[] | select(.id == "patched") | .todo' "$work/out" |
            grep -c 'unlockerctl patch')" -eq 0 ] &&
        ctl 3 "--root=$work/pc" patch && same "$work/wrapper" "$bin/vmware-vmx" &&
        ctl 3 "--root=$work/pc" --json status &&
        [ "$(jq -r '.installations[0].targets[0].reason' "$work/out")" = wrapper ]
}
starts_elsewhere() {
    elsewhere '#!/bin/sh\nexec /opt-vmx "$@"\n' && elsewhere '#!/bin/sh\nexec /opt/none "$@"\n' &&
        elsewhere '#!/bin/sh\nexec /../../../../../../usr/bin/env\n'
}

# What lies beside it and has no SMC tables is nothing to patch; nor is what has them a wrapper.
no_program() {
    tree && cp "$bin/vmware-vmx" "$bin/vmware-vmx.real" && ctl 0 "--root=$work/pc" patch &&
        answers_all_osk "$bin/vmware-vmx" && refuses_all_osk "$bin/vmware-vmx.real" &&
        tree && mv "$bin/vmware-vmx" "$work/pc/vmx" && echo text >"$bin/vmware-vmx.real" &&
        script '#!/bin/sh\nexec "${0%%/*}/vmware-vmx.real"\n' && ctl 3 "--root=$work/pc" patch &&
        [ "$(cat "$bin/vmware-vmx.real")" = text ] &&
        ln -sf ../../../../vmx "$bin/vmware-vmx.real" &&
        ctl 3 "--root=$work/pc" patch && refuses_all_osk "$work/pc/vmx"
}

# read_only COMMAND: on a read-only file system, in a mount namespace of its own.
read_only() {
    # shellcheck disable=SC2016
    unshare -m sh -c 'mount --bind "$1/usr" "$1/usr" && mount -o remount,ro,bind "$1/usr" &&
        shift && exec "$@"' sh "$work/pc" "$UNLOCKERCTL" "--root=$work/pc" "$@" >"$work/out" 2>&1
    read_only_status=$?
    document_seen "$work/out" "$@"
    return $read_only_status
}
on_read_only() {
    tree && read_only status
    says 'on a read-only file system: patch its image, with --root' || return 1
    read_only --json doctor
    jq -r '.roots[0].checks[] | select(.id == "patched") | .todo' "$work/out" |
        grep -F 'read-only file system: patch where the image is built, with `unlockerctl --root='
}

check "25-wrapper-script: the program beside it is the target" by_script
check "a script that names its own directory" beside_script
check "a small program beside .vmware-vmx-wrapped" by_nix
check "a link to a wrapper elsewhere, with the program beside that" by_link
check "wrapper: one that starts a program elsewhere" starts_elsewhere
check "what is no program of VMware is not followed" no_program
if unshare -m true 2>/dev/null; then
    check "on a read-only file system what can be done is said" on_read_only
else
    skip "on a read-only file system what can be done is said" "no mount namespaces"
fi
plan
