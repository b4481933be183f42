#!/bin/sh
# SPDX-License-Identifier: MIT
# Trees that lead astray: links out of the root, targets that are no files, files that cannot be
# changed, file systems of every kind. What is outside is never written.

# shellcheck source=tests/hostile/lib.sh
. "${top_srcdir:?}/tests/hostile/lib.sh"

# The canary: a whole installation outside the root. It is made anew for each case.
canary=$work/canary
with_canary() { # with_canary COMMAND...: and the canary is as it was
    chattr -R -i "$work/tree" 2>/dev/null
    unmount_all
    rm -rf "${canary:?}"
    cp -a "$work/stock" "$canary"
    fresh
    canary_before=$(sums "$canary")
    "$@"
    canary_status=$?
    [ "$canary_before" = "$(sums "$canary")" ] || { echo "the canary was touched" && return 1; }
    return $canary_status
}
case_of() { # case_of NAME COMMAND...
    case_name=$1
    shift
    check "$case_name" with_canary "$@"
}

# Every verb, none of which may hang or die by a signal.
each_verb() { # each_verb COMMAND...: which looks at what it said
    for verb in status 'patch --dry-run' patch verify list restore patch prune; do
        # shellcheck disable=SC2086
        run '0|1|3|4|5' $verb && "$@" || return 1
    done
    no_leftovers
}
# Nor may any say that all is well.
not_well() {
    case $verb,$ctl_status in
    patch,0) echo "patch: all is well?" && cat "$work/out" && return 1 ;;
    patch,*) [ -s "$work/err" ] || { echo "$verb says nothing" && return 1; } ;;
    esac
}
every_verb() {
    each_verb not_well
}
others_patched() {
    every_verb && run "1|3" patch && answers_all_osk "$bin/vmware-vmx-debug" &&
        answers_all_osk "$bin/vmware-vmx-stats"
}

# Links out of the root -----------------------------------------------------------------------

link_out() { # link_out LINK-TEXT: in a target's place
    ln -sf "$1" "$bin/vmware-vmx" && every_verb
}
up=../../../../../../../../../../../..
canary_vmx=$canary/usr/lib/vmware/bin/vmware-vmx
case_of "a target that is an absolute link out" link_out "$canary_vmx"
case_of "a target that is a link with .. out" link_out "$up$canary_vmx"
case_of "a target that is a link through /proc/self/root" link_out "/proc/self/root$canary_vmx"
case_of "a target that is a link through .. and /proc/self/root" \
    link_out "$up/proc/self/root$canary_vmx"
case_of "a target that is a dangling link" link_out "/nowhere/vmware-vmx"
case_of "a target that is a link to itself" link_out vmware-vmx

# The same with /proc there, as in a container's root.
magic_link() {
    mkdir "$tree/proc" && mount -t proc proc "$tree/proc" && link_out "$1"
}
case_of "a magic link, /proc/self/root" magic_link "/proc/self/root$canary_vmx"
case_of "a magic link, /proc/1/root" magic_link "/proc/1/root$canary_vmx"
case_of "a magic link, /proc/self/exe" magic_link /proc/self/exe

# Inside the root such a link leads nowhere: the folder is as good as none, and that may be well.
folder_out() { # folder_out PATH LINK-TEXT: a folder on the way
    rm -rf "${tree:?}/$1"
    mkdir -p "$(dirname "$tree/$1")" && ln -s "$2" "$tree/$1" && each_verb true
}
case_of "/usr is a link out" folder_out usr "$canary/usr"
case_of "/usr/lib/vmware is a link out" folder_out usr/lib/vmware "$up$canary/usr/lib/vmware"
case_of "bin is a link out" folder_out usr/lib/vmware/bin "$canary/usr/lib/vmware/bin"
case_of "/etc/vmware is a link out" folder_out etc/vmware /dev

store_out() { # store_out PATH
    mkdir -p "$tree/$(dirname "$1")" "$canary/store" && canary_before=$(sums "$canary") &&
        ln -s "$canary/store" "$tree/$1" && run '0|1|3' patch && run '0|1|3' restore &&
        run '0|1|3' list && no_leftovers
}
for place in var var/lib var/lib/vmware-unlocker var/lib/vmware-unlocker/originals \
    var/lib/vmware-unlocker/receipts var/lib/vmware-unlocker/lock; do
    case_of "/$place is a link out" store_out $place
done

libdir_out() { # libdir_out TEXT
    sed -i "s|^libdir = .*|libdir = \"$1\"|" "$tree/etc/vmware/config" && rm -rf "${tree:?}/usr" &&
        run '3|4' patch && run '3|4' status
}
case_of "libdir leads out with .." libdir_out "$up$canary/usr/lib/vmware"
case_of "libdir leads out through /proc/self/root" \
    libdir_out "/proc/self/root$canary/usr/lib/vmware"

# What is no file, or cannot be changed -------------------------------------------------------

instead() { # instead COMMAND...: makes $bin/vmware-vmx, which is gone
    rm -f "$bin/vmware-vmx" && "$@" && others_patched
}
a_socket() {
    python3 -c 'import os, socket, sys
os.chdir(os.path.dirname(sys.argv[1]))
socket.socket(socket.AF_UNIX).bind(os.path.basename(sys.argv[1]))' "$1"
}
case_of "a directory" instead mkdir "$work/tree/usr/lib/vmware/bin/vmware-vmx"
case_of "a FIFO" instead mkfifo "$work/tree/usr/lib/vmware/bin/vmware-vmx"
case_of "a socket" instead a_socket "$work/tree/usr/lib/vmware/bin/vmware-vmx"
case_of "a character device" instead mknod "$work/tree/usr/lib/vmware/bin/vmware-vmx" c 1 5
case_of "a block device" instead mknod "$work/tree/usr/lib/vmware/bin/vmware-vmx" b 7 7

