#!/bin/sh
# SPDX-License-Identifier: MIT
# ESXi boot modules: made of a host's files, and read, our own and those of others. What is written
# is read by another reader, in Python; what that one makes is read by ours.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all 'no jq'
make_tree "$work/linux" --version=17.6.1 || skip_all "$(cat "$work/unable")"
visor=$top_srcdir/tests/cli/visor.py
release='VMware ESXi 8.0.3 build-24022510'
unset SOURCE_DATE_EPOCH

# shellcheck disable=SC2086 # CC may have options
${CC:-cc} -shared -fPIC -Wl,-soname,libvmkctl.so -DNAMES='"vmci", "applesmc"' \
    -o "$work/libvmkctl.so" "$standin/vmkctl.c" 2>"$work/unable" ||
    skip_all "no library can be linked"

# host: a host's files, as copied from it, in $work/esxi.
host() {
    rm -rf "$work/esxi" && mkdir -p "$work/esxi/bin" "$work/esxi/lib64" "$work/esxi/etc" || return 1
    vmware=$work/linux/usr/lib/vmware/bin
    cp "$vmware/vmware-vmx" "$work/esxi/bin/vmx" &&
        cp "$vmware/vmware-vmx-debug" "$work/esxi/bin/vmx-debug" && : >"$work/esxi/bin/vmx-stats" &&
        cp "$work/libvmkctl.so" "$work/esxi/lib64/" &&
        echo "$release" >"$work/esxi/etc/vmware-release" &&
        echo '#!/bin/sh' >"$work/esxi/bin/script" &&
        cp "$vmware/vmware-vmx" "$work/esxi/bin/vmx.orig" &&
        chmod 4755 "$work/esxi/bin/vmx" && chmod 755 "$work/esxi/bin/vmx-debug"
}

module() {
    host && ctl 0 patch-file "$work/esxi" --output="$work/unlocker.v00"
}

holds() {
    jq -e "$1" "$work/out" >/dev/null && return 0
    echo "does not hold: $1" && cat "$work/out"
    return 1
}

# listed MODULE: as the program lists it, in the words of visor.py.
listed() {
    ctl "${2:-0}" --json inspect "$1" && jq -r '.entries[] |
        "\({file: 0, directory: 5, symlink: 2, hardlink: 1}[.kind]) \(.mode) \(.size)" +
        " \(if .kind == "file" and .size > 0 then .offset else 0 end)" +
        " \(.sha256 // "-") \(.path)"' "$work/out" >"$work/listed"
}

made() {
    module && says '3 of 3 patched' && says 'skipped: 0 bytes' && says 'left out' &&
        ! says 'is not in it' &&
        says "boot module for $release." && ! says '\x' >"$work/no" &&
        says 'do not use it with any other build' &&
        python3 "$visor" check "$work/unlocker.v00" && python3 "$visor" list "$work/unlocker.v00" \
        >"$work/listing" && cut -d ' ' -f 1,2,6 "$work/listing" >"$work/paths" || return 1
    diff - "$work/paths" <<'PATHS' || return 1
5 0755 bin
5 0755 etc
5 0755 lib64
0 4755 bin/vmx
0 4555 bin/vmx-debug
0 0644 etc/vmware-unlocker.conf
0 0555 lib64/libvmkctl.so
PATHS
    [ "$(stat -c %s "$work/esxi/bin/vmx")" = "$(sed -n 's|^0 [0-9]* \([0-9]*\) .* bin/vmx$|\1|p' \
        "$work/listing")" ]
}

# In every place where a digest is said it is that of what patch-file writes.
digests() {
    module && cp "$work/out" "$work/said" && ctl 0 patch-file "$work/esxi" --output="$work/plain" &&
        python3 "$visor" list "$work/unlocker.v00" >"$work/listing" || return 1
    gzip -dc <"$work/unlocker.v00" >"$work/visor" && grep -a '^patched=' "$work/visor" |
        sed 's/^patched=//' >"$work/sums" &&
        grep -E '^[0-9a-f]{64}  /' "$work/said" |
        diff "$work/sums" - && [ "$(wc -l <"$work/sums")" -eq 3 ] &&
        sed "s|  /|  $work/plain/esxi/|" "$work/sums" | sha256sum -c --quiet || return 1
    grep -a '^original=' "$work/visor" | sed "s|^original=||; s|  /|  $work/esxi/|" |
        sha256sum -c --quiet && grep -aqx "build=$release" "$work/visor" || return 1
    while read -r sum path; do
        grep -q " $sum ${path#/}\$" "$work/listing" || { echo "$path" && return 1; }
    done <"$work/sums"
}

