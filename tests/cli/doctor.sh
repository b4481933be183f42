#!/bin/sh
# SPDX-License-Identifier: MIT
# doctor: what it says of made-up computers and virtual machines, and that --fix loses nothing.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all 'no jq'
make_tree "$work/pc" || skip_all "$(cat "$work/unable")"
vm=$work/vm/macOS.vmx

# computer VENDOR FLAGS MAKER: what the tree is installed on.
computer() {
    mkdir -p "$work/pc/proc" "$work/pc/sys/class/dmi/id" "$work/pc/dev"
    : >"$work/pc/dev/vmmon"
    printf 'processor\t: 0\nvendor_id\t: %s\nmodel name\t: A processor\nflags\t\t: fpu %s\n\n%s\n' \
        "$1" "$2" 'processor	: 1' >"$work/pc/proc/cpuinfo"
    echo "$3" >"$work/pc/sys/class/dmi/id/sys_vendor"
}

machine() {
    # shellcheck disable=SC2059
    rm -rf "$work/vm" && mkdir "$work/vm" && printf "$@" >"$vm"
}

doctor() {
    doctor_status=$1
    shift
    ctl "$doctor_status" "--root=$work/pc" --json doctor "$@"
}

# level ID LEVEL: of the computer, or with "vm" before, of the VM.
level() {
    if [ "$1" = vm ]; then level_of=.vms && shift; else level_of=.roots; fi
    level_found=$(jq -r --arg id "$1" "${level_of}[0].checks | map(select(.id == \$id) | .level) |
        unique | join(\" \")" "$work/out")
    [ "$level_found" = "$2" ] && return 0
    echo "$1 is $level_found, not $2" && cat "$work/out"
    return 1
}

unpatched() {
    computer GenuineIntel 'vmx avx2' 'Apple Inc.' && doctor 3 && level patched problem &&
        level cpu ok && level avx2 ok && level virtualization ok && level hardware ok &&
        level vmmon ok && level nested '' && level unit warning && level hold ok
}

patched() {
    wants=$work/pc/etc/systemd/system/multi-user.target.wants
    ctl 0 "--root=$work/pc" patch && mkdir -p "$wants" && ln -s ../vmware-unlocker.path "$wants/" &&
        doctor 0 && level patched ok && level unit ok &&
        ctl 0 "--root=$work/pc" hold && doctor 0 && level hold warning &&
        ctl 0 "--root=$work/pc" release
}

processors() {
    computer GenuineIntel 'avx2x xavx2' 'Dell Inc.' && doctor 3 && level avx2 warning &&
        level virtualization problem && level hardware warning &&
        computer AuthenticAMD 'svm avx2 hypervisor' 'Dell Inc.' && doctor 0 && level cpu warning &&
        level nested warning && level virtualization ok &&
        computer CentaurHauls 'vmx avx2' VIA && doctor 3 && level cpu problem &&
        computer GenuineIntel 'vmx avx2' 'Dell Inc.' && rm "$work/pc/dev/vmmon" && doctor 3 &&
        level vmmon problem
}

# A root that is no running computer says nothing of one.
image() {
    rm -r "$work/pc/proc" "$work/pc/sys" && doctor 0 && level cpu '' && level hardware '' &&
        level patched ok && computer GenuineIntel 'vmx avx2' 'Apple Inc.'
}

good='guestOS = "darwin22-64"\nfirmware = "efi"\nsmc.present = "TRUE"\n'

good_vm() {
    machine "$good" && cp "$vm" "$work/before" && doctor 0 "$vm" && level vm guest ok &&
        level vm log '' && doctor 0 --fix --yes "$vm" && same "$work/before" "$vm" &&
        [ "$(ls -A "$work/vm")" = macOS.vmx ]
}

# The log of a start that the .vmx has not changed since.
log_told() {
    machine "$good" && touch -d yesterday "$vm" &&
        echo 'msg| The guest operating system is not Mac OS X Server' >"$work/vm/vmware.log" &&
        doctor 3 "$vm" && level vm log problem &&
        touch -d '2 days ago' "$work/vm/vmware.log" && doctor 0 "$vm" && level vm log warning
}

# A change by --fix is later than the log, whatever time the file had.
log_before_the_change() {
    machine 'guestOS = "darwin22-64"\nfirmware = "bios"\nsmc.present = "TRUE"\n' &&
        echo 'msg| The CPU has been disabled by the guest operating system' \
            >"$work/vm/vmware.log" && touch -d '2 days ago' "$vm" &&
        touch -d yesterday "$work/vm/vmware.log" && doctor 3 "$vm" && level vm log problem &&
        ctl 0 "--root=$work/pc" doctor --fix --yes "$vm" &&
        says 'last start, before the .vmx was changed' && says 'With a warning: ' &&
        ! grep -q 'will not run' "$work/out" && doctor 0 "$vm" && level vm log warning
}

# The last sentence names what keeps macOS from running.
problems_named() {
    machine 'guestOS = "darwin22-64"\nx = "1"\nx = "2"\n' && ctl 3 "--root=$work/pc" doctor "$vm" &&
        says 'macOS will not run with this configuration: duplicates, firmware, smc.'
}

words() {
    machine 'displayName = "a"\nx = "1"\nx = "2"\nx = "3"\n' && doctor 3 "$vm" &&
        says 'guestOS is not set: nothing else is checked' &&
        says 'keep one of these lines: VMware does not start with more' &&
        says 'x is set 3 times, in lines 2, 3 and 4' &&
        machine 'displayName = "a"\n%s' "$(seq 12 | sed 's/.*/x = "&"/')" && doctor 3 "$vm" &&
        says 'x is set 12 times, in lines 2, 3, 4, 5, 6, 7, 8, 9 and 4 more'
}

bad='\357\273\277.encoding = "windows-1252"\r\n# gr\374n\r\nguestOS = "darwin22-64"\r\n'
bad=$bad'Firmware = "bios"\r\nethernet0.present = "TRUE"\r\nx = "1"\r\nX = "1"\r\n'

fixes() {
    machine "$bad" && mark_file "$vm" && attributes "$vm" | sed 1d >"$work/attributes" &&
        stat -c '%a %u:%g' "$vm" >"$work/owner" && cp -p "$vm" "$work/before" || return 1
    doctor 3 "$vm" && level vm firmware problem && same "$work/before" "$vm" &&
        doctor 0 --fix --yes "$vm" && level vm firmware ok && level vm duplicates ok &&
        [ "$(jq -r '.vms[0] | "\(.changed) \(.fixable)"' "$work/out")" = 'true false' ] || return 1
    printf '\357\273\277.encoding = "windows-1252"\r\n# gr\374n\r\nguestOS = "darwin22-64"\r\n%b' \
        'Firmware = "efi"\r\nethernet0.present = "TRUE"\r\nx = "1"\r\nsmc.present = "TRUE"\r\n' \
        >"$work/wanted"
    printf 'ethernet0.virtualDev = "vmxnet3"\r\n' >>"$work/wanted"
    same "$work/wanted" "$vm" && same "$work/before" "$vm.orig" &&
        stat -c '%a %u:%g' "$vm" | diff "$work/owner" - && attributes "$vm.orig" | sed 1d |
        diff "$work/attributes" - && [ "$(find "$work/vm" -type f | wc -l)" -eq 2 ]
}

keeps_each_copy() {
    cp "$vm.orig" "$work/first" && echo 'smc.present = "FALSE"' >>"$vm" &&
        sed -i '/^smc.present = "TRUE"/d' "$vm" && cp "$vm" "$work/second" &&
        doctor 0 --fix -y "$vm" && same "$work/first" "$vm.orig" && same "$work/second" "$vm.orig.2"
}

shows_the_change() {
    machine "$bad" && ctl 1 "--root=$work/pc" doctor --fix "$vm" </dev/null &&
        says '--- ' && says '-Firmware = "bios"' && says '+Firmware = "efi"' && says '-X = "1"' &&
        complains 'not running on a terminal' && [ "$(ls -A "$work/vm")" = macOS.vmx ]
}

# answer TEXT: on a terminal.
answer() {
    printf '%s\n' "$1" | script -qec "$UNLOCKERCTL --root=$work/pc doctor --fix $vm" /dev/null \
        >"$work/out" 2>&1
    says 'Change it? [y/N]'
}

asks() {
    machine "$bad" && cp "$vm" "$work/before" && answer n && same "$work/before" "$vm" &&
        answer '' && same "$work/before" "$vm" && answer y && same "$work/before" "$vm.orig" &&
        grep -q '^Firmware = "efi"' "$vm"
}

# Each change is seen before it is agreed to.
asks_of_many() {
    machine "$bad$(seq 40 | sed 's/.*/key& = "&\\r\\n/' | tr -d '\n')" &&
        printf '#!/bin/sh\nsed "s/^/paged: /"\n' >"$work/pager" && chmod +x "$work/pager" &&
        NO_COLOR=1 TERM=xterm LINES=24 UNLOCKER_PAGER=$work/pager answer n &&
        says 'paged: +key40 = "40"' && ! says 'paged: Change it?' >"$work/no" &&
        machine "$bad" && NO_COLOR=1 TERM=xterm LINES=24 UNLOCKER_PAGER=$work/pager answer n &&
        ! grep paged "$work/out"
}

runs() {
    machine "$bad" && cp "$vm" "$work/before" && mkdir "$vm.lck" && : >"$vm.lck/M12345.lck" &&
        ctl 5 "--root=$work/pc" doctor --fix --yes "$vm" &&
        complains "$vm: VMware has the virtual machine open: shut it down" &&
        same "$work/before" "$vm" && doctor 3 "$vm" && level vm open warning &&
        [ "$(jq '.vms[0].fixable' "$work/out")" = false ] && doctor 5 --fix --yes "$vm" &&
        [ "$(jq -r '.vms[0].reason' "$work/out")" = vm-runs ] &&
        ctl 3 "--root=$work/pc" doctor "$vm" && says 'VMware has the VM open' &&
        ! grep -q 'doctor --fix' "$work/out" && rm "$vm.lck/M12345.lck" &&
        doctor 0 --fix --yes "$vm"
}

refusals() {
    ctl 1 "--root=$work/pc" doctor "$work/none.vmx" &&
        complains "$work/none.vmx: does not exist" && ln -s nowhere/x "$work/dangling.vmx" &&
        ctl 1 "--root=$work/pc" doctor "$work/dangling.vmx" &&
        complains "dangling.vmx: is a dangling symbolic link (nowhere/x does not exist): correct" &&
        mkfifo "$work/fifo.vmx" && ctl 1 "--root=$work/pc" doctor "$work/fifo.vmx" &&
        complains "fifo.vmx: is not a regular file" && machine 'a\0 \0=\0' &&
        ctl 1 "--root=$work/pc" doctor --fix --yes "$vm" &&
        complains "is not the text of a virtual machine's configuration" &&
        ctl 2 "--root=$work/pc" doctor --fix && complains 'needs a VM.vmx'
}

# Through a link the file itself is changed, not the link.
linked() {
    machine "$bad" && mv "$vm" "$work/vm/real.vmx" && ln -s real.vmx "$vm" &&
        doctor 0 --fix --yes "$vm" && [ -L "$vm" ] && grep -q 'efi' "$work/vm/real.vmx" &&
        [ -e "$work/vm/real.vmx.orig" ]
}

# The copy that is kept is named as it can be typed: by the path that was given, or that of a link.
copy_named() {
    machine "$bad" && (cd "$work" && ctl 0 "--root=$work/pc" doctor --fix -y vm/macOS.vmx) &&
        says 'saved as vm/macOS.vmx.orig.' && machine "$bad" && mkdir "$work/vm/a b" &&
        mv "$vm" "$work/vm/a b/" && ln -s "a b/macOS.vmx" "$vm" &&
        ctl 0 "--root=$work/pc" doctor --fix -y "$work/vm" &&
        says "saved as '$(readlink -f "$work/vm")/a b/macOS.vmx.orig'."
}

# The width of the widest line, but for those with the path of the machine or a command, which are
# whole.
# shellcheck disable=SC2016 # quotes of the text, not of the shell
lines_width() {
    sed '\,^/,d; /`.*`/d' "$work/out" | LC_ALL=C.UTF-8 wc -L
}

fits() {
    machine "$bad" && COLUMNS=80 ctl 3 "--root=$work/pc" doctor "$vm" &&
        [ "$(lines_width)" -le 80 ] && says 'vmware-unlocker(7)' &&
        says 'problem firmware' && ctl 3 "--root=$work/pc" doctor -q "$vm" && [ ! -s "$work/out" ]
}

# long_file: a machine of many lines, some of which have to change.
long_file() {
    rm -rf "$work/vm" && mkdir "$work/vm" && python3 -IS - >"$vm" <<'PYTHON'
print('guestOS = "darwin20-64"\nfirmware = "bios"')
for i in range(20000):
    print(f'key{i} = "{i}"\n')
PYTHON
}

# Memory grows with the file, not with its square.
many_lines() {
    long_file && prlimit --as=300000000 "$UNLOCKERCTL" "--root=$work/pc" doctor --fix --yes "$vm" \
        >"$work/out" &&
        says '-firmware = "bios"' && says '+firmware = "efi"' && says '@@ line 2 @@' &&
        [ "$(wc -l <"$work/out")" -le 60 ] && [ "$(wc -l <"$vm")" -eq 40003 ]
}

# The same of much larger files, whatever their lines are: bytes and time for each line, no more.
large_files() {
    for kind in 'key{i} = "value {i}"' 'key{i} = "{i}' 'a{i}:0.fileName = "opencore"' \
        'smc.present = "TRUE"' 'x'; do
        rm -rf "$work/vm" && mkdir "$work/vm" && python3 -IS - "$kind" >"$vm" <<'PYTHON' || return 1
import sys

print('guestOS = "darwin20-64"\nfirmware = "bios"\nsmc.present = "TRUE"')
size = i = 0
while size < 2 << 20:
    line = sys.argv[1].replace("{i}", str(i))
    print(line)
    size, i = size + 1 + len(line), i + 1
PYTHON
        timeout 60 prlimit --as=600000000 "$UNLOCKERCTL" "--root=$work/pc" -q doctor --fix --yes \
            "$vm" 2>"$work/err"
        case $? in
        0 | 3) grep -q '^firmware = "efi"' "$vm" || [ "$kind" != "${kind#a}" ] || return 1 ;;
        *) cat "$work/err" && return 1 ;;
        esac
    done
    python3 -IS -c 'print("guestOS = darwin20-64\nx = \"" + "x" * (16 << 20) + "\"")' >"$vm" &&
        doctor 1 "$vm" && complains 'is larger than 16 MiB'
}

