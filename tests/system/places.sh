# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2034,SC2086,SC2154,SC2119,SC2120,SC2015 # run.sh sources all of it together
# Scenarios: VMware in other places, and other boots.

linked_libdir() {
    clean && run mkdir -p /opt/elsewhere /usr/lib && run ln -s /opt/elsewhere /usr/lib/vmware &&
        bundle install /opt/first && patched "$first" && run test -e /opt/elsewhere/bin/vmware-vmx
}

# The link comes to lead to another tree.
switched_link() {
    run sh -c 'mkdir -p /opt/other && cp -a /opt/second/usr/lib/vmware/. /opt/other/ &&
        ln -sfn /opt/other /usr/lib/vmware' &&
        within 20 opened /opt/other/bin/vmware-vmx && rest && not_failed
}

# No path unit sees a mount go; what the timer starts does.
mount_goes() {
    run umount /usr/lib/vmware && run systemctl start vmware-unlocker-missed.service &&
        within 20 line_is "no VMware found"
}

# A tree that was prepared elsewhere and is mounted after boot.
mounted_later() {
    clean && run sh -c 'mkdir -p /usr/lib/vmware /opt/elsewhere &&
        cp -a /opt/first/usr/lib/vmware/. /opt/elsewhere' && sleep 1 && rest &&
        run mount --bind /opt/elsewhere /usr/lib/vmware && within 15 opened && rest && not_failed &&
        stock_again && within 15 opened && rest && not_failed && mount_goes
}

mounted_libdir() {
    clean && run mkdir -p /usr/lib/vmware && run mount -t tmpfs none /usr/lib/vmware &&
        bundle install /opt/first && patched "$first" && mount_goes
}

# As the bundle does with another prefix: only its configuration tells.
libdir_elsewhere() {
    clean && run mkdir -p /opt/elsewhere /etc/vmware &&
        run cp -a /opt/first/usr/lib/vmware/. /opt/elsewhere/ &&
        run sh -c "sed 's|/usr/lib/vmware|/opt/elsewhere|' /opt/first/etc/vmware/config \
            >/etc/vmware/config" || return 1
    within 20 opened /opt/elsewhere/bin/vmware-vmx && rest && not_failed &&
        line_is "$first: 4 of 4 patched" || return 1
    # The next change there is seen too.
    run cp -p /opt/first$vmx /opt/elsewhere/bin/new &&
        run mv /opt/elsewhere/bin/new /opt/elsewhere/bin/vmware-vmx &&
        within 20 opened /opt/elsewhere/bin/vmware-vmx && rest && not_failed
}

# What an installer with another prefix writes, in any order: the programs, both libraries, the
# configuration. Each a second after the one before.
order_of() {
    clean || return 1
    for order_part; do
        case $order_part in
        bin) run sh -c 'mkdir -p /opt/elsewhere &&
            cp -a /opt/first/usr/lib/vmware/bin /opt/elsewhere/' ;;
        lib) run sh -c 'mkdir -p /opt/elsewhere/lib &&
            cp -a /opt/first/usr/lib/vmware/lib/libvmwarebase.so /opt/elsewhere/lib/' ;;
        lib0) run sh -c 'mkdir -p /opt/elsewhere/lib/libvmwarebase.so.0 &&
            cp -a /opt/first/usr/lib/vmware/lib/libvmwarebase.so/libvmwarebase.so \
                /opt/elsewhere/lib/libvmwarebase.so.0/libvmwarebase.so.0' ;;
        config) run sh -c "mkdir -p /etc/vmware && sed 's|/usr/lib/vmware|/opt/elsewhere|' \
            /opt/first/etc/vmware/config >/etc/vmware/config" ;;
        esac || return 1
        sleep 1
    done
    within 10 opened /opt/elsewhere/bin/vmware-vmx && rest && not_failed &&
        within 10 run sh -c 'unlockerctl status --quiet' && order_watched
}

# The next change of each is seen.
order_watched() {
    run sh -c 'cd /opt/first/usr/lib/vmware/lib/libvmwarebase.so &&
        cp -p libvmwarebase.so /opt/elsewhere/new && cd /opt/elsewhere/lib &&
        mv ../new libvmwarebase.so/libvmwarebase.so' &&
        within 10 run unlockerctl status --quiet
}

