#!/bin/sh
# SPDX-License-Identifier: MIT
# The progress line: on a terminal, for all that takes over a second, and gone when it is done. A
# system call that takes so long is what makes a command slow here.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
need_strace
command -v script >/dev/null || skip_all "no script"
cd "$work" || exit 1
# Wider than a terminal of 80 columns, and not ASCII.
root=$(printf 'a-rather-long-näme/%.0s' 1 2 3 4)t
mkdir -p "${root%/t}" || exit 1
make_tree "$root" || skip_all "$(cat "$work/unable")"
ctl 0 --root="$root" patch || exit 1
ln -s "$root" t && cp t/usr/lib/vmware/bin/vmware-vmx vmx
vmx=$work/vmx
erase=$(printf '\r\033[K')
escape=$(printf '\033')
delay=1400000

# on_terminal COMMAND: in 80 columns; the output is in "out", as lines without their returns.
on_terminal() {
    TERM=xterm NO_COLOR=1 LC_ALL=${TEST_LOCALE:-C.UTF-8} timeout 120 script -qec \
        "stty cols 80; $1" /dev/null <"${typed:-/dev/null}" | sed 's/\r$//' >out
}

# slow CALL WHEN ARGUMENTS: the program, whose CALL takes long for its time number WHEN, or for that
# file.
slow() {
    case $2 in
    /*) slow_when="-P $2 -e inject=$1:delay_enter=$delay:when=1" ;;
    *) slow_when="-e inject=$1:delay_enter=$delay:when=$2" ;;
    esac
    echo "strace -f --seccomp-bpf -qq -o /dev/null -e trace=$1 $slow_when" \
        "$UNLOCKERCTL --no-pager $3"
}

# erased: what stays on the terminal is what a fast run prints there ("fast").
erased() {
    as_seen <out >stays && diff stays fast
}

# shows LINE CALL WHEN ARGUMENTS: the line is shown, and erased.
shows() {
    echo "$4"
    shows_line=$1
    on_terminal "$UNLOCKERCTL --no-pager $4" && mv out fast && ! grep -q "$escape" fast &&
        on_terminal "$(slow "$2" "$3" "$4")" && cat -v out &&
        grep -qF "$erase$shows_line$erase" out && erased
}

# Whatever the command, but those that only switch something.
every_command() {
    shows 'Reading the state of VMware' openat2 1 '--root=t status' &&
        shows 'Reading the state of VMware' openat2 1 '--root=t status --nagios' &&
        shows 'Looking for what to patch' openat2 1 '--root=t patch' &&
        shows 'Looking for what to restore' openat2 1 '--root=t restore -n' &&
        shows 'Reading the archives' openat2 1 '--root=t list' &&
        shows 'Reading the archives' openat2 1 '--root=t verify' &&
        shows 'Reading the archives' openat2 1 '--root=t prune -n' &&
        shows 'Reading the backup' openat2 1 '--root=t adopt t' &&
        shows 'Checking this computer' openat2 1 '--root=t doctor' &&
        shows 'Reading the guest tools' openat2 1 '--root=t tools' &&
        shows 'Collecting the report' openat "$vmx" "report $vmx" &&
        shows 'Reading the file' openat "$vmx" "inspect $vmx" &&
        shows 'Reading the file' openat "$vmx" "dump-smc $vmx" &&
        shows 'Reading the files' openat2 1 "patch-file -n $vmx"
}

# One system call can take it all: the archive goes to the disk.
sync_of_archive() {
    cp -a t/ again && ctl 0 --root=again restore && rm -r again/var &&
        on_terminal "$(slow fsync 5 '--root=again patch')" && cat -v out &&
        grep -qF "${erase}Keeping the originals$erase" out && as_seen <out >stays &&
        grep -q '^4 of 4 patched' stays && ! grep -q Keeping stays
}

nowhere_else() {
    slow=$(slow openat2 1 '--root=t')
    for command in "$slow -q list" "$slow --json=short list" "$slow list | cat" \
        "$slow list 2>errors" "TERM=dumb $slow list"; do
        on_terminal "$command" && [ ! -s errors ] && ! grep "$escape" out || return 1
    done
}

# In a file, as a report is: the terminal has nothing else.
into_file() {
    on_terminal "$(slow openat "$vmx" "report $vmx") >report" &&
        [ "$(cat out)" = "${erase}Collecting the report$erase" ] && ! grep "$escape" report
}

# columns LOCALE: of each line that is shown at "t" by its long path.
columns() {
    TEST_LOCALE=$1 on_terminal "$(slow openat2 1 "--root=$root verify")" &&
        tr '\r' '\n' <out | sed "s/^$escape\[K//" | grep '^Verifying the archives in a-rather' |
        sort -u >lines && cat lines && [ "$(LC_ALL=$1 wc -L <lines)" -eq 79 ]
}

# A question is not asked beside it.
question() {
    make_tree newer --version=25H2u1 --guests=42 && cp -a t/ asks && ctl 0 --root=asks restore &&
        cp -a --remove-destination newer/. asks/ && echo n >answer && typed=answer &&
        on_terminal "$(slow openat2 1 '--root=asks prune --all')" && cat -v out &&
        grep -qF "${erase}Reading the archives$erase  vmware-workstation" out &&
        grep -q '\[y/N\]' out
}

# stopped SIGNAL SLOW WHEN CALL ARGUMENTS: the command that runs the program; SLOW takes long for
# its time number WHEN, and the first CALL meets the signal.
stopped() {
    echo "strace -f -qq -o /dev/null -e trace=$2,$4 -e inject=$2:delay_enter=$delay:when=$3" \
        "-e inject=$4:signal=$1:when=1 $UNLOCKERCTL --no-pager $5"
}

# interrupts STATUS SENTENCE SIGNAL…: only the sentence is left on the terminal, and the signal
# ended the program.
interrupts() {
    interrupts_status=$1
    interrupts_sentence=$2
    shift 2
    on_terminal "$(stopped "$@"); echo \$?" && cat -v out &&
        [ "$(grep -oF "$erase" out | wc -l)" -ge 2 ] && as_seen <out >stays &&
        printf 'unlockerctl: %s.\n%s\n' "$interrupts_sentence" "$interrupts_status" |
        diff - stays
}

interrupted() {
    typed=
    again='no file is half written; run it again to go on'
    look='openat2 1 getdents64'
    # shellcheck disable=SC2086
    cp -a t/ half && ctl 0 --root=half restore && rm -r half/var &&
        interrupts 130 'status was interrupted' SIGINT $look '--root=t status' &&
        interrupts 130 "verify was interrupted: $again" SIGINT $look '--root=t verify' &&
        interrupts 130 "patch was interrupted: $again" SIGINT fsync 5 renameat2 \
            '--root=half patch' && ctl 3 --root=half status && says '1 of 4 patched' &&
        ctl 0 --root=half patch && says '4 of 4 patched.' || return 1
    # Who ignores it goes on; elsewhere than on a terminal nothing is said.
    # shellcheck disable=SC2086
    on_terminal "trap '' INT; $(stopped SIGINT $look '--root=t status')" &&
        grep -q '^4 of 4 patched' out && ! grep interrupted out &&
        on_terminal "$(stopped SIGINT $look '--root=t status') 2>errors; echo \$?" &&
        grep -qx 130 out && [ ! -s errors ]
}

check "each command has it, and erases it" every_command
check "while an archive is written to the disk" sync_of_archive
check "not with --quiet or --json, in a pipe, without a terminal" nowhere_else
check "while the output goes to a file" into_file
check "it is no wider than the terminal" columns C.UTF-8
check "nor in a locale without UTF-8" columns C
check "it is gone before a question" question
check "Ctrl-C erases it, and says what was interrupted" interrupted
plan
