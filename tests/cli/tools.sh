#!/bin/sh
# SPDX-License-Identifier: MIT
# Guest tools: images are found wherever they are, told by their content, put where VMware looks for
# them, and taken away again; nothing else in isoimages is ever touched. All images are generated.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
for tool in jq zip bsdtar xz; do
    command -v $tool >/dev/null || skip_all "no $tool"
done
make_tree "$work/stock" || skip_all "$(cat "$work/unable")"

# make_iso FILE LABEL [BYTES]: an ISO 9660 volume whose descriptor tells of so many bytes.
make_iso() {
    python3 -IS - "$@" <<'PYTHON'
import random, struct, sys

path, label = sys.argv[1:3]
size = int(sys.argv[3]) if len(sys.argv) > 3 else 409600
blocks = size // 2048
primary = bytearray(2048)
primary[0:7] = b"\1CD001\1"
primary[40:72] = label.encode().ljust(32)
primary[80:88] = struct.pack("<I", blocks) + struct.pack(">I", blocks)
primary[128:132] = struct.pack("<H", 2048) + struct.pack(">H", 2048)
last = bytearray(2048)
last[0:7] = b"\377CD001\1"
image = bytes(32768) + primary + last
image += random.Random(label).randbytes(size - len(image))
with open(path, "wb") as file:
    file.write(image)
PYTHON
}

holds() {
    jq -e "$1" "$work/out" >/dev/null && return 0
    echo "does not hold: $1" && cat "$work/out"
    return 1
}

# A fresh tree with an image of VMware's own.
start() {
    rm -rf "$work/tree" && cp -a "$work/stock" "$work/tree" && tree=$work/tree &&
        store=$tree/var/lib/vmware-unlocker && isoimages=$tree/usr/lib/vmware/isoimages &&
        mkdir -p "$isoimages" && cp "$iso/linux.iso" "$isoimages/linux.iso"
}

on() {
    on_status=$1
    shift
    ctl "$on_status" "--root=$tree" "$@" && no_leftovers
}

no_leftovers() {
    ! find "$tree" -name '.*.unlocker-*' | grep .
}

installed() {
    same "$isoimages/${1:-darwin.iso}" "${2:-$iso/darwin.iso}" &&
        [ "$(stat -c %a "$isoimages/${1:-darwin.iso}")" = 644 ] &&
        same "$isoimages/linux.iso" "$iso/linux.iso"
}

nothing_added() {
    [ "$(ls -A "$isoimages")" = linux.iso ] && [ -z "$(ls -A "$store/tools" 2>/dev/null)" ]
}

iso=$work/iso
mkdir "$iso"
make_iso "$iso/darwin.iso" 'Mac tools' && make_iso "$iso/darwinPre15.iso" 'Old Mac tools' &&
    make_iso "$iso/linux.iso" 'Linux tools' && make_iso "$iso/newer.iso" 'Newer Mac tools' ||
    exit 1

# As VMware packed them.
fusion='payload/VMware Fusion.app/Contents/Library/isoimages'
pack=$work/pack
mkdir -p "$pack/tools/payload" "$pack/fusion/$fusion/x86_x64" "$pack/plain/$fusion"
cp "$iso/darwin.iso" "$pack/tools/payload/"
cp "$iso/darwin.iso" "$iso/darwinPre15.iso" "$iso/linux.iso" "$pack/fusion/$fusion/x86_x64/"
cp "$iso/darwin.iso" "$iso/linux.iso" "$pack/plain/$fusion/"
head -c 300000 /dev/urandom >"$pack/fusion/payload/other"
echo text >"$pack/descriptor.xml"
(cd "$pack/tools" && zip -qr ../com.vmware.fusion.tools.darwin.zip . &&
    cd ../fusion && zip -qr ../com.vmware.fusion.zip . &&
    cd ../plain && zip -qr ../plain.zip . && zip -q0r ../stored.zip . &&
    cd .. && tar -cf com.vmware.fusion.tools.darwin.zip.tar descriptor.xml \
    com.vmware.fusion.tools.darwin.zip && tar -cf com.vmware.fusion.zip.tar descriptor.xml \
    com.vmware.fusion.zip && tar -cf plain.zip.tar plain.zip) || exit 1

