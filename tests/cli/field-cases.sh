#!/bin/sh
# SPDX-License-Identifier: MIT
# doctor on what users published: each kind of .vmx file that was once judged wrongly, in short.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
command -v jq >/dev/null || skip_all 'no jq'
make_tree "$work/pc" || skip_all "$(cat "$work/unable")"
vm=$work/vm/mac.vmx

# computer VENDOR FLAGS: what the tree is installed on.
computer() {
    mkdir -p "$work/pc/proc" "$work/pc/dev"
    : >"$work/pc/dev/vmmon"
    printf 'processor\t: 0\nvendor_id\t: %s\nmodel name\t: A processor\nflags\t\t: fpu %s\n\n' \
        "$1" "$2" >"$work/pc/proc/cpuinfo"
}
intel() { computer GenuineIntel 'vmx avx2'; }
amd() { computer AuthenticAMD 'svm avx2'; }

# vm_of DARWIN [LINE...]: a machine that is as it should be, but for the lines, each of which takes
# the place of the line with the same key.
vm_of() {
    rm -rf "$work/vm" && mkdir "$work/vm" || return 1
    python3 -IS - "$@" >"$vm" <<'PYTHON'
import sys

lines = ['.encoding = "UTF-8"', 'config.version = "8"', 'virtualHW.version = "21"',
         'displayName = "mac"', f'guestOS = "{sys.argv[1]}"', 'firmware = "efi"',
         'smc.present = "TRUE"', 'numvcpus = "4"', 'cpuid.coresPerSocket = "4"',
         'ethernet0.present = "TRUE"', 'ethernet0.virtualDev = "vmxnet3"']
for new in sys.argv[2:]:
    same = [i for i, old in enumerate(lines) if old.split()[0] == new.split()[0]]
    if same and not new.endswith(" "):
        lines[same[0]] = new
    else:
        lines.append(new.rstrip(" "))
sys.stdout.write("".join(line + "\n" for line in lines))
PYTHON
    cp "$vm" "$work/before"
}

doctor() {
    doctor_status=$1
    shift
    ctl "$doctor_status" "--root=$work/pc" --json doctor "$@"
}

