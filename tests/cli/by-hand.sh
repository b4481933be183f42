#!/bin/sh
# SPDX-License-Identifier: MIT
# Each command as people type it: on "/", without options, in a system of its own. What a person has
# to know is on standard error, in a pipe and on a terminal; the journal gets its events besides.

# shellcheck source=tests/cli/by-hand-lib.sh
. "${top_srcdir:?}/tests/cli/by-hand-lib.sh"

# shellcheck disable=SC2016 # a command, quoted in a sentence
no_vmware() {
    system bare || return 1
    for verb in patch restore tools; do
        fails bare 4 "cannot " "$verb" && says_wrapped '/: no VMware found here: install' ||
            return 1
    done
    [ ! -e "$work/bare/$store" ] || return 1
    type_in bare 4 status && says 'No VMware found.' &&
        says 'Looked in /usr/lib/vmware, and in /etc/vmware/config for another directory.' &&
        says 'Once VMware is installed, run `sudo unlockerctl patch`.' &&
        type_in bare 0 hold && type_in bare 4 patch && [ -e "$work/bare/$store/hold" ] &&
        type_in bare 0 release
}

wrong_word() {
    system word "$work/stock" || return 1
    for verb in patch restore; do
        fails word 2 "cannot $verb: nosuch: is not a target: name one of vmx" "$verb" nosuch &&
            fails word 2 "cannot $verb: nosuch: is not a target" "$verb" vmx nosuch || return 1
    done
    fails word 2 'unknown command inspct' inspct &&
        fails word 2 'unknown option --nonsense' patch --nonsense &&
        type_in word 2 patch '' && complains 'cannot patch: "": is not a target' &&
        type_in word 1 list '' && complains 'cannot list: "": no originals of this build' &&
        [ ! -e "$work/word/var/lib" ] && same "$work/word/$vmx" "$work/stock/$vmx"
}

# shellcheck disable=SC2016 # a command, quoted in a sentence
# One of the files is no binary: it is refused, the others are patched.
refused_file() {
    system refused "$work/stock" && echo words >"$work/refused/$vmx" || return 1
    fails refused 3 "cannot patch: /$vmx: is not a binary of a known format" \
        patch && type_in refused 3 -q patch &&
        complains "cannot patch: /$vmx: is not a binary of a known format" &&
        [ ! -s "$work/out" ] && type_in refused 3 --json patch &&
        complains "cannot patch: /$vmx: is not a binary of a known format" &&
        type_in refused 3 patch -n &&
        says '0 of 4 would be patched, 3 already patched. Nothing was changed.' &&
        type_in refused 3 restore vmx && complains ': reinstall VMware' &&
        ! grep 'patch`' "$work/err"
}

# shellcheck disable=SC2016 # a command, quoted in a sentence
success() {
    system good "$work/stock" &&
        type_in good 0 patch && says '4 of 4 patched.' && [ ! -s "$work/err" ] &&
        type_in good 0 patch && says 'Nothing to do: 4 of 4 patched.' &&
        type_in good 0 && says '4 of 4 patched: macOS guests can run.' &&
        type_in good 0 tools && says '  sudo unlockerctl tools FILE' &&
        type_in good 0 verify && says 'Everything is as recorded.' &&
        type_in good 0 list && says 'yes' && type_in good 0 prune &&
        says 'Nothing to remove in /: 1 archive of originals, none without a use.' &&
        type_in good 0 prune --all --yes && says 'the original of an installed file' &&
        type_in good 0 restore && says '4 of 4 original.' && says 'release' &&
        [ ! -s "$work/err" ] && same "$work/good/$vmx" "$work/stock/$vmx" &&
        type_in good 0 release && type_in good 0 hold && [ -e "$work/good/$store/hold" ] &&
        type_on_terminal good 0 patch && says '4 of 4 patched.' && [ ! -e "$work/good/$store/hold" ]
}

