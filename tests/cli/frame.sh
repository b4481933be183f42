#!/bin/sh
# SPDX-License-Identifier: MIT
# The command line itself: help, usage errors, exit statuses, and output that cannot be written.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python

# The commands; "help" and "version" stand for options.
verbs() {
    ctl 0 --help && says '  help [COMMAND] ' && says '  version ' &&
        sed -n '/^Commands:/,/^Options:/s/^  \([a-z][a-z-]*\).*/\1/p' "$work/out" |
        grep -vx -e help -e version
}

global_help() {
    ctl 0 --help && says 'Usage: unlockerctl' && says '--root=DIR' && says '--no-pager' &&
        [ ! -s "$work/err" ] && [ "$(wc -L <"$work/out")" -le 80 ]
}

# Every command has a help of its own, and the manual knows it and its options.
verb_help() {
    verbs >"$work/verbs" && [ -s "$work/verbs" ] || return 1
    while read -r verb; do
        ctl 0 "$verb" --help && says "Usage: unlockerctl [OPTION...] $verb" &&
            [ "$(wc -L <"$work/out")" -le 80 ] && cp "$work/out" "$work/help" &&
            ctl 0 --help "$verb" && cmp "$work/out" "$work/help" &&
            grep -qE "^\\.It Cm $verb( |\$)" "$manual" || return 1
        grep -oE -e '--[a-z-]+' "$work/help" | cut -c 3- | while read -r option; do
            grep -qE "Fl -$option( |\$)" "$manual" && continue
            echo "not in the manual: $option"
            exit 1
        done || return 1
    done <"$work/verbs"
}

