#!/bin/sh
# SPDX-License-Identifier: MIT
# The walk of a newcomer on a terminal of 80 columns, from the first wrong word to the originals
# being back: each step is understood without a manual.

# shellcheck source=tests/cli/by-hand-lib.sh
. "${top_srcdir:?}/tests/cli/by-hand-lib.sh"

# What other programs call it leads to the command here; nothing that changes the system is offered
# for a word that only looks a little like it.
words() {
    system words "$work/stock" || return 1
    for word in unpatch undo revert uninstall; do
        fails words 2 "unknown command $word (did you mean restore?)" $word || return 1
    done
    fails words 2 'unknown command unhold (did you mean release?)' unhold &&
        fails words 2 'unknown option -V (did you mean --version?)' -V &&
        fails words 2 'unknown option --dryrun (did you mean --dry-run?)' patch --dryrun &&
        type_in words 0 version && cp "$work/out" "$work/version" &&
        type_in words 0 --version && same "$work/out" "$work/version" || return 1
    for word in match hold-it restart fold prone-to latch; do
        type_in words 2 $word && ! grep 'did you mean' "$work/err" || return 1
    done
}

# As root it is typed with nothing before it, and the advice is right as it stands; an ordinary user
# is told what takes sudo.
# shellcheck disable=SC2016 # commands, quoted in sentences
next_steps() {
    system steps "$work/stock" && type_on_terminal steps 3 status &&
        says_wrapped 'run `sudo unlockerctl patch`' && type_on_terminal steps 0 patch vmx &&
        says_wrapped 'Not patched: vmx-debug, vmx-stats, vmwarebase.' &&
        says_wrapped 'Run `sudo unlockerctl patch` to patch them.' &&
        type_on_terminal steps 0 hold && says_wrapped 'run `sudo unlockerctl release` to resume' &&
        type_on_terminal steps 3 status && says_wrapped '`sudo unlockerctl release`' || return 1
    cp -a "$work/stock" "$work/steps/other" && type_on_terminal steps 3 --root=/other status &&
        says_wrapped 'run `sudo unlockerctl --root=/other patch`' || return 1
    [ "$(id -u)" -eq 0 ] || return 0
    chown -R 12345:12345 "$work/steps/other" && user=12345:12345 &&
        type_on_terminal steps 3 --root=/other status &&
        says_wrapped 'run `unlockerctl --root=/other patch`' && ! says_wrapped 'sudo'
}

# A machine whose VMs others may not see: unknown is not "none".
in_use() {
    system use "$work/stock" && prepare="chroot . /$vmx --sleep 60 & sleep .5" &&
        user=12345:12345 && type_on_terminal use 3 status &&
        tr -d '\r' <"$work/out" | grep -qE '^vmx .* \? '
    in_use_status=$?
    for exe in /proc/[0-9]*/exe; do
        [ "$(readlink "$exe")" != "$work/use/$vmx" ] || kill "$(basename "${exe%/exe}")"
    done
    return $in_use_status
}

what_is_no_file() {
    system file "$work/stock" && cp -L /bin/ls "$work/file/ls" || return 1
    fails file 3 'cannot judge: /ls: no SMC table was found' inspect /ls &&
        says_wrapped 'this is no file that VMware ships, and needs no report' &&
        fails file 1 'cannot inspect: /usr/lib/nosuch: does not exist' inspect /usr/lib/nosuch &&
        fails file 1 'cannot inspect: /usr/lib: is a directory' inspect /usr/lib
}

# One file is busy as the first run comes; the next run keeps its original apart. Each row says what
# it holds.
interrupted_patch() {
    system busy "$work/stock" && cat >"$work/writer" <<'PYTHON' || return 1
import sys, time
file = open(sys.argv[1], "r+b")
open(sys.argv[2], "w")
time.sleep(60)
PYTHON
    rm -f "$work/writes"
    python3 -IS "$work/writer" "$work/busy/$vmx-stats" "$work/writes" &
    writer=$!
    until [ -e "$work/writes" ]; do sleep .05; done
    type_on_terminal busy 5 patch && says_wrapped 'is open for writing in another process'
    busy_status=$?
    kill $writer
    wait $writer 2>/dev/null
    [ $busy_status -eq 0 ] && says_wrapped '3 of 4 patched' && type_on_terminal busy 0 patch &&
        says_wrapped '4 of 4 patched.' && type_on_terminal busy 0 list || return 1
    tr -d '\r' <"$work/out" | grep -E '\.tar|vmx' | sort >"$work/rows"
    sort -u "$work/rows" | cmp - "$work/rows"
}

# Whatever is shown fits 80 columns, and no word is broken: each is one of those of a wide terminal.
unbroken() {
    system wide "$work/stock" && type_on_terminal wide 0 -v patch -n || return 1
    for line in 'patch -n' status patch list 'list -v' 'list -v 17.6.1' verify tools 'prune -n' \
        'restore -n' doctor restore; do
        # shellcheck disable=SC2086
        type_on_terminal wide '0' $line 2>/dev/null || [ "$type_status" -eq 3 ] || return 1
        # Progress, which a slow machine shows, is erased before a line takes its place.
        tr -d '\r' <"$work/out" | sed "s/.*$(printf '\033')\[K//" >"$work/narrow"
        [ "$(LC_ALL=C.UTF-8 wc -L <"$work/narrow")" -le 80 ] ||
            { echo "$line: too wide" && cat "$work/narrow" && return 1; }
        # A line that ends within a word is followed by its rest.
        ! grep -nE '(build|Workstati|unlocke|originals?-|patche|vmware-vm)$' "$work/narrow" ||
            { echo "$line: broken" && return 1; }
        case $line in 'list -v' | verify)
            # Names are for copying: each on one line.
            for name in "$work/wide/$store"/originals/*; do
                grep -qE "(^| )${name##*/}\$" "$work/narrow" ||
                    { echo "$line: not whole: ${name##*/}" && cat "$work/narrow" && return 1; }
            done
            ;;
        esac
    done
}