# found SOURCE: the one darwin.iso in it is installed, and the source as it was.
found() {
    start && find "$1" -type f -exec sha256sum {} + >"$work/sums" &&
        on 0 tools --force "$1" && installed && sha256sum --quiet -c "$work/sums" &&
        says 'darwin.iso installed in' &&
        on 0 tools --force "$1" && says 'is there already' && installed &&
        on 0 restore && nothing_added
}

found_both() {
    start && on 0 tools --force "$1" && installed && installed darwinPre15.iso \
        "$iso/darwinPre15.iso" && on 0 --json restore &&
        holds '[.roots[0].tools[].outcome] == ["removed", "removed"]' && nothing_added
}

check 'a plain image' found "$iso/darwin.iso"
check 'tar, zip, image' found "$pack/com.vmware.fusion.tools.darwin.zip.tar"
check 'tar, zip, isoimages of Fusion' found "$pack/plain.zip.tar"
check 'tar, zip, isoimages/x86_x64 of Fusion, both images' found_both \
    "$pack/com.vmware.fusion.zip.tar"
check 'a zip' found "$pack/plain.zip"
check 'a zip that is not compressed' found "$pack/stored.zip"
check 'a directory' found "$pack/tools"

for filter in gzip bzip2 xz zstd; do
    bsdtar -C "$pack" -c --$filter -f "$pack/tools.tar.$filter" plain.zip || exit 1
    check "a tar, compressed by $filter" found "$pack/tools.tar.$filter"
done

standard_input() {
    start && on 0 tools --force - <"$pack/plain.zip.tar" && installed && start &&
        cat "$iso/darwin.iso" >"$work/unnamed" && on 3 tools --force - <"$work/unnamed" &&
        complains 'cannot be identified by checksum or name' &&
        complains ': if you trust its source, use --force with --as=darwin.iso' && nothing_added &&
        on 0 tools --force --as=darwin.iso - <"$work/unnamed" && installed
}

# A zip that was written to a pipe: sizes stand behind the entries.
streamed_zip() {
    (cd "$pack/plain" && zip -qr - . | cat >"$pack/streamed.zip") &&
        (cd "$pack" && tar -cf streamed.tar streamed.zip) && found "$pack/streamed.zip" &&
        found "$pack/streamed.tar"
}

check 'standard input: tools-which' standard_input
check 'a zip that was written to a pipe' streamed_zip

# What is not taken -------------------------------------------------------------------------------

unknown_image() {
    start && on 3 tools "$iso/darwin.iso" </dev/null && nothing_added &&
        complains 'is not that of a known image' && complains 'use --force' &&
        complains "$(sha256sum <"$iso/darwin.iso" | cut -c 1-64)" &&
        on 3 --json tools "$iso/darwin.iso" && nothing_added &&
        holds '.images[0] | .known == false and .reason == "tools-unknown" and
            .name == "darwin.iso" and .volume == "Mac tools"'
}

cat >"$work/type.py" <<'PYTHON'
import os, pty, sys

child, terminal = pty.fork()
if child == 0:
    os.environ["TERM"] = "dumb"
    os.execv(sys.argv[2], sys.argv[2:])
said = b""
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    said += part
    if part.endswith(b"[y/N] "):
        os.write(terminal, sys.argv[1].encode() + b"\n")
sys.stdout.buffer.write(said.replace(b"\r", b""))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if b"[y/N]" in said else 99)
PYTHON

# asked ANSWER STATUS SOURCE: on a terminal.
asked() {
    asked_status=0
    python3 -IS "$work/type.py" "$1" "$UNLOCKERCTL" "--root=$tree" tools "$3" >"$work/out" 2>&1 ||
        asked_status=$?
    cat "$work/out"
    [ $asked_status -eq "$2" ] && no_leftovers
}