# Longer than a terminal is wide, and for sha256sum nevertheless.
digests_on_terminal() {
    host && TERM=dumb script -qec "stty cols 80; '$UNLOCKERCTL' --no-pager patch-file '$work/esxi' \
        --output='$work/unlocker.v00'" /dev/null </dev/null >"$work/typed" &&
        [ "$(tr -d '\r' <"$work/typed" | grep -cE '^[0-9a-f]{64}  /(bin/vmx|lib64/lib)')" -eq 3 ]
}

# It holds what VMware ships, but is no file to be patched.
named_itself() {
    module && ctl 3 patch-file "$work/unlocker.v00" && complains 'a boot module is made anew' &&
        ! grep -q 'no file that VMware ships' "$work/err"
}

packed_by_gzip() {
    module && head -c 8 "$work/unlocker.v00" | od -An -tx1 >"$work/begin" &&
        [ "$(tr -d ' \n' <"$work/begin")" = 1f8b080000000000 ] &&
        zcat <"$work/unlocker.v00" >"$work/plain.vtar" &&
        [ "$(dd if="$work/plain.vtar" bs=1 skip=257 count=7 2>/dev/null)" = 'visor  ' ] || return 1
    ! command -v file >/dev/null || file -b "$work/unlocker.v00" | grep -q '^gzip compressed'
}

# The same files give the same bytes, whoever copied them, and whenever.
reproducible() {
    module && mv "$work/unlocker.v00" "$work/first" && module && same "$work/first" \
        "$work/unlocker.v00" && ctl 0 patch-file -o "$work/a.tgz" "$work/esxi" && sleep 1.1 &&
        touch "$work/esxi/bin/vmx" && ctl 0 patch-file -o "$work/b.tgz" "$work/esxi/" &&
        same "$work/a.tgz" "$work/b.tgz" && (cd "$work/esxi" && ctl 0 patch-file . -o \
        "$work/c.v00") && same "$work/first" "$work/c.v00" || return 1
    SOURCE_DATE_EPOCH=1700000000
    export SOURCE_DATE_EPOCH
    module && python3 "$visor" check "$work/unlocker.v00" && ! cmp -s "$work/first" \
        "$work/unlocker.v00" && SOURCE_DATE_EPOCH=never ctl 2 patch-file "$work/esxi" \
        -o "$work/d.v00" && complains 'SOURCE_DATE_EPOCH=never' && [ ! -e "$work/d.v00" ] &&
        SOURCE_DATE_EPOCH='' ctl 0 patch-file "$work/esxi" -o "$work/d.v00" && same "$work/first" \
        "$work/d.v00"
    reproducible_status=$?
    unset SOURCE_DATE_EPOCH
    return $reproducible_status
}

# For old releases: any tar reads it.
old_module() {
    host && ctl 0 patch-file "$work/esxi" --output="$work/old.tgz" && tar -tvzf "$work/old.tgz" \
        --numeric-owner >"$work/tar" && sed 's/  */ /g' "$work/tar" |
        cut -d ' ' -f 1,2,4,6- >"$work/old" || return 1
    diff - "$work/old" <<'LISTING' || { cat "$work/tar" && return 1; }
drwxr-xr-x 0/0 1970-01-01 bin/
drwxr-xr-x 0/0 1970-01-01 etc/
drwxr-xr-x 0/0 1970-01-01 lib64/
-rwsr-xr-x 0/0 1970-01-01 bin/vmx
-r-sr-xr-x 0/0 1970-01-01 bin/vmx-debug
-rw-r--r-- 0/0 1970-01-01 etc/vmware-unlocker.conf
-r-xr-xr-x 0/0 1970-01-01 lib64/libvmkctl.so
LISTING
    mkdir -p "$work/there" && tar -C "$work/there" --no-same-owner -xzf "$work/old.tgz" &&
        answers_all_osk "$work/there/bin/vmx" && ctl 0 inspect "$work/old.tgz" &&
        says 'ESXi boot module, ustar (gzip)' && says "Build    $release" && says '-rwsr-xr-x' &&
        [ "$(grep -c ' patched ' "$work/out")" -eq 3 ]
}

