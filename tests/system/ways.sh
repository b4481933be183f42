# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2086,SC2154,SC2119,SC2120,SC2015 # run.sh sources all of it together
# Scenarios: ways in which other files come to lie at the same paths.

# renamed FROM TO FROM TO…: one after the other, with nothing between.
renamed() {
    run python3 -c 'import os, sys
for i in range(1, len(sys.argv), 2):
    os.rename(sys.argv[i], sys.argv[i + 1])' "$@"
}

# In one step: renameat2(2) with RENAME_EXCHANGE.
directories_exchanged() {
    clean && bundle install /opt/first && patched "$first" &&
        run cp -a /opt/second/usr/lib/vmware /usr/lib/vmware.new && run python3 -c '
import ctypes
library = ctypes.CDLL(None, use_errno=True)
assert library.renameat2(-100, b"/usr/lib/vmware.new", -100, b"/usr/lib/vmware", 2) == 0' &&
        within 30 opened && rest && not_failed
}

directories_renamed() {
    clean && bundle install /opt/first && patched "$first" &&
        run cp -a /opt/second/usr/lib/vmware /usr/lib/vmware.new &&
        renamed /usr/lib/vmware /usr/lib/vmware.old /usr/lib/vmware.new /usr/lib/vmware &&
        within 30 opened && rest && not_failed || return 1
    # And one of the directories in it, whose other files stay.
    run cp -a /opt/second/usr/lib/vmware/lib /usr/lib/vmware.lib &&
        renamed /usr/lib/vmware/lib /usr/lib/vmware.lib.old \
            /usr/lib/vmware.lib /usr/lib/vmware/lib &&
        within 30 run unlockerctl status --quiet && rest && not_failed
}

# Only the directory of the programs is a mount, and then it is changed.
bin_mounted() {
    clean && bundle install /opt/first && patched "$first" && run mkdir -p /opt/elsewhere &&
        run sh -c "cp -a /opt/first$bin/. /opt/elsewhere; mount --bind /opt/elsewhere $bin" &&
        within 30 opened && rest && stock_again && within 30 opened && rest && not_failed
}

# The disk that VMware lies on, by its configuration, comes after boot.
disk_mounted() {
    clean && run sh -c 'mkdir -p /opt/elsewhere /opt/other /etc/vmware &&
        cp -a /opt/first/usr/lib/vmware /opt/other/ &&
        sed "s|/usr/lib/vmware|/opt/elsewhere/vmware|" /opt/first/etc/vmware/config \
            >/etc/vmware/config' && sleep 1 && rest && line_is "no VMware found" &&
        run mount --bind /opt/other /opt/elsewhere &&
        within 30 opened /opt/elsewhere/vmware/bin/vmware-vmx && rest && not_failed &&
        run sh -c "cp -p /opt/first$vmx /opt/elsewhere/vmware/new &&
            mv /opt/elsewhere/vmware/new /opt/elsewhere/vmware/bin/vmware-vmx" &&
        within 30 opened /opt/elsewhere/vmware/bin/vmware-vmx && rest && not_failed
}

# Below /home, which the service does not see: it follows the link, and does not start for ever.
linked_home() {
    clean && run rm -f /run/vmware-unlocker/starts && run sh -c 'mkdir -p /home/user &&
        cp -a /opt/first/usr/lib/vmware /home/user/ && ln -s /home/user/vmware /usr/lib/' &&
        within 30 opened && rest && not_failed && echo "$(starts) starts" && [ "$(starts)" -le 4 ]
}

# What the service cannot see is no reason to start it again and again.
hidden() {
    clean && run sh -c "mkdir -p /run/systemd/system/$service.d
        printf '[Service]\nInaccessiblePaths=/home\n' \
        >/run/systemd/system/$service.d/hidden.conf" && run systemctl daemon-reload && rest &&
        run rm -f /run/vmware-unlocker/starts && run sh -c 'mkdir -p /home/user &&
        cp -a /opt/first/usr/lib/vmware /home/user/ && ln -s /home/user/vmware /usr/lib/'
    sleep 4
    rest && echo "$(starts) starts" && [ "$(starts)" -ge 1 ] && [ "$(starts)" -le 4 ]
    hidden_status=$?
    run rm -r /run/systemd/system/$service.d && run systemctl daemon-reload &&
        [ $hidden_status -eq 0 ]
}

# The programs, and one program more, where symbolic links lead.
linked_bin() {
    clean && run sh -c "mkdir -p /usr/lib/vmware /opt/elsewhere /opt/other &&
        cp -a /opt/first/usr/lib/vmware/lib /usr/lib/vmware/ &&
        cp -a /opt/first$bin /opt/elsewhere/ && mv /opt/elsewhere/bin/vmware-vmx /opt/other/ &&
        ln -s /opt/other/vmware-vmx /opt/elsewhere/bin/ && ln -s /opt/elsewhere/bin $bin" &&
        within 30 opened && rest && run unlockerctl status --quiet && not_failed &&
        run sh -c "cp -p /opt/first$vmx /opt/other/new && mv /opt/other/new \
            /opt/other/vmware-vmx" && within 30 opened && rest && not_failed
}

# What made a run fail is gone; and the words of the status line are those of the configuration.
configuration_mended() {
    clean && bundle install /opt/first && patched "$first" &&
        run sh -c "rm /etc/vmware/config; mkdir /etc/vmware/config; touch $bin" &&
        within 30 failed && rest && run sh -c 'rmdir /etc/vmware/config &&
            cp /opt/first/etc/vmware/config /etc/vmware/' &&
        within 30 line_is "$first: 4 of 4 patched" && rest && not_failed &&
        run sh -c 'cp /opt/second/etc/vmware/config /etc/vmware/' &&
        within 30 line_is "$second: 4 of 4 patched"
}

scenarios_ways() {
    check "$1: two directories are exchanged" directories_exchanged
    check "$1: directories are renamed at once" directories_renamed
    check "$1: the directory of the programs is mounted" bin_mounted
    check "$1: the disk of a configured directory is mounted" disk_mounted
    check "$1: a link leads below /home" linked_home
    check "$1: what the service cannot see starts it a few times" hidden
    check "$1: links to the programs' directory, and to a program" linked_bin
    check "$1: the configuration is mended, and changed" configuration_mended
}