asked_yes() {
    start && asked y 0 "$iso/darwin.iso" && installed && says 'volume "Mac tools"'
}

asked_no() {
    start && asked n 3 "$iso/darwin.iso" && nothing_added
}

# Not by its name: neither does a name make an image, nor the lack of one hide it.
by_content() {
    start && echo 'no image' >"$work/darwin.iso" && on 1 tools --force "$work/darwin.iso" &&
        complains 'neither an ISO 9660 image nor an archive' && nothing_added &&
        on 1 --json tools "$work/darwin.iso" && : >"$work/empty" && on 1 tools "$work/empty" &&
        cp "$iso/darwin.iso" "$work/picture.png" && on 3 tools --force "$work/picture.png" &&
        nothing_added && on 0 tools --force --as=darwinPre15.iso "$work/picture.png" &&
        installed darwinPre15.iso "$iso/darwin.iso"
}

nothing_inside() {
    mkdir -p "$work/others/deep" && cp "$iso/linux.iso" "$work/others/deep/" &&
        (cd "$work/others" && zip -qr ../others.zip .) && start &&
        on 1 tools --force "$work/others.zip" && complains 'contains no image of guest tools' &&
        on 1 tools --force "$work/others" && complains "unlockerctl --root=$tree tools" &&
        nothing_added &&
        (cd "$pack" && tar -cf "$work/text.tar" descriptor.xml) &&
        on 1 tools --force "$work/text.tar" && complains 'contains no image of guest tools' &&
        on 1 tools --force "$work/nowhere" && complains 'does not exist'
}

# Cut anywhere: never half an image, and never silence.
truncated() {
    (cd "$pack/tools" && zip -qr0 ../one.zip . && tar -cJf ../one.tar.xz .) || return 1
    for source in "$pack/com.vmware.fusion.tools.darwin.zip.tar" "$pack/one.zip" \
        "$pack/one.tar.xz" "$iso/darwin.iso"; do
        size=$(stat -c %s "$source")
        for part in 3 40 60 90; do
            head -c $((size * part / 100)) "$source" >"$work/darwin.iso"
            start && on 1 tools --force "$work/darwin.iso" && nothing_added || return 1
        done
        complains 'is incomplete or damaged' && complains 'download it again' || return 1
    done
}

damaged() {
    start && cp "$pack/plain.zip" "$work/damaged.zip" &&
        python3 -IS - "$work/damaged.zip" <<'PYTHON' &&
import sys

with open(sys.argv[1], "r+b") as file:
    file.seek(1500)
    file.write(bytes(64))
PYTHON
        on 1 tools --force "$work/damaged.zip" && complains 'damaged' && nothing_added &&
        on 1 --json tools --force "$work/damaged.zip" &&
        holds '.images[0].reason == "tools-damaged"'
}

encrypted() {
    (cd "$pack/plain" && zip -qr -P secret "$work/secret.zip" .) && start &&
        on 1 tools --force "$work/secret.zip" && complains 'is encrypted: unpack it' &&
        [ "$(grep -c encrypted "$work/err")" -eq 1 ] &&
        nothing_added
}

# Archives in archives without end, and more than any image has.
bombs() {
    cp "$iso/darwin.iso" "$work/nested" || return 1
    for depth in 1 2 3 4 5 6 7 8; do
        (cd "$work" && tar -cf $depth.tar nested && mv $depth.tar nested) || return 1
    done
    start && on 1 tools --force "$work/nested" && complains 'nested deeper, or larger' &&
        nothing_added && cp "$iso/darwin.iso" "$work/darwin.iso" &&
        truncate -s 300M "$work/darwin.iso" && gzip -1 -c "$work/darwin.iso" >"$work/bomb.gz" &&
        on 1 tools --force --as=darwin.iso "$work/bomb.gz" &&
        complains 'nested deeper, or larger' && nothing_added && rm "$work/darwin.iso"
}