builds() {
    host && echo 'VMware ESXi 8.0.3' >"$work/esxi/etc/vmware-release" &&
        ctl 2 patch-file "$work/esxi" -o "$work/no.v00" &&
        complains 'no ESXi build: give --build' && [ "$(wc -L <"$work/err")" -le 80 ] &&
        rm "$work/esxi/etc/vmware-release" &&
        ctl 2 patch-file "$work/esxi" -o "$work/no.v00" && complains 'no ESXi build' &&
        ctl 2 --json patch-file "$work/esxi" -o "$work/no.v00" && holds '.reason == "usage"' &&
        ctl 2 patch-file "$work/esxi" -o "$work/no.v00" --build= &&
        ctl 2 patch-file "$work/esxi" -o "$work/no.v00" --build="a
1" && ctl 2 patch-file "$work/esxi" -o "$work/no.v00" --build=new && complains 'has no number' &&
        ctl 2 patch-file "$work/esxi" --build=1 -o "$work/dir" &&
        complains '--build is for boot modules' &&
        [ ! -e "$work/no.v00" ] && [ ! -e "$work/dir" ] &&
        ctl 0 patch-file "$work/esxi" -o "$work/given.v00" --build='ESXi 7, 123' &&
        ctl 0 --json inspect "$work/given.v00" && holds '.build == "ESXi 7, 123"' || return 1
    echo "$release" >"$work/esxi/etc/vmware-release"
    ctl 2 patch-file "$work/esxi" -o "$work/no.v00" --build='VMware ESXi 8.0.3 build-24022511' &&
        complains "the files are of $release" && [ ! -e "$work/no.v00" ] &&
        ctl 0 patch-file "$work/esxi" -o "$work/same.v00" --build=24022510
}

# A release file that names two builds is no proof of either; the one that is given must be there.
two_builds() {
    host && printf '%s\n%s\n' "$release" 'VMware ESXi 8.0.3 build-24022511' \
        >"$work/esxi/etc/vmware-release" && ctl 2 patch-file "$work/esxi" -o "$work/no.v00" &&
        complains "names two builds, $release and VMware ESXi 8.0.3 build-24022511: give --build" &&
        ctl 2 patch-file "$work/esxi" -o "$work/no.v00" --build=24022512 &&
        complains '--build=24022512: the files are of' && [ ! -e "$work/no.v00" ] || return 1
    for build in 24022510 24022511; do
        ctl 0 patch-file "$work/esxi" -o "$work/two.v00" --build=$build &&
            says "boot module for $build." || return 1
    done
    printf 'VMware\n%s\n%s again\n' "$release" "$release" >"$work/esxi/etc/vmware-release" &&
        ctl 0 patch-file "$work/esxi" -o "$work/two.v00" && says "boot module for $release."
}

# One host's file that is a link, a FIFO or empty would silently not be in the module.
odd_files() {
    for odd in bin lib64; do
        host && mv "$work/esxi/$odd" "$work/elsewhere" &&
            ln -s "$work/elsewhere" "$work/esxi/$odd" && refused_as module-file "/$odd" &&
            complains 'replace it with a copy (' || return 1
        rm -r "$work/elsewhere" "$work/esxi/$odd" && ln -s nowhere "$work/esxi/$odd" &&
            refused_as module-file "/$odd" || return 1
    done
    host && mv "$work/esxi/bin/vmx" "$work/esxi/bin/real" && ln -s real "$work/esxi/bin/vmx" &&
        refused_as module-file /bin/vmx && rm "$work/esxi/bin/vmx" &&
        mkfifo "$work/esxi/bin/vmx" && refused_as module-file /bin/vmx && rm "$work/esxi/bin/vmx" &&
        : >"$work/esxi/bin/vmx" && refused_as module-empty /bin/vmx &&
        complains 'copy it from the host again' && head -c 4000 /dev/zero >"$work/esxi/bin/vmx" &&
        refused_as image-format /bin/vmx && complains 'copy it from the host again' &&
        ! grep -q reinstall "$work/out" "$work/err" &&
        cp "$work/libvmkctl.so" "$work/esxi/bin/vmx" && refused_as wrong-kind /bin/vmx &&
        host && cp "$work/esxi/bin/vmx" "$work/esxi/lib64/libvmkctl.so" &&
        refused_as wrong-kind /libvmkctl.so || return 1
    # Of what a host has no such file of its own, nothing is asked.
    host && ln -s busybox "$work/esxi/bin/ls" && ln -s bin "$work/esxi/sbin" &&
        : >"$work/esxi/bin/vmx.bak" && head -c 99 "$work/esxi/bin/vmx" >"$work/esxi/bin/vmx.old" &&
        ctl 0 patch-file "$work/esxi" -o "$work/odd.v00" && says '3 of 3 patched' &&
        [ "$(grep -c 'left out' "$work/out")" -eq 3 ] || return 1
    rm "$work/esxi"/bin/vmx* && ctl 0 patch-file "$work/esxi" -o "$work/odd.v00" &&
        says 'bin/vmx is not in it'
}

