#!/bin/sh
# SPDX-License-Identifier: MIT
# What bootstrap says: how far a step is, why it failed, what will be installed; and that README
# tells the same. tests/packages runs it on machines.
# shellcheck disable=SC2015,SC2034,SC2317 # what is sourced uses them

. "${top_srcdir:?}/tests/lib.sh"
[ "${SANITIZERS:-no}" != yes ] || skip_all "runs nothing that sanitizers look at"

tree=$work build=$work/build family=apt sudo=
mkdir -p "$build"

# with PART COMMAND…: in a shell of its own, as bootstrap would run it.
with() {
    (
        die() {
            printf 'bootstrap: %s\n' "$*" >&2
            exit 1
        }
        # shellcheck source=/dev/null
        . "$top_srcdir/packaging/bootstrap/$1.sh"
        shift
        "$@"
    ) >"$work/out" 2>"$work/err" </dev/null
}

five_of_nine() {
    echo "5 of 9 done"
}

slow_step() {
    step_every=1
    step Slowly "$build/slow.log" five_of_nine sh -c 'echo noise; sleep 2.5'
}

line_every_while() {
    with progress slow_step && [ "$(grep -c '^Slowly' "$work/out")" -ge 3 ] &&
        says '5 of 9 done' && says 'build/slow.log' && ! grep -q noise "$work/out" &&
        grep -qx noise "$build/slow.log"
}

failing_step() {
    step Failing "$build/fail.log" no_count sh -c 'seq 100; exit 7' || step_failed
}

failure_shows_end() {
    ! with progress failing_step && complains 'exit status 7' && complains 'build/fail.log' &&
        [ "$(grep -cx '[0-9][0-9]*' "$work/err")" -eq 20 ] && ! grep -qx 80 "$work/err" &&
        grep -qx 100 "$work/err"
}

# plan_is WORDS: what is read from $work/plan.
plan_is() {
    with packages plan_read || return 1
    [ "$(cat "$work/out")" = "$1" ] || { cat "$work/out" "$work/err" && return 1; }
}

plan_read() {
    read_plan <"$work/plan"
}

plan_of_apt() {
    cat >"$work/plan" <<'APT'
0 upgraded, 93 newly installed, 0 to remove and 0 not upgraded.
Need to get 85.4 MB of archives.
After this operation, 342 MB of additional disk space will be used.
APT
    plan_is '93 packages, 85.4 MB to download, 342 MB on disk'
}

plan_of_dnf() {
    cat >"$work/plan" <<'DNF'
Install  61 Packages

Total download size: 60 M
Installed size: 210 M
DNF
    plan_is '61 packages, 60 MB to download, 210 MB on disk'
}

servers_named() {
    cat >"$build/lists.log" <<'APT'
Ign:1 http://one.example/debian stable InRelease
W: Failed to fetch http://one.example/debian/x  Temporary failure resolving 'one.example'
APT
    with packages unreached_hosts "$build/lists.log" && says one.example &&
        [ "$(wc -l <"$work/out")" -eq 1 ] || return 1
    echo 'Hit:2 http://two.example/debian stable InRelease' >>"$build/lists.log"
    ! with packages unreached_hosts "$build/lists.log"
}

failed_otherwise() {
    step_log=$build/lists.log missing=' gcc' && no_network
}

# What fails for another reason is not said to be the network's fault.
other_failure() {
    echo 'error: failed to commit transaction (invalid package)' >"$build/lists.log"
    with packages failed_otherwise && [ ! -s "$work/err" ] || { cat "$work/err" && return 1; }
    echo 'E: Failed to fetch http://one.example/debian/x  Could not connect' >"$build/lists.log"
    ! with packages failed_otherwise && complains 'no network: cannot reach one.example'
}

# Stages that are made up, in a shell of its own as bootstrap's is.
cat >"$work/lanes.sh" <<'SH'
set -eu
tree=$1 build=$1/build
shift
title() {
    printf '\n== %s\n' "$*"
}
for part in packaging/bootstrap/progress packaging/bootstrap/lanes tests/stages; do
    . "$top_srcdir/$part.sh"
done
step_every=1 lanes_grace=30 lanes_patience=30
daemon() {
    setsid "$@" >/dev/null 2>&1 &
}
run_stage() {
    mkdir "$TMPDIR/made"
    case $1 in
    quick) echo 'ok 1 - quickly' ;;
    slow) echo 'ok 1 - slowly' && sleep 3 && echo 'ok 2 - slowly' ;;
    leaves) echo 'ok 1 - done' && daemon sleep 1000 ;;
    stubborn) daemon sh -c 'trap "" HUP INT TERM; while :; do sleep 1; done' && sleep 1000 ;;
    dies) echo 'ok 1 - not yet' && sh -c 'kill -KILL $PPID' ;;
    kills) kill -KILL "$(sh -c 'cut -d" " -f4 /proc/$PPID/stat')" && sleep 1000 ;;
    esac
    [ "$1" = leaves ] || rmdir "$TMPDIR/made"
}
trap lanes_end EXIT
trap 'exit 130' INT
lanes_run "$@"
echo "$passed passed, $failed failed"
SH