# Names in archives are never paths.
names() {
    start && python3 -IS - "$work/names.tar" "$iso/darwin.iso" "$work" <<'PYTHON' &&
import io, sys, tarfile

content = open(sys.argv[2], "rb").read()
with tarfile.open(sys.argv[1], "w") as tar:
    link = tarfile.TarInfo("isoimages")
    link.type, link.linkname = tarfile.SYMTYPE, sys.argv[3]
    tar.addfile(link)
    hard = tarfile.TarInfo("darwinPre15.iso")
    hard.type, hard.linkname = tarfile.LNKTYPE, "/etc/passwd"
    tar.addfile(hard)
    entry = tarfile.TarInfo("isoimages/../../../../\x1b[31m/darwin.iso")
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))
PYTHON
        : >"$work/before" && find "$work" -maxdepth 1 | sort >"$work/before" &&
        on 0 tools --force "$work/names.tar" && installed &&
        find "$work" -maxdepth 1 | sort | diff "$work/before" - &&
        ! grep -q "$(printf '\033')" "$work/out"
}

check 'an unknown image is refused without --force: tools-unknown' unknown_image
check 'an unknown image is asked for on a terminal: yes' asked_yes
check 'an unknown image is asked for on a terminal: no' asked_no
check 'content tells what an image is, never its name' by_content
check 'nothing for macOS inside: tools-none, tools-no-image' nothing_inside
check 'truncated anywhere: tools-damaged' truncated
check 'damaged' damaged
check 'encrypted: tools-encrypted' encrypted
check 'nested without end, and too large: tools-bounds' bombs
check 'names in archives are never used as paths' names

# What is there -----------------------------------------------------------------------------------

# A file of the user's stays, and a restore leaves it.
users_own() {
    start && cp "$iso/newer.iso" "$isoimages/darwin.iso" &&
        identity "$isoimages/darwin.iso" >"$work/own" && asked y 3 "$iso/darwin.iso" &&
        tr -d '\r' <"$work/out" | tr -s ' \n' ' ' >"$work/words" &&
        grep -qF 'a file not installed by unlockerctl is in the way' "$work/words" &&
        identity "$isoimages/darwin.iso" | diff "$work/own" - &&
        asked y 3 "$pack/com.vmware.fusion.zip.tar" && installed darwinPre15.iso \
        "$iso/darwinPre15.iso" && on 0 tools && says others && on 0 restore &&
        identity "$isoimages/darwin.iso" | diff "$work/own" - &&
        [ ! -e "$isoimages/darwinPre15.iso" ]
}

users_same() {
    start && cp "$iso/darwin.iso" "$isoimages/darwin.iso" &&
        identity "$isoimages/darwin.iso" >"$work/own" && on 0 tools --force "$iso/darwin.iso" &&
        says 'is there already' && on 0 restore &&
        identity "$isoimages/darwin.iso" | diff "$work/own" -
}

forced() {
    start && cp "$iso/newer.iso" "$isoimages/darwin.iso" && on 0 tools --force "$iso/darwin.iso" &&
        says 'replaced the one in' && installed && on 0 restore && nothing_added
}

# Ours is replaced by another of ours, and that is what goes.
ours_renewed() {
    start && on 0 tools --force "$iso/darwin.iso" && cp "$iso/newer.iso" "$work/darwin.iso" &&
        asked y 0 "$work/darwin.iso" && installed darwin.iso "$iso/newer.iso" &&
        [ "$(find "$store/tools" -type f | wc -l)" -eq 1 ] && on 0 restore && nothing_added
}

# Since replaced by another hand: it stays.
changed_since() {
    start && on 0 tools --force "$iso/darwin.iso" && cp "$iso/newer.iso" "$isoimages/darwin.iso" &&
        on 0 --json restore && holds '.roots[0].tools[0].outcome == "left-alone"' &&
        same "$isoimages/darwin.iso" "$iso/newer.iso"
}

