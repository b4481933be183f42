#!/bin/sh
# SPDX-License-Identifier: MIT
# Exit statuses, --quiet and --json mean the same in every command that the program lists; the
# manual's table names each status that a command ends with.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all "no jq"
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
manual=$top_srcdir/man/unlockerctl.8
vmx=usr/lib/vmware/bin/vmware-vmx
mkdir "$work/empty"
echo words >"$work/words"
printf '%32769sCD001%2042s' '' '' >"$work/darwin.iso"

# row VERB CASE: the exit status and the arguments; "-" where the command has no such case. A
# command that is listed and has no row fails.
row() {
    case $1 in
    patch) row_of "$2" 0 4 3 1 ;;
    restore) row_of "$2" 0 4 3 1 ;;
    status | verify) row_of "$2" '0|3' 4 '0|3' 3 ;;
    tools) row_of "$2" 0 4 - "1 --force $work/darwin.iso" ;;
    hold | prune) row_of "$2" 0 0 - 1 ;;
    release) row_of "$2" 0 0 - - ;;
    list) row_of "$2" 0 0 - 3 ;;
    doctor) row_of "$2" '0|3' 3 - '0|3' ;;
    adopt) row_of "$2" "0 $work/stock" "4 $work/stock" - "1 $work/stock" ;;
    inspect | dump-smc | patch-file | report) row_of_file "$1" "$2" ;;
    help | version) echo - ;;
    *) return 1 ;;
    esac
}

# row_of CASE DONE EMPTY REFUSED DENIED
row_of() {
    case $1 in
    done) echo "$2" ;;
    empty) echo "$3" ;;
    refused) echo "$4" ;;
    denied) echo "$5" ;;
    none) echo "1${2#"${2%% *}"}" ;;
    usage) echo '2 --nonsense' ;;
    esac
}

row_of_file() {
    case $1/$2 in
    patch-file/done) echo "0 --dry-run $work/stock/$vmx" ;;
    */done) echo "0 $work/stock/$vmx" ;;
    */empty) echo - ;;
    report/refused) echo "0 $work/words" ;;
    */refused) echo "3 $work/words" ;;
    patch-file/denied) echo "1 $work/stock/$vmx" ;;
    */denied) echo "1 $work/shared/$vmx" ;;
    */none) echo "1 $work/nowhere" ;;
    */usage) echo '2 --nonsense' ;;
    esac
}

# in_manual VERB STATUS: whether its row of the manual's table has it.
in_manual() {
    case $2 in 0 | 2) ;; *) echo "$1 $2" >>"$work/ended" ;; esac
    manual_has "$1" "$2"
}

# What it says on standard error, and with --json in its document.
has_reason() {
    [ -s "$work/quiet" ] || { echo "not a word" && return 1; }
    jq -e '[.. | objects | select(.reason and .why and .todo)] | length >= 1' "$work/out" \
        >"$work/answer" || { cat "$work/out" && return 1; }
}