# level ID LEVEL: the worst of the machine's, "" when the check was not made.
level() {
    level_found=$(jq -r --arg id "$1" '.vms[0].checks | map(select(.id == $id) | .level) |
        unique | join(" ")' "$work/out")
    [ "$level_found" = "$2" ] && return 0
    echo "$1 is $level_found, not $2" && cat "$work/out"
    return 1
}

# fact ID WORDS [LINE]: what a check of the machine says, and where it saw that.
fact() {
    jq -r --arg id "$1" '.vms[0].checks[] | select(.id == $id) | "\(.line) \(.fact) \(.todo)"' \
        "$work/out" >"$work/facts"
    grep -F -e "$2" "$work/facts" | grep -q "^${3:-}" && return 0
    echo "$1 does not say so: $2" && cat "$work/out"
    return 1
}

kind() {
    [ "$(jq -r '.vms[0].kind' "$work/out")" = "$1" ] && return 0
    echo "not of kind $1" && cat "$work/out"
    return 1
}

stays() {
    doctor "${1:-0}" --fix --yes "$vm" && same "$work/before" "$vm" &&
        [ ! -e "$vm.orig" ]
}

# becomes LINE-NUMBER LINE: --fix changes that very line, and all is well then.
becomes() {
    doctor 0 --fix --yes "$vm" && sed "$1c\\
$2" "$work/before" >"$work/wanted" && same "$work/wanted" "$vm" && same "$work/before" "$vm.orig"
}

# The last sentence, with the machine's log in place.
promises() {
    : >"$work/vm/vmware.log"
    ctl 0 "--root=$work/pc" doctor "$vm" && says 'Nothing keeps macOS from running.'
}

no_promise() {
    ctl "$1" "--root=$work/pc" doctor "$vm" && ! grep -q 'Nothing keeps' "$work/out"
}

unquoted_smc() {
    intel && vm_of darwin22-64 'smc.present = TRUE' && doctor 0 "$vm" && level smc ok && stays &&
        promises
}
unquoted_firmware() {
    vm_of darwin22-64 'firmware = efi' && doctor 0 "$vm" && level firmware ok && stays
}
unquoted_nic() {
    vm_of darwin22-64 'ethernet0.virtualDev = e1000e' && doctor 3 "$vm" &&
        level network problem && fact network e1000e 11 &&
        becomes 11 'ethernet0.virtualDev = "vmxnet3"'
}
duplicate_unquoted() {
    vm_of darwin22-64 'smc.version = "0"' 'smc.version = 0 ' && doctor 3 "$vm" &&
        level duplicates problem && fact duplicates 'smc.version is set 2 times' 13 &&
        doctor 0 --fix --yes "$vm" && sed 13d "$work/before" | cmp - "$vm"
}
# Of lines that differ the right one stays, also where it is the first.
duplicate_of_two() {
    vm_of darwin22-64 'Firmware = bios' 'smc.PRESENT = "FALSE"' && doctor 3 "$vm" &&
        level duplicates problem && level firmware ok && fact duplicates 'doctor --fix' 12 &&
        doctor 0 --fix --yes "$vm" && sed '12,$d' "$work/before" | cmp - "$vm" || return 1
    vm_of darwin22-64 'displayName = "other" ' && doctor 3 "$vm" &&
        fact duplicates 'keep one of these lines' 12 && stays 3
}
text_behind_quote() {
    vm_of darwin22-64 'smc.present = "TRUE";' && doctor 3 "$vm" && level lines problem &&
        fact lines 'line 7 cannot be read by VMware' 7 && becomes 7 'smc.present = "TRUE"'
}
no_closing_quote() {
    vm_of darwin22-64 'smc.present = "TRUE' && doctor 3 "$vm" && level lines problem &&
        fact lines 'line 7 cannot be read by VMware' 7 && becomes 7 'smc.present = "TRUE"'
}
typographic_quotes() {
    vm_of darwin22-64 'smc.present = “TRUE”' && doctor 3 "$vm" && level lines problem &&
        fact lines 'set to “TRUE” with typographic quotes' 7 && becomes 7 'smc.present = "TRUE"'
}
# What VMware reads as a part of the value, and what was meant.
# shellcheck disable=SC1112 # quotes of the text, not of the shell
other_quotes() {
    for quoted in 'efi"|one quote only' "'efi'|single quotes" '“efi"|two kinds of quotes' \
        'efi”|one quote only' '“efi|one quote only'; do
        vm_of darwin22-64 "firmware = ${quoted%|*}" && doctor 3 "$vm" && level lines problem &&
            fact lines "firmware is set to ${quoted%|*} with ${quoted#*|}" 6 &&
            becomes 6 'firmware = "efi"' && rm "$vm.orig" || return 1
    done
    for quoted in '’efi’' '‚efi‘' '›efi‹' '‹efi›' '»efi«' '« efi »'; do
        vm_of darwin22-64 "firmware = $quoted" && doctor 3 "$vm" && level lines problem &&
            fact lines 'with typographic quotes' 6 && becomes 6 'firmware = "efi"' &&
            rm "$vm.orig" || return 1
    done
    vm_of darwin22-64 'firmware = "efi”' && doctor 3 "$vm" &&
        fact lines 'line 6 cannot be read by VMware: two kinds of quotes' 6 &&
        becomes 6 'firmware = "efi"' &&
        vm_of darwin22-64 "displayName = 'my mac'" && doctor 3 "$vm" &&
        fact lines 'line 4 cannot be read by VMware: single quotes' 4 &&
        becomes 4 'displayName = "my mac"' && vm_of darwin22-64 "x = Bob's'" && doctor 0 "$vm" &&
        level lines ok
}
# corrects PATH NUMBER: it is said that --fix corrects so many.
corrects() {
    tr -s '\n ' ' ' <"$work/out" | grep -qF \
        "run \`unlockerctl --root=$work/pc doctor --fix $1\` to correct $2 of these" && return 0
    cat "$work/out" && return 1
}
# Lines that are not shown one by one are named, and --fix is offered for them.
# shellcheck disable=SC2016 # quotes of the text, not of the shell
hidden_lines() {
    vm_of darwin22-64 'a = "1' 'b = b"' 'c = "3' 'd = "4' && ctl 3 "--root=$work/pc" doctor "$vm" &&
        says '1 more line cannot be read by VMware: 15' &&
        corrects "$vm" 4 && echo 'e e' >>"$vm" &&
        ctl 3 "--root=$work/pc" doctor "$vm" &&
        says '2 more lines cannot be read by VMware: 15 and 16' && corrects "$vm" 4 &&
        says 'correct those that --fix leaves: name = "value"' &&
        doctor 3 "$vm" && [ "$(jq -c '[.vms[0].checks[] | select(.id == "lines") | .line]' \
        "$work/out")" = '[12,13,14,15,16,null]' ]
}
# What is wrong with a value that only a corrected line gives is told, and corrected, at once.
# shellcheck disable=SC1112 # quotes of the text, not of the shell
one_fix() {
    vm_of darwin22-64 'ethernet0.present = “TRUE”' 'ethernet0.virtualDev = “e1000e”' \
        'cpuid.coresPerSocket = ‘1’' 'memsize = “1024”' && doctor 3 "$vm" &&
        fact network 'ethernet0.virtualDev is e1000e' 11 && fact sockets 'not one socket' 8 &&
        fact sockets "coresPerSocket is ‘1’, not a number above 0 run \`unlockerctl" 9 &&
        fact memory 'memsize is “1024”, not a number above 0 run `unlockerctl' 12 &&
        fact memory 'memsize is 1024 MiB; VMware' 12 && doctor 0 --fix --yes "$vm" &&
        sed '9s/‘1’/"4"/; 10s/“TRUE”/"TRUE"/; 11s/“e1000e”/"vmxnet3"/; 12s/“1024”/"1024"/' \
            "$work/before" >"$work/wanted" && same "$work/wanted" "$vm" &&
        ctl 0 "--root=$work/pc" doctor --fix --yes "$vm" && says 'nothing to change' || return 1
    amd && vm_of darwin20-64 'vhv.enable = “TRUE”' && doctor 3 "$vm" &&
        fact masks 'vhv.enable is TRUE' 12 && doctor 0 --fix --yes "$vm" &&
        grep -qx 'vhv.enable = "FALSE"' "$vm" && intel
}
# What --fix corrects is not to be corrected by hand, and the other way round.
text_and_deed() {
    vm_of darwin22-64 'firmware = "efi" // comment' && doctor 3 "$vm" &&
        fact lines 'text after the quote run `unlockerctl' 6 && becomes 6 'firmware = "efi"' &&
        rm "$vm.orig" && vm_of darwin22-64 'displayName = "mac" // comment' && doctor 3 "$vm" &&
        fact lines 'text after the quote correct it' 4 && stays 3 || return 1
    vm_of darwin22-64 'firmware = “efi”' 'firmware = "efi" ' && doctor 3 "$vm" &&
        fact lines 'typographic quotes run `unlockerctl' 6 && doctor 0 --fix --yes "$vm" &&
        [ "$(grep -c '^firmware' "$vm")" -eq 1 ] && rm "$vm.orig" || return 1
    nbsp=$(printf '\302\240') && vm_of darwin22-64 "x = ${nbsp}1" 'x = "2" ' && doctor 3 "$vm" &&
        fact lines 'line 12 has a no-break space' 12 && fact lines 'correct it' 12 && stays 3
}
# Copied from a web page, where some blanks are no-break spaces.
no_break_spaces() {
    nbsp=$(printf '\302\240')
    vm_of darwin22-64 "firmware =$nbsp\"efi\"$nbsp" && doctor 3 "$vm" && level firmware problem &&
        fact lines 'line 6 has a no-break space' 6 && becomes 6 'firmware = "efi" ' &&
        rm "$vm.orig" && vm_of darwin22-64 && sed -i "s/^firmware /firmware$nbsp/" "$vm" &&
        cp "$vm" "$work/before" && doctor 3 "$vm" && becomes 6 'firmware = "efi"'
}
blank_value() {
    vm_of darwin22-64 'firmware =' && doctor 3 "$vm" && level firmware problem &&
        fact firmware 'set to nothing' 6 && becomes 6 'firmware ="efi"'
}
opencore_intel() {
    vm_of darwin22-64 'smc.present = "FALSE"' 'guestinfo.oc4vm.version = "2.5.0"' \
        'usb_xhci:0.fileName = "opencore.vmdk"' && doctor 0 "$vm" && kind opencore &&
        level smc '' && level network '' && level guest ok &&
        fact kind 'guestinfo.oc4vm.version (line 12), usb_xhci:0.fileName (line 13)' && stays &&
        promises
}
# Only a disk that is there counts, and only its own name.
not_opencore() {
    for place in 'sata0:1.present = "FALSE"' 'sata0.present = "FALSE"'; do
        vm_of darwin22-64 'smc.present = "FALSE"' "$place" \
            'sata0:1.fileName = "OpenCore.vmdk"' && doctor 3 "$vm" && kind patch &&
            level smc problem || return 1
    done
    vm_of darwin22-64 'smc.present = "FALSE"' 'sata0:1.present = "TRUE"' \
        'sata0:1.fileName = "/home/opencorefan/mac.vmdk"' && doctor 3 "$vm" && kind patch &&
        vm_of darwin22-64 'smc.present = "FALSE"' 'sata0:1.present = "TRUE"' \
            'sata0:1.fileName = "/home/fan/OpenCore.vmdk"' && doctor 0 "$vm" && kind opencore
}
# A value that is no number promises nothing.
doubtful_values() {
    for line in 'memsize = "0"' 'memsize = "abc"' 'memsize = ""' 'virtualHW.version = "abc"' \
        'virtualHW.version = ""' 'numvcpus = "abc"'; do
        vm_of darwin22-64 "$line" && : >"$work/vm/vmware.log" && no_promise 0 &&
            case $line in
            m*) says 'Not judged: memory.' ;;
            v*) says 'Not judged: hwversion.' ;;
            *) says 'Not judged: sockets.' ;;
            esac && ! grep -q 'nothing, not' "$work/out" || return 1
    done
    vm_of darwin22-64 'numvcpus = 0' && doctor 0 "$vm" &&
        fact sockets 'numvcpus is 0, not a number above 0' 8 &&
        vm_of darwin22-64 'memsize = ""' && doctor 0 "$vm" &&
        jq -e '.vms[0].not_judged | index("memory")' "$work/out" >/dev/null
}
# Without the patch a VM of OpenCore runs, and one beside it that needs the patch does not.
opencore_unpatched() {
    rm -rf "$work/stock" && cp -a "$work/pc" "$work/stock" || return 1
    ctl 0 "--root=$work/stock" restore || return 1
    vm_of darwin22-64 'smc.present = "FALSE"' 'sata0:0.fileName = "opencore.vmdk"' &&
        ctl 0 "--root=$work/stock" doctor "$vm" &&
        grep -q 'ok *patched .*OpenCore needs no patch' "$work/out" &&
        ! grep -q 'will not run' "$work/out" && cp "$vm" "$work/opencore.vmx" || return 1
    vm_of darwin22-64 && ctl 3 "--root=$work/stock" doctor "$work/opencore.vmx" "$vm" &&
        grep -q 'problem patched' "$work/out"
}