# In a Turkish locale the lower case of I is another letter. (glibc keeps what LOCPATH names.)
turkish() {
    machine 'GUESTOS = "darwin20-64"\nFIRMWARE = "EFI"\nSMC.PRESENT = "TRUE"\n' &&
        ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 LOCPATH=$work \
            LC_ALL=tr_TR.UTF-8 ctl 0 "--root=$work/pc" doctor --fix --yes "$vm" &&
        [ "$(grep -ci firmware "$vm")" -eq 1 ] && [ ! -e "$vm.orig" ]
}

# What a name has in it reaches no terminal as it is.
escapes() {
    machine "$bad" && escaped=$work/vm/$(printf 'a\033[31m.vmx') && mv "$vm" "$escaped" &&
        ctl 1 "--root=$work/pc" doctor --fix "$escaped" </dev/null && says 'x1b[31m' &&
        ! grep -q "$(printf '\033')" "$work/out" "$work/err"
}

# No line wider than a terminal, and no machine higher than one.
screen() {
    machine 'guestOS = "darwin25-64"\nfirmware = bios\na = "1\nb = "2"; c\nc c\nx = e f\n%b%b%b' \
        'ethernet0.present = 1\nethernet1.present = yes\nnumvcpus = 4\nmemsize = 1024\n' \
        'x = 1\nx = 2\ny = 1\ny = 2\n' 'virtualHW.version = 30\n' &&
        echo 'dictionary error' >"$work/vm/vmware.log" && ctl 3 "--root=$work/pc" doctor "$vm" &&
        [ "$(lines_width)" -le 80 ] &&
        [ "$(sed -n '/macOS.vmx$/,$p' "$work/out" | wc -l)" -le 24 ] &&
        says 'more: -v shows them' && ! grep -E '^  (ok|warning) *(kind|memory)' \
        "$work/out" && ctl 3 "--root=$work/pc" -v doctor "$vm" &&
        ! grep -q 'more: -v' "$work/out" &&
        grep -qE '^  hint    memory' "$work/out" && doctor 3 "$vm" && level vm memory hint
}

