# shellcheck shell=sh disable=SC2034
# SPDX-License-Identifier: MIT
# What the scripts by-hand*.sh share: systems of their own to type commands in, on "/", in a pipe
# and on a terminal, as root and as an ordinary user.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
store=var/lib/vmware-unlocker
vmx=usr/lib/vmware/bin/vmware-vmx

# In a mount namespace of its own, as its root.
as_root='unshare -m'
[ "$(id -u)" -eq 0 ] || as_root='unshare -r -m'
$as_root true 2>/dev/null || skip_all "no namespace can be had here"
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"

# The program and the libraries that it needs, below DIR.
put_program() {
    mkdir -p "$1/usr/bin" "$1/dev" "$1/proc" "$1/tmp" && chmod 1777 "$1/tmp" &&
        cp "$UNLOCKERCTL" "$1/usr/bin/unlockerctl" || return 1
    ldd "$UNLOCKERCTL" | grep -o '/[^ ]*' | while read -r library; do
        mkdir -p "$1${library%/*}" && cp -L "$library" "$1$library" || exit 1
    done
}

# system NAME [TREE]: a system to stand in, with VMware or without.
system() {
    prepare=
    user=
    program=
    rm -rf "${work:?}/$1"
    if [ -n "${2:-}" ]; then
        cp -a "$2" "$work/$1"
    else
        mkdir "$work/$1"
    fi
    put_program "$work/$1"
}

# What is done in the namespace before the program starts. With LOOK, a directory, all files are
# listed there before and after; what a program built for coverage counts is not among them.
cat >"$work/enter" <<'SH'
root=$1 prepare=$2 user=$3 program=$4
shift 4
mount --rbind /dev "$root/dev" && mount --rbind /proc "$root/proc" || exit 99
cd "$root" && eval "$prepare" || exit 99
export GCOV_PREFIX="/tmp/counts$user"
look() {
    find . \( -path ./proc -o -path ./dev -o -path './tmp/counts*' \) -prune -o ! -type d \
        -printf '%i %s %m %T@ %p\n' |
        sort >"$LOOK/$1"
}
set -- chroot ${user:+--userspec="$user"} . "${program:-/usr/bin/unlockerctl}" "$@"
[ -n "${LOOK:-}" ] || exec "$@"
look before
status=0
"$@" || status=$?
look after
exit $status
SH

# type_in SYSTEM STATUS ARGUMENT…: types it there, as `ctl`; after $prepare, as $user.
type_in() {
    type_system=$1
    type_expected=$2
    shift 2
    type_status=0
    # shellcheck disable=SC2086
    timeout 120 $as_root sh "$work/enter" "$work/$type_system" "$prepare" "$user" \
        "$program" "$@" \
        >"$work/out" 2>"$work/err" </dev/null || type_status=$?
    document_seen "$work/out" "$@"
    [ "$type_status" -eq "$type_expected" ] && return 0
    echo "exit status $type_status, not $type_expected: $*"
    cat "$work/out" "$work/err"
    return 1
}

# The same on a terminal, where both streams are one: $work/out.
type_on_terminal() {
    type_status=0
    type_system=$1
    type_expected=$2
    shift 2
    TERM=xterm NO_COLOR=1 timeout 120 script -qec \
        "$as_root sh '$work/enter' '$work/$type_system' '$prepare' '$user' \
        '$program' --no-pager $*" \
        /dev/null >"$work/typed" </dev/null || type_status=$?
    as_seen <"$work/typed" >"$work/out"
    [ "$type_status" -eq "$type_expected" ] && return 0
    echo "exit status $type_status, not $type_expected: $*"
    cat "$work/out"
    return 1
}

# says_wrapped SENTENCE: on a terminal, wherever its lines end.
says_wrapped() {
    tr -d '\r' <"$work/out" | tr -s '\n ' ' ' | grep -qF -e "$1" ||
        { echo "not said: $1" && cat "$work/out" && return 1; }
}

# fails SYSTEM STATUS SENTENCE ARGUMENT…: it ends so and says so, in a pipe and on a terminal.
fails() {
    fails_system=$1
    fails_status=$2
    fails_sentence=$3
    shift 3
    echo "$*"
    type_in "$fails_system" "$fails_status" "$@" && complains "unlockerctl: $fails_sentence" &&
        type_on_terminal "$fails_system" "$fails_status" "$@" &&
        says_wrapped "unlockerctl: $fails_sentence" || return 1
}

# listen SYSTEM: collects what is sent to the journal there, in $work/sent, until `heard`.
listen() {
    mkdir -p "$work/$1/run/systemd/journal"
    rm -f "$work/$1/run/systemd/journal/socket" "$work/sent"
    (cd "$work/$1/run/systemd/journal" && exec python3 -IS -c '
import socket, sys

heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind("socket")
sent = open(sys.argv[1], "wb")
while (message := heard.recv(1 << 16)) != b"end":
    sent.write(message + b"\n")
' "$work/sent") &
    listener=$!
    until [ -S "$work/$1/run/systemd/journal/socket" ]; do sleep .1; done
}

heard() {
    (cd "$work/$1/run/systemd/journal" && exec python3 -IS -c '
import socket

socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"end", "socket")') &&
        wait "$listener"
}

# sent FIELD=VALUE
sent() {
    grep -qxF -e "$1" "$work/sent" || { echo "not sent: $1" && cat "$work/sent" && return 1; }
}

# event ID FIELD=VALUE…: an event of this kind was sent, with these fields UNLOCKER_… and no other.
event() {
    python3 -IS - "$work/sent" "$@" <<'PYTHON'
import sys

sent = open(sys.argv[1], encoding="utf-8").read().split("\n\n")
wanted = sorted("UNLOCKER_" + field for field in sys.argv[3:])
fields = [sorted(line for line in event.split("\n") if line.startswith("UNLOCKER_"))
          for event in sent if "MESSAGE_ID=" + sys.argv[2] in event.split("\n")]
if wanted not in fields:
    sys.exit("not sent: %s, but: %s" % (wanted, fields))
PYTHON
}

# hears STATUS ARGUMENT…: types it in the system "journal", and listens.
hears() {
    listen journal && type_in journal "$@" && heard journal
}