# What a host has and the module has not is named; a library in lib is one.
names_what_is_missing() {
    host && rm "$work/esxi/lib64/libvmkctl.so" &&
        ctl 0 patch-file "$work/esxi" -o "$work/odd.v00" &&
        says 'lib64/libvmkctl.so is not in it' && ! says 'bin/vmx is not' &&
        host && rm "$work/esxi/bin/vmx-debug" && ctl 0 patch-file "$work/esxi" \
        -o "$work/odd.v00" && says 'bin/vmx-debug is not in it' && ! says 'libvmkctl.so is not' &&
        host && mv "$work/esxi/lib64" "$work/esxi/lib" && ctl 0 patch-file "$work/esxi" \
        -o "$work/odd.v00" && ! says 'is not in it'
}

# A directory without a file of a host's, or below the one that is meant: it says so first.
no_module_of() {
    host && mkdir -p "$work/bare" && ctl 4 patch-file "$work/bare" --build=1 -o "$work/no.v00" &&
        complains 'no boot module made' && complains 'name the directory that holds bin and' &&
        ctl 4 --json patch-file "$work/bare" --build=1 -o "$work/no.v00" &&
        holds '.module == null and .reason == "no-installation"' &&
        ctl 2 patch-file "$work/esxi/bin" -o "$work/no.v00" &&
        complains 'esxi/bin: name the directory above, with bin and lib64' &&
        ctl 2 patch-file "$work/esxi/lib64" -o "$work/no.v00" && complains 'lib64: name the dir' &&
        [ ! -e "$work/no.v00" ]
}

# refused_as REASON PATH: no module, and that file is why.
refused_as() {
    ctl '1|3' --json patch-file "$work/esxi" -o "$work/odd.v00" && holds '.module == null and
        .reason == "module-incomplete"' && holds "(.files[] | select(.reason == \"$1\") | .path |
        endswith(\"$2\"))" && ctl '1|3' patch-file "$work/esxi" -o "$work/odd.v00" &&
        complains "no boot module made: $work/odd.v00: " && says 'not written' &&
        says "0 of " && [ ! -e "$work/odd.v00" ]
}

# A file that is called vmx in another directory is no program that a host trusts.
no_set_uid_elsewhere() {
    host && mkdir "$work/esxi/other" && cp "$work/esxi/bin/vmx" "$work/esxi/other/vmx" &&
        chmod 6775 "$work/esxi/other/vmx" && cp "$work/esxi/bin/vmx" "$work/esxi/other/vmx-a" &&
        chmod 600 "$work/esxi/other/vmx-a" && ctl 0 patch-file "$work/esxi" -o "$work/e.v00" &&
        python3 "$visor" list "$work/e.v00" >"$work/listing" &&
        grep -q '^0 0755 .* other/vmx$' "$work/listing" &&
        grep -q '^0 0600 .* other/vmx-a$' "$work/listing" &&
        grep -q '^0 4755 .* bin/vmx$' "$work/listing"
}

# A file is said to be patched when the module that holds it is there, never before.
failed_writes() {
    host && ctl 1 --json patch-file "$work/esxi" -o "$work/none/f.v00" &&
        holds '.module == null and .reason == "no-directory" and .why and .todo and
        ([.files[] | select(.state_before) | .written, .state_after] |
        unique == [false, "stock"])' &&
        ctl 1 patch-file "$work/esxi" -o "$work/none/f.v00" &&
        [ "$(grep -c ' not written ' "$work/out")" -eq 3 ] && says '0 of 3 patched' &&
        ! grep ' patched ' "$work/out" && [ ! -e "$work/none" ] &&
        complains "no boot module made: $work/none/f.v00: " && ! grep -qi canceled "$work/err" &&
        ctl 0 --json patch-file "$work/esxi" -o "$work/f.v00" &&
        holds '.reason == null and ([.files[] | select(.state_before) | .written, .state_after] |
        unique == [true, "patched"])' &&
        ctl 0 --json patch-file -n "$work/esxi" -o "$work/f.v00" && holds '.module == null and
        .reason == null and ([.files[] | select(.state_before) | .written, .state_after] |
        unique == [false, "stock"])'
}