# Whatever a file has in it, a machine is no higher than a screen, and no line wider than a page but
# those with its path.
# shellcheck disable=SC1111 # quotes of the text, not of the shell
long_values() {
    long=$(printf '%05000d' 0) && chinese=$(printf '%0300d' 0 | sed 's/0/\xe5\x9b\xba/g') &&
        for text in "firmware = \"$long\"" "firmware = \"$chinese\"" "firmware = “$chinese”" \
            "virtualHW.version = \"$long\"" "checkpoint.vmState = \"$long\"" "numvcpus = $long" \
            "k$long = 1\nK$long = 2" "k$long = “x”" \
            'firmware = "\344\344\344\344\344\344\344\344"'; do
            machine "guestOS = \"darwin22-64\"\nsmc.present = 1\n$text\n" &&
                ctl 3 "--root=$work/pc" doctor "$vm" &&
                [ "$(lines_width)" -le 80 ] &&
                [ "$(sed -n '/macOS.vmx$/,$p' "$work/out" | wc -l)" -le 24 ] &&
                grep -qE '\.\.\.|xe4' "$work/out" || return 1
        done
    machine 'guestOS = "x\344\344y' && doctor 3 "$vm" && jq -e . "$work/out" >/dev/null
}

# Advice has the path and the root as they have to be typed.
# shellcheck disable=SC2016
typed_advice() {
    machine "$bad" && mkdir "$work/vm/a b" && mv "$vm" "$work/vm/a b/it's.vmx" && (
        cd "$work/vm/a b" && COLUMNS=500 ctl 3 "--root=$work/pc" doctor "it's.vmx"
    ) && says "\`unlockerctl --root=$work/pc doctor --fix 'it'\\''s.vmx'\`" &&
        doctor 3 "$work/vm/a b" && jq -r '.vms[0].checks[].todo' "$work/out" >"$work/todo" &&
        grep -qF "doctor --fix '$work/vm/a b/it'\\''s.vmx'\`" "$work/todo" &&
        ! grep -q 'VM\.vmx' "$work/todo"
}