# Where no original is kept, restore says so for each file, and gives nothing back: no hold.
nothing_to_give_back() {
    system lost "$work/stock" && type_in lost 0 -q patch &&
        rm "$work/lost/$store"/originals/* || return 1
    fails lost 3 "cannot restore: /$vmx: no original of this very file is kept: run" \
        restore && [ ! -e "$work/lost/$store/hold" ] && ! says 'hold' && type_in lost 0 hold &&
        type_in lost 3 restore && says 'still on hold' && [ -e "$work/lost/$store/hold" ]
}

# Of a user's own the namespace knows only one: only root's can have another.
ordinary_user() {
    system user "$work/stock" && user=12345:12345 || return 1
    fails user 1 'cannot patch: ' patch && fails user 1 'cannot hold: ' hold &&
        [ ! -e "$work/user/var/lib" ] && type_in user 3 status && says '0 of 4 patched' &&
        type_in user 0 patch -n && user= && type_in user 0 -q patch && user=12345:12345 &&
        fails user 1 'cannot restore: ' restore && fails user 1 'cannot hold: ' hold &&
        fails user 1 'cannot prune: ' prune && type_in user 0 status
}

# as_typed COMMAND ARGUMENT…: the ordinary user is told to type the same as root, and no more.
as_typed() {
    as_typed=$1
    shift
    type_in asked 1 "$@" &&
        complains "Permission denied): run as root: \`sudo unlockerctl $as_typed\`" &&
        ! grep -F 'check its owner' "$work/err"
}

# shellcheck disable=SC2016 # commands, quoted in sentences
typed_as_root() {
    system asked "$work/stock" && mkdir "$work/asked/backup" &&
        cp "$work/stock/$vmx" "$work/asked/backup/vmware-vmx" && user=12345:12345 &&
        as_typed patch patch && as_typed hold hold &&
        as_typed '--root=/ --json hold' --root=/ --json hold &&
        user= && type_in asked 0 -q patch && user=12345:12345 &&
        as_typed 'adopt /backup' adopt /backup && as_typed prune prune &&
        as_typed 'restore vmx' restore vmx &&
        as_typed 'verify --record' verify --record &&
        cp -a "$work/asked/backup" "$work/asked/a b" &&
        as_typed "adopt '/a b'" adopt '/a b' && type_in asked 1 hold --root /./ &&
        complains '`sudo unlockerctl hold --root /./`'
}

read_only_usr() {
    system fixed "$work/stock" || return 1
    prepare='mount --bind usr usr && mount -o remount,ro,bind usr'
    fails fixed 1 "cannot patch: /$vmx: is on a read-only file system" patch
}

full_disk() {
    system full "$work/stock" && mkdir -p "$work/full/$store" || return 1
    prepare="mount -t tmpfs -o size=8k,mode=755 none $store"
    fails full 1 'cannot patch: ' patch && says_wrapped "no space left in /$store: free" &&
        same "$work/full/$vmx" "$work/stock/$vmx"
}

# Whoever may write to /tmp must not lead root to another file.
foreign_link() {
    system link "$work/stock" && echo precious >"$work/link/victim" &&
        ln -s /victim "$work/link/tmp/out" && chown -h 12345 "$work/link/tmp/out" || return 1
    fails link 1 'cannot write: ' patch-file /$vmx --output=/tmp/out &&
        [ "$(cat "$work/link/victim")" = precious ] || return 1
    mkdir "$work/link/etc/victim" &&
        ln -s /etc/victim "$work/link/tmp/tree" && chown -h 12345 "$work/link/tmp/tree" &&
        fails link 1 'cannot write: ' patch-file /usr/lib/vmware --output=/tmp/tree &&
        [ -z "$(ls "$work/link/etc/victim")" ]
}

# A limit of file size is an error like any other.
file_size() {
    system limit "$work/stock" && prepare='ulimit -f 8' || return 1
    fails limit 1 'cannot patch: ' patch && same "$work/limit/$vmx" "$work/stock/$vmx"
}

# Advice is given only where following it helps.
# shellcheck disable=SC2016 # a command, quoted in a sentence
advice() {
    system advice "$work/stock" && type_in advice 3 status &&
        says 'patched; run `sudo unlockerctl patch`' && type_in advice 0 hold &&
        type_in advice 3 status && says 'on hold: run `sudo unlockerctl release` to resume' &&
        type_in advice 0 -q patch && echo words >"$work/advice/$vmx" &&
        type_in advice 3 status && says '3 of 4 patched; the rest cannot be judged' &&
        cp "$work/stock/$vmx" "$work/advice/$vmx" &&
        prepare='mount --bind usr usr && mount -o remount,ro,bind usr' &&
        type_in advice 3 status && says '3 of 4 patched; on a read-only file system' &&
        prepare="mount --bind $store $store && mount -o remount,ro,bind $store" &&
        type_in advice 3 && says '3 of 4 patched; the store is on a read-only file system: mount' &&
        ! says 'unlockerctl patch' && rm -r "$work/advice/var" && mkdir "$work/advice/var" &&
        prepare='mount --bind var var && mount -o remount,ro,bind var' &&
        type_in advice 3 status && says '3 of 4 patched; the store is on a read-only file system'
}

# A target may be typed as status shows it.
shown_paths() {
    system shown "$work/stock" && type_in shown 3 status && grep -o '[^ ]*/[^ ]*$' "$work/out" |
        grep -v '^/' >"$work/paths" && [ "$(wc -l <"$work/paths")" -eq 4 ] || return 1
    for verb in patch restore; do
        while read -r path; do
            type_in shown 0 "$verb" "$path" && says '1 of 1' || return 1
        done <"$work/paths"
        type_in shown 0 "$verb" && says 'Nothing to do: 4 of 4' || return 1
    done
    fails shown 2 'cannot patch: bin/nosuch: is not a target: name' patch bin/nosuch
}

