#!/bin/sh
# SPDX-License-Identifier: MIT
# Failures of the commands that only look, of patch-file, and of the removal of the package, as
# people meet them: on "/", in a pipe and on a terminal.

# shellcheck source=tests/cli/by-hand-lib.sh
. "${top_srcdir:?}/tests/cli/by-hand-lib.sh"

of_archive() {
    for file in "$work/$1/$store"/originals/*; do
        echo "$file"
    done
}

# shellcheck disable=SC2016 # commands, quoted in sentences
verify_fails() {
    system proof "$work/stock" && type_in proof 0 -q patch && archive=$(of_archive proof) &&
        cp -p "$archive" "$work/archive" &&
        printf damaged | dd of="$archive" bs=1 seek=3000 conv=notrunc 2>/dev/null || return 1
    fails proof 1 "damaged: /$vmx: an archived original is damaged" verify &&
        says_wrapped 'copy that archive from a backup; without one, reinstall VMware' &&
        fails proof 1 "damaged: ${archive##*/}: " verify && rm "$archive" &&
        fails proof 3 "original missing: /$vmx: no original of this very file is kept" verify &&
        cp -p "$work/archive" "$archive" && rm "$work/proof/$store"/receipts/* &&
        fails proof 3 "intact, receipt missing or wrong: /$vmx: there is no receipt" verify &&
        says_wrapped 'run `sudo unlockerctl patch` to write it again' &&
        type_in proof 0 -q patch && type_in proof 0 verify && ! says 'wrong' || return 1
    prepare='ulimit -f 1'
    type_in proof 3 verify && complains "cannot be verified: /$vmx: cannot be written" &&
        ! complains damaged >"$work/not" && prepare= || return 1
    system bare && fails bare 4 'cannot verify: /: no VMware found here: install' verify &&
        type_in bare 4 verify && [ ! -s "$work/out" ] || return 1
    [ "$(id -u)" -eq 0 ] || return 0
    chmod 0600 "$archive" && chmod 0700 "$work/proof/$store/originals" && user=12345:12345 &&
        fails proof 1 'cannot verify: ' verify && says_wrapped 'run as root'
}

doctor_fails() {
    system vms "$work/stock" && type_in vms 0 -q patch && mkdir -p "$work/vms/root/two" \
        "$work/vms/root/none" && : >"$work/vms/root/two/a.vmx" &&
        : >"$work/vms/root/two/b.vmx" && printf '\0\1\2' >"$work/vms/root/binary.vmx" &&
        printf 'guestOS = "darwin21-64"\n' >"$work/vms/root/vm.vmx" &&
        printf 'version https://git-lfs.github.com/spec/v1\n' >"$work/vms/root/pointer.vmx" ||
        return 1
    fails vms 1 'cannot examine: /root/nosuch.vmx: does not exist' doctor /root/nosuch.vmx &&
        fails vms 1 'cannot examine: /root/two: is a directory with several .vmx files' \
            doctor /root/two &&
        fails vms 1 'cannot examine: /root/none: is a directory without a .vmx file' \
            doctor /root/none &&
        fails vms 1 'cannot examine: /root/binary.vmx: is a binary file' doctor /root/binary.vmx &&
        fails vms 1 'cannot examine: /root/pointer.vmx: ' doctor /root/pointer.vmx &&
        type_in vms 1 doctor --fix /root/vm.vmx && complains 'use --yes to skip the question' &&
        [ ! -e "$work/vms/root/vm.vmx.orig" ] && type_in vms 3 doctor &&
        says 'macOS will not run'
}

# shellcheck disable=SC2016
inspect_fails() {
    system look "$work/stock" && cp -L /bin/ls "$work/look/ls" &&
        echo words >"$work/look/words" && : >"$work/look/empty" &&
        mkfifo "$work/look/fifo" && head -c 20000 "$work/stock/$vmx" >"$work/look/cut" || return 1
    for verb in inspect dump-smc; do
        fails look 1 "cannot ${verb%-*}: /nosuch: does not exist: name another file" \
            $verb /nosuch &&
            fails look 1 "cannot ${verb%-*}: /etc: is a directory: name another" $verb /etc &&
            fails look 1 "cannot ${verb%-*}: /fifo: is not a regular file" $verb /fifo || return 1
    done
    fails look 3 'cannot judge: /words: is not a binary of a known format' inspect /words &&
        says_wrapped 'this is no file that VMware ships, and needs no report' &&
        fails look 3 'cannot judge: /ls: no SMC table was found' inspect /ls &&
        says_wrapped 'needs no report' &&
        fails look 3 'cannot judge: /cut: ends before its headers say it does' inspect /cut &&
        says_wrapped 'reinstall VMware' &&
        type_in look 0 inspect /empty && says 'State    empty' &&
        fails look 2 'inspect needs FILE: see `unlockerctl inspect --help`' inspect || return 1
    [ "$(id -u)" -eq 0 ] || return 0
    chmod 0600 "$work/look/cut" && user=12345:12345 &&
        fails look 1 'cannot inspect: /cut: ' inspect /cut && says_wrapped 'or run as root'
}

# What has to be a directory is not there, or is a file; a file's name may go through a file.
no_directory() {
    todo='is not an existing directory: name the directory'
    echo words >"$work/files/words"
    for place in /none/there /none/more/there /a/words/there; do
        fails files 1 "cannot write: $place: is not an existing directory" \
            patch-file /a/vmx --output=$place &&
            complains "(${place%/there}): name another directory, or create it" || return 1
    done
    fails files 1 'cannot write: /words/out/a/vmx: is not an existing directory (/words/out/a)' \
        patch-file /a --output=/words/out &&
        fails files 1 'cannot write: /a/fifo: already exists (not a regular file): name another' \
            patch-file /a/vmx --output=/a/fifo &&
        fails files 1 "cannot adopt: /none: $todo where the other patcher" adopt /none &&
        fails files 1 "cannot adopt: /a/words: $todo that the backup is in" adopt /a/words &&
        fails files 1 "cannot adopt: /a/words/x: $todo that the backup is in" \
            adopt /a/words/x || return 1
    for path in /none /none/more /a/words/x; do
        for verb in inspect dump-smc patch-file report tools; do
            case $verb in tools) what="install tools from" ;; *) what=${verb%-*} ;; esac
            fails files 1 "cannot $what: $path: does not exist: name another file" $verb $path ||
                return 1
        done
        fails files 1 "cannot examine: $path: does not exist: name a .vmx file or its directory" \
            doctor $path &&
            case $path in */x) why='is not a directory' ;; *) why='does not exist' ;; esac &&
            fails files 1 "cannot patch: $path: $why: check the --root option" \
                --root=$path patch || return 1
    done
}

