#!/bin/sh
# SPDX-License-Identifier: MIT
# A store of many archives has an index of what they say. What is shown is the same without it, and
# what is decided goes by the archives: here it lies about them.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all "no jq"
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
tree=$work/tree
store=$tree/var/lib/vmware-unlocker
vmx=$tree/usr/lib/vmware/bin/vmware-vmx

# A patched tree with twenty archives, that are older than seconds, and the index of them.
cp -a "$work/stock" "$tree" && touch -d '2024-02-29 01:02:03.5' \
    "$tree"/usr/lib/vmware/bin/vmware-vmx* "$(target "$tree" vmwarebase)"
"$UNLOCKERCTL" --root="$tree" patch >/dev/null || skip_all "cannot patch"
first=$(ls "$store/originals")
for i in $(seq 19); do
    cp "$store/originals/$first" "$store/originals/older-$i-${first##*-}"
done
sleep 3

renew_index() {
    ctl 0 --root="$tree" restore && ctl 0 --root="$tree" patch && [ -s "$store/index" ]
}

# answers FILE: what all verbs say that write nothing.
answers() {
    for verb in status "status -v" "status --json" "status --nagios" list "list -v" "list --json" \
        "list 17.6.1" "list older-7-${first##*-}" "list none" verify "verify --json" "prune -n" \
        "prune -n --json" "restore -n" "patch -n" "complete list"; do
        echo "$verb"
        # shellcheck disable=SC2086 # words
        "$UNLOCKERCTL" --root="$tree" $verb 2>&1
        echo "$?"
    done | grep -v '"time"\|Last verified' >"$1"
}

# same_answers [COMMAND…]: with the index, and without, once the command has run.
same_answers() {
    echo "$*"
    [ $# -eq 0 ] || "$@" || return 1
    answers "$work/with" && mv "$store/index" "$work/index" && answers "$work/without" &&
        mv "$work/index" "$store/index" && diff "$work/without" "$work/with"
}

# lie SED: the index says another thing, and its digest is right.
lie() {
    sed -e 1d -e "$1" "$store/index" >"$work/lines" &&
        { sha256sum <"$work/lines" | cut -d' ' -f1 && cat "$work/lines"; } >"$work/lie" &&
        ! cmp -s "$work/lie" "$store/index" && cat "$work/lie" >"$store/index"
}

is_believed() {
    ctl 0 --root="$tree" --json list && jq -e '[.. | objects | .build? | strings] |
        index("99999")' "$work/out" >/dev/null
}

lies() {
    renew_index && lie 's/=24319023$/=99999/' && is_believed
}

untouched() {
    renew_index && same_answers && lies && ctl 0 --root="$tree" --json status
}

# In an archive in the middle of the list.
damage() {
    printf damaged | dd of="$store/originals/older-5-${first##*-}" bs=1 seek=3 conv=notrunc
}

changed() {
    renew_index && same_answers rm "$store/originals/older-3-${first##*-}" &&
        same_answers cp "$store/originals/$first" "$store/originals/older-3-${first##*-}" &&
        same_answers chmod 0 "$store/originals/older-4-${first##*-}" &&
        same_answers chmod 644 "$store/originals/older-4-${first##*-}" &&
        same_answers damage && ctl 1 --root="$tree" list && complains older-5- &&
        same_answers cp "$store/originals/$first" "$store/originals/older-5-${first##*-}" &&
        same_answers rm "$store"/receipts/*
}

not_believed() {
    echo "$*"
    lies && "$@" && ! is_believed
}

linked() {
    mv "$store/index" "$store/index.away" && ln -s index.away "$store/index"
}

damaged() {
    not_believed chmod g+w "$store/index" && rm "$store/index" &&
        not_believed linked && rm "$store/index" "$store/index.away" &&
        not_believed truncate -s 1000 "$store/index" &&
        not_believed sed -i 's/99999/99998/' "$store/index" && rm "$store/index" &&
        not_believed rm "$store/index" || return 1
    [ "$(id -u)" -ne 0 ] || not_believed chown 1 "$store/index" || return 1
    rm -f "$store/index"
}

# Of another original than the one that it has: no digest of it is true any more.
misleads() {
    renew_index && lie "s/[0-9a-f]\\{64\\}\$/$(printf '%064d' 0)/"
}

decides_nothing() {
    misleads && answers "$work/with" && ctl 0 --root="$tree" verify && misleads &&
        ctl 0 --root="$tree" prune -n && says older-7- && rm "$store"/receipts/* && misleads &&
        ctl 0 --root="$tree" restore && same "$vmx" "$work/stock/${vmx#"$tree/"}" && misleads &&
        ls "$store/originals" >"$work/before" && ctl 0 --root="$tree" restore &&
        ctl 0 --root="$tree" patch && ls "$store/originals" >"$work/after" &&
        diff "$work/before" "$work/after" && ctl 0 --root="$tree" verify
}

unwritable() {
    rm -f "$store/index" && mkdir "$store/index" && ctl 0 --root="$tree" restore &&
        ctl 0 --root="$tree" patch && ctl 0 --root="$tree" list && rmdir "$store/index"
}

check "what is shown is the same without an index" untouched
check "an archive that changed is read" changed
check "an index that others could have written, or a damaged one, is not believed" damaged
check "prune, verify, patch and restore go by the archives" decides_nothing
check "an index that cannot be written fails no run" unwritable
plan
