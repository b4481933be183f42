#!/bin/sh
# SPDX-License-Identifier: MIT
# VMware for Windows on a drive that is mounted somewhere: found whatever the case of its names, and
# an installation like any other. (This computer's file system tells cases apart: a drive that holds
# one spelling is enough.)

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all 'no jq'
"$standin/make-pe.sh" "$work/pe" 2>"$work/unable" || {
    [ $? -ne 77 ] || skip_all "$(cat "$work/unable")"
    cat "$work/unable" >&2
    exit 1
}

holds() {
    jq -e "$1" "$work/out" >/dev/null && return 0
    echo "does not hold: $1" && cat "$work/out"
    return 1
}

# drive DIR: with that program directory, laid out as VMware's installer does.
drive() {
    rm -rf "$work/drive"
    directory=$work/drive/$1
    mkdir -p "$directory/x64" && cp "$work/pe/vmware-vmx.exe" "$directory/x64/" &&
        cp "$work/pe/vmware-vmx.exe" "$directory/x64/VMware-vmx-debug.EXE" &&
        cp "$work/pe/vmware-vmx.exe" "$directory/x64/vmware-vmx-stats.exe" &&
        cp "$work/pe/vmwarebase.dll" "$directory/" && chmod 777 "$directory"/*.* "$directory"/*/* &&
        touch -d '2024-02-29 01:02:03' "$directory"/*.* "$directory"/*/* &&
        rm -rf "$work/before" && cp -a "$work/drive" "$work/before"
}

on() {
    on_status=$1
    shift
    ctl "$on_status" "--root=$work/drive" "$@"
}

# The drive is as before, but for the store.
as_before() {
    rm -rf "$work/store" && mv "$work/drive/var" "$work/store" &&
        diff -r "$work/before" "$work/drive" &&
        (cd "$work/before" && find . -type f -exec stat -c '%n %a %Y' {} + | sort) >"$work/stats" &&
        (cd "$work/drive" && find . -type f -exec stat -c '%n %a %Y' {} + | sort) |
        diff "$work/stats" - && mv "$work/store" "$work/drive/var"
}

whole_way() {
    drive "$1" || return 1
    on 3 --json status &&
        holds '.installations | length == 1 and .[0].product == "VMware Workstation" and
            .[0].present == 4 and ([.[0].targets[] | select(.state == "stock")] | length) == 4' &&
        on 0 patch && says '4 of 4 patched' && says "$directory" && on 0 status &&
        on 0 list && says 'VMware Workstation' && on 0 verify &&
        on 0 patch && says 'Nothing to do' &&
        ! same "$work/before/$1/vmwarebase.dll" "$directory/vmwarebase.dll" >"$work/log" &&
        ctl 0 inspect "$directory/x64/VMware-vmx-debug.EXE" && says 'State    patched' &&
        [ "$(stat -c %a "$directory/x64/vmware-vmx.exe")" = 777 ] &&
        on 0 restore && says '4 of 4 original' && as_before
}

program_files() {
    whole_way 'Program Files/VMware/VMware Workstation'
}

program_files_x86() {
    whole_way 'Program Files (x86)/VMware/VMware Workstation'
}

any_case() {
    directory='PROGRAM FILES (X86)/vmware/VMWare WORKSTATION'
    drive "$directory" && on 0 patch && says '4 of 4 patched' && on 0 --json status &&
        holds '(.installations[0].libdir |
            endswith("/PROGRAM FILES (X86)/vmware/VMWare WORKSTATION")) and
            (.installations[0].targets[1].path | endswith("/x64/VMware-vmx-debug.EXE"))' &&
        on 0 restore && as_before
}

# All in one directory, and of Player's no vmx-stats.
flat() {
    drive 'Program Files/VMware/VMware Player' && mv "$directory"/x64/* "$directory/" &&
        rm -r "$directory/x64" "$directory/vmware-vmx-stats.exe" && on 0 patch &&
        says 'VMware Player' && says '3 of 3 patched'
}

# An update: another build of its own, and the old one is not put over it.
updated() {
    drive 'Program Files/VMware/VMware Workstation' && on 0 patch &&
        "$standin/make-pe.sh" --first=v1 "$work/newer" 2>"$work/log" || return 1
    for name in vmware-vmx VMware-vmx-debug vmware-vmx-stats; do
        cp "$work/newer/vmware-vmx.exe" "$(find "$directory/x64" -iname "$name.exe")" || return 1
    done
    on 0 restore && same "$work/pe/vmwarebase.dll" "$directory/vmwarebase.dll" &&
        same "$work/newer/vmware-vmx.exe" "$directory/x64/vmware-vmx.exe" && on 0 patch &&
        on 0 --json list && holds '.roots[0].archives | length == 2'
}

# A root with both, as a disk image may be.
both() {
    make_tree "$work/linux" || return 0
    drive 'Program Files/VMware/VMware Workstation' && cp -a "$work/linux/." "$work/drive/" &&
        on 0 patch && says '/usr/lib/vmware' && says 'Program Files/VMware' && on 0 --json status &&
        holds '[.installations[] | .patched] == [4, 4]' && on 0 restore && on 3 --json status &&
        holds '[.installations[] | .patched] == [0, 0]'
}

links_stay_inside() {
    drive 'Program Files/VMware/VMware Workstation' && mkdir -p "$work/other" || return 1
    mv "$directory" "$work/other/" && ln -s "$work/other/VMware Workstation" "$directory" &&
        on 4 status && on 4 patch &&
        same "$work/pe/vmwarebase.dll" "$work/other/VMware Workstation/vmwarebase.dll"
}

check "Program Files: found, patched, verified, restored" program_files
check "Program Files (x86): the same" program_files_x86
check "names in any case" any_case
check "Player, all in one directory" flat
check "an update is a build of its own" updated
check "a root with Linux's VMware as well" both
check "a link out of the root leads nowhere" links_stay_inside
plan