# lanes LANE…
lanes() {
    mkdir -p "$work/scratch" "$build/check"
    TMPDIR=$work/scratch UNLOCKER_TESTED=$work sh "$work/lanes.sh" "$work" "$@" \
        >"$work/out" 2>"$work/err" </dev/null
    cat "$work/err"
    nothing_of_lanes
}

# Neither files nor processes.
nothing_of_lanes() {
    ls -A "$work/scratch"
    lanes_left=$(grep -lszxF "UNLOCKER_TESTED=$work" /proc/[0-9]*/environ)
    echo "$lanes_left"
    [ -z "$(ls -A "$work/scratch")$lanes_left" ]
}

stages_side_by_side() {
    lanes 'slow' 'quick' && says '3 passed, 0 failed' &&
        [ "$(grep -nm1 '^quick: 1 ok' "$work/out" | cut -d: -f1)" -lt \
            "$(grep -nm1 '^slow: 2 ok' "$work/out" | cut -d: -f1)" ] &&
        grep -qE '^slow +0:0[0-9]  1 ok +build/check/slow.log$' "$work/out" &&
        [ "$(sed -n '/^== quick/,/^quick: /p' "$work/out" | wc -l)" -eq 2 ]
}

# A stage that has begun, and has not yet written when.
cat >"$work/early.sh" <<'SH'
set -eu
tree=$1 build=$1/build
. "$top_srcdir/packaging/bootstrap/progress.sh"
. "$top_srcdir/packaging/bootstrap/lanes.sh"
lanes_stages=early lanes_ticks=0 step_every=1
lanes_draw
echo drawn
SH

stage_that_begins() {
    mkdir -p "$build/check" && rm -f "$build/check/early.status" && : >"$build/check/early.began" &&
        sh "$work/early.sh" "$work" >"$work/out" 2>"$work/err" || { cat "$work/err" && return 1; }
    says drawn
}

stages_that_die() {
    lanes 'dies quick' && says '2 passed, 1 failed' && says 'broken (exit status 137)' || return 1
    lanes 'slow kills' 'quick' && says '3 passed, 1 failed'
}

stages_that_leave() {
    lanes 'leaves quick' && says '2 passed, 1 failed' && says 'file made' && says ': sleep 1000'
}

# At each of these moments, while two stages run.
stages_interrupted() {
    mkdir -p "$work/scratch" "$build/check"
    for moment in 0.05 0.3 1.2 2.5; do
        TMPDIR=$work/scratch UNLOCKER_TESTED=$work env --default-signal=INT \
            sh "$work/lanes.sh" "$work" 'leaves slow' 'stubborn quick' >"$work/out" 2>&1 &
        interrupted=$!
        sleep $moment
        kill -INT $interrupted
        wait $interrupted
        interrupted_status=$?
        echo "after $moment s: exit status $interrupted_status"
        cat "$work/out"
        [ $interrupted_status -eq 130 ] && nothing_of_lanes || return 1
    done
}

# What `need` keeps in variables of its own, while it installs, is not the list of stages.
stages_survive_packages() {
    cat >"$work/survive.sh" <<'SH'
set -eu
tree=$1 build=$1/build family=apt
build_packages() { echo one; }
check_packages() { echo two; }
as_owner() { :; }
title() { echo "== $*"; }
for part in packaging/bootstrap/progress packaging/bootstrap/packages tests/stages; do
    . "$top_srcdir/$part.sh"
done
is_installed() { false; }
is_known() { [ "$1" = two ]; }
step() { :; }
plan_packages() { :; }
list_installed() { :; }
sudo() { :; }
lanes_run() { echo "lanes: $*" && passed=1; }
check_tree hostile fuzz
SH
    sh "$work/survive.sh" "$work" >"$work/out" 2>"$work/err" </dev/null
    cat "$work/err"
    says 'lanes: build' && says 'lanes: hostile fuzz '
}

systems_named() {
    sh "$top_srcdir/tests/packages/tried.sh" >"$work/tried" &&
        grep -qxF -f "$work/tried" "$top_srcdir/README.md" || { cat "$work/tried" && return 1; }
}