# What a FAT boot bank or its boot.cfg would not take is no module's name, and no directory's.
names() {
    host || return 1
    for name in .v00 .tgz x.v1 x.v100 x.V00 x.TGZ X.v00 x.t00 x.b00 ninechars.v00 \
        'a b.v00' a.b.v00 é.v00 \
        a+b.tgz; do
        ctl 2 patch-file "$work/esxi" -o "$work/$name" && complains "--output=$work/" &&
            complains ': a boot module is called .v00 to .v99 or .tgz after 1 to 8 of a-z' &&
            [ ! -e "$work/$name" ] && ctl 2 patch-file "$work/esxi/bin/vmx" -o "$work/$name" ||
            return 1
    done
    ctl 0 patch-file "$work/esxi" -o "$work/a_0-8xyz.v99" && [ -s "$work/a_0-8xyz.v99" ]
}

# The name of a file is escaped once, in any locale. One that is longer than the terminal is whole,
# on a line of its own.
names_shown() {
    python3 -c '
import sys
sys.path.insert(0, sys.argv[1])
from visor import header
names = ["bin/\x1b[31m", "bin/\u00e9", "bin/" + "\u00e9" * 45]
open(sys.argv[2], "wb").write(b"".join(map(header, names)) + bytes(1024))
' "$top_srcdir/tests/cli" "$work/names.v00" || return 1
    for locale in C C.UTF-8; do
        LC_ALL=$locale COLUMNS=80 ctl 0 inspect "$work/names.v00" && says ' bin/\x1b[31m' &&
            tail -n +2 "$work/out" | sed '/^  bin/d' | LC_ALL=C.UTF-8 wc -L >"$work/width" &&
            [ "$(cat "$work/width")" -le 80 ] || return 1
        case $locale in
        C) says ' bin/\xc3\xa9' && ! LC_ALL=C grep '[^ -~]' "$work/out" &&
            grep -qxE '  bin/(\\xc3\\xa9){45}' "$work/out" ;;
        *) says ' bin/é' ;;
        esac || return 1
    done
}

# A module lacks nothing that the host has, or is not made.
all_or_none() {
    host && truncate -s 2000 "$work/esxi/bin/vmx" && ctl 3 patch-file "$work/esxi" \
        -o "$work/part.v00" && complains 'no boot module made' && [ ! -e "$work/part.v00" ] &&
        host && ctl 2 patch-file "$work/esxi/bin/vmx" -o "$work/part.v00" &&
        complains "takes one directory, which $work/esxi/bin/vmx is not" &&
        ctl 2 patch-file "$work/esxi/none" -o "$work/part.v00" &&
        complains "$work/esxi/none: does not exist" &&
        ctl 2 patch-file "$work/esxi/bin" "$work/esxi/lib64" \
        -o "$work/part.v00" && ctl 1 --json patch-file "$work/esxi/bin" -o "$work/part.v00" \
        --build=1 && holds '.files[] | select(.reason == "module-place") | .todo' &&
        ctl 4 patch-file "$work/esxi/etc" -o "$work/part.v00" --build=1 &&
        ctl 0 patch-file -n "$work/esxi" -o "$work/part.v00" && says 'would be patched' &&
        ctl 1 patch-file "$work/esxi" -o "$work/none/part.v00" && [ ! -e "$work/part.v00" ] &&
        [ ! -e "$work/none" ] && mkdir "$work/dir.v00" &&
        ctl 0 patch-file "$work/esxi" -o "$work/dir.v00" && [ -e "$work/dir.v00/esxi/bin/vmx" ]
}