# Whatever is wrong with the lines that show it, --fix leaves OpenCore alone.
opencore_doubtful() {
    for smc in 'smc.present = “FALSE”' 'smc.present = "FALSE' '#smc.present = "FALSE"'; do
        vm_of darwin22-64 "ethernet0.virtualDev = e1000e" 'sata0:1.fileName = "OpenCore.vmdk"' &&
            sed -i "s/^smc.present.*/$smc/" "$vm" && cp "$vm" "$work/before" &&
            doctor '0|3' "$vm" && kind opencore && level network '' && stays '0|3' || return 1
    done
}
# A guest that VMware cannot read is told as far as it can be.
seeming_guest() {
    for guest in '“darwin22-64”' "'darwin22-64'" '"darwin22-64'; do
        vm_of darwin22-64 "guestOS = $guest" && doctor 3 "$vm" && kind patch &&
            level guest problem && fact guest 'macOS 13 seems to be meant' 5 &&
            level lines problem && becomes 5 'guestOS = "darwin22-64"' && rm "$vm.orig" || return 1
    done
    vm_of darwin22-64 'guestOS = "darwin22-64" Ventura' && doctor 3 "$vm" && kind patch &&
        fact guest 'correct it' 5 && stays 3
}
# What no source tells is not promised.
not_judged() {
    for line in 'uefi.secureBoot.enabled = "TRUE"' 'virtualHW.version = "4"'; do
        vm_of darwin22-64 "$line" && : >"$work/vm/vmware.log" && no_promise 0 &&
            says 'Not judged: ' || return 1
    done
    vm_of darwin22-64 && : >"$work/vm/vmware.log" && touch -d '2000-01-01' "$work/vm/vmware.log" &&
        no_promise 0 && says 'Not judged: vmmon, log.' && vm_of darwin22-64 && no_promise 0 &&
        says 'Not judged: vmmon, log.'
}