demo() {
    title() {
        echo "== $*"
    }
    cd "$top_srcdir" && demonstrate "$work/prefix" || return
    units_known() { false; }
    tell_next /usr/none
    units_known() { :; }
    tell_next /usr/none
}

# What it says of the tree is followed by it or left out: the tree goes.
demo_tells_the_truth() {
    mkdir -p "$work/prefix/bin" && ln -sf "$(realpath "$UNLOCKERCTL")" "$work/prefix/bin/" &&
        with install demo || { cat "$work/out" "$work/err" && return 1; }
    says '$ unlockerctl --root=demo patch' && says '4 of 4 patched: macOS guests can run.' &&
        says 'The tree demo is removed; nothing else was patched.' &&
        says '/usr/none/bin/unlockerctl patch' && says 'and it is patched automatically.' &&
        ! grep -iE 'hold|release|restore' "$work/out" && [ ! -e "$build/demo" ]
}

# A wrong word is named; nothing is done.
wrong_words() {
    mkdir -p "$work/tree/packaging" && cp "$top_srcdir/bootstrap" "$work/tree/" &&
        cp -r "$top_srcdir/packaging/bootstrap" "$work/tree/packaging/" || return 1
    for word in inst uninst chk 'install --prefix /usr' 'install --prefix=usr'; do
        status=0
        # shellcheck disable=SC2086 # two words
        sh "$work/tree/bootstrap" $word >"$work/out" 2>"$work/err" || status=$?
        cat "$work/out" "$work/err" && [ ! -s "$work/out" ] && [ $status -ne 0 ] || return 1
        case $word in
        inst) complains 'unknown command inst (did you mean install?): see' ;;
        un*) complains 'unknown command uninst (did you mean uninstall?): see' ;;
        ch*) complains 'unknown command chk (did you mean check?): see' ;;
        *) complains '--prefix takes an absolute path: --prefix=/usr/local' ;;
        esac || return 1
    done
}

# A user who needs sudo is told the whole command.
user_command() {
    # shellcheck disable=SC2317 # parse_prefix calls it
    id() {
        echo 1000
    }
    verb=install
    parse_prefix --prefix=/opt/x
}

needs_root() {
    ! with install user_command &&
        complains 'install needs root: sudo ./bootstrap install --prefix=/opt/x'
}

# What a failed test of a part of stage gcc says is shown: it lies in that stage's build.
part_shows() {
    title() {
        echo "== $*"
    }
    . "$top_srcdir/tests/stages.sh"
    for part in unit cli gcc; do tell_stage $part; done
}

parts_show_failures() {
    failures=$build/check/gcc/tests
    mkdir -p "$failures" && echo ':test-result: FAIL' >"$failures/x.trs" &&
        echo 'what went wrong' >"$failures/x.log" || return 1
    for part in unit cli gcc; do
        echo 2 >"$build/check/$part.status" &&
            printf '# PASS:  0\n# FAIL:  1\n' >"$build/check/$part.log" || return 1
    done
    with progress part_shows
    cat "$work/out" "$work/err" && [ "$(grep -c 'what went wrong' "$work/out")" -eq 3 ]
}

# Every verb of bootstrap is among README's commands, and its help fits.
verbs_named() {
    sh "$top_srcdir/bootstrap" --help >"$work/out" || return 1
    ! LC_ALL=C.UTF-8 grep -nE '^.{81}' "$work/out" || return 1
    for verb in install uninstall check; do
        says "./bootstrap $verb" && grep -q "^    .*\./bootstrap $verb" "$top_srcdir/README.md" ||
            { echo "README does not show: ./bootstrap $verb" && return 1; }
    done
}

check "a step in a pipe: a line every while, noise to the log" line_every_while
check "a step that fails: the last 20 lines, status and log" failure_shows_end
check "apt's plan: how many, how much" plan_of_apt
check "dnf's plan, too" plan_of_dnf
check "servers that cannot be reached are named, unless one could be" servers_named
check "another failure is not the network's" other_failure
check "stages run side by side; each is told whole, once it ends" stages_side_by_side
check "a stage that begins at this moment is drawn later" stage_that_begins
check "a stage that dies is a failed test, and the rest goes on" stages_that_die
check "a stage that leaves a file or a process is a failed test" stages_that_leave
check "interrupted at any moment, nothing is left" stages_interrupted
check "the stages that were asked for are run, also after packages came" stages_survive_packages
check "the demonstration leaves no advice that cannot be followed" demo_tells_the_truth
check "a wrong word is named, and what was meant" wrong_words
check "an ordinary user is told the whole command" needs_root
check "a part of a stage shows what failed" parts_show_failures
check "README names the systems that are tried, no others" systems_named
check "README shows every command of bootstrap" verbs_named
plan