# Room for 100 bytes of name and 151 before them.
long_paths() {
    name=vmx-$(printf '%096d' 0) deep=$(printf '%0151d' 0)
    host && ctl 0 patch-file "$work/esxi" -o "$work/l.v00" && mkdir -p "$work/esxi/$deep" &&
        cp "$work/esxi/bin/vmx" "$work/esxi/bin/$name" &&
        ctl 0 patch-file "$work/esxi" -o "$work/l.v00" && python3 "$visor" check "$work/l.v00" &&
        listed "$work/l.v00" && grep -q " bin/$name\$" "$work/listed" || return 1
    mv "$work/esxi/bin/$name" "$work/esxi/bin/${name}0" &&
        ctl 1 --json patch-file "$work/esxi" -o "$work/m.v00" &&
        holds '.files[] | select(.reason == "module-name")' && [ ! -e "$work/m.v00" ] &&
        rm "$work/esxi/bin/${name}0" && half=$(printf '%048d' 0) &&
        mkdir -p "$work/esxi/$half/$half/$half" && cp "$work/esxi/bin/vmx" \
        "$work/esxi/$half/$half/$half/$name" &&
        ctl 0 patch-file "$work/esxi" -o "$work/l.v00" && python3 "$visor" check "$work/l.v00" &&
        listed "$work/l.v00" && grep -q " $half/$half/$half/$name\$" "$work/listed" &&
        mkdir -p "$work/esxi/$half/$half/$half/12345" &&
        mv "$work/esxi/$half/$half/$half/$name" "$work/esxi/$half/$half/$half/12345/" &&
        ctl 1 patch-file "$work/esxi" -o "$work/m.v00" &&
        complains 'does not fit into a boot module'
}

# Both readers see the same in modules as others make them.
round_trips() {
    seed=${SEED:-$(date +%s)}
    echo "SEED=$seed"
    mkdir -p "$work/others" && python3 "$visor" make "$work/others" "$seed" 200 || return 1
    n=0
    while [ $n -lt 200 ]; do
        ctl 0 --json inspect "$work/others/$n.v00" || { echo "tree $n" && return 1; }
        mv "$work/out" "$work/others/$n.json"
        n=$((n + 1))
    done
    python3 "$visor" same "$work/others" 200
}

# What ours writes of 200 trees of a host the other reader reads.
written_trees() {
    seed=${SEED:-$(date +%s)}
    echo "SEED=$seed"
    mkdir -p "$work/hosts" &&
        python3 "$visor" hosts "$work/hosts" "$seed" 200 \
        "$work/linux/usr/lib/vmware/bin/vmware-vmx" "$work/libvmkctl.so" || return 1
    n=0
    while [ $n -lt 200 ]; do
        ctl 0 patch-file "$work/hosts/$n" -o "$work/hosts/$n.v00" --build=1 ||
            { echo "tree $n" && return 1; }
        n=$((n + 1))
    done
    python3 "$visor" made "$work/hosts" 200
}

# peak_below KIB ARGUMENT...: of what the program holds at once.
peak_below() {
    peak_limit=$1
    shift
    timeout 120 python3 -IS - "$peak_limit" "${UNLOCKERCTL:?}" "$@" <<'PYTHON'
import resource, subprocess, sys

limit, command = int(sys.argv[1]), sys.argv[2:]
subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"{peak} KiB of {limit} KiB: {command}")
sys.exit(peak > limit)
PYTHON
}

# One file is in memory at a time, not the module: 256 MiB in files of 32, and 4 programs of 32.
memory() {
    host && python3 "$visor" large "$work/large.v00" 8 33554432 &&
        peak_below 65536 inspect "$work/large.v00" &&
        peak_below 65536 --json inspect "$work/large.v00" || return 1
    for name in vmx vmx-a vmx-b vmx-debug; do
        cp "$work/linux/usr/lib/vmware/bin/vmware-vmx" "$work/esxi/bin/$name" &&
            truncate -s 33554432 "$work/esxi/bin/$name" || return 1
    done
    peak_below 122880 patch-file "$work/esxi" -o "$work/large.v00" &&
        python3 "$visor" check "$work/large.v00"
}

# As many entries as a module may have are shown in seconds, also where their paths are broken.
many() {
    python3 - "$top_srcdir/tests/cli" "$work/many.v00" <<'PYTHON' || return 1
import sys

sys.path.insert(0, sys.argv[1])
from visor import header

count = 65536
names = (f"bin/of-many-files/this-is-number-{number:05}-with-a-name" for number in range(count))
open(sys.argv[2], "wb").write(b"".join(map(header, names)) + bytes(512))
PYTHON
    # shellcheck disable=SC3045
    (ulimit -t 20 && COLUMNS=60 ctl 0 inspect "$work/many.v00") &&
        [ "$(grep -c '^-rw' "$work/out")" -eq 65536 ]
}

