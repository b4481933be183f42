# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # bootstrap sources it
# A step of bootstrap: what a command prints goes to a log, and a line tells how far it is.
#
#     step NAME LOG COUNTER COMMAND…     its exit status; COUNTER LOG prints "57 of 97 set up"
#     step_failed                        ends bootstrap with the last lines of that log
#
# On a terminal the line is drawn again each second. Elsewhere there is one every step_every s.

step_every=30
step_ticker=

no_count() {
    :
}

# How long it has taken: 1:05.
step_elapsed() {
    step_seconds=$(($(date +%s) - step_began))
    printf '%d:%02d' $((step_seconds / 60)) $((step_seconds % 60))
}

step_line() {
    printf '%-16.16s %5s  %-26.26s %.28s' "$step_name" "$(step_elapsed)" \
        "$("$step_counter" "$step_log" 2>/dev/null)" "${step_log#"$tree"/}"
}

# It ends with bootstrap, also where that is killed.
step_tick() {
    step_ticks=0
    while sleep 1 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
        step_ticks=$((step_ticks + 1))
        if [ -t 1 ]; then
            printf '\r%-79s' "$(step_line)"
        elif [ $((step_ticks % step_every)) -eq 0 ]; then
            printf '%s\n' "$(step_line)"
        fi
    done
}

step_stop() {
    [ -z "$step_ticker" ] || kill "$step_ticker" 2>/dev/null || true
    wait "$step_ticker" 2>/dev/null || true
    step_ticker=
}

step() {
    step_name=$1 step_log=$2 step_counter=$3
    shift 3
    step_began=$(date +%s)
    : >"$step_log"
    [ -t 1 ] || printf '%-16.16s        begins %19s %s\n' "$step_name" '' "${step_log#"$tree"/}"
    step_tick &
    step_ticker=$!
    step_status=0
    "$@" >>"$step_log" 2>&1 </dev/null || step_status=$?
    step_stop
    [ ! -t 1 ] || printf '\r%-79s\r' ''
    printf '%s\n' "$(step_line)" | sed 's/ *$//'
    return $step_status
}

step_failed() {
    printf '\nThe last lines of %s:\n\n' "${step_log#"$tree"/}" >&2
    tail -n 20 "$step_log" >&2
    die "$step_name: failed (exit status $step_status); see ${step_log#"$tree"/}"
}
