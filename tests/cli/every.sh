#!/bin/sh
# SPDX-License-Identifier: MIT
# Exit statuses, --quiet and --json mean the same in every command that the program lists.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all "no jq"
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
mkdir "$work/empty"
echo words >"$work/words"

# row VERB CASE: the exit status and the arguments; "-" where the command has no such case. A
# command that is listed and has no row fails.
row() {
    case $1 in
    patch | restore) row_of "$2" 0 4 3 ;;
    status) row_of "$2" '0|3' 4 '0|3' ;;
    verify) row_of "$2" '0|3' 4 '0|3' ;;
    tools) row_of "$2" 0 4 - ;;
    hold | release | list | prune) row_of "$2" 0 0 - ;;
    doctor) row_of "$2" '0|3' 3 - ;;
    inspect | dump-smc | patch-file) row_of_file "$1" "$2" ;;
    log) row_of "$2" 0 - - ;;
    report) case $2 in usage) echo '2 --nonsense' ;; *) echo - ;; esac ;;
    help | version) echo - ;;
    *) return 1 ;;
    esac
}

# row_of CASE DONE EMPTY REFUSED
row_of() {
    case $1 in
    done) echo "$2" ;;
    empty) echo "$3" ;;
    refused) echo "$4" ;;
    none) echo 1 ;;
    usage) echo '2 --nonsense' ;;
    esac
}

row_of_file() {
    case $2 in
    done)
        echo "0 $work/stock/usr/lib/vmware/bin/vmware-vmx"
        [ "$1" != patch-file ] || echo --dry-run
        ;;
    empty) echo - ;;
    refused) echo "1|3 $work/words" ;;
    none) echo "1 $work/nowhere" ;;
    usage) echo '2 --nonsense' ;;
    esac
}

# Whether its output is what was asked for, so that --quiet leaves it.
shows() {
    case $2/$1 in
    none/* | usage/*) return 1 ;;
    */list | */verify | */inspect | */dump-smc | */patch-file | */tools | */log) return 0 ;;
    *) return 1 ;;
    esac
}

# try VERB CASE ROOT STATUS ARGUMENT…: plain, with --quiet and with --json.
try() {
    try_case=$2
    set -- "$1" "--root=$3" "$4" "$(shift 4 && echo "$*")"
    echo "$1, $try_case: $4"
    # shellcheck disable=SC2086
    ctl "$3" "$2" --quiet $1 $4 || return 1
    [ ! -s "$work/out" ] || shows "$1" "$try_case" || { cat "$work/out" && return 1; }
    case $try_case in
    none | usage) [ -s "$work/err" ] || { echo "not a word" && return 1; } ;;
    esac
    # shellcheck disable=SC2086
    ctl "$3" "$2" --json $1 $4 || return 1
    jq -es "length == 1 and .[0].version == 1 and .[0].exit_status == $ctl_status" \
        "$work/out" >"$work/answer" || { cat "$work/out" && return 1; }
    case $try_case in
    none | usage)
        jq -e '[.. | objects | select(.reason and .why and .todo)] | length >= 1' "$work/out" \
            >"$work/answer" || { cat "$work/out" && return 1; }
        ;;
    esac
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
        cp "$work/words" "$work/refusing/usr/lib/vmware/bin/vmware-vmx" &&
        each refused "$work/refusing"
}

ctl 0 --help
sed -n '/^Commands:/,/^[A-Z].*:$/s/^  \([a-z][a-z-]*\).*/\1/p' "$work/out" >"$work/verbs"
check "the commands are listed" [ -s "$work/verbs" ]
check "a command line that is wrong" each usage "$work/stock"
check "a root that cannot be opened" each none "$work/nowhere"
check "no VMware" each empty "$work/empty"
check "a file that is refused" refused
check "success, also where nothing is left to do" each 'done' "$work/stock"
plan
