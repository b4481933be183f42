#!/bin/sh
# SPDX-License-Identifier: MIT
# Completion: what the program offers, and what bash, zsh and fish make of it when a tab is pressed.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
make_tree "$work/tree" || skip_all "$(cat "$work/unable")"
completion=$top_srcdir/completion
# Files that lie there would be offered too.
mkdir "$work/empty" && cd "$work/empty" || exit 1

# offers WORD... is CANDIDATE...: for the last word just these, in this order.
offers() {
    offers_words=
    : >"$work/wanted"
    while [ "$1" != is ]; do
        offers_words="$offers_words '$1'"
        shift
    done
    shift
    for candidate; do echo "$candidate" >>"$work/wanted"; done
    eval "ctl 0 complete -- $offers_words" && cut -f 1 "$work/out" | diff "$work/wanted" -
}

# Whatever the help of the program and of each command lists.
everything() {
    ctl 0 --help && sed -n '/^Commands:/,/^Options:/s/^  \([a-z][a-z-]*\).*/\1/p' "$work/out" \
        >"$work/verbs" && ctl 0 complete -- '' && cut -f 1 "$work/out" | diff "$work/verbs" - ||
        return 1
    while read -r verb; do
        ctl 0 "$verb" --help && sed -nE 's/^ +(-., )?(--[a-z-]+=?).*/\2/p' "$work/out" | sort \
            >"$work/options" && ctl 0 complete -- "$verb" -- && cut -f 1 "$work/out" | sort |
            diff "$work/options" - || return 1
    done <"$work/verbs"
    [ -s "$work/options" ]
}

words() {
    offers pru is prune && offers vers is version && offers help pru is prune &&
        offers help prune '' is && offers version '' is &&
        offers --root / pru is prune && offers --root=/ pru is prune &&
        offers restore vmx- is vmx-debug vmx-stats :files && offers nonsense is &&
        offers status '' is && offers inspect '' is :files && offers inspect a '' is &&
        offers patch-file --output '' is :files && offers patch-file -o '' is :files &&
        offers --root '' is :directories && offers --root=/tm is :directories &&
        offers patch --limit=1 is --limit=1min --limit=15min && offers patch --limit 2 is 2s &&
        offers patch -- --dry-run is :files && offers patch --json=x is &&
        offers status --json=s is --json=short && offers status --json '' is &&
        offers status --wait=1 is --wait=1min --wait=15min &&
        offers patch -- '' is vmx vmx-debug vmx-stats vmwarebase :files
}

builds() {
    ctl 0 "--root=$work/tree" patch && offers "--root=$work/tree" list '' is 24319023 &&
        offers --root "$work/tree" list 24 is 24319023 && offers "--root=$work/tree" list 3 is &&
        offers --root=/nowhere list '' is
}

# completes LINE WORD...: after a tab the shell has these words behind the program's name.
completes() {
    PATH=${UNLOCKERCTL%/*}:$PATH HOME=$work XDG_CONFIG_HOME=$work XDG_DATA_HOME=$work \
        python3 "$top_srcdir/tests/cli/type-keys.py" "$shell" "$completion" "unlockerctl $1" \
        >"$work/typed" || return 1
    shift
    printf '%s\n' "$@" | diff - "$work/typed"
}

shells() {
    completes 'prun' prune && completes 'restore vmwa' restore vmwarebase &&
        completes "--root=$work/tree list 24" "--root=$work/tree" list 24319023 &&
        completes 'patch --sett' patch --settle= &&
        completes 'patch --settle=50' patch --settle=500ms &&
        completes "inspect $work/tree/usr/lib/vmware/bin/vmware-vmx-d" inspect \
            "$work/tree/usr/lib/vmware/bin/vmware-vmx-debug" &&
        completes "--root=$work/tr" "--root=$work/tree$slash"
}

check "every command and option of the help is offered" everything
check "what may follow depends on the words before" words
check "builds that are kept" builds
# fish keeps something there.
TMPDIR=$work
export TMPDIR
for shell in bash zsh fish; do
    # zsh takes the slash away again when the line ends.
    [ $shell = zsh ] && slash= || slash=/
    if command -v $shell >/dev/null; then
        check "$shell completes what is typed" shells
    else
        skip "$shell completes what is typed" "no $shell"
    fi
done
plan
