#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs and removes a prepared tree the way VMware's .bundle does: its lock for the whole run;
# per file unlink, `<name>.XXXX` beside it, fsync, rename, mode 0644; modes in a second pass.
#
#     bundle.sh install TREE [SECONDS between the passes]
#     bundle.sh remove TREE

set -eu
tree=$2 pause=${3:-0}
lock=/etc/vmware-installer/database.lck
mkdir -p "${lock%/*}"
exec 9>"$lock"
flock -xn 9 || { echo "another installer is at work" >&2 && exit 1; }

files() {
    (cd "$tree" && find . -type f -printf '%P\n' | sort)
}

install_file() {
    mkdir -p "/${1%/*}"
    rm -f "/$1"
    temporary=$(mktemp "/$1.XXXX")
    cat "$tree/$1" >"$temporary"
    sync "$temporary"
    mv "$temporary" "/$1"
    chmod 0644 "/$1"
}

case $1 in
install)
    files | while read -r file; do install_file "$file"; done
    sleep "$pause"
    files | while read -r file; do chmod "$(stat -c %a "$tree/$file")" "/$file"; done
    ;;
remove)
    files | while read -r file; do rm -f "/$file"; done
    rm -rf /usr/lib/vmware/bin /usr/lib/vmware/lib
    rmdir /usr/lib/vmware 2>/dev/null || :
    ;;
esac
rm -f "$lock"