opencore_amd() {
    amd && vm_of darwin20-64 'smc.present = FALSE' 'ethernet0.virtualDev = "e1000e"' \
        'guestinfo.oc4vm.version = "2.5.0"' && doctor 0 "$vm" && kind opencore && level masks '' &&
        level guest ok && stays && vm_of darwin22-64 'smc.present = FALSE' \
        'sata0:0.fileName = "OpenCore-1.vmdk"' && doctor 0 "$vm" && level guest ok && stays && intel
}
suspended() {
    vm_of darwin22-64 'ethernet0.virtualDev = "e1000e"' 'checkpoint.vmState = "mac-0.vmss"' &&
        doctor 3 "$vm" && level suspended warning && level network problem &&
        [ "$(jq '.vms[0].fixable' "$work/out")" = false ] && stays 5 &&
        complains 'resume it and shut it down first' &&
        [ "$(jq -r '.vms[0].reason' "$work/out")" = vm-suspended ] &&
        ctl 3 "--root=$work/pc" doctor "$vm" && ! grep -q 'doctor --fix' "$work/out" &&
        vm_of darwin22-64 'firmware = bios' 'checkpoint.vmState = "mac-0.vmss' && doctor 3 "$vm" &&
        level suspended warning && stays 5 &&
        vm_of darwin22-64 'checkpoint.vmState = ""' && doctor 0 "$vm" && level suspended ''
}
encrypted() {
    vm_of darwin22-64 && printf '%s\n' 'displayName = "mac"' \
        'encryption.keySafe = "vmware:key/list/(x)"' 'encryption.data = "AAAA"' >"$vm" &&
        cp "$vm" "$work/before" && doctor 3 "$vm" && kind encrypted &&
        fact kind 'cannot be judged' && no_promise 3 && says 'Not judged' && stays 1 &&
        complains 'is encrypted'
}
# With a TPM, only its secrets are encrypted.
partly_encrypted() {
    vm_of darwin22-64 'encryption.keySafe = "vmware:key/list/(x)"' 'encryption.data = "AAAA"' \
        'vtpm.present = "TRUE"' && doctor 0 "$vm" && kind patch && level smc ok &&
        level kind 'ok warning' && fact kind 'partly encrypted' 13 && stays 0 &&
        vm_of darwin22-64 'firmware = "bios"' 'encryption.data = "AAAA"' && doctor 3 "$vm" &&
        kind patch && level firmware problem &&
        [ "$(jq '.vms[0].fixable' "$work/out")" = false ] && stays 1 && complains 'is encrypted' &&
        vm_of windows11-64 'encryption.data = "AAAA"' && doctor 3 "$vm" && kind other
}
other_guest() {
    vm_of windows9-64 && doctor 3 "$vm" && kind other && level guest warning && level smc '' &&
        no_promise 3 && says 'not a macOS guest' && stays 3
}