# What is still to be done is named, with the command that does it.
# shellcheck disable=SC2016 # commands, quoted in sentences
next_step() {
    system step "$work/stock" && type_in step 0 patch vmx && says '1 of 1 patched.' &&
        says 'Not patched: vmx-debug, vmx-stats, vmwarebase.' &&
        says 'Run `sudo unlockerctl patch` to patch them.' && type_in step 0 patch vmwarebase &&
        says 'Not patched: vmx-debug, vmx-stats.' && type_in step 0 -q patch vmx-debug &&
        [ ! -s "$work/out" ] && type_in step 0 patch vmx-stats && ! says 'Not patched' &&
        type_in step 0 hold && says 'is on hold; run `sudo unlockerctl release` to resume.' &&
        type_in step 0 status && says 'Run `sudo unlockerctl release` to resume.' &&
        type_in step 0 release && says 'Automatic patching is allowed.' &&
        type_in step 0 restore &&
        says 'patching is now on hold; run `sudo unlockerctl release` to resume.' &&
        type_in step 0 patch && says 'Automatic patching resumed.'
}

# A restore says that it sets a hold, also where all is original already, and that one was set.
# shellcheck disable=SC2016 # commands, quoted in sentences
restore_says_hold() {
    system stay "$work/stock" && type_in stay 0 restore &&
        says 'Nothing to do: 4 of 4 original.' && [ -e "$work/stay/$store/hold" ] &&
        says 'patching is now on hold; run `sudo unlockerctl release` to resume.' &&
        type_in stay 0 restore && says 'patching is still on hold; run' &&
        type_in stay 0 patch && type_in stay 0 restore -n && ! says 'hold' &&
        type_in stay 0 hold && type_in stay 0 restore && says '4 of 4 original.' &&
        says 'patching is still on hold; run `sudo unlockerctl release` to resume.' &&
        type_in stay 0 restore --removal && says 'patching is still on hold; run' &&
        type_in stay 0 -q release && type_in stay 0 restore --removal &&
        says 'is now on hold, until the package is installed again; run `sudo unlockerctl release`'
}

# A patch that finds none of its targets leaves the hold; one that patches some of them ends it for
# all, and says so.
# shellcheck disable=SC2016 # a command, quoted in a sentence
patch_ends_hold() {
    system ends "$work/stock" && rm "$work/ends/$vmx-debug" && type_in ends 0 -q hold &&
        type_in ends 0 patch vmx-debug && says 'not installed' && ! says 'resumed' &&
        [ -e "$work/ends/$store/hold" ] && type_in ends 0 patch vmx &&
        says 'Automatic patching resumed, also for the files that are not patched yet.' &&
        [ ! -e "$work/ends/$store/hold" ] && type_in ends 0 -q hold && type_in ends 0 release &&
        says 'Automatic patching is allowed; run `sudo unlockerctl patch` to patch now.' &&
        type_in ends 0 -q hold && type_in ends 0 patch && says 'Automatic patching resumed.' &&
        type_in ends 0 -q hold && type_in ends 0 release &&
        says 'Automatic patching is allowed.' && type_in ends 0 release &&
        says 'Automatic patching is already allowed.'
}