two_installations() {
    run mkdir -p /usr/lib/vmware && run cp -a /opt/second/usr/lib/vmware/. /usr/lib/vmware/ &&
        within 20 opened && rest && opened /opt/elsewhere/bin/vmware-vmx && not_failed &&
        line_has "$first: 4 of 4 patched; " && line_has "; VMware: 4 of 4 patched"
}

back_to_default() {
    run rm -rf /opt/elsewhere && run cp /opt/second/etc/vmware/config /etc/vmware/ &&
        within 20 line_is "$second: 4 of 4 patched" &&
        within 20 run sh -c "! find /run/systemd/generator -name 'vmware-unlocker*' \
            ! -name vmware-unlocker.units | grep ."
}

# The whole of /etc/vmware, by another that names another place: in two steps, which no unit that
# watches the file in it can tell from none.
exchanged_configuration() {
    clean && run mkdir -p /etc/vmware /opt/elsewhere || return 1
    for exchanged in 1 2 3 4; do
        exchanged_place=/opt/elsewhere/$exchanged
        run sh -c "cp -a /opt/first/usr/lib/vmware $exchanged_place && mkdir /etc/new &&
            sed 's|/usr/lib/vmware|$exchanged_place|' /opt/first/etc/vmware/config \
                >/etc/new/config" && rest && sleep 1 &&
            run sh -c 'mv /etc/vmware /etc/old && mv /etc/new /etc/vmware; rm -r /etc/old' &&
            within $moment_limit opened $exchanged_place/bin/vmware-vmx ||
            { echo "the $exchanged. time" && return 1; }
    done
}

# What follows needs a disk that outlives a boot.
unpatched_at_boot() {
    bundle install /opt/first && patched "$first" && run systemctl stop vmware-unlocker.path &&
        bundle remove /opt/first && bundle install /opt/second && sleep 1 && closed || return 1
    machine_stop && machine_boot --keep && patched "$second"
}

held_at_boot() {
    run unlockerctl restore && within 20 line_has "on hold" || return 1
    machine_stop && machine_boot --keep && rest && line_has "on hold" && closed && not_failed &&
        run unlockerctl release && patched "$second"
}

# ended_amid_run COMMAND: the machine ends so, while a run waits and while it patches. The next boot
# has it all patched, without an alarm.
ended_amid_run() {
    for ended_delay in 0.5 2.05 2.1 2.15 2.2; do
        run sh -c 'rm -rf /usr/lib/vmware /var/lib/vmware-unlocker/*' &&
            bundle install /opt/first || return 1
        run systemctl start --no-block $service
        sleep $ended_delay
        "$1" && machine_boot --keep && patched "$first" && run unlockerctl verify &&
            [ "$(moment_warnings)" -eq 0 ] ||
            { run journalctl -b -p warning --no-pager && echo "after $ended_delay s" && return 1; }
        run sh -c "ls -A $bin /var/lib/vmware-unlocker" | grep '^\.' &&
            echo "left behind" && return 1
    done
    return 0
}

scenarios_places() {
    check "$1: /usr/lib/vmware is a symbolic link" linked_libdir
    check "$1: the link is switched: followed" switched_link
    check "$1: /usr/lib/vmware is another mount" mounted_libdir
    check "$1: VMware is mounted after boot: patched" mounted_later
    check "$1: libdir elsewhere, by VMware's configuration" libdir_elsewhere
    check "$1: two installations" two_installations
    check "$1: back to the default, nothing is left behind" back_to_default
    check "$1: the configuration's directory is exchanged" quietly 24 exchanged_configuration
    for order in "bin lib lib0 config" "config lib0 lib bin" "lib bin config lib0" \
        "lib0 config bin lib"; do
        check "$1: another prefix, in the order $order" quietly 8 order_of $order
    done
}

scenarios_boots() {
    check "$1: an update while the units were stopped is patched at boot" unpatched_at_boot
    check "$1: a hold holds over a boot" held_at_boot
    check "$1: the machine is shut down amid a run, at five moments" ended_amid_run machine_stop
    check "$1: the machine is killed amid a run, at five moments" ended_amid_run machine_kill
}
