# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the test scripts share: TAP, running the program, and looking at files. Sourced first; gives
# $work, a directory that goes away at the end.

set -u
LC_ALL=C
PYTHONDONTWRITEBYTECODE=1
export LC_ALL PYTHONDONTWRITEBYTECODE
unset NO_COLOR COLUMNS

: "${top_srcdir:?}"
standin=$top_srcdir/tests/standin
number=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# TAP ---------------------------------------------------------------------------------------------

# check NAME COMMAND...: "ok" when the command succeeds; else its output, as a comment.
check() {
    check_name=$1
    shift
    number=$((number + 1))
    if "$@" >"$work/log" 2>&1; then
        echo "ok $number - $check_name"
    else
        echo "not ok $number - $check_name"
        tail -n 40 "$work/log" | sed 's/^/# /'
    fi
}

# skip NAME WHY
skip() {
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

# check_with TOOL NAME COMMAND...: check, where the tool is there.
check_with() {
    check_with_tool=$1
    shift
    if command -v "$check_with_tool" >/dev/null; then
        check "$@"
    else
        skip "$1" "no $check_with_tool"
    fi
}

# skip_all WHY: when nothing of the script can be done here.
skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

# At the end.
plan() {
    documents_checked
    echo "1..$number"
}

# Every document of --json that the script saw is checked at once: it must be the schema's.
documents_checked() {
    [ -s "$work/.documents" ] || return 0
    check_with python3 "every JSON document is one of the schema's" \
        python3 -IS "$top_srcdir/tests/document.py" "$top_srcdir/docs/unlockerctl.schema.json" \
        "$work/.documents"
}

# document_seen FILE ARGUMENT…: so called, the program printed the file; with --json it is looked at
# later.
document_seen() {
    document_file=$1
    shift
    case " $*" in
    *' --help'* | *' complete '* | *' --json=off'* | *' --nagios'*) return 0 ;;
    *' --json'*) [ -s "$document_file" ] || return 0 ;;
    *) return 0 ;;
    esac
    { echo "$*" | tr '\n' ' ' && echo && cat "$document_file" && printf '\0'; } \
        >>"$work/.documents"
}

need_python() {
    command -v python3 >/dev/null || skip_all "no python3"
}

# Whether strace is there and allowed to trace. Of what it traces, leaks cannot be looked for: from
# here on they are not.
can_strace() {
    strace -qq -o /dev/null true 2>/dev/null || return 1
    ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
    export ASAN_OPTIONS
}

need_strace() {
    can_strace || skip_all "strace is not there, or cannot run here"
}

# What a terminal shows at last of what it got: a line of progress, on a slow computer, is erased.
as_seen() {
    sed "s/.*$(printf '\r\033')\\[K//"
}

# The program -------------------------------------------------------------------------------------

# ctl STATUS ARGUMENT...: runs it, in the locale $TEST_LOCALE where that is set; its output is in
# $work/out and $work/err. STATUS may be several, as in "1|3". One that hangs is ended, and failed.
ctl() {
    ctl_expected=$1
    shift
    ctl_status=0
    LC_ALL=${TEST_LOCALE:-$LC_ALL} timeout 120 "${UNLOCKERCTL:?}" "$@" >"$work/out" \
        2>"$work/err" || ctl_status=$?
    document_seen "$work/out" "$@"
    case " $*" in *" --root=/"[!/.]*) whole_paths || return 1 ;; esac
    case "|$ctl_expected|" in *"|$ctl_status|"*) return 0 ;; esac
    echo "exit status $ctl_status, not $ctl_expected: $*"
    cat "$work/out" "$work/err"
    return 1
}

# Below a root, what is complained of is a path from outside of it, but for a path in an archive.
whole_paths() {
    ! grep -vE '\(/[^ ]* in vmware-[^ ]*\.tar' "$work/err" |
        grep -E '(^|[ (`])/(usr/lib/vmware|etc/vmware|(var/lib|run)/vmware-unlocker)' ||
        { echo "a path without its root" && return 1; }
}

# What the last ctl said, on its standard output, or on its standard error.
says() {
    grep -qF -e "$1" "$work/out" || { echo "not said: $1" && cat "$work/out" && return 1; }
}

complains() {
    grep -qF -e "$1" "$work/err" || { echo "no complaint: $1" && cat "$work/err" && return 1; }
}

# manual_has COMMAND STATUS: whether the manual's table has it; 0 and 2 are every command's.
manual_has() {
    case $2 in 0 | 2) return 0 ;; esac
    sed -n "s/^\.It Cm $1 Ta \([0-9, ]*\)\$/\1/p" "$top_srcdir/man/unlockerctl.8" | tr -d ' ' |
        tr ',' '\n' | grep -qx "$2" || { echo "not in the manual: $1 ends with $2" && return 1; }
}

# Files -------------------------------------------------------------------------------------------

# same FILE FILE: byte for byte.
same() {
    cmp "$1" "$2"
}

# attributes FILE: owner, mode, size, time of change to the nanosecond, extended attributes.
# getfattr starts ten times as fast as python3.
attributes() {
    stat -c '%a %u:%g %s %y' "$1"
    [ -e "$1" ] || return 1
    if command -v getfattr >/dev/null; then
        getfattr --absolute-names -d -m - -e hex -- "$1" | sed '/^# file: /d; /^$/d' | sort
        return
    fi
    python3 -IS - "$1" <<'PYTHON'
import os, sys

for name in sorted(os.listxattr(sys.argv[1])):
    print(name, os.getxattr(sys.argv[1], name).hex())
PYTHON
}