# Who set a hold is said; what a removal of the package set is a person's as soon as one says so.
hold_has_reason() {
    system why "$work/stock" && type_in why 0 -q patch && type_in why 0 -q restore &&
        type_in why 3 status && says 'On hold since 20' && says 'Z: restore by hand.' &&
        type_in why 0 -q hold && type_in why 3 --json status &&
        jq -e '.roots[0] | .hold and .hold_why == "restore" and
            (.hold_since | test("^20.*Z$"))' "$work/out" &&
        type_in why 0 -q release && type_in why 3 --json status &&
        jq -e '.roots[0] | .hold == false and .hold_why == null and .hold_since == null' \
            "$work/out" || return 1
    type_in why 0 -q hold && type_in why 3 status && says ': hold by hand.' &&
        : >"$work/why/$store/hold" && type_in why 3 status && says 'On hold: not known by whom.' &&
        type_in why 0 -q patch && type_in why 0 restore --removal && says 'until the package' &&
        type_in why 3 status && says ': removal of the package.' && type_in why 0 -q hold &&
        type_in why 3 status && says ': hold by hand.' && type_in why 0 -q restore --removal &&
        type_in why 3 status && says ': hold by hand.'
}

# The same with --root, as it was given and as a shell reads it; sudo only where it is root's.
# shellcheck disable=SC2016
next_step_below() {
    system below && cp -a "$work/stock" "$work/below/its root" || return 1
    type_in below 3 '--root=its root' status &&
        says "run \`sudo unlockerctl --root='its root' patch\`" &&
        type_in below 0 '--root=/its root/' hold &&
        says "run \`sudo unlockerctl --root='/its root' release\`" || return 1
    [ "$(id -u)" -eq 0 ] || return 0
    mv "$work/below/its root" "$work/below/own" &&
        chown -R 12345:12345 "$work/below/own" && user=12345:12345 || return 1
    type_in below 3 --root=/own status && says 'run `unlockerctl --root=/own release`' &&
        type_in below 0 --root=/own release && says 'run `unlockerctl --root=/own patch`' &&
        type_in below 0 --root=/own patch vmx && says 'Run `unlockerctl --root=/own patch` to'
}