# A link under the name is another's file: what it leads to is neither written nor removed.
link_trap() {
    start && cp "$iso/newer.iso" "$work/precious" && identity "$work/precious" >"$work/own" &&
        ln -s "$work/precious" "$isoimages/darwin.iso" && asked y 3 "$iso/darwin.iso" &&
        [ -L "$isoimages/darwin.iso" ] && on 3 tools && complains 'not a regular file' &&
        on 0 tools --force "$iso/darwin.iso" && installed && [ ! -L "$isoimages/darwin.iso" ] &&
        rm "$isoimages/darwin.iso" && ln -s "$work/precious" "$isoimages/darwin.iso" &&
        cp "$iso/darwin.iso" "$work/precious" && on 0 restore && [ -L "$isoimages/darwin.iso" ] &&
        same "$work/precious" "$iso/darwin.iso" && rm "$work/precious"
}

# A link in the way to it ends inside the root.
link_inside() {
    start && rm -r "$isoimages" && mkdir -p "$tree/srv/images" && ln -s /srv/images "$isoimages" &&
        cp "$iso/linux.iso" "$tree/srv/images/" && on 0 tools --force "$iso/darwin.iso" &&
        same "$tree/srv/images/darwin.iso" "$iso/darwin.iso" &&
        on 0 restore && [ "$(ls "$tree/srv/images")" = linux.iso ]
}

directory_made() {
    start && rm -r "$isoimages" && on 3 tools "$iso/darwin.iso" </dev/null &&
        [ ! -e "$isoimages" ] && on 0 tools --force "$pack/com.vmware.fusion.zip.tar" &&
        same "$isoimages/darwin.iso" "$iso/darwin.iso" && on 0 restore && [ ! -e "$isoimages" ] &&
        on 0 tools --force "$iso/darwin.iso" && cp "$iso/linux.iso" "$isoimages/" &&
        on 0 restore && nothing_added
}

# What a killed run left goes; what a running one is writing stays.
leftovers() {
    start && : >"$isoimages/.darwin.iso.unlocker-0123456789abcdef" &&
        : >"$isoimages/.windows.iso.unlocker-0123456789abcdef" &&
        : >"$isoimages/.darwin.iso.unlocker-fedcba9876543210" || return 1
    flock "$isoimages/.darwin.iso.unlocker-fedcba9876543210" "$UNLOCKERCTL" "--root=$tree" tools \
        --force "$iso/darwin.iso" && installed &&
        [ ! -e "$isoimages/.darwin.iso.unlocker-0123456789abcdef" ] &&
        [ -e "$isoimages/.darwin.iso.unlocker-fedcba9876543210" ] &&
        [ -e "$isoimages/.windows.iso.unlocker-0123456789abcdef" ] &&
        rm "$isoimages"/.*.unlocker-* && for verb in patch patch restore; do
            : >"$isoimages/.darwin.iso.unlocker-0123456789abcdef"
            on 0 $verb && [ ! -e "$isoimages/.darwin.iso.unlocker-0123456789abcdef" ] || return 1
        done
}

restores() {
    start && on 0 patch && on 0 tools --force "$iso/darwin.iso" && on 0 status &&
        on 0 --json restore --dry-run && installed &&
        holds '.roots[0].tools == [{"path": "'"$isoimages"'/darwin.iso",
            "outcome": "removed", "reason": null, "why": null, "todo": null}]' &&
        on 0 restore vmx && installed && on 0 restore && says 'isoimages/darwin.iso removed.' &&
        nothing_added && on 0 restore && ! says removed
}

# VMware was removed, and left what it does not know.
restores_without_vmware() {
    start && on 0 tools --force "$iso/darwin.iso" && rm -r "$tree/usr/lib/vmware/bin" \
        "$tree/usr/lib/vmware/lib" && on 0 restore && nothing_added && on 4 restore
}