manual_is_clean() {
    mandoc -T lint -W warning "$top_srcdir"/man/*.[578] 2>&1 | { ! grep '^mandoc: .*\.[578]:'; }
}

version() {
    ctl 0 --version && grep -qE '^unlockerctl \(vmware-unlocker\) [0-9.]+$' "$work/out"
}

# Of -q and -v the last counts.
last_counts() {
    ctl 4 --root="$work" -v -q status && [ ! -s "$work/out" ] &&
        ctl 4 --root="$work" -q -v status && [ -s "$work/out" ]
}

wrong_lines() {
    ctl 2 --nonsense && complains 'unknown option --nonsense' &&
        ctl 2 -x && complains 'unknown option -x' &&
        ctl 2 --root && complains '--root needs an argument' &&
        ctl 2 --root= && complains '--root needs a directory' &&
        ctl 2 --json=yes && complains '--json=yes: neither short, pretty nor off' &&
        ctl 2 --quiet=yes && complains '--quiet takes no argument' &&
        ctl 2 frobnicate-everything && complains 'unknown command frobnicate-everything: see' &&
        ctl 2 inspct && complains 'did you mean inspect?' &&
        ctl 2 inspect && complains 'inspect needs FILE' &&
        ctl 2 inspect a b && complains 'unexpected argument b' &&
        ctl 2 inspect --keep=1 a && complains 'unknown option --keep=1' &&
        ctl 2 '' && complains 'unknown command "": see' && ctl 2 hold '' &&
        complains 'unexpected argument "": see' && ctl 2 status --wait '' &&
        complains 'unexpected argument "": see' && ctl 1 inspect '' &&
        complains 'cannot inspect: "": does not exist' && [ ! -s "$work/out" ]
}

# An argument behind an option that may lack it: where it was meant for the option, this is said.
blank_before_argument() {
    ctl 2 status --wait 1s &&
        complains 'unexpected argument 1s (did you mean --wait=1s?): see' &&
        ctl 2 status --prometheus /a/b && complains '/a/b (did you mean --prometheus=/a/b?)' &&
        ctl 2 status --wait=1s 2s && complains 'unexpected argument 2s: see' &&
        ctl 2 status --json pretty && complains 'pretty (did you mean --json=pretty?)' &&
        ctl 2 status --json loud && complains 'unexpected argument loud: see' &&
        ctl 2 --json short status && complains 'command short (did you mean --json=short?)'
}

# suggests WORD VERB: on standard error, and nothing else is suggested. VERB "": nothing is.
suggests() {
    ctl 2 "$1" || return 1
    [ -n "$2" ] || { ! grep 'did you mean' "$work/err"; return; }
    complains "unknown command $1 (did you mean $2?): see"
}

# A verb that changes something is no answer to a word that is only a little like it.
suggestions() {
    for word in unpatch undo revert uninstall restroe rest; do
        suggests $word restore || return 1
    done
    suggests unhold release && suggests rlease release && suggests pacth patch &&
        suggests hodl hold && suggests hlep help && suggests vers version &&
        suggests stat status && suggests lst list && suggests verif verify &&
        for word in match hold-it restart re p pr prone-to batch patched-it fold; do
            suggests $word '' || return 1
        done
    ctl 2 -V && complains 'unknown option -V (did you mean --version?)' &&
        ctl 2 patch --dryrun && complains 'unknown option --dryrun (did you mean --dry-run?)' &&
        ctl 2 --dryrun patch && complains 'did you mean --dry-run?' &&
        ctl 2 list --rot=/ && complains 'unknown option --rot=/ (did you mean --root?)' &&
        ctl 2 --limit=3s patch && complains 'option --limit=3s before the command, write' &&
        ctl 2 --dry-run patch && complains '--dry-run before the command, write it after: see' &&
        ctl 2 patch --frobnicate && complains 'unknown option --frobnicate: see'
}

# "help [COMMAND]" and "version" are what people try first.
words_for_options() {
    ctl 0 --help && cp "$work/out" "$work/wanted" && ctl 0 help && cmp "$work/out" "$work/wanted" &&
        ctl 0 patch --help && cp "$work/out" "$work/wanted" && ctl 0 help patch &&
        cmp "$work/out" "$work/wanted" && ctl 0 --version && cp "$work/out" "$work/wanted" &&
        ctl 0 version && cmp "$work/out" "$work/wanted" && ctl 2 help frobnicate-everything &&
        complains 'unknown command' && ctl 2 help patch x && ctl 2 version x &&
        complains 'unexpected argument x' || return 1
    for word in help version; do
        ctl 0 help $word && says "Usage: unlockerctl [OPTION...] $word" &&
            says "as --$word does." && cp "$work/out" "$work/wanted" && ctl 0 $word --help &&
            cmp "$work/out" "$work/wanted" || return 1
    done
}

# Each is found before anything is opened or written, and has a document.
wrong_options() {
    mkdir "$work/untouched" && printf '%s\n' 'patch --settle=2s' 'patch --limit=2x' \
        'patch --auto vmx' 'patch --auto --dry-run' 'patch --auto --root=/none' \
        'patch --auto --settle=x' 'patch --auto --settle=2s --limit=2s' \
        'prune --keep=x' 'prune --yes' 'tools --as=x' 'tools --force' \
        'tools --as=darwin.iso' 'doctor --fix' 'doctor --yes' 'nosuch' \
        'status --wait=soon' 'patch --nosuch' 'inspect' \
        'inspect a b' 'help nosuch' 'patch-file /' \
        'patch-file / --output=/none' >"$work/wrong" || return 1
    while read -r line; do
        echo "$line"
        # shellcheck disable=SC2086
        ctl 2 --root="$work/untouched" $line && complains 'unlockerctl: ' &&
            complains 'see `unlockerctl' && [ ! -s "$work/out" ] &&
            ctl 2 --root="$work/untouched" $line --json && complains 'see `unlockerctl' &&
            python3 -IS -c '
import json, sys

document = json.load(open(sys.argv[1]))
sys.exit(not (document["exit_status"] == 2 and document["reason"] == "usage" and document["why"]
              and document["todo"].startswith("see `unlockerctl") and document["version"] == 1))
' "$work/out" || return 1
    done <"$work/wrong"
    [ -z "$(ls "$work/untouched")" ]
}

same_root_twice() {
    mkdir -p "$work/empty" && ctl 4 --root="$work/empty" --root="$work/empty" status &&
        [ "$(grep -c 'No VMware found' "$work/out")" -eq 1 ] &&
        ctl 4 --root="$work/empty" --root="$work/empty" status --prometheus &&
        [ -z "$(grep -v '^#' "$work/out" | sort | uniq -d)" ]
}

options_anywhere() {
    ctl 0 --json inspect "$file" && cp "$work/out" "$work/before" &&
        ctl 0 inspect "$file" --json --root=/ && cmp "$work/out" "$work/before" &&
        ctl 0 inspect --json -- "$file" && cmp "$work/out" "$work/before"
}

# In one line or indented, whatever standard output is; the last one given counts.
json_forms() {
    ctl 0 --json=short inspect "$file" && [ "$(wc -l <"$work/out")" -eq 1 ] &&
        cp "$work/out" "$work/before" && ctl 0 inspect -j "$file" &&
        cmp "$work/out" "$work/before" && ctl 0 --json inspect "$file" --json=pretty &&
        [ "$(wc -l <"$work/out")" -gt 20 ] && python3 -IS -c '
import json, sys

sys.exit(json.load(open(sys.argv[1])) != json.load(open(sys.argv[2])))
' "$work/out" "$work/before" && ctl 0 -j inspect "$file" --json=off && says 'SMC tables' &&
        ctl 2 -j --json=off nosuch && [ ! -s "$work/out" ] && ctl 2 -qj nosuch &&
        ctl 2 --json=pretty nosuch && [ "$(wc -l <"$work/out")" -gt 5 ]
}

json_on_terminal() {
    script -qec "$UNLOCKERCTL --no-pager --json=short inspect '$file'" /dev/null </dev/null \
        >"$work/out" 2>&1 && [ "$(wc -l <"$work/out")" -eq 1 ]
}

# Through a terminal of its own: `script` is the only tool that is everywhere.
on_terminal() {
    env -u PAGER "$@" script -qec "$UNLOCKERCTL --no-pager inspect '$file'" /dev/null \
        </dev/null >"$work/typed" 2>&1 && as_seen <"$work/typed" >"$work/out"
}

colours() {
    esc=$(printf '\033')
    on_terminal TERM=xterm && grep -q "$esc" "$work/out" &&
        on_terminal TERM=xterm NO_COLOR=1 && ! grep -q "$esc" "$work/out" &&
        on_terminal TERM=dumb && ! grep -q "$esc" "$work/out" &&
        ctl 0 inspect "$file" && ! grep -q "$esc" "$work/out" || return 1
    # Complaints follow the same rules.
    TERM=xterm script -qec "$UNLOCKERCTL patch-file /etc/passwd" /dev/null </dev/null \
        >"$work/out" 2>&1
    grep -q "$esc" "$work/out" || return 1
    TERM=xterm script -qec "$UNLOCKERCTL --no-color patch-file /etc/passwd" /dev/null </dev/null \
        2>&1 | as_seen >"$work/out"
    says "cannot patch" && ! grep -q "$esc" "$work/out"
}

# Also of a wrong command line, which is said before the options are known.
wrong_line_fits() {
    TERM=xterm script -qec "stty cols 80; $UNLOCKERCTL --limit=3s patch; $UNLOCKERCTL restarted
        $UNLOCKERCTL inspect one another-one-that-is-not-expected" \
        /dev/null </dev/null >"$work/out" 2>&1
    tr -d '\r' <"$work/out" >"$work/narrow" && cat "$work/narrow" &&
        [ "$(grep -c '^  ' "$work/narrow")" -ge 1 ] && [ "$(wc -L <"$work/narrow")" -le 80 ]
}

# A pager gets the output on a terminal, and its end is waited for.
paging() {
    printf '#!/bin/sh\nsleep 0.2; sed "s/^/paged: /"\n' >"$work/pager" && chmod +x "$work/pager"
    unset SUDO_UID PKEXEC_UID
    TERM=xterm UNLOCKER_PAGER=$work/pager script -qec "$UNLOCKERCTL --no-color inspect '$file'" \
        /dev/null </dev/null >"$work/out" 2>&1 && says 'paged: SMC tables' &&
        TERM=xterm UNLOCKER_PAGER=true script -qec "$UNLOCKERCTL dump-smc '$file'; echo =\$?" \
            /dev/null </dev/null >"$work/out" 2>&1 && says '=0' &&
        TERM=xterm UNLOCKER_PAGER=/nowhere script -qec "$UNLOCKERCTL dump-smc '$file'" \
            /dev/null </dev/null >"$work/out" 2>&1 && says 'OSK0'
}

# on_screen ROWS COMMAND...: on a terminal of that height.
on_screen() {
    rows=$1
    shift
    TERM=xterm script -qec "stty rows $rows cols 80; ${set_before:-} $UNLOCKERCTL --no-color $*" \
        /dev/null </dev/null >"$work/out" 2>&1
}

# It is started only where the output is higher than the screen, and missed by nobody.
paging_by_height() {
    unset SUDO_UID PKEXEC_UID PAGER LINES
    UNLOCKER_PAGER=$work/pager
    export UNLOCKER_PAGER
    COLUMNS=80 ctl 0 dump-smc "$file" || return 1
    lines=$(wc -l <"$work/out")
    on_screen $((lines + 1)) dump-smc "$file" && says OSK0 && ! says 'paged: ' &&
        on_screen "$lines" dump-smc "$file" && says 'paged: ' &&
        set_before=LINES=$((lines + 1)) && on_screen 5 dump-smc "$file" && ! says 'paged: ' &&
        unset UNLOCKER_PAGER && mkdir -p "$work/path" || return 1
    # Where there is no less.
    set_before=PATH=$work/path
    on_screen 5 dump-smc "$file" && says OSK0 && [ "$(wc -l <"$work/out")" -eq "$lines" ]
}

# What comes from a file name does not drive the terminal.
escapes() {
    name=$work/$(printf 'a\033[31m\302\233b')
    ctl 1 inspect "$name" && complains 'a\x1b[31m\xc2\x9bb' &&
        ! grep -q "$(printf '\033')" "$work/err"
}

# JSON is UTF-8 and one document, whatever a file is called, and its name can be had back.
odd_names() {
    name=$work/$(printf 'a\377\303\251\355\240\200"\\b')
    cp "$file" "$name" && ctl 0 --json inspect "$name" &&
        python3 - "$work/out" <<'PYTHON'
import json, os, re, sys

path = json.loads(open(sys.argv[1], "rb").read().decode("utf-8"))["path"]
assert path.endswith('/a\ufffdff\u00e9\ufffded\ufffda0\ufffd80"\\b'), path
name = re.sub(rb"\xef\xbf\xbd([89a-f][0-9a-f])", lambda m: bytes.fromhex(m[1].decode()),
              path.encode())
assert name.endswith(b'/a\xff\xc3\xa9\xed\xa0\x80"\\b'), name
assert os.path.exists(name), name
PYTHON
}

full_output() {
    status=0
    "$UNLOCKERCTL" --help >/dev/full 2>"$work/err" || status=$?
    [ "$status" -eq 1 ] && complains 'cannot print: standard output: No space left on device' ||
        return 1
    status=0
    "$UNLOCKERCTL" dump-smc "$file" >/dev/full 2>"$work/err" || status=$?
    [ "$status" -eq 1 ] && complains 'cannot print: standard output'
}

closed_output() {
    "$UNLOCKERCTL" --help >&- 2>"$work/err" && [ ! -s "$work/err" ]
}

closed_everything() {
    "$UNLOCKERCTL" --version <&- >&- 2>&-
}

reader_leaves() {
    { "$UNLOCKERCTL" dump-smc "$file" 2>"$work/err" && echo 0 >"$work/status"; } | head -n 1
    [ -e "$work/status" ] && [ ! -s "$work/err" ]
}

manual=$top_srcdir/man/unlockerctl.8
make_tree "$work/tree" || skip_all "$(cat "$work/unable")"
file=$(target "$work/tree" vmx)

check 'help is complete, on standard output, in 80 columns' global_help
check 'so is that of each command, and the manual has it all' verb_help
if command -v mandoc >/dev/null; then
    check 'the manuals have no faults' manual_is_clean
else
    skip 'the manuals have no faults' 'no mandoc'
fi
check '--version' version
check 'of -q and -v the last counts' last_counts
check 'a wrong command line is said and ends with 2' wrong_lines
check "an argument behind a blank" blank_before_argument
check "a wrong word leads to the one that was meant, never to a change" suggestions
check 'help and version are words as well' words_for_options
check 'options that are wrong change nothing and have a document' wrong_options
check 'a root that is given twice is one' same_root_twice
check 'options stand before or behind the command' options_anywhere
check 'a document has the form that is asked for' json_forms
if command -v script >/dev/null; then
    check 'so it has on a terminal' json_on_terminal
    check 'colour only on a terminal that wants it' colours
    check 'a wrong line is answered in 80 columns' wrong_line_fits
    check 'a pager on a terminal' paging
    check 'a pager only for what is higher than the screen' paging_by_height
else
    skip 'so it has on a terminal' 'no script(1)'
    skip 'colour only on a terminal that wants it' 'no script(1)'
    skip 'a wrong line is answered in 80 columns' 'no script(1)'
    skip 'a pager on a terminal' 'no script(1)'
    skip 'a pager only for what is higher than the screen' 'no script(1)'
fi
check 'control characters of a name are shown, not sent' escapes
check 'JSON is valid for a name that is no text' odd_names
check 'a full standard output is a failure' full_output
check 'a closed standard output is none' closed_output
check 'nor is everything closed' closed_everything
check 'a reader who leaves is no failure' reader_leaves
plan