# A tree below a user's home, as this user and by sudo, and one of root's: each works, or is refused
# with a remedy that works.
trees_of_two() {
    system two && mkdir -p "$work/two/home/user" "$work/two/srv" &&
        cp -a "$work/stock" "$work/two/home/user/tree" &&
        chown -R 12345:12345 "$work/two/home/user" &&
        cp -a "$work/stock" "$work/two/srv/tree" &&
        cp -a "$work/stock" "$work/two/home/user/roots" || return 1
    type_in two 0 --root=/srv/tree patch && ! by_sudo two 0 --root=/home/user/tree patch &&
        complains '/home/user/tree, owner 12345, ' && complains 'as its owner, without sudo; or' &&
        user=12345:12345 && type_in two 0 --root=/home/user/tree patch &&
        user= && ! by_sudo two 0 --root=/home/user/tree restore &&
        complains 'as its owner, without sudo; or' &&
        find "$work/two/home/user/tree" -type d -exec chown root {} + &&
        ! by_sudo two 0 --root=/home/user/tree restore && complains "(/home/user/tree/$store/" &&
        complains '.tar.zst, owner 12345' &&
        chown root "$work/two/home/user/tree/$store"/*/* &&
        by_sudo two 0 --root=/home/user/tree restore && says '4 of 4 original.' || return 1
    by_sudo two 0 --root=/home/user/roots patch && type_in two 1 --root=/home/user/roots restore &&
        complains '/home/user, owner 12345, ' && complains 'move the tree to a directory' &&
        mv "$work/two/home/user/roots" "$work/two/srv" &&
        type_in two 0 --root=/srv/roots restore
}

# by_sudo SYSTEM STATUS ARGUMENT…: as sudo starts it for that user.
by_sudo() {
    SUDO_UID=12345 && export SUDO_UID
    by_sudo_status=0
    type_in "$@" || by_sudo_status=1
    unset SUDO_UID
    return $by_sudo_status
}

# status says when VMware updates are not patched automatically, and what changes that.
automatic_off() {
    system off "$work/stock" || return 1
    units=$work/off/usr/lib/systemd/system
    etc=$work/off/etc/systemd/system
    off='Automatic patching is off: vmware-unlocker.path is'
    mkdir -p "$units" "$etc/multi-user.target.wants" && type_in off 3 status &&
        says "$off not installed." && echo '[Path]' >"$units/vmware-unlocker.path" &&
        type_in off 3 status && says "$off disabled. Run" &&
        says '  sudo systemctl enable --now vmware-unlocker.path' && type_in off 0 hold &&
        type_in off 3 status && ! grep 'is off' "$work/out" && type_in off 0 release &&
        ln -s /dev/null "$etc/vmware-unlocker.path" && type_in off 3 status &&
        says "$off masked. Run" && says '  sudo systemctl unmask vmware-unlocker.path' &&
        rm "$etc/vmware-unlocker.path" &&
        ln -s /usr/lib/systemd/system/vmware-unlocker.path "$etc/multi-user.target.wants" &&
        type_in off 3 status && ! grep 'is off' "$work/out" &&
        rm "$etc/multi-user.target.wants/vmware-unlocker.path" &&
        ctl 3 --root="$work/off" status &&
        says "  sudo systemctl --root=$work/off enable vmware-unlocker.path"
}

# What is enabled does nothing where systemd does not run; in another root nothing of this machine
# is to be enabled.
doctor_of_units() {
    system units "$work/stock" || return 1
    { type_in units 0 doctor || type_in units 3 doctor || type_in units 1 doctor; } >/dev/null
    says 'systemd does not run here' &&
        mkdir -p "$work/units/usr/lib/systemd/system" \
            "$work/units/etc/systemd/system/multi-user.target.wants" || return 1
    ctl '0|1|3' --root="$work/units" doctor &&
        tr -d ' \n' <"$work/out" | grep -F "sudounlockerctl--root=${work}/unitspatch" &&
        ! grep 'sudo systemctl' "$work/out" &&
        echo '[Path]' >"$work/units/usr/lib/systemd/system/vmware-unlocker.path" &&
        ln -s /usr/lib/systemd/system/vmware-unlocker.path \
            "$work/units/etc/systemd/system/multi-user.target.wants" || return 1
    { type_in units 0 doctor || type_in units 3 doctor || type_in units 1 doctor; } >/dev/null
    says 'systemd does not run here'
}

# A VM of root's is a secret to others: they are told that it is not known.
in_use() {
    system use "$work/stock" && type_in use 3 status && ! says ' ? ' || return 1
    sleeper="chroot . /$vmx --sleep 60 & sleep .5"
    prepare="$sleeper"
    type_in use 3 status && says '1 VM' && kill_sleepers && user=12345:12345 &&
        type_in use 3 status && grep -E '^vmx .* \? ' "$work/out" &&
        ! grep -E '^vmwarebase .* \? ' "$work/out"
    in_use_status=$?
    kill_sleepers
    return $in_use_status
}

kill_sleepers() {
    for exe in /proc/[0-9]*/exe; do
        [ "$(readlink "$exe")" != "$work/use/$vmx" ] || kill "$(basename "${exe%/exe}")"
    done
}

# A file that had no content yet was not kept with the others: the rows of one build differ.
one_build_twice() {
    system twice "$work/stock" && : >"$work/twice/$vmx" && type_in twice 0 -q patch &&
        cp -p "$work/stock/$vmx" "$work/twice/$vmx" && type_in twice 0 list &&
        ! says 'vmx-debug' && type_in twice 0 -q patch || return 1
    type_on_terminal twice 0 list && tr -d '\r' <"$work/out" >"$work/rows" &&
        [ "$(grep -c '^VMware Workstation 17.6.1  .* [0-9a-f]\{12\}$' "$work/rows")" -eq 2 ] &&
        grep -q '^(build 24319023): vmx-debug, *$' "$work/rows" &&
        grep -q '^(build 24319023): vmx *$' "$work/rows" &&
        [ "$(wc -L <"$work/rows")" -le 80 ] || return 1
    # Of the same files, too: by the digits in the archive's name, which `list` takes.
    cp "$work/twice/$store"/originals/*.tar.zst "$work/" && type_in twice 0 -q restore &&
        printf x >>"$work/twice/$vmx" && rm -r "${work:?}/twice/$store" &&
        type_in twice 0 -q patch &&
        type_in twice 0 list && ! says ARCHIVE && cp "$work"/vmware-*.tar.zst \
        "$work/twice/$store/originals" && type_on_terminal twice 0 list &&
        tr -d '\r' <"$work/out" >"$work/rows" && [ "$(wc -L <"$work/rows")" -le 80 ] || return 1
    for file in "$work/twice/$store"/originals/*; do
        digits=${file%.tar.zst} && digits=${digits##*-} && grep -q " $digits\$" "$work/rows" &&
            type_in twice 0 list "$digits" && says "${file##*/}" || return 1
    done
}