# Also in a column that a path does not fit into: the row has it on a line of its own, and a command
# is not broken at all.
# shellcheck disable=SC2016 # a command, quoted in a sentence
whole_paths_and_commands() {
    deep=/a-directory-of-a-long-name/and-another-one-in-it/tree
    system deep "$work/stock" && mkdir -p "$work/deep${deep%/*}" &&
        cp -a "$work/stock" "$work/deep$deep" && file=$deep/$vmx || return 1
    mkdir -p "$work/deep$deep/usr/lib/systemd/system" &&
        echo '[Unit]' >"$work/deep$deep/usr/lib/systemd/system/vmware-unlocker.path" || return 1
    for line in "--root=$deep" "--root=$deep verify" "patch-file -n $file $file-debug" \
        "--root=$deep doctor"; do
        # shellcheck disable=SC2086
        type_on_terminal deep 0 $line || [ "$type_status" -eq 3 ] || return 1
        tr -d '\r' <"$work/out" >"$work/narrow"
        case $line in
        *doctor) grep -q "^ *\`sudo unlockerctl --root=$deep patch\`,$" "$work/narrow" ;;
        *tree)
            grep -qx "  sudo unlockerctl --root=$deep patch" "$work/narrow" &&
                grep -qx "  sudo systemctl --root=$deep enable vmware-unlocker.path" \
                    "$work/narrow" && grep -qx '    patch what is not patched' "$work/narrow"
            ;;
        *) grep -qx " *$file" "$work/narrow" && grep -qx " *$file-debug" "$work/narrow" ;;
        esac || { echo "$line" && cat "$work/narrow" && return 1; }
    done
}

# A pager only for what is higher than the screen.
pager() {
    system paged "$work/stock" && put_pager paged || return 1
    for lines in 5 200; do
        TERM=xterm LINES=$lines UNLOCKER_PAGER=/pager timeout 120 script -qec \
            "$as_root sh '$work/enter' '$work/paged' '' '' '' list -v" /dev/null \
            >"$work/out.$lines" </dev/null
        TERM=xterm LINES=$lines UNLOCKER_PAGER=/pager timeout 120 script -qec \
            "$as_root sh '$work/enter' '$work/paged' '' '' '' inspect /$vmx" /dev/null \
            >"$work/out.$lines" </dev/null
    done
    grep -q '^PAGED' "$work/out.5" && ! grep -q '^PAGED' "$work/out.200" &&
        grep -q 'SMC tables' "$work/out.200"
}

put_pager() {
    mkdir -p "$work/$1/bin" && cp -L /bin/sh "$work/$1/bin/sh" || return 1
    ldd /bin/sh | grep -o '/[^ ]*' | while read -r library; do
        mkdir -p "$work/$1${library%/*}" && cp -L "$library" "$work/$1$library"
    done
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nwhile read -r line; do echo "PAGED $line"; done\n' >"$work/$1/pager"
    chmod +x "$work/$1/pager"
}

# The manuals as a reader sees them: the project in the page's foot or head, examples before what
# programs read.
manuals() {
    for page in "$top_srcdir"/man/*.[578]; do
        grep -q '^\.Os vmware-unlocker ' "$page" || { echo "$page" && return 1; }
        if command -v mandoc >/dev/null; then
            mandoc -T ascii "$page" | tail -n 1 | grep -q 'vmware-unlocker' || return 1
        fi
    done
    ! grep -q '^\.Sh .*JSON' "$top_srcdir/man/unlockerctl.8" &&
        grep -q '^\.Xr unlockerctl-json 5' "$top_srcdir/man/unlockerctl.8" &&
        [ -s "$top_srcdir/man/unlockerctl-json.5" ]
}

# All of it back, in two commands.
and_back() {
    system back "$work/stock" && type_on_terminal back 0 patch && type_on_terminal back 0 restore &&
        says_wrapped '4 of 4 original.' && diff -r "$work/stock/usr/lib/vmware" \
        "$work/back/usr/lib/vmware"
}

check "words of other programs" words
check "the next step, with --root and sudo where it takes them" next_steps
if [ "$(id -u)" -eq 0 ]; then
    check "IN USE is ? for who may not see" in_use
else
    skip "IN USE is ? for who may not see" "only root has another user's rights to give"
fi
check "what is no file of VMware's, missing, or a directory" what_is_no_file
check "list after a patch that one busy file interrupted" interrupted_patch
check "80 columns, no word broken" unbroken
check "a path or a command that is wider is not broken either" whole_paths_and_commands
check "a pager only where the screen is too small" pager
check "the manuals name the project, and have examples first" manuals
check "and back" and_back
plan
