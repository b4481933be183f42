#!/bin/sh
# SPDX-License-Identifier: MIT
# status --prometheus: node_exporter's textfile collector can read it, and it is what status says.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
cp -a "$work/stock" "$work/tree"

# The text format as node_exporter reads it: UTF-8; each metric has its help and type first and all
# its samples in one piece; none twice.
well_formed() {
    python3 - "$work/out" <<'PYTHON'
import re, sys

label = r'[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"'
sample = re.compile(rf'([a-z_]+)\{{({label}(?:,{label})*)\}} ([0-9]+)\Z')
text = open(sys.argv[1], 'rb').read().decode('utf-8')
assert text.endswith('\n')
seen, names, helped, current = set(), set(), None, None
for line in text[:-1].split('\n'):
    words = line.split(' ', 3)
    if line.startswith('# HELP '):
        helped, current = words[2], None
        assert helped.startswith('vmware_unlocker_') and helped not in names, line
        names.add(helped)
    elif line.startswith('# TYPE '):
        assert words[2] == helped and words[3] == 'gauge', line
        current = helped
    else:
        match = sample.match(line)
        assert match and match[1] == current, line
        assert match.group(1, 2) not in seen, line
        seen.add(match.group(1, 2))
assert len(seen) > 2
PYTHON
}

on() {
    on_status=$1
    shift
    ctl "$on_status" "--root=$work/tree" "$@" status --prometheus && well_formed
}

# sample VALUE NAME LABEL…: just one sample of the name has these labels, and it has this value.
sample() {
    sample_value=$1
    grep "^vmware_unlocker_$2{" "$work/out" >"$work/samples"
    shift 2
    for label; do
        grep -F "$label" "$work/samples" >"$work/fewer"
        mv "$work/fewer" "$work/samples"
    done
    [ "$(sed 's/.* //' "$work/samples")" = "$sample_value" ] && return 0
    echo "not $sample_value: $*" && cat "$work/out"
    return 1
}

stock() {
    on 3 && sample 3 status "root=\"$work/tree\"" &&
        sample 1 target_state 'target="vmx"' 'state="stock"' &&
        sample 0 target_state 'target="vmx"' 'state="patched"' &&
        sample 4 target_gates 'target="vmx"' && sample 0 target_gates_open 'target="vmx"' &&
        ! sample 0 target_original_kept 'target="vmx"' &&
        sample 1 installation_info 'version="17.6.1"' 'build="24319023"' &&
        sample 1 info 'version="'
}

patched() {
    ctl 0 "--root=$work/tree" patch && on 0 && sample 0 status &&
        sample 1 target_state 'target="vmwarebase"' 'state="patched"' &&
        sample 36 target_gates_open 'target="vmwarebase"' &&
        sample 1 target_original_kept 'target="vmx-stats"' && sample 0 hold &&
        sample 0 target_vms 'target="vmx"' && sample 0 archives_damaged
}