hard_link() {
    ln -f "$canary_vmx" "$bin/vmware-vmx" && run 0 patch && all_patched && run 0 restore &&
        same "$bin/vmware-vmx" "$work/stock/usr/lib/vmware/bin/vmware-vmx" && no_leftovers
}
case_of "a hard link to a precious file, which keeps its content" hard_link

immutable() { # immutable PATH...
    chattr +i "$@" || return 1
    run '1|3' patch && [ -s "$work/err" ] && run '0|3' status
    immutable_status=$?
    chattr -i "$@"
    [ $immutable_status -eq 0 ] && no_leftovers && run 0 patch && all_patched && run 0 restore &&
        all_stock
}
no_flag=$(no_immutable_flag)
for flagged in target directory; do
    flagged_path=$work/tree/usr/lib/vmware/bin
    [ $flagged = directory ] || flagged_path=$flagged_path/vmware-vmx
    if [ -n "$no_flag" ]; then
        skip "an immutable $flagged" "$no_flag"
    else
        case_of "an immutable $flagged" immutable "$flagged_path"
    fi
done

bind_mounted() {
    cp -a "$bin/vmware-vmx" "$work/tree/bound" &&
        mount --bind "$work/tree/bound" "$bin/vmware-vmx" &&
        others_patched && complains "is a mount point" && umount "$bin/vmware-vmx" &&
        run 0 patch && all_patched
}
case_of "a bind-mounted file is refused, the others patched" bind_mounted

# File systems --------------------------------------------------------------------------------

whole_way() { # whole_way DIRECTORY: a tree there
    fresh_at "$1/tree" && run 3 status && run 0 patch && all_patched && run 0 status &&
        run 0 verify && run 0 patch && run 0 restore && all_stock && no_leftovers
}
image() { # image TYPE MKFS...
    image_type=$1
    shift
    mkdir -p "$work/on-$image_type" && truncate -s 400M "$work/$image_type.image" &&
        "$@" "$work/$image_type.image" && mount -o loop "$work/$image_type.image" \
        "$work/on-$image_type" && whole_way "$work/on-$image_type"
    image_status=$?
    umount "$work/on-$image_type" 2>/dev/null
    rm -f "$work/$image_type.image"
    return $image_status
}
no_images=$(no_image_mounts) || no_images=
try_image() { # try_image TYPE MKFS...
    if [ -n "$no_images" ]; then
        skip "on $1" "$no_images"
    elif command -v "$2" >/dev/null &&
        { grep -qw "$1" /proc/filesystems || modprobe -q "$1"; }; then
        case_of "on $1" image "$@"
    else
        skip "on $1" "no $2, or the kernel has no $1"
    fi
}
try_image ext4 mkfs.ext4 -q
try_image xfs mkfs.xfs -q -m reflink=1
try_image btrfs mkfs.btrfs -q

memory() {
    mkdir -p "$work/memory" && mount -t tmpfs tmpfs "$work/memory" && whole_way "$work/memory"
}
case_of "on tmpfs" memory

overlay() {
    mkdir -p "$work/layers" && mount -t tmpfs tmpfs "$work/layers" &&
        mkdir -p "$work/layers/upper" "$work/layers/work" "$work/overlay" &&
        cp -a "$work/stock" "$work/layers/lower" &&
        mount -t overlay overlay -o "lowerdir=$work/layers/lower,upperdir=$work/layers/upper,\
workdir=$work/layers/work" "$work/overlay" || return 1
    tree=$work/overlay bin=$work/overlay/usr/lib/vmware/bin
    lower_before=$(sums "$work/layers/lower")
    run 0 patch && all_patched && run 0 status && run 0 verify && run 0 restore && all_stock &&
        no_leftovers && [ "$lower_before" = "$(sums "$work/layers/lower")" ]
}
if grep -qw overlay /proc/filesystems || modprobe -q overlay; then
    case_of "on overlayfs, whose lower layer is never written" overlay
else
    skip "on overlayfs" "the kernel has none"
fi

# The store on another file system than the targets, and the targets on two.
apart() {
    mkdir -p "$tree/var" && mount -t tmpfs tmpfs "$tree/var" &&
        mv "$bin" "$work/bin.away" && mkdir "$bin" && mount -t tmpfs tmpfs "$bin" &&
        cp -a "$work/bin.away/." "$bin/" && rm -rf "$work/bin.away" && run 0 patch &&
        all_patched && run 0 restore && all_stock && no_leftovers
}
case_of "store, programs and library on three file systems" apart

read_only() {
    mount --bind "$tree/usr" "$tree/usr" && mount -o remount,ro,bind "$tree/usr" &&
        every_verb && all_stock
}
case_of "a read-only file system is said" read_only

# What the canary is for.
touched() {
    echo >>"$canary_vmx"
}
touched_is_found() {
    ! with_canary touched
}
check "a touched canary is found" touched_is_found
chattr -R -i "$work/tree" 2>/dev/null

plan