# shellcheck disable=SC2016
patch_file_fails() {
    system files "$work/stock" && mkdir "$work/files/a" && echo words >"$work/files/a/words" &&
        : >"$work/files/a/empty" && cp "$work/stock/$vmx" "$work/files/a/vmx" &&
        mkfifo "$work/files/a/fifo" || return 1
    fails files 1 'cannot patch: /nosuch: does not exist: name another file' patch-file /nosuch &&
        fails files 1 'cannot patch: /a/fifo: is not a regular file: name another file' \
            patch-file /a/fifo &&
        fails files 3 'cannot patch: /a/words: is not a binary of a known format' \
            patch-file /a/words && says_wrapped 'this is no file that VMware ships' &&
        fails files 3 'cannot patch: /a/empty: is not a binary of a known format (0 bytes)' \
            patch-file /a/empty &&
        fails files 3 'cannot patch: /a/words: is not a binary' patch-file -n /a/vmx /a/words &&
        fails files 2 '/a is a directory: --output=DIR is needed: see `unlockerctl patch-file' \
            patch-file /a &&
        type_in files 0 patch-file /a --output=/out &&
        says '1 of 1 patched; 3 other files passed over.' && : >"$work/files/a/vmx.orig" &&
        fails files 1 'cannot patch: /a/vmx: already exists (vmx.orig): rename it' \
            patch-file /a/vmx && same "$work/files/a/vmx" "$work/stock/$vmx" &&
        rm "$work/files/a/vmx.orig" &&
        no_directory || return 1
    [ "$(id -u)" -eq 0 ] || return 0
    user=12345:12345
    fails files 1 'cannot patch: /a/vmx: ' patch-file /a/vmx && says_wrapped 'run as root' &&
        same "$work/files/a/vmx" "$work/stock/$vmx" && [ ! -e "$work/files/a/vmx.orig" ]
}

# The link stays, its file is patched, and what is said of the original is true.
named_link() {
    system link "$work/stock" && mkdir "$work/link/a" "$work/link/b" &&
        cp "$work/stock/$vmx" "$work/link/b/real" && ln -s ../b/real "$work/link/a/named" &&
        type_in link 0 patch-file /a/named && says '/a/named patched: ' &&
        says 'The original is /b/real.orig.' && [ -L "$work/link/a/named" ] &&
        same "$work/link/b/real.orig" "$work/stock/$vmx" && answers_all_osk "$work/link/b/real" &&
        [ "$(ls "$work/link/a")" = named ]
}