# try VERB CASE ROOT STATUS ARGUMENT…: with --quiet, and with --json.
try() {
    try_case=$2
    set -- "$1" "--root=$3" "$4" "$(shift 4 && echo "$*")"
    echo "$1, $try_case: $4"
    # shellcheck disable=SC2086
    as_caller "$3" "$2" --quiet $1 $4 || return 1
    [ ! -s "$work/out" ] || { cat "$work/out" && return 1; }
    cp "$work/err" "$work/quiet" && in_manual "$1" "$ctl_status" || return 1
    # shellcheck disable=SC2086
    as_caller "$3" "$2" --json $1 $4 || return 1
    in_manual "$1" "$ctl_status" || return 1
    jq -es "length == 1 and .[0].version == 1 and .[0].exit_status == $ctl_status" \
        "$work/out" >"$work/answer" || { cat "$work/out" && return 1; }
    # report says in its text what it could not read, and status in its table.
    case $try_case/$ctl_status/$1 in
    none/*/report | denied/*/report | denied/*/status | denied/0/* | denied/3/doctor) ;;
    none/* | usage/* | denied/*) has_reason || return 1 ;;
    esac
}

as_caller() {
    ctl "$@"
}

# each CASE ROOT: with every command.
each() {
    while read -r verb; do
        line=$(row "$verb" "$1") || { echo "no row for $verb" && return 1; }
        [ "$line" != - ] || continue
        # shellcheck disable=SC2086
        try "$verb" "$1" "$2" $line || return 1
    done <"$work/verbs"
}

refused() {
    cp -a "$work/stock" "$work/refusing" &&
        cp "$work/words" "$work/refusing/$vmx" && each refused "$work/refusing"
}

# An ordinary user, in a system of root's that is patched, and has what root alone may read.
denied() {
    cp -a "$work/stock" "$work/shared" && cp "$UNLOCKERCTL" "$work/unlockerctl" &&
        chmod 0755 "$work" "$work/unlockerctl" && chmod 04711 "$work/shared/$vmx" || return 1
    UNLOCKERCTL=$work/unlockerctl
    ctl 0 --root="$work/shared" patch || return 1
    # In a build for coverage, where its counts go.
    mkdir -p "$work/counts" && chmod 1777 "$work/counts"
    as_caller() {
        as_status=$1
        shift
        printf '#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 --clear-groups %s "$@"\n' \
            "env GCOV_PREFIX=$work/counts $work/unlockerctl" >"$work/as-user"
        chmod 0755 "$work/as-user" && UNLOCKERCTL=$work/as-user ctl "$as_status" "$@"
    }
    each denied "$work/shared"
}

# Nor has the manual a command that is none, or lacks one.
manual_names() {
    sed -n 's/^\.It Cm \([a-z-]*\) Ta [0-9, ]*$/\1/p' "$manual" | sort >"$work/named"
    grep -vx -e help -e version "$work/verbs" | sort | diff - "$work/named"
}

# ends STATUS COMMAND ARGUMENT…: with one that the manual's table has, below $work/other.
ends() {
    ends_status=$1
    shift
    ctl "$ends_status" "--root=$work/other" "$@" && in_manual "$1" "$ends_status"
}

other() {
    rm -rf "$work/other" && cp -a "$work/stock" "$work/other" &&
        ctl 0 -q --root="$work/other" patch && store=$work/other/var/lib/vmware-unlocker
}

# busy FILE COMMAND…: while another process has it locked, and open for writing.
busy() {
    python3 -IS -c 'import fcntl, subprocess, sys
file = open(sys.argv[1], "r+")
fcntl.flock(file, fcntl.LOCK_EX)
open(sys.argv[2], "w").close()
sys.stdin.read()' "$1" "$work/is-busy" <"$work/end" &
    exec 8>"$work/end"
    until [ -e "$work/is-busy" ]; do sleep .05; done
    shift
    busy_status=0
    "$@" || busy_status=1
    exec 8>&-
    wait $!
    rm "$work/is-busy"
    return $busy_status
}

# A service that has begun, as status sees it.
waited_for() {
    wants=$work/other/etc/systemd/system/multi-user.target.wants
    mkdir -p "$wants" "$work/other/usr/lib/systemd/system" "$work/other/run/vmware-unlocker" &&
        echo '[Path]' >"$work/other/usr/lib/systemd/system/vmware-unlocker.path" &&
        ln -s /usr/lib/systemd/system/vmware-unlocker.path "$wants/" &&
        printf 1 >"$work/other/run/vmware-unlocker/begun"
}

while_locked() {
    ends 5 restore --limit=50ms && ends 5 prune --limit=50ms && ends 5 hold --limit=50ms &&
        ends 5 adopt --limit=50ms "$work/stock" &&
        ends 5 tools --force --limit=50ms "$work/darwin.iso" &&
        cp "$work/stock/$vmx" "$work/other/$vmx" && ends 5 patch --limit=50ms
}

# What the cases above do not lead to.
others() {
    mkfifo "$work/end" && other && busy "$store/lock" while_locked &&
        cp "$work/stock/$vmx" "$work/one" && busy "$work/one" ends 5 patch-file "$work/one" &&
        waited_for && ends 5 status --wait=50ms && ends 0 hold &&
        busy "$store/lock" ends 5 release --limit=50ms && ends 3 tools "$work/darwin.iso" &&
        ends 4 patch-file "$work/empty" --output="$work/none" || return 1
    printf '%s = "%s"\n' guestOS darwin20-64 firmware bios >"$work/vm.vmx" &&
        mkdir -p "$work/vm.vmx.lck" && : >"$work/vm.vmx.lck/M1.lck" &&
        ends 5 doctor --fix --yes "$work/vm.vmx" || return 1
    other && truncate -s 9000 "$work/other/usr/lib/vmware"/bin/* \
        "$work/other/usr/lib/vmware"/lib/*/* && ends 3 prune && mkdir "$work/backup" &&
        cp "$work/words" "$work/backup/vmware-vmx" && other && rm "$store"/originals/* &&
        ends 3 adopt "$work/backup"
}

# Nor does the table promise a status that no command here ends with.
each_is_met() {
    sed -n 's/^\.It Cm \([a-z-]*\) Ta \([0-9, ]*\)$/\1 \2/p' "$manual" | tr -d , |
        awk '{ for (i = 2; i <= NF; i++) print $1, $i }' | sort >"$work/promised"
    [ -s "$work/promised" ] && sort -u "$work/ended" | comm -13 - "$work/promised" >"$work/unmet"
    [ ! -s "$work/unmet" ] || { echo "in the manual alone:" && cat "$work/unmet" && return 1; }
}

ctl 0 --help
sed -n '/^Commands:/,/^[A-Z].*:$/s/^  \([a-z][a-z-]*\).*/\1/p' "$work/out" >"$work/verbs"
check "the commands are listed" [ -s "$work/verbs" ]
check "each has its row in the manual" manual_names
check "a command line that is wrong" each usage "$work/stock"
check "a root that cannot be opened" each none "$work/nowhere"
check "no VMware" each empty "$work/empty"
check "a file that is refused" refused
check "success, also where nothing is left to do" each 'done' "$work/stock"
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    check "what the user may not do" denied
    check "other statuses" others
    check "each status of the manual is met" each_is_met
else
    skip "what the user may not do" "needs root and setpriv"
    skip "each status of the manual is met" "needs root and setpriv"
fi
plan
