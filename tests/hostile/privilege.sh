#!/bin/sh
# SPDX-License-Identifier: MIT
# Callers without privilege, and privileged runs in an environment that means no good: closed
# descriptors, odd masks, full outputs, few descriptors.

# shellcheck source=tests/hostile/lib.sh
. "${top_srcdir:?}/tests/hostile/lib.sh"

as_nobody() {
    setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

# Not every user may reach the build directory.
cp "${UNLOCKERCTL:?}" "$work/unlockerctl" && chmod 0755 "$work/unlockerctl"
UNLOCKERCTL=$work/unlockerctl
owner_65534="owner $(id -un 65534 2>/dev/null || echo 65534), "

# Ordinary users ------------------------------------------------------------------------------

status_of_nobody() {
    fresh
    run 0 patch && before=$(sums "$tree") || return 1
    as_nobody "$UNLOCKERCTL" --root="$tree" >"$work/out" && says "4 of 4 patched" &&
        [ "$before" = "$(sums "$tree")" ]
}
check "nobody's status tells all and changes nothing" status_of_nobody

status_unreadable() {
    fresh
    chmod 04711 "$bin/vmware-vmx" && before=$(sums "$tree") || return 1
    unreadable_status=0
    as_nobody "$UNLOCKERCTL" --root="$tree" >"$work/out" 2>&1 || unreadable_status=$?
    cat "$work/out"
    [ $unreadable_status -eq 3 ] && says "vmware-vmx" && says "ermission denied" &&
        [ "$before" = "$(sums "$tree")" ]
}
check "nobody's status names what it could not read" status_unreadable

patch_of_nobody() {
    fresh
    before=$(sums "$tree")
    ! as_nobody "$UNLOCKERCTL" --root="$tree" patch >"$work/out" 2>&1 && cat "$work/out" &&
        [ -s "$work/out" ] && [ "$before" = "$(sums "$tree")" ]
}
check "nobody's patch is refused, said, and changes nothing" patch_of_nobody

# Trees of others ------------------------------------------------------------------------------

# What a user makes where he is root, in a namespace of his own: an archive that says "root, 04755"
# of his own code.
user_tree() {
    rm -rf "$work/user" && mkdir "$work/user" && cp -r "$work/stock" "$work/user/tree" &&
        tree=$work/user/tree bin=$tree/usr/lib/vmware/bin &&
        printf THE-OWN-CODE | dd of="$bin/vmware-vmx" bs=1 seek=80000 conv=notrunc 2>/dev/null &&
        chown -R 0:0 "$tree" && chmod 4755 "$bin/vmware-vmx" && run 0 patch &&
        chown -R 65534:65534 "$tree" && chmod 4755 "$bin/vmware-vmx"
}

# untouched VERB...: refused with the directory's name and owner, and nothing is changed.
untouched() {
    before=$(sums "$work/user")
    run 1 "$@" && complains "$tree" && complains "$owner_65534" &&
        complains 'can be changed by another user' && [ "$before" = "$(sums "$work/user")" ]
}

user_store() {
    user_tree && untouched restore && untouched restore --dry-run &&
        untouched prune && untouched hold && run 0 status &&
        cp -p "$work/stock/usr/lib/vmware/bin/vmware-vmx" "$bin/" && untouched patch
}
check "root takes nothing from a store of a user, and writes nothing there" user_store

user_archive() {
    user_tree && chown -R 0:0 "$tree" &&
        chown 65534 "$tree"/var/lib/vmware-unlocker/originals/* &&
        run 1 restore && complains "$owner_65534" &&
        [ "$(stat -c %u "$bin/vmware-vmx")" = 0 ] && answers_all_osk "$bin/vmware-vmx"
}
check "… nor from a single archive of a user" user_archive

# A directory in which another user can rename what root is about to write.
user_directory() {
    fresh
    chmod 0757 "$tree/usr/lib/vmware" && before=$(sums "$tree") && run 1 patch &&
        complains "$tree/usr/lib/vmware, owner root" && [ "$before" = "$(sums "$tree")" ] &&
        chmod 0755 "$tree/usr/lib/vmware" && run 0 patch && all_patched
}
check "… nor writes through a directory that others can write" user_directory

# The tree is root's, and a user can put another in its place.
user_parent() {
    user_tree && chown -R 0:0 "$tree" && chmod 4755 "$bin/vmware-vmx" &&
        chown 65534:65534 "$work/user" &&
        cp -p "$work/stock/usr/lib/vmware/bin/vmware-vmx-debug" "$bin/" &&
        before=$(sums "$work/user") || return 1
    for verb in patch restore prune hold; do
        run 1 $verb && complains "$work/user, $owner_65534" &&
            complains 'another user can change where this --root leads' || return 1
    done
    [ "$before" = "$(sums "$work/user")" ] && run 3 status && run 0 verify &&
        SUDO_UID=65534 run 0 restore && chown 0:0 "$work/user" && run 0 patch
}
check "… nor below a directory in which another user can swap the tree" user_parent

own_tree() {
    rm -rf "$work/user" && mkdir "$work/user" && cp -r "$work/stock" "$work/user/tree" &&
        chown -R 65534:65534 "$work/user" && chmod 0775 "$work/user/tree" || return 1
    tree=$work/user/tree
    for verb in patch status verify prune restore hold release; do
        as_nobody "$UNLOCKERCTL" --root="$tree" $verb >"$work/out" 2>&1 || {
            cat "$work/out" && return 1
        }
    done
}
check "a user's own tree is the user's" own_tree

# Environment ---------------------------------------------------------------------------------

store_modes() {
    store=$tree/var/lib/vmware-unlocker
    find "$store" -type d ! -perm 0755 >"$work/modes"
    find "$store" -type f ! -name lock ! -perm 0644 >>"$work/modes"
    cat "$work/modes"
    [ "$(stat -c %a "$store/lock")" = 600 ] && [ ! -s "$work/modes" ]
}

masked() { # masked MASK: the same modes whatever the caller's mask
    fresh
    (umask "$1" && run 0 patch) && all_patched && store_modes && run 0 restore && all_stock &&
        no_leftovers
}
check "the store's and the targets' modes with umask 0" masked 0
check "the store's and the targets' modes with umask 0777" masked 0777

secret_archive() {
    fresh
    chmod 04711 "$bin/vmware-vmx" && run 0 patch &&
        [ "$(stat -c %a "$tree"/var/lib/vmware-unlocker/originals/*.tar.*)" = 600 ]
}
check "an archive of what not everybody may read is 0600" secret_archive

odd_environment() {
    fresh
    (
        TMPDIR=/nonexistent/place HOME=/dev/null LANG=tr_TR.UTF-8 LC_ALL=xx_YY.nonsense
        COLUMNS=-1 TERM='' PAGER=/bin/false
        export TMPDIR HOME LANG LC_ALL COLUMNS TERM PAGER
        run 0 patch && run 0 status && run 0 verify && run 0 restore
    ) && all_stock && no_leftovers
}
check "odd TMPDIR, HOME, LANG, LC_ALL, COLUMNS, TERM, PAGER" odd_environment

empty_environment() {
    fresh
    env -i "$UNLOCKERCTL" --root="$tree" patch && all_patched &&
        env -i "$UNLOCKERCTL" --root="$tree" restore && all_stock
}
check "no environment at all" empty_environment

few_descriptors() {
    tried=0
    for few in 3 4 5 6 7 8 9 10 12 14 16 20 24; do
        fresh
        few_status=0
        prlimit --nofile=$few "$UNLOCKERCTL" --root="$tree" patch >"$work/out" 2>&1 ||
            few_status=$?
        # 127: not even the libraries could be opened.
        [ $few_status -le 127 ] && no_leftovers || return 1
        if [ $few_status -eq 0 ]; then
            all_patched || return 1
        else
            [ $few -lt 5 ] || [ -s "$work/out" ] || { echo "silent with $few" && return 1; }
        fi
        run 0 patch && all_patched && run 0 restore && all_stock || return 1
        tried=$((tried + 1))
    done
    echo "# $tried limits of descriptors" >"$work/count"
}
check "few descriptors: all or nothing, said, and mended by the next run" few_descriptors
cat "$work/count" 2>/dev/null

# Descriptors and outputs ---------------------------------------------------------------------

# What a target holds is never a message: closed 0, 1 and 2 are given to no file of ours.
closed() { # closed VERB: with each set of the three closed
    for set in '0<&-' '1>&-' '2>&-' '0<&- 1>&-' '0<&- 2>&-' '1>&- 2>&-' '0<&- 1>&- 2>&-'; do
        fresh
        [ "$1" = patch ] || run 0 patch || return 1
        # A target that is refused makes it complain, as much as it may.
        rm -f "$bin/vmware-vmx-stats" && echo "no program" >"$bin/vmware-vmx-stats" || return 1
        eval "timeout 60 $UNLOCKERCTL --root=$tree --verbose $1 $set" >"$work/closed" 2>&1
        closed_status=$?
        echo "$set: exit status $closed_status"
        [ $closed_status -eq 3 ] || [ $closed_status -eq 1 ] || return 1
        [ "$(cat "$bin/vmware-vmx-stats")" = "no program" ] && no_leftovers || return 1
        find "$tree" -type f -exec grep -lF "vmx-stats: " {} + >"$work/closed"
        [ ! -s "$work/closed" ] || { cat "$work/closed" && return 1; }
        if [ "$1" = patch ]; then
            answers_all_osk "$bin/vmware-vmx" && run 3 verify || run 0 verify || return 1
        else
            same "$bin/vmware-vmx" "$work/stock/usr/lib/vmware/bin/vmware-vmx" || return 1
        fi
    done
}
check "patch with closed descriptors 0, 1, 2: each, two, all" closed patch
check "restore with closed descriptors 0, 1, 2: each, two, all" closed restore

full_output() {
    fresh
    for verb in patch status list verify restore '--json status' '--help'; do
        # shellcheck disable=SC2086
        if "$UNLOCKERCTL" --root="$tree" $verb >/dev/full 2>"$work/err"; then
            echo "$verb: exit status 0" && return 1
        fi
    done
    all_stock && no_leftovers
}
check "a full standard output is said by the exit status" full_output

broken_pipe() {
    fresh
    (trap '' PIPE && "$UNLOCKERCTL" --root="$tree" patch 2>"$work/err" | true)
    run 0 patch && all_patched && no_leftovers
}
check "a reader that has gone leaves nothing half done" broken_pipe

# Modes on the way ----------------------------------------------------------------------------

content=write,pwrite64,ftruncate,ioctl,copy_file_range
traced() { # traced MASK VERB: every mode a file was given, in order
    (umask "$1" && strace -f -y -qq -o "$work/trace" \
        -e trace="openat,openat2,fchmod,chmod,fchmodat,?fchmodat2,fchown,$content" \
        "$UNLOCKERCTL" --root="$tree" --quiet "$2") >"$work/out" 2>&1 ||
        { cat "$work/out" && return 1; }
    python3 "$top_srcdir/tests/hostile/modes.py" "$work/trace"
}
modes() {
    fresh
    traced "$1" patch && traced "$1" restore && all_stock
}
if can_strace; then
    check "no mode lets others write, none is set-uid before its content is complete" modes 0
    check "the same with umask 0777" modes 0777
    bad_modes() {
        fresh
        traced 0 patch || return 1
        for change in 's/\(fchmod([0-9]*<.*>, 0*\)4755/\16777/' \
            's/O_CREAT\(.*\), 0600/O_CREAT\1, 0666/' 's/O_CREAT\(.*\), 0600/O_CREAT\1, 04700/'; do
            sed "$change" "$work/trace" >"$work/bad"
            ! cmp -s "$work/trace" "$work/bad" || { echo "nothing to change: $change" && return 1; }
            ! python3 "$top_srcdir/tests/hostile/modes.py" "$work/bad" || return 1
        done
        # A write after the mode.
        sed -n '/fchmod.* 0*4755)/{p;s/fchmod/write/;s/, 0*4755)/, "x", 1)/;s/= 0/= 1/p}' \
            "$work/trace" >"$work/bad"
        grep -q write "$work/bad" || { echo "nothing to change" && return 1; }
        ! python3 "$top_srcdir/tests/hostile/modes.py" "$work/bad"
    }
    check "the checker of modes finds a bad one" bad_modes
else
    skip "no mode lets others write" "strace cannot run here"
fi

plan