# Records that are damaged, or tell of other files, remove nothing, are told of, and stop no patch.
damaged_records() {
    start && on 0 tools --force "$iso/darwin.iso" && record=$(echo "$store"/tools/*.json) &&
        sed 's|isoimages/darwin.iso|bin/vmware-vmx|' "$record" >"$store/tools/other.json" &&
        sed 's|usr/lib|../usr|' "$record" >"$work/record" && mv "$work/record" "$record" &&
        on 0 patch && on 1 verify && on 3 --json restore && installed &&
        holds '[.roots[0].tools[].reason] == ["tools-record", "tools-record"]' &&
        complains 'is damaged: delete the record' && [ -s "$(target "$tree" vmx)" ]
}

verified() {
    start && on 0 patch && on 0 tools --force "$iso/darwin.iso" && on 0 --json verify &&
        holds '.roots[0].findings | map(select(.kind == "tools").result) == ["intact"]' &&
        cp "$iso/newer.iso" "$isoimages/darwin.iso" && on 1 --json verify &&
        holds '.roots[0].findings | map(select(.kind == "tools").result) == ["damaged"]' &&
        rm "$isoimages/darwin.iso" && on 0 --json verify &&
        holds '.roots[0].findings | map(select(.kind == "tools").result) == ["orphan"]'
}

# What package managers call when this package goes.
package_removed() {
    start && on 0 patch && on 0 tools --force "$pack/com.vmware.fusion.zip.tar" || return 1
    hook=${top_builddir:?}/hooks/hook
    # shellcheck disable=SC2016 # of the hook
    program=$tree$(sed -n 's/^program=\$root//p' "$hook")
    mkdir -p "${program%/*}" && cp "$UNLOCKERCTL" "$program" &&
        DPKG_ROOT=$tree sh "$hook" restore >"$work/out" 2>"$work/err" && nothing_added &&
        [ ! -e "$store/not-restored" ] && same "$(target "$tree" vmx)" "$(target "$work/stock" vmx)"
}

# VMware for Windows has them beside its programs.
windows() {
    drive="$work/drive/Program Files (x86)/VMware/VMware Workstation"
    mkdir -p "$drive/x64" && cp "$work/pe/vmware-vmx.exe" "$drive/x64/" && tree=$work/drive &&
        isoimages=$drive && on 0 tools --force "$iso/darwin.iso" &&
        same "$drive/darwin.iso" "$iso/darwin.iso" && [ ! -e "$drive/isoimages" ] && on 0 restore &&
        [ "$(ls "$drive")" = x64 ]
}

no_vmware() {
    mkdir -p "$work/bare" && ctl 4 "--root=$work/bare" tools && complains 'no VMware found' &&
        ctl 4 "--root=$work/bare" tools --force "$iso/darwin.iso" && [ -z "$(ls "$work/bare")" ]
}

two_roots() {
    start && rm -rf "$work/second" && cp -a "$tree" "$work/second" &&
        ctl 0 "--root=$tree" "--root=$work/second" tools --force - <"$pack/plain.zip.tar" &&
        installed && same "$work/second/usr/lib/vmware/isoimages/darwin.iso" "$iso/darwin.iso" &&
        ctl 0 "--root=$tree" "--root=$work/second" restore && nothing_added &&
        [ ! -e "$work/second/usr/lib/vmware/isoimages/darwin.iso" ]
}

says_what_is_there() {
    start && find "$tree" | sort >"$work/before" && on 0 tools &&
        says 'darwin.iso      missing' && says https://packages-prod.broadcom.com/tools/frozen/ &&
        ! sed 1d "$work/out" | grep -v -e --root= | grep -E '.{81}' && on 0 --json tools &&
        holds '.installations[0].tools | map(.state) == ["missing", "missing"]' &&
        find "$tree" | sort | diff "$work/before" - && on 0 tools --force "$iso/darwin.iso" &&
        echo text >"$isoimages/darwinPre15.iso" && on 0 --json tools &&
        holds '.installations[0].tools[0] | .state == "unknown" and .added and .size == 409600' &&
        holds '.installations[0].tools[1] | .state == "no-image" and (.added | not)' &&
        on 0 tools && says unlockerctl && says 'not an image' && ! says 'Nothing is missing' &&
        says 'darwinPre15.iso is not an ISO image: replace it.' && says 'tools --force -' &&
        on 0 tools --force "$iso/darwinPre15.iso" && on 0 tools && says 'Nothing is missing' &&
        ctl 2 tools --as=other
}

# As a user who may read everything and write nothing.
unprivileged() {
    start && chmod 755 "$work" && mkdir -p "$work/counts" && chmod 1777 "$work/counts" || return 1
    export GCOV_PREFIX="$work/counts"
    setpriv --reuid=65534 --regid=65534 --clear-groups \
        "$UNLOCKERCTL" "--root=$tree" tools >"$work/out" 2>"$work/err" && [ ! -s "$work/err" ] &&
        says missing || return 1
    setpriv --reuid=65534 --regid=65534 --clear-groups "$UNLOCKERCTL" "--root=$tree" \
        tools --force - <"$iso/darwin.iso" >"$work/out" 2>"$work/err"
    [ $? -eq 1 ] && complains 'run as root' && nothing_added
    unset GCOV_PREFIX
}

read_only() {
    start && strace -qq -o /dev/null -e trace=renameat -e inject=renameat:error=EROFS:when=2 \
        "$UNLOCKERCTL" "--root=$tree" tools --force "$iso/darwin.iso" >"$work/out" 2>"$work/err"
    [ $? -eq 1 ] && complains 'isoimages/darwin.iso: is on a read-only file system' &&
        no_leftovers && [ ! -e "$isoimages/darwin.iso" ] && on 0 restore && nothing_added
}

while_installing() {
    start && mkdir -p "$tree/etc/vmware-installer" &&
        : >"$tree/etc/vmware-installer/database.lck" &&
        flock "$tree/etc/vmware-installer/database.lck" \
            "$UNLOCKERCTL" "--root=$tree" tools --force "$iso/darwin.iso" 2>"$work/err"
    [ $? -eq 5 ] && complains installer && nothing_added && no_leftovers
}

check "a user's own image stays: tools-foreign" users_own
check "a user's own image that is the same is not ours" users_same
check '--force replaces another image, and says so' forced
check 'an image of ours is renewed' ours_renewed
check 'an image that was exchanged since stays' changed_since
check 'a link under the name is never followed' link_trap
check 'a link to another directory ends inside the root' link_inside
check 'isoimages is made, and goes again, where there was none' directory_made
check 'restore takes away what was added' restores
check 'restore does so when VMware is gone' restores_without_vmware
check 'damaged records remove nothing: tools-record' damaged_records
check 'verify compares them with what was recorded' verified
check 'they go with the package' package_removed
if "$standin/make-pe.sh" "$work/pe" 2>"$work/unable"; then
    check 'VMware for Windows' windows
else
    skip 'VMware for Windows' "$(cat "$work/unable")"
fi
check 'without VMware: no-installation' no_vmware
check 'two roots, one standard input' two_roots
check 'says what is there, and where to get the rest' says_what_is_there
if [ "$(id -u)" -eq 0 ]; then
    check_with setpriv 'an ordinary user may look' unprivileged
else
    skip 'an ordinary user may look' 'only root has another user'"'"'s rights to give'
fi
if command -v flock >/dev/null; then
    check 'what a killed run left goes' leftovers
    check 'not while an installer is at work' while_installing
else
    skip 'what a killed run left goes, installer at work' 'no flock'
fi
if [ "${SANITIZERS:-no}" = no ] && can_strace; then
    check 'read-only' read_only
else
    skip 'read-only' 'strace cannot run here'
fi
plan