masks() {
    for mask in eax=0000:0000:0000:0000:0000:0000:0000:1011 \
        ebx=0111:0101:0110:1110:0110:0101:0100:0111 ecx=0110:1100:0110:0101:0111:0100:0110:1110 \
        edx=0100:1001:0110:0101:0110:1110:0110:1001; do
        echo "cpuid.0.$1${mask%%=*} = \"${mask#*=}\""
    done >>"$vm"
    cp "$vm" "$work/before"
}
amd_subleaf_masks() {
    amd && vm_of darwin20-64 && masks 0. && doctor 0 "$vm" && level masks ok && stays && intel
}
amd_masks_only() {
    amd && vm_of darwin20-64 && masks '' && doctor 0 "$vm" && level masks ok && stays &&
        vm_of darwin20-64 && doctor 3 "$vm" && level masks problem &&
        doctor 0 --fix --yes "$vm" && [ "$(grep -c '^cpuid\.[01]\.' "$vm")" -eq 8 ] &&
        vm_of darwin22-64 && doctor 3 "$vm" && fact guest OpenCore && intel
}

mismatch='vmx Version mismatch with vmmon module: expecting 418.0, got 417.0.'
vmmon_mismatch() {
    vm_of darwin22-64 && echo "$mismatch" >"$work/vm/vmware.log" && doctor 3 "$vm" &&
        level log problem && fact log 'the loaded vmmon is of another VMware' &&
        fact log vmware-modconfig && no_promise 3
}
snow_leopard() {
    for guest in darwin darwin-64 darwin10 darwin10-64; do
        vm_of "$guest" &&
            echo 'vcpu-0 The guest operating system is not Mac OS X Server. This will power off.' \
                >"$work/vm/vmware.log" && doctor 3 "$vm" && level log problem &&
            fact log 'Server editions of 10.5 and 10.6, which no SMC patch removes' &&
            level guest warning || return 1
    done
}
# refused WORDS TEXT: a file of that text is none, and the reason is its own.
refused() {
    # shellcheck disable=SC2059
    printf "$2" >"$vm" && cp "$vm" "$work/before" && ctl 1 "--root=$work/pc" doctor "$vm" &&
        ! grep -q 'Nothing keeps' "$work/out" && complains "mac.vmx: $1" &&
        ! grep -q 'at 0x' "$work/err" && stays 1 &&
        jq -e --arg why "${1%%: *}" '.vms[0] | .path != null and .reason == "vmx" and
            .why == $why' "$work/out" >/dev/null
}
# shellcheck disable=SC2016 # quotes of the text, not of the shell
not_a_vmx() {
    text="is not the text of a virtual machine's configuration"
    vm_of darwin22-64 && refused 'is empty: name another' '' &&
        refused 'is a Git LFS pointer, not the file itself: run `git lfs pull`' \
            'version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 5679\n' &&
        refused "$text: name a .vmx file" '<!DOCTYPE html>\n<html lang="en">\n<script>x = 5\n' &&
        refused "is a binary file, not the text of a virtual machine's configuration: name" \
            '\037\213\010\000\000' &&
        refused "$text: name a .vmx file; save one in UTF-16 as UTF-8" \
            '\377\376g\000u\000e\000s\000t\000O\000S\000=\000x\000' &&
        refused "$text: name" '# Disk DescriptorFile\nversion=1\nencoding="UTF-8"\nCID=ffffffe\n' &&
        refused "$text: name" \
            '.encoding = "UTF-8"\nsnapshot.lastUID = "1"\nsnapshot0.displayName = "a"\n'
}
empty_numvcpus() {
    vm_of darwin22-64 'numvcpus = ""' && doctor 0 "$vm" && level sockets warning &&
        fact sockets 'numvcpus is set to nothing' 8 && stays
}
directory() {
    vm_of darwin22-64 'ethernet0.virtualDev = e1000e' && mkdir "$work/vm/old.vmx" &&
        printf '\0\005\026\007' >"$work/vm/._mac.vmx" && doctor 3 "$work/vm" &&
        [ "$(jq -r '.vms[0].path' "$work/out")" = "$vm" ] &&
        mv "$work/vm" "$work/Mac OS.vmwarevm" && doctor 0 --fix --yes "$work/Mac OS.vmwarevm/" &&
        grep -q 'vmxnet3' "$work/Mac OS.vmwarevm/mac.vmx" && mkdir "$work/vm" &&
        ctl 1 "--root=$work/pc" doctor "$work/vm" &&
        complains 'is a directory without a .vmx file: name the .vmx file, or the directory' &&
        : >"$work/vm/a.vmx" && : >"$work/vm/b.vmx" && ctl 1 "--root=$work/pc" doctor "$work/vm" &&
        complains 'is a directory with several .vmx files (a.vmx and b.vmx): name one of them' &&
        : >"$work/vm/c.VMX" && doctor 1 "$work/vm" &&
        complains 'files (a.vmx, b.vmx and 1 more)' || return 1
    [ "$(jq -r '.vms[0] | "\(.reason): \(.why)"' "$work/out")" = \
        'vmx-directory: is a directory with several .vmx files (a.vmx, b.vmx and 1 more)' ]
}