# Each line of what is said of several machines has the path of one.
several() {
    machine "$good" && cp "$vm" "$work/vm/b.vmx" &&
        COLUMNS=500 ctl 0 "--root=$work/pc" doctor "$vm" "$work/vm/b.vmx" &&
        says "$vm: Not judged: " && says "$work/vm/b.vmx: Not judged: " &&
        says "$work/vm/b.vmx: Only vmware.log" && ! grep -q '^Not judged' "$work/out"
}

# A network that is missing is no problem, but nothing is promised.
no_network() {
    machine "$good" && : >"$work/vm/vmware.log" && mkdir -p "$work/pc/sys/module/vmmon" &&
        ctl 0 "--root=$work/pc" doctor "$vm" && ! grep -q 'Nothing keeps' "$work/out" &&
        says 'With a warning: vmnet.' && mkdir "$work/pc/sys/module/vmnet" &&
        ctl 0 "--root=$work/pc" doctor "$vm" && says 'Nothing keeps macOS from running.' &&
        rm -r "$work/pc/sys/module"
}

# Quotes that VMware takes for a part of a value, in its own configuration.
quoted_configuration() {
    cp "$work/pc/etc/vmware/config" "$work/config" &&
        sed 's,^libdir.*,libdir = “/usr/lib/vmware”,' "$work/config" \
            >"$work/pc/etc/vmware/config" &&
        doctor 3 && level config problem && ctl '0|3' "--root=$work/pc" status &&
        says 'cannot be read by VMware: typographic quotes' &&
        mv "$work/config" "$work/pc/etc/vmware/config"
}