# A journal that this user may not read opens as an empty one.
journal_fails() {
    system journal "$work/stock" && type_in journal 0 report && says '  none' || return 1
    [ "$(id -u)" -eq 0 ] || return 0
    mkdir -p "$work/journal/var/log/journal/0123456789abcdef0123456789abcdef" &&
        : >"$work/journal/var/log/journal/0123456789abcdef0123456789abcdef/system.journal" &&
        chmod 0600 "$work"/journal/var/log/journal/*/system.journal && user=12345:12345 &&
        type_in journal 0 report && says '  the journal cannot be read; run as root to include them'
}

# What is in the store's place is named by its whole path, on "/" and below a root.
odd_store() {
    system odd "$work/stock" && type_in odd 0 -q patch && mkdir "$work/odd/$store/hold" &&
        fails odd 1 "cannot release: /$store/hold: the store cannot be used" release &&
        ctl 1 --root="$work/odd" release &&
        complains "cannot release: $work/odd/$store/hold: the store cannot be used" &&
        complains ': rename what is in its place, then run' && ! complains 'as root' &&
        rmdir "$work/odd/$store/hold" && rm "$work/odd/$store/lock" &&
        mkdir "$work/odd/$store/lock" &&
        fails odd 1 "cannot hold: /$store/lock: the store cannot be used" hold &&
        complains ': rename what is in its place, then run' && ! complains 'as root' &&
        ctl 1 --root="$work/odd" restore &&
        complains "cannot restore: $work/odd/$store/lock: the store cannot be used" &&
        rmdir "$work/odd/$store/lock" && mv "$work/odd/$store/receipts" "$work/receipts" &&
        : >"$work/odd/$store/receipts" &&
        fails odd 1 "cannot restore: /$store/receipts: the store cannot be used" restore &&
        complains ': rename what is in its place, then run' || return 1
    receipt=receipts/$(sha256sum <"$work/odd/$vmx" | cut -d ' ' -f 1).json
    rm "$work/odd/$store/receipts" && mv "$work/receipts" "$work/odd/$store/" &&
        rm "$work/odd/$store/$receipt" && mkdir "$work/odd/$store/$receipt" &&
        fails odd 1 "cannot patch: /$store/$receipt: cannot be written (Is a directory)" patch &&
        complains ': rename what is in its place, then run' && type_in odd 0 -q restore
}

# put_hook SYSTEM: the package's hook, the shell that runs it, and what it calls.
# shellcheck disable=SC2016 # of the hook
put_hook() {
    mkdir -p "$work/$1/usr/libexec" && cp "${top_builddir:?}/hooks/hook" "$work/$1/usr/libexec/" &&
        sed -i 's|^program=.*|program=$root/usr/bin/unlockerctl|' "$work/$1/usr/libexec/hook" &&
        chmod +x "$work/$1/usr/libexec/hook" || return 1
    for tool in sh sed grep tail paste rm printf; do
        path=$(command -v $tool)
        [ -x "$path" ] || continue
        mkdir -p "$work/$1/bin" && cp -L "$path" "$work/$1/bin/$tool" &&
            cp -L "$path" "$work/$1/usr/bin/$tool"
        ldd "$path" 2>/dev/null | grep -o '/[^ ]*' | while read -r library; do
            mkdir -p "$work/$1${library%/*}" && cp -L "$library" "$work/$1$library"
        done
    done
}

# What is said as the package is removed: one line where all is well; what is left, and where the
# originals are, where it is not. No transaction fails.
# shellcheck disable=SC2016,SC2034 # a command, quoted in a sentence; read by type_in
removal() {
    system removed "$work/stock" && put_hook removed && type_in removed 0 -q patch || return 1
    program=/usr/libexec/hook
    type_in removed 0 restore &&
        says "vmware-unlocker: VMware's files are as before: 4 of 4 original." &&
        [ "$(wc -l <"$work/out")" -eq 1 ] && [ ! -s "$work/err" ] &&
        same "$work/removed/$vmx" "$work/stock/$vmx" && [ ! -e "$work/removed/$store/hold" ] &&
        [ ! -e "$work/removed/$store/not-restored" ] && type_in removed 0 patch &&
        says 'vmware-unlocker: ' && says '4 of 4 patched' &&
        cp "$work/removed/$vmx" "$work/patched" && type_in removed 0 restore &&
        cp "$work/patched" "$work/removed/$vmx" &&
        echo damaged | tee "$work/removed/$store"/originals/* && type_in removed 0 restore &&
        complains 'vmware-unlocker: unlockerctl: cannot restore: ' &&
        complains 'vmware-unlocker: not every file could be given back; the originals stay in' &&
        complains 'tar -C / -xpf NAME' && [ -e "$work/removed/$store/not-restored" ] &&
        rm "$work/removed/$store"/originals/* "$work/removed/$store/not-restored" &&
        type_in removed 0 restore && complains 'and no original is kept: reinstall VMware,' &&
        complains 'vmware-unlocker: `sudo unlockerctl adopt DIR` on that backup and `sudo' &&
        [ ! -e "$work/removed/$store/not-restored" ] &&
        type_in removed 0 nonsense && complains 'usage: hook patch|went|restore'
    removal_status=$?
    program=
    return $removal_status
}

# A removal does not wait for ever for another run.
removal_waits() {
    grep -qE 'ctl restore --removal --limit=[0-9]+min' "$top_builddir/hooks/hook"
}

check "verify: damaged, missing, without a receipt, no VMware, not permitted" verify_fails
check "doctor: what is no virtual machine" doctor_fails
check "inspect and dump-smc: what is no file of VMware's" inspect_fails
check "patch-file: what cannot be patched" patch_file_fails
check "patch-file: a link that is named" named_link
check "hold, release, restore: what is in the way in the store" odd_store
check "the removal of the package" removal
check "the removal of the package waits no longer than a limit" removal_waits
plan