windows_line_ends() {
    vm_of darwin22-64 'smc.present = FALSE' 'firmware = "bios" # old' &&
        sed -i 's/$/\r/; 1s/^/\xEF\xBB\xBF/' "$vm" && cp "$vm" "$work/before" && doctor 3 "$vm" &&
        doctor 0 --fix --yes "$vm" &&
        sed 's/^smc.present = FALSE/smc.present = "TRUE"/; s/"bios"/"efi"/' "$work/before" |
        cmp - "$vm"
}
# Whatever encoding the file names, bytes that need not change stay.
foreign_encodings() {
    vm_of darwin22-64 '.encoding = "GBK"' 'firmware = bios' &&
        printf 'annotation = "\304\343\272\303\201|"\ndisplayName2 = "gr\374n"\n' >>"$vm" &&
        cp "$vm" "$work/before" && doctor 0 --fix --yes "$vm" &&
        sed 's/= bios/= "efi"/' "$work/before" | cmp - "$vm"
}
logs_in_utf16() {
    vm_of darwin22-64 && python3 -IS -c 'import sys
open(sys.argv[1], "wb").write(("\ufeff" + sys.argv[2]).encode("utf-16-le"))' \
        "$work/vm/vmware.log" "$mismatch" && doctor 3 "$vm" && level log problem
}
started() {
    vm_of darwin22-64 'cpuid.coresPerSocket = "1"' && : >"$work/vm/mac.nvram" && doctor 0 "$vm" &&
        level sockets hint && stays && rm "$work/vm/mac.nvram" &&
        becomes 9 'cpuid.coresPerSocket = "4"'
}
no_macos_for_intel() {
    vm_of darwin26-64 && doctor 3 "$vm" && fact guest 'macOS 26 is the last for Intel' 5 &&
        vm_of darwin24 && : >"$work/vm/vmware.log" && doctor 0 "$vm" && level guest warning &&
        no_promise 0 && vm_of darwin25-64 && doctor 0 "$vm" && level graphics warning &&
        doctor 0 --fix --yes "$vm" && grep -q '^mks.enable3d = "TRUE"' "$vm"
}
several() {
    vm_of darwin22-64 && : >"$work/vm/vmware.log" && mkdir -p "$work/win" &&
        sed 's/darwin22-64/windows9-64/' "$vm" >"$work/win/w.vmx" &&
        COLUMNS=500 ctl 3 "--root=$work/pc" doctor "$vm" "$work/win/w.vmx" &&
        says "$vm: Nothing keeps macOS from running." &&
        says "$work/win/w.vmx: Not judged: the VM is not a macOS guest."
}