# What VMware reads in its configuration counts; what it cannot is named by its line.
configuration() {
    mv "$work/pc/etc/vmware/config" "$work/config" && mkdir -p "$work/pc/opt" &&
        mv "$work/pc/usr/lib/vmware" "$work/pc/opt/vmware" &&
        printf '.encoding = UTF-8\r\nlibdir = /opt/vmware # moved\rproduct.version = 17.6.1\n' \
            >"$work/pc/etc/vmware/config" && ctl '0|3' "--root=$work/pc" status &&
        says "$work/pc/opt/vmware" && says '17.6.1' && doctor '0|3' && level config '' &&
        printf 'libdir = "/opt/vmware\n# a\nx = 1 2\nx y\n' >"$work/pc/etc/vmware/config" &&
        ctl 4 "--root=$work/pc" status &&
        says 'line 1 of /etc/vmware/config cannot be read by VMware: no closing quote: correct' &&
        says 'line 3 of /etc/vmware/config cannot be read by VMware: words without quotes' &&
        doctor 3 && level config 'problem warning' && ctl 4 "--root=$work/pc" --json status &&
        [ "$(jq -c '[.roots[0].config_unreadable[].line]' "$work/out")" = '[1,3,4]' ] &&
        mv "$work/pc/opt/vmware" "$work/pc/usr/lib/vmware" &&
        mv "$work/config" "$work/pc/etc/vmware/config"
}