# Paths begin at the root, in JSON too.
absolute_paths() {
    system paths "$work/stock" && type_in paths 0 -q patch && type_in paths 0 --json list &&
        says "\"path\":\"/$vmx\"" && ! grep -E '"path":"[^/]' "$work/out" &&
        rm "$work/paths/etc/vmware/config" && mkdir "$work/paths/etc/vmware/config" || return 1
    fails paths 1 'cannot patch: /etc/vmware/config: ' patch
}

# new_layout FILE: one more public key than in any build seen.
new_layout() {
    python3 - "$1" <<'PYTHON'
import struct, sys
with open(sys.argv[1], "r+b") as file:
    content = file.read()
    file.seek(content.index(struct.pack("<II", 242, 240)))
    file.write(struct.pack("<II", 242, 241))
PYTHON
}

# The journal gets an event for each file, also for one that was refused; the person is told all
# the same. On any spelling of "/". Only of a new layout has it that field.
journal_too() {
    system journal "$work/stock" && echo words >"$work/journal/$vmx" || return 1
    for root in / // /. /usr/..; do
        hears 3 --root=$root patch && complains 'cannot patch: ' &&
            sent 'OBJECT_SYSTEMD_UNIT=vmware-unlocker.service' &&
            sent 'UNLOCKER_REASON=image-format' && ! grep '^UNLOCKER_LAYOUT=' "$work/sent" ||
            return 1
        [ $root != / ] || sent 'UNLOCKER_RESULT=patched' || return 1
    done
    cp -p "$work/stock/$vmx" "$work/journal/$vmx" &&
        new_layout "$work/journal/$vmx" && hears 0 patch && sent 'UNLOCKER_RESULT=patched' &&
        sent 'MESSAGE_ID=ed242d166afb49cbac973e6135b07298' &&
        ! grep '^UNLOCKER_RESULT=.* ' "$work/sent" &&
        sent 'UNLOCKER_LAYOUT=V0 242/241 keys' && rm "$work/journal/$store"/originals/* &&
        hears 3 restore && sent 'UNLOCKER_REASON=vault-none' && sent 'UNLOCKER_ACTION=restore' &&
        sent 'MESSAGE_ID=08d076ebaae7414d94f280309b5ded1f' && hears 0 hold &&
        sent 'MESSAGE_ID=89a330f79b2a424285d9083abf40a9a7' && sent 'UNLOCKER_ACTION=hold' &&
        hears 0 release && sent 'MESSAGE_ID=f5fb301ec48446af8df5aa2cf5e72c6a'
}

# of_build ID FIELD=VALUE…: an event that names the build, too.
of_build() {
    event "$@" 'PRODUCT=VMware Workstation' VERSION=17.6.1 BUILD=24319023
}

# of_targets ID ACTION STATE RESULT: each target has such an event; before, it was as in $work/was.
of_targets() {
    for role in vmx vmx-debug vmx-stats vmwarebase; do
        file=$(target "$work/was" $role)
        file=${file#"$work/was"}
        edits=12
        [ $role != vmwarebase ] || edits=36
        of_build "$1" ACTION="$2" PATH="$file" ROLE=$role STATE="$3" RESULT="$4" EDITS=$edits \
            SHA256_BEFORE="$(sha256sum <"$work/was$file" | cut -d ' ' -f 1)" \
            SHA256_AFTER="$(sha256sum <"$work/journal$file" | cut -d ' ' -f 1)" || return 1
    done
}

# Each event of a run by hand has the fields that the manual lists, and they are true.
journal_fields() {
    run=ed242d166afb49cbac973e6135b07298
    system journal "$work/stock" && cp -a "$work/journal" "$work/was" && hears 0 patch &&
        of_targets ac952046ca574b8b8720b50e54cf48b3 patch patched patched &&
        of_build $run ACTION=patch PATH=/usr/lib/vmware RESULT=patched || return 1
    rm -r "$work/was" && cp -a "$work/journal" "$work/was" && hears 0 restore &&
        of_targets 11fa84bf869547819ee558345f831c8a restore stock restored &&
        of_build $run ACTION=restore PATH=/usr/lib/vmware RESULT=restored &&
        event 89a330f79b2a424285d9083abf40a9a7 ACTION=restore && hears 0 patch &&
        event f5fb301ec48446af8df5aa2cf5e72c6a ACTION=patch && hears 0 restore vmx &&
        sent 'MESSAGE=VMware Workstation 17.6.1 (build 24319023): 3 of 4 patched' &&
        echo words >"$work/journal/$vmx" && hears 3 patch &&
        of_build ff76eca68beb464bbfff1c46ec9903a5 ACTION=patch PATH=/$vmx ROLE=vmx \
            STATE=unknown RESULT=refused REASON=image-format || return 1
    cp -p "$work/stock/$vmx" "$work/journal/$vmx" && type_in journal 0 -q patch &&
        archive=$(ls "$work/journal/$store/originals") &&
        make_tree "$work/newer" --version=25H2u1 --build=25000000 &&
        cp -a --remove-destination "$work/newer/." "$work/journal/" && type_in journal 0 -q patch &&
        hears 0 prune && of_build c11fdbf545ddec59ade95c5dcafe130d ACTION=prune RESULT=removed \
        PATH="/$store/originals/$archive" &&
        rm -r "$work/journal/${store:?}" && echo words >"$work/journal/$store" && hears 1 restore &&
        event 08d076ebaae7414d94f280309b5ded1f ACTION=restore PATH=/$store RESULT=failed \
            REASON=store
}

# A service's standard error is the journal: an automatic run says it there, and only there. What
# has only inherited the variable is a terminal like any other.
inherited_stream() {
    system stream "$work/stock" && listen stream && JOURNAL_STREAM=1:1 && export JOURNAL_STREAM &&
        type_in stream 0 patch --auto --settle=0 && complains "Patched /$vmx" &&
        unset JOURNAL_STREAM && heard stream && [ ! -s "$work/sent" ]
}

# A report needs nothing but the program, also where no VMware is.
reports() {
    system report "$work/stock" && type_in report 0 report && says 'Versions' &&
        says 'vmwarebase  stock, 0 of ' && [ ! -s "$work/err" ] &&
        says 'vmware-unlocker.path             not installed' || return 1
    mkdir -p "$work/report/usr/lib/systemd/system"
    for unit in .path .service -hold.path; do
        echo '[Unit]' >"$work/report/usr/lib/systemd/system/vmware-unlocker$unit"
    done
    type_in report 0 report && says 'vmware-unlocker.path             not enabled' &&
        says 'vmware-unlocker.service          installed' &&
        says 'vmware-unlocker-hold.path        installed' && system bare &&
        type_in bare 0 report && says 'none found' && [ ! -s "$work/err" ]
}

check "without VMware" no_vmware
check "a wrong word changes nothing" wrong_word
check "a file that is refused" refused_file
check "all goes well" success
check "no original is there to give back" nothing_to_give_back
if [ "$(id -u)" -eq 0 ]; then
    check "as an ordinary user" ordinary_user
    check "an ordinary user is told to be root, by the command as typed" typed_as_root
    check "another user's link is not followed" foreign_link
    check "a tree of a user's, as this user and by sudo" trees_of_two
else
    skip "as an ordinary user" "only root has another user's rights to give"
    skip "an ordinary user is told to be root, by the command as typed" "only root has these rights"
    skip "another user's link is not followed" "only root can make one"
    skip "a tree of a user's, as this user and by sudo" "only root has another user's rights"
fi
check "a read-only /usr" read_only_usr
check "a full disk" full_disk
check "a limit of file size" file_size
check "advice that can be followed" advice
check "a target as status shows it" shown_paths
check "the next step is named" next_step
check "restore says that it holds" restore_says_hold
check "what ends a hold" patch_ends_hold
if command -v jq >/dev/null; then
    check "why and since when it is on hold" hold_has_reason
else
    skip "why and since when it is on hold" "no jq"
fi
check "the next step below a root" next_step_below
check "automatic patching that is off" automatic_off
check "doctor of units that do nothing" doctor_of_units
if [ "$(id -u)" -eq 0 ]; then
    check "a VM that a user may not see" in_use
else
    skip "a VM that a user may not see" "only root has another user's rights to give"
fi
check "two archives of one build are told apart" one_build_twice
check "paths begin with a slash" absolute_paths
check "the journal gets its events besides" journal_too
check "each event has its fields" journal_fields
check "a terminal below a service is a terminal" inherited_stream
check "a report needs nothing but the program" reports
plan
