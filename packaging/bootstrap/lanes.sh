# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2015,SC2030,SC2031,SC2034,SC2154 # bootstrap sources it
# Stages side by side: a lane is a list of stages that run one after the other.
#
#     lanes_run 'gcc clang' 'system packages'     calls run_stage NAME and, once that has ended,
#                                                 tell_stage NAME
#     lanes_end                                   ends what runs, and removes what it left
#
# Of a stage NAME there are, in build/check: NAME.log, what it printed; NAME.began and NAME.took, in
# seconds; NAME.status, its exit status; NAME.left, what it left behind: what lies in the directory
# that is its TMPDIR, and what runs with its name in the environment.

lanes_scratch='' lanes_pids='' lanes_before='' lanes_drawn=0
# How long a process may take to end by itself, and by a signal: tenths of a second.
lanes_grace=100 lanes_patience=300

# What is left -------------------------------------------------------------------------------------

# The processes of a stage, or of all.
stage_processes() {
    grep -lszE "^UNLOCKER_STAGE=$lanes_scratch/${1:-}" /proc/[0-9]*/environ | cut -d/ -f3
}

# The processes below those given, and these; not those in a machine, which end with it.
processes_below() {
    own=$(readlink /proc/self/ns/pid)
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v roots="$*" '
        BEGIN { for (i = split(roots, root, " "); i; i--) found[root[i]] }
        { line = $0; pid = $1; sub(/^.*\) [^ ]+ /, "", line); split(line, field, " ")
          parent[pid] = field[1] }
        END {
            do {
                more = 0
                for (pid in parent)
                    if (!(pid in found) && parent[pid] in found) { found[pid]; more = 1 }
            } while (more)
            for (pid in found) print pid
        }' | while read -r pid; do
        [ "$(readlink "/proc/$pid/ns/pid")" != "$own" ] || echo "$pid"
    done
}

# Ends the processes that COMMAND… lists; a machine needs a while.
end_processes() {
    for signal in TERM KILL; do
        # shellcheck disable=SC2046 # a list of words
        kill -s $signal $("$@") 2>/dev/null || true
        waits=0
        while [ $waits -lt $lanes_patience ] && [ -n "$("$@")" ]; do
            sleep 0.1
            waits=$((waits + 1))
        done
    done
}

stage_leaves() {
    waits=0
    while [ $waits -lt $lanes_grace ] && [ -n "$(stage_processes "$1")" ]; do
        sleep 0.1
        waits=$((waits + 1))
    done
    stage_processes "$1" | while read -r pid; do
        printf 'process %d: %s\n' "$pid" "$(tr '\0' ' ' <"/proc/$pid/cmdline")"
    done
    find "$lanes_scratch/$1" -mindepth 1 -maxdepth 1 -printf 'file %f\n'
}

remove_scratch() {
    awk -v below="$1/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | sort -r |
        while read -r place; do umount -l "$place"; done
    chmod -R u+rwX "$1" 2>/dev/null || true
    rm -rf "$1"
}

lanes_end() {
    [ -n "$lanes_scratch" ] || return 0
    trap '' HUP INT TERM
    # One that was started just now is in no list yet.
    [ "${!:-}" = "$lanes_before" ] || lanes_pids="$lanes_pids $!"
    lanes_erase
    end_processes lanes_processes
    remove_scratch "$lanes_scratch"
    lanes_scratch=
}

lanes_processes() {
    # shellcheck disable=SC2086 # a list of words
    { [ -z "$lanes_pids" ] || processes_below $lanes_pids; stage_processes; } | sort -un |
        while read -r pid; do [ ! -e "/proc/$pid" ] || echo "$pid"; done
}

# A lane -------------------------------------------------------------------------------------------

lane() {
    for stage; do
        mkdir "$lanes_scratch/$stage"
        chmod 1777 "$lanes_scratch/$stage"
        results=$build/check/$stage
        began=$(date +%s)
        echo "$began" >"$results.began"
        status=0
        (
            TMPDIR=$lanes_scratch/$stage UNLOCKER_STAGE=$lanes_scratch/$stage/
            export TMPDIR UNLOCKER_STAGE
            run_stage "$stage"
        ) >"$results.log" 2>&1 </dev/null || status=$?
        echo $(($(date +%s) - began)) >"$results.took"
        stage_leaves "$stage" >"$results.left" 2>/dev/null
        end_processes stage_processes "$stage"
        remove_scratch "$lanes_scratch/$stage"
        echo $status >"$results.new" && mv "$results.new" "$results.status"
    done
}

# What is seen -------------------------------------------------------------------------------------

lanes_on_terminal() {
    [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]
}

lanes_erase() {
    [ $lanes_drawn -eq 0 ] || printf '\033[%dA\033[J' $lanes_drawn
    lanes_drawn=0
}

# A line for each stage that runs: on a terminal always, elsewhere every step_every s.
lanes_draw() {
    lanes_ticks=$((lanes_ticks + 1))
    lanes_on_terminal || [ $((lanes_ticks % step_every)) -eq 0 ] || return 0
    lanes_erase
    for stage in $lanes_stages; do
        step_log=$build/check/$stage.log
        # That file is empty for a moment, before its line is in it.
        [ -s "${step_log%.log}.began" ] && ! [ -e "${step_log%.log}.status" ] || continue
        read -r step_began <"${step_log%.log}.began"
        step_name=$stage step_counter=count_stage
        printf '%s\n' "$(step_line)" | sed 's/ *$//'
        ! lanes_on_terminal || lanes_drawn=$((lanes_drawn + 1))
    done
}

lane_lives() {
    case $(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null) in
    '' | Z) false ;;
    esac
}

# Tells what has ended since the last look; whether a lane still runs. A stage whose lane has died
# has failed.
lanes_look() {
    lanes_live=no
    for lane_pid in $lanes_pids; do ! lane_lives "$lane_pid" || lanes_live=yes; done
    for stage in $lanes_stages; do
        case $lanes_told in *" $stage "*) continue ;; esac
        results=$build/check/$stage
        case $lanes_seen in
        *" $stage "*) ;;
        *)
            [ -e "$results.began" ] || continue
            lanes_seen="$lanes_seen $stage "
            lanes_on_terminal ||
                printf '%-16.16s        begins %19s %s\n' "$stage" '' "build/check/$stage.log"
            ;;
        esac
        [ $lanes_live = yes ] || [ -e "$results.status" ] || echo 137 >"$results.status"
        [ -e "$results.status" ] || continue
        lanes_erase
        tell_stage "$stage"
        lanes_told="$lanes_told $stage "
    done
    [ $lanes_live = yes ]
}

lanes_run() {
    # /tmp may refuse devices and set-uid programs, which machines and stand-ins have.
    lanes_scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/unlocker.XXXXXX")
    chmod 755 "$lanes_scratch"
    lanes_pids='' lanes_stages="$*" lanes_seen='' lanes_told='' lanes_ticks=0
    for stage in $lanes_stages; do
        for result in log began took status left; do rm -f "$build/check/$stage.$result"; done
    done
    lanes_before=${!:-}
    for stages in "$@"; do
        # shellcheck disable=SC2086 # a list of words
        lane $stages &
        lanes_pids="$lanes_pids $!"
    done
    while lanes_look; do
        lanes_draw
        sleep 1
    done
    lanes_pids=
    # Of a lane that has died.
    end_processes stage_processes
    remove_scratch "$lanes_scratch"
    lanes_scratch=
}