check "22-config-unquoted: what VMware reads counts, what it cannot is named" configuration
check "a computer whose VMware is not patched" unpatched
check "a patched one, with its unit, and on hold" patched
check "processors, AVX2, virtualization, a missing module" processors
check "a root that is no running computer" image
check "a VM that is as it should be is not touched" good_vm
check "what the last vmware.log tells" log_told
check "a log from before --fix changed the VM" log_before_the_change
check "the last sentence names the problems" problems_named
check "what is not set is only not set; one of three lines is kept" words
check "--fix changes what must change, and not a byte else" fixes
check "--fix keeps each copy" keeps_each_copy
check "--fix shows the change, and changes nothing unasked" shows_the_change
if command -v script >/dev/null; then
    check "--fix asks on a terminal" asks
    check "--fix shows a long change in a pager" asks_of_many
else
    skip "--fix asks on a terminal" "no script"
    skip "--fix shows a long change in a pager" "no script"
fi
check "vm-runs: --fix does not touch a VM that is open" runs
check "vmx, open, not-regular: what cannot be read is refused" refusals
check "a link is followed" linked
check "the copy that is kept is named as it can be typed" copy_named
check "the lines fit 80 columns; -q says nothing" fits
if [ "${SANITIZERS:-no}" = yes ]; then
    skip "a file of 40000 lines takes little memory" "sanitizers take much"
    skip "large files take memory and time in proportion" "sanitizers take much"
else
    check "a file of 40000 lines takes little memory" many_lines
    check "large files take memory and time in proportion" large_files
fi
if localedef -i tr_TR -f UTF-8 "$work/tr_TR.UTF-8" 2>/dev/null; then
    check "keys are found in a Turkish locale" turkish
else
    skip "keys are found in a Turkish locale" "no localedef"
fi
check "escapes in a name are shown, not obeyed" escapes
check "what is piped has 80 columns, and a machine a screen" screen
check "long values are cut, at a character" long_values
check "advice has path and root as they have to be typed" typed_advice
check "several machines: each line has a path" several
check "no vmnet: a warning, and no promise" no_network
check "typographic quotes in VMware's configuration" quoted_configuration
plan