# As VMware's own are: xz within gzip, a signature behind it.
signed() {
    module && python3 - "$work/unlocker.v00" "$work" <<'PYTHON' || return 1
import gzip, lzma, os, sys

plain = gzip.decompress(open(sys.argv[1], "rb").read())
xz = lzma.compress(plain, check=lzma.CHECK_CRC32)
for name, content in {
    "xz": xz,
    "signed": xz + os.urandom(4096).replace(b"YZ", b"ZY") + b"end",
    "lzma": lzma.compress(plain, format=lzma.FORMAT_ALONE),
}.items():
    open(f"{sys.argv[2]}/{name}.v00", "wb").write(gzip.compress(content))
open(f"{sys.argv[2]}/plain.vtar", "wb").write(plain)
PYTHON
    listed "$work/unlocker.v00" && mv "$work/listed" "$work/wanted" || return 1
    for name in xz.v00 signed.v00 lzma.v00 plain.vtar; do
        listed "$work/$name" && diff "$work/wanted" "$work/listed" || return 1
    done
    ctl 0 inspect "$work/signed.v00" && says 'ESXi boot module, visor (gzip, xz)'
}

shown() {
    module && ctl 0 inspect "$work/unlocker.v00" && says 'ESXi boot module, visor (gzip)' &&
        says "Build    $release" && says '-r-sr-xr-x' && says 'drwxr-xr-x' && says '0x2000' &&
        [ "$(grep -c ' patched ' "$work/out")" -eq 3 ] &&
        [ "$(tail -n +2 "$work/out" | wc -L)" -le 80 ] &&
        python3 -c '
import sys
sys.path.insert(0, sys.argv[1])
from visor import header
content = open(sys.argv[3], "rb").read()
block = header("bin/vmx", size=len(content), offset=4096, mode=0o4555) + header("bin/\x1b[31m",
    size=0, offset=0) + header("bin/vmx-debug", size=9, offset=4096 - 1024)
open(sys.argv[2], "wb").write(block + bytes(1536) + b"no binary" + bytes(1015) + content)
' "$top_srcdir/tests/cli" "$work/stock.v00" "$work/esxi/bin/vmx" &&
        ctl 3 inspect "$work/stock.v00" && says ' stock ' && says ' bin/\x1b[31m' &&
        ! grep -q "$(printf '\033')" "$work/out" && says ' unknown ' &&
        complains 'cannot judge: bin/vmx-debug' && ctl 3 --json inspect "$work/stock.v00" &&
        holds '[.entries[].state] == ["stock", null, "unknown"]'
}

# Each is refused with what is wrong, at once.
hostile() {
    mkdir -p "$work/hostile" && python3 "$visor" hostile "$work/hostile" >"$work/kinds" &&
        [ -s "$work/kinds" ] || return 1
    while read -r kind; do
        reason=module-damaged
        case $kind in many | gzip-bomb) reason=module-bounds ;; esac
        echo "$kind"
        # shellcheck disable=SC3045
        (ulimit -t 20 && ctl 3 --json inspect "$work/hostile/$kind") &&
            holds ".reason == \"$reason\" and .exit_status == 3" &&
            ctl 3 inspect "$work/hostile/$kind" &&
            complains "cannot inspect: $work/hostile/$kind: " && [ ! -s "$work/out" ] || return 1
    done <"$work/kinds"
    # Of a file that is called a module, and is none.
    : >"$work/empty.v00" && ctl 3 --json inspect "$work/empty.v00" &&
        holds '.reason == "module-empty"' && ctl 3 inspect "$work/empty.v00" &&
        complains 'is empty: copy it from the host again' &&
        head -c 9000 /dev/zero >"$work/zeros.v00" && ctl 3 --json inspect "$work/zeros.v00" &&
        holds '.reason == "module-damaged"' && ctl 3 inspect "$work/zeros.v00" &&
        complains 'no header of one is in it' || return 1
    # What is in gzip and no module is judged as any file.
    echo words | gzip >"$work/words.gz" && ctl 3 --json inspect "$work/words.gz" &&
        holds '.reason == "image-format"'
}