held_and_damaged() {
    store=$work/tree/var/lib/vmware-unlocker
    ctl 0 "--root=$work/tree" hold && on 0 && sample 1 hold || return 1
    for archive in "$store"/originals/*; do truncate -s 100 "$archive"; done
    on 0 && sample 1 archives_damaged && sample 0 target_original_kept 'target="vmx"'
}

# What only reading a whole archive shows: three bytes in the midst of it.
verified() {
    rm -rf "$store" && cp -a "$work/stock/." "$work/tree" && ctl 0 "--root=$work/tree" patch &&
        on 0 && ! sample 0 verified_damaged && before=$(date +%s) &&
        ctl 0 "--root=$work/tree" verify --record && on 0 && sample 0 verified_damaged &&
        [ "$(sed -n 's/^vmware_unlocker_verified_time_seconds{.*} //p' "$work/out")" -ge "$before" ]
}

found_damaged() {
    for archive in "$store"/originals/*; do
        printf 'xyz' | dd of="$archive" bs=1 conv=notrunc status=none \
            seek=$(($(stat -c %s "$archive") / 2))
    done
    on 0 && sample 0 archives_damaged && ctl 1 "--root=$work/tree" verify --record && on 0 &&
        sample 1 verified_damaged && ctl 0 "--root=$work/tree" status &&
        says "$(basename "$archive")" && says 'verify --record' &&
        ctl 0 "--root=$work/tree" --json status &&
        grep -qF "\"verified_damaged\":[\"$(basename "$archive")\"]" "$work/out" &&
        ctl '0|3' "--root=$work/tree" doctor && says '1 archive is damaged'
}

# An archive that is gone is not damaged; a record that is none is no verification.
damaged_and_gone() {
    mv "$archive" "$work/damaged" && on 0 && sample 0 verified_damaged &&
        mv "$work/damaged" "$archive" && echo '{' >"$store/verified.json" && on 0 &&
        ! grep -q '^vmware_unlocker_verified' "$work/out"
}

# A product's name may hold anything.
escaped() {
    printf 'product.name = "a\\b\303\244\377 {,} c"\n' >>"$work/tree/etc/vmware/config"
    on 0 && sample 1 installation_info 'product="'
}

no_vmware() {
    mkdir "$work/nothing" && ctl 4 "--root=$work/nothing" status --prometheus && well_formed &&
        sample 4 status && ! grep -q '^vmware_unlocker_target' "$work/out"
}

two_roots() {
    on 4 "--root=$work/nothing" && sample 0 status "root=\"$work/tree\"" &&
        sample 4 status "root=\"$work/nothing\""
}

same_root_twice() {
    on 0 "--root=$work/tree" "--root=$work/tree/" "--root=$work/tree//" &&
        sample 0 status "root=\"$work/tree\""
}

looked_at_now() {
    before=$(date +%s)
    on 0 && sed -n 's/^vmware_unlocker_time_seconds{.*} //p' "$work/out" >"$work/when" || return 1
    [ "$(cat "$work/when")" -ge "$before" ] && [ "$(cat "$work/when")" -le "$(date +%s)" ]
}

not_understood() {
    vmx=$work/tree/usr/lib/vmware/bin/vmware-vmx
    cp -p "$vmx" "$work/kept" && printf 'no program' >"$vmx" && on 3 &&
        sample 1 target_refused 'target="vmx"' 'reason="image-format"' &&
        ! grep -q '^vmware_unlocker_target_refused{.*target="vmx-debug"' "$work/out" &&
        cp -p "$work/kept" "$vmx"
}

# into STATUS OPTION…: the samples go to a file, and nothing is printed.
into() {
    into_status=$1
    shift
    ctl "$into_status" "$@" status "--prometheus=$work/samples.prom" && [ ! -s "$work/out" ] &&
        cp "$work/samples.prom" "$work/out" && well_formed &&
        [ "$(stat -c %a "$work/samples.prom")" = 644 ]
}

to_a_file() {
    into 0 "--root=$work/tree" && sample 0 status && into 4 "--root=$work/nothing" &&
        sample 4 status && [ "$(find "$work" -maxdepth 1 -name '*samples.prom*' | wc -l)" -eq 1 ]
}

# A root that cannot be read is a sample as well.
unreadable_root() {
    : >"$work/file" && into 1 "--root=$work/file" && sample 1 status "root=\"$work/file\""
}

to_no_file() {
    ctl 1 "--root=$work/tree" status "--prometheus=$work/nowhere/file" &&
        complains "$work/nowhere/file" && mkdir -p "$work/a.prom" &&
        ctl 1 "--root=$work/tree" status "--prometheus=$work/a.prom" && complains "$work/a.prom" &&
        ctl 1 "--root=$work/tree" status --prometheus=/dev/full &&
        complains '/dev/full: already exists (not a regular file): ' && [ -c /dev/full ]
}

# Samples that could not be written leave no old ones.
nothing_stale() {
    into 0 "--root=$work/tree" || return 1
    (ulimit -f 0 && "$UNLOCKERCTL" "--root=$work/tree" status "--prometheus=$work/samples.prom" \
        >/dev/null 2>&1)
    [ $? -eq 1 ] && [ ! -e "$work/samples.prom" ]
}

# Whoever owns the directory cannot have root write elsewhere: a link is not followed, also where it
# comes while the program looks (strace delays that), and what a killed run left goes.
link_in_its_place() {
    echo secret >"$work/victim" && ln -sf victim "$work/link.prom" &&
        ctl 1 "--root=$work/tree" status "--prometheus=$work/link.prom" && complains link.prom &&
        grep -qx secret "$work/victim"
}

link_that_comes() {
    mkdir -p "$work/theirs" || return 1
    echo secret >"$work/victim"
    : >"$work/theirs/late.prom"
    strace -f -qq -o "$work/trace" -e trace=newfstatat -P "$work/theirs" \
        -e inject=newfstatat:delay_exit=2000000 \
        "$UNLOCKERCTL" "--root=$work/tree" status "--prometheus=$work/theirs/late.prom" &
    late_pid=$!
    until grep -q late.prom "$work/trace" 2>/dev/null; do
        kill -0 $late_pid 2>/dev/null || break
        sleep 0.05
    done
    ln -sf ../victim "$work/theirs/late.prom"
    wait $late_pid
    late_status=$?
    grep -q 'late\.prom' "$work/trace" || { echo 'not looked for' && return 1; }
    [ $late_status -eq 0 ] && grep -qx secret "$work/victim" && [ ! -L "$work/theirs/late.prom" ]
}

killed_before() {
    : >"$work/.samples.prom.unlocker-0123456789abcdef" && into 0 "--root=$work/tree" &&
        [ ! -e "$work/.samples.prom.unlocker-0123456789abcdef" ]
}

json_as_well() {
    ctl 2 --json status --prometheus && complains 'exclude each other' &&
        grep -q '^{.*"reason":"usage".*"exit_status":2}$' "$work/out"
}

check "an unpatched installation" stock
check "a patched one, with its gates and originals" patched
check "a hold, and archives that cannot be read" held_and_damaged
check "when the originals were verified" verified
check "an archive that was found damaged: samples, status, doctor" found_damaged
check "one that is gone, and a record that cannot be read" damaged_and_gone
check "a name with quotes, backslashes and other bytes" escaped
check "no VMware" no_vmware
check "two roots" two_roots
check "the same root twice" same_root_twice
check "when it was looked at" looked_at_now
check "a file that is not understood, with its reason" not_understood
check "into a file, whole, that others can read" to_a_file
check "a root that cannot be read is a sample" unreadable_root
check "a file that cannot be written" to_no_file
check "old samples go when new ones cannot be written" nothing_stale
check "a link in the place of the file is not followed" link_in_its_place
if can_strace; then
    check "nor one that comes while the program looks" link_that_comes
else
    skip "nor one that comes while the program looks" "no strace"
fi
check "what a killed run left goes" killed_before
check "not with --json" json_as_well
plan
