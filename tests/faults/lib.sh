# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# What the scripts of this folder share: two stand-in trees, the installed build and an older one.

. "${top_srcdir:?}/tests/lib.sh"

faults_folder=$top_srcdir/tests/faults

need_faults() {
    need_python
    need_strace
    make_tree "$work/stock" || skip_all "$(cat "$work/unable")"
    make_tree "$work/older" --version=17.5.2 --build=23775571 || skip_all "$(cat "$work/unable")"
    mark_file "$work/stock/usr/lib/vmware/bin/vmware-vmx"
}

# faults CHECKER.py OPTION...: tries all runs that the checker knows.
faults() {
    faults_checker=$1
    shift
    TMPDIR=$work python3 "$faults_folder/$faults_checker" "$@" "${UNLOCKERCTL:?}" \
        "$work/stock" "$work/older"
}