# A module is no installed VMware: what cannot be judged in it is to be copied or made again.
advice() {
    host && python3 - "$top_srcdir/tests/cli" "$work/advice.v00" "$work/esxi/bin/vmx" <<'PYTHON' &&
import gzip, sys

sys.path.insert(0, sys.argv[1])
from visor import header

content = open(sys.argv[3], "rb").read()
contents = [gzip.compress(content, 1), content[: len(content) // 2], content[:64], bytes(5000)]
headers, body = b"", b""
for number, one in enumerate(contents):
    headers += header(f"bin/vmx-{number}", size=len(one), offset=4096 + len(body))
    body += one
open(sys.argv[2], "wb").write(headers.ljust(4096, b"\0") + body)
PYTHON
        ctl 3 --json inspect "$work/advice.v00" && ! grep -i reinstall "$work/out" &&
        holds '[.entries[] | .state] == ["unknown", "unknown", "unknown", "unknown"] and
            ([.entries[] | .todo] | unique | length) == 1' && ctl 3 inspect "$work/advice.v00" &&
        complains ': copy the module from the host again, or make it anew' &&
        ! grep -i reinstall "$work/err"
}

# What others' tars have, and is no fault: the type of file in a mode, directories that come twice,
# hard links to files, before or behind them.
foreign() {
    python3 - "$top_srcdir/tests/cli" "$work/foreign.v00" <<'PYTHON' &&
import sys

sys.path.insert(0, sys.argv[1])
from visor import header

open(sys.argv[2], "wb").write(
    header("./", type=b"5", mode=0o040755)
    + header("./bin/", type=b"5", mode=0o755)
    + header("bin/late", type=b"1", link=b"./bin/vmx", mode=0o100755)
    + header("bin/vmx", mode=0o104555, size=3)
    + b"vmx".ljust(512, b"\0")
    + header("bin", type=b"5", mode=0o40700)
    + header("bin/link", type=b"2", link=b"vmx", mode=0o120777)
    + header("bin/soon", type=b"1", link=b"bin/vmx")
    + bytes(512)
)
PYTHON
        ctl 3 --json inspect "$work/foreign.v00" && holds '[.entries[] | .kind + " " + .mode] ==
            ["directory 0755", "directory 0755", "hardlink 0755", "file 4555", "directory 0700",
            "symlink 0777", "hardlink 0644"]'
}

# outputs SUFFIX FILE: no link or FIFO is replaced by what is written, and nothing it leads to.
outputs() {
    ln -sf esxi/bin/vmx "$work/link$1" && ln -sf nowhere "$work/dangling$1" &&
        mkfifo "$work/fifo$1" || return 1
    output_digest=$(sha256sum <"$work/esxi/bin/vmx")
    for output in "link$1" "dangling$1" "fifo$1"; do
        ctl 1 patch-file "$2" --output="$work/$output" &&
            complains "already exists" && complains "$work/$output" || return 1
    done
    [ "$(sha256sum <"$work/esxi/bin/vmx")" = "$output_digest" ] && [ ! -e "$work/nowhere" ] &&
        [ -h "$work/link$1" ] && [ -p "$work/fifo$1" ]
}

kept_outputs() {
    host && outputs .v00 "$work/esxi" && outputs .new "$work/esxi/bin/vmx-debug"
}

check "what is no plain file is not written over" kept_outputs
check "a module of a host's files: modes, owners, places" made
check "digests: in the module, on the terminal, of what patch-file writes" digests
if command -v script >/dev/null; then
    check "digests, on a terminal" digests_on_terminal
else
    skip "digests, on a terminal" "no script"
fi
check "a module is no file to be patched" named_itself
check "gzip without a time around a visor tar" packed_by_gzip
check "the same bytes from the same files" reproducible
check "plain ustar for old releases" old_module
check "the build is known, or nothing is made" builds
check "two builds in one release file" two_builds
check "all of the host's files, or none" all_or_none
check "links, FIFOs and empty files in place of the host's" odd_files
check "what a host has and the module has not is named" names_what_is_missing
check "no file of a host, or the directory below: it says so" no_module_of
check "set-uid for the programs in bin alone" no_set_uid_elsewhere
check "a module that cannot be written: rows and document say so" failed_writes
check "names that a boot bank does not take" names
check "names are escaped once, in C and C.UTF-8" names_shown
check "paths of 100, 151 and more bytes" long_paths
check "inspect: entries and states" shown
check "modules of others, with xz and a signature" signed
check "200 random trees read as the other reader made them" round_trips
check "200 random trees of a host, read by the other reader" written_trees
if [ "${SANITIZERS:-no}" = yes ]; then
    skip "one file in memory at a time" "sanitizers have their own memory"
else
    check "one file in memory at a time" memory
fi
check "65536 entries" many
check "hostile modules" hostile
check "advice for what is damaged in a module" advice
check "harmless ways of other tars" foreign
plan