# identity FILE: whether anybody has so much as touched it.
identity() {
    stat -c '%d:%i %z' "$1" && attributes "$1"
}

# mark_file FILE: gives it attributes that are easy to lose, as far as this user may.
mark_file() {
    if [ "$(id -u)" -eq 0 ]; then
        chown 1:2 "$1" && chmod 04755 "$1" || return 1
    fi
    if command -v setfattr >/dev/null; then
        setfattr -n user.standin -v 0x006b657074ff -- "$1"
    else
        python3 -IS -c 'import os, sys
os.setxattr(sys.argv[1], "user.standin", b"\0kept\xff")' "$1"
    fi 2>/dev/null || echo "no user attributes on this file system"
    touch -d '2024-02-29 01:02:03.123456789' "$1"
}

# Stand-ins ---------------------------------------------------------------------------------------

# make_tree DIR OPTION...: also DIR.truth. 77 when this machine cannot, with a reason in
# $work/unable.
make_tree() {
    make_tree_directory=$1
    shift
    "$standin/make-tree.sh" "--truth=$make_tree_directory.truth" "$@" "$make_tree_directory" \
        2>"$work/unable"
    make_tree_status=$?
    sed -i 's/^make-tree: //' "$work/unable"
    return $make_tree_status
}

# target TREE ROLE: its path; the library is where it is found.
target() {
    case $2 in
    vmwarebase) echo "$1"/usr/lib/vmware/lib/*/libvmwarebase.so* ;;
    *) echo "$1/usr/lib/vmware/bin/vmware-$2" ;;
    esac
}

# expect TREE ROLE OUT: the patched file as it must be; the edits are in $work/edits.
expect() {
    "$standin/expect.py" --truth "$1.truth" --role "$2" --output "$3" "$(target "$1" "$2")" \
        >"$work/edits"
}

# answers FILE VERSION: what a guest would be told, key by key, without OSK0 and OSK1.
answers() {
    "$1" --smc-all "$2" | sed '/^OSK[01] /d'
}

# answers_osk FILE VERSION NUMBER: whether it gives the key.
answers_osk() {
    case $3 in
    0) answers_osk_wanted=ourhardworkbythesewordsguardedpl ;;
    *) answers_osk_wanted='easedontsteal(c)AppleComputerInc' ;;
    esac
    answers_osk_status=0
    answers_osk_got=$("$1" --smc "$2" "OSK$3") || answers_osk_status=$?
    echo "V$2 OSK$3: $answers_osk_got, exit status $answers_osk_status"
    [ "$answers_osk_status" -eq 0 ] && [ "$answers_osk_got" = "$answers_osk_wanted" ]
}

# Whether it gives all four keys.
answers_all_osk() {
    answers_osk "$1" 0 0 && answers_osk "$1" 0 1 && answers_osk "$1" 1 0 && answers_osk "$1" 1 1
}

# refuses_osk FILE VERSION NUMBER: whether it says that there is no SMC.
refuses_osk() {
    refuses_osk_status=0
    refuses_osk_got=$("$1" --smc "$2" "OSK$3") || refuses_osk_status=$?
    echo "V$2 OSK$3: $refuses_osk_got, exit status $refuses_osk_status"
    [ "$refuses_osk_status" -eq 3 ] && [ "$refuses_osk_got" = "no SMC" ]
}

refuses_all_osk() {
    refuses_osk "$1" 0 0 && refuses_osk "$1" 0 1 && refuses_osk "$1" 1 0 && refuses_osk "$1" 1 1
}

# guests LIBRARY: the guest list, one entry a line.
guests() {
    [ -x "$work/list-guests" ] || "$standin/make-tree.sh" "--lister=$work/list-guests"
    "$work/list-guests" "$1"
}

# each_variant COMMAND...: COMMAND... NAME OPTION... for each line of tests/standin/variants.
each_variant() {
    while read -r each_name each_options <&3; do
        case $each_name in '' | '#'*) continue ;; esac
        # shellcheck disable=SC2086
        "$@" "$each_name" $each_options
    done 3<"$standin/variants"
}

# no_immutable_flag: why no file can be made immutable; nothing where one can.
no_immutable_flag() {
    command -v chattr >/dev/null || { echo "no chattr" && return; }
    : >"$work/flagged"
    { chattr +i "$work/flagged" && chattr -i "$work/flagged"; } 2>/dev/null ||
        echo "no immutable flag here"
    rm -f "$work/flagged"
}

# Why no image of a file system can be mounted here, as in a container; fails where one can.
no_image_mounts() {
    command -v mkfs.ext4 >/dev/null || { echo "no mkfs.ext4" && return; }
    mkdir -p "$work/probed" && truncate -s 8M "$work/probe.image" &&
        mkfs.ext4 -q -F "$work/probe.image" 2>/dev/null || return 1
    ! unshare --mount mount -o loop "$work/probe.image" "$work/probed" 2>/dev/null ||
        { rm -r "$work/probe.image" "$work/probed" && return 1; }
    rm -r "$work/probe.image" "$work/probed"
    echo "no loop devices"
}
