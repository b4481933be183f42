#!/bin/sh
# shellcheck disable=SC2016 # the wrong program expands its own
# SPDX-License-Identifier: MIT
# Several runs at once, patch against restore, and an installer that rewrites the same files at
# random times. HOSTILE_ROUNDS in all, 1000 when not set; HOSTILE_SEED repeats a run.

# shellcheck source=tests/hostile/lib.sh
. "${top_srcdir:?}/tests/hostile/lib.sh"

make_tree "$work/newer" --version=17.6.2 --build=24409262
# In memory: the rounds are about order, not about the disk.
mkdir "$work/quick"
mount -t tmpfs -o size=256m tmpfs "$work/quick" 2>/dev/null || echo "# no tmpfs: slower"
rounds=${HOSTILE_ROUNDS:-1000}
all=0

installer() { # installer KIND ROUNDS PROGRAM
    python3 "$top_srcdir/tests/hostile/installer.py" "$3" "$work/stock" "$work/newer" "$2" \
        "$work/quick/$1" "$1" >"$work/$1.said" 2>&1
    installer_status=$?
    tail -n 40 "$work/$1.said"
    return $installer_status
}

# at_once KIND PERCENT: begins the rounds of one kind.
at_once() {
    kind_rounds=$((rounds * $2 / 100 + 1))
    all=$((all + kind_rounds))
    installer "$1" $kind_rounds "${UNLOCKERCTL:?}" >"$work/$1.log" &
    eval "pid_$1=\$!"
}
ended() {
    eval "wait \$pid_$1"
    ended_status=$?
    cat "$work/$1.log"
    tail -n 1 "$work/$1.log" | sed 's/^/# /' >"$work/count"
    return $ended_status
}
ended_check() {
    check "$2" ended "$1"
    cat "$work/count"
}

at_once lock 30
at_once free 30
ended_check lock "an installer that takes its lock: patched, or untouched and patched next time"
at_once two 15
ended_check free "an installer that takes no lock: the same"
at_once restore 15
ended_check two "two runs at once"
at_once eight 10
ended_check restore "patch against restore"
ended_check eight "eight runs at once"

# What the checker must find: a program that patches, and then does one thing wrong.
wrong_program() { # wrong_program NAME COMMAND: $root is the tree
    cat >"$work/wrong" <<SCRIPT
#!/bin/sh
root=\${1#--root=} status=0
"$UNLOCKERCTL" "\$@" || status=\$?
bin=\$root/usr/lib/vmware/bin vault=\$root/var/lib/vmware-unlocker/originals
case \$root in */two/*) $2 ;; esac
exit \$status
SCRIPT
    chmod 0755 "$work/wrong"
    rm -rf "$work/quick/two"
    ! installer two 2 "$work/wrong" || { echo "not found: $1" && return 1; }
    grep -q "$1" "$work/two.said"
}
check "the checker finds a lost mode" wrong_program "mode 755" \
    'chmod 0755 $bin/vmware-vmx'
check "the checker finds a damaged target" wrong_program "neither a build" \
    'echo >>$bin/vmware-vmx-stats'
check "the checker finds a temporary file" wrong_program "left: " \
    'echo >$bin/.vmware-vmx.unlocker-0123456789abcdef'
check "the checker finds a patched file in the vault" wrong_program "holds what is no original" \
    'for a in $vault/*.tar.zst; do tar -C $root --zstd -cf $a usr/lib/vmware/bin/vmware-vmx; done'

echo "# $all rounds in all"
plan