intel
ctl 0 "--root=$work/pc" patch || exit 1
check "01-unquoted-smc" unquoted_smc
check "02-unquoted-firmware" unquoted_firmware
check "03-unquoted-nic" unquoted_nic
check "04-duplicate-unquoted" duplicate_unquoted
check "04-duplicate-unquoted: lines that differ" duplicate_of_two
check "05-typographic-quotes" typographic_quotes
check "06-text-behind-quote" text_behind_quote
check "07-no-closing-quote" no_closing_quote
check "no-break spaces around a name or value" no_break_spaces
check "one --fix corrects what its own corrections show" one_fix
check "what --fix corrects, and what is to be corrected by hand" text_and_deed
check "08-blank-value" blank_value
check "other quotes: one, single ones, two kinds" other_quotes
check "unreadable lines that are not shown one by one" hidden_lines
check "a memory, hardware version or processor count that is no number" doubtful_values
check "09-opencore-intel" opencore_intel
check "a detached disk and a directory are no OpenCore" not_opencore
check "09-opencore-intel, and VMware is not patched" opencore_unpatched
check "OpenCore whose lines are wrong, or whose smc.present is not set" opencore_doubtful
check "guestOS with wrong quotes" seeming_guest
check "secure boot, old hardware, no log of this VMware: not promised" not_judged
check "10-opencore-amd" opencore_amd
check "11-suspended: vm-suspended" suspended
check "12-encrypted: vm-encrypted" encrypted
check "a VM that is encrypted in part, as for a TPM" partly_encrypted
check "13-other-guest" other_guest
check "15-amd-subleaf-masks" amd_subleaf_masks
check "16-amd-masks-only" amd_masks_only
check "18-vmmon-mismatch" vmmon_mismatch
check "19-snow-leopard" snow_leopard
check "20-not-a-vmx: empty, a pointer, a page, compressed, UTF-16, a disk, snapshots" not_a_vmx
check "21-empty-numvcpus" empty_numvcpus
check "a directory or .vmwarevm: vmx-directory" directory
check "a file with CRLF and a byte order mark" windows_line_ends
check "files in GBK and windows-1252" foreign_encodings
check "a log in UTF-16" logs_in_utf16
check "processor sockets of a machine that was started" started
check "macOS for Intel ends with 26" no_macos_for_intel
check "several machines: each has its sentence" several
plan
