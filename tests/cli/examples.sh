#!/bin/sh
# SPDX-License-Identifier: MIT
# Every command that README, docs and the manuals show is run as it is written, in a system of its
# own: it succeeds, and what is shown below it is what it prints. What cannot be run there is named
# here, with the test that runs it or the reason; names that nothing has any more are an error.

# shellcheck source=tests/cli/by-hand-lib.sh
. "${top_srcdir:?}/tests/cli/by-hand-lib.sh"
for tool in bash jq tar zstd; do
    command -v $tool >/dev/null || skip_all "no $tool"
done

# KIND: WHAT: BEGINNING of the commands. "elsewhere": the test that runs it, and how that begins
# there; "never": why nothing can.
cat >"$work/list" <<'LIST'
elsewhere: tests/packages/bootstrap.sh has 0 ./bootstrap install: sudo ./bootstrap install
elsewhere: tests/packages/bootstrap.sh has 0 ./bootstrap uninstall: sudo ./bootstrap uninstall
never: the check that runs this: ./bootstrap check
elsewhere: tests/packages/deb.sh has make -C "${top_builddir:?}" deb: make deb
elsewhere: tests/packages/rpm.sh has make -C "${top_builddir:?}" rpm: make rpm
elsewhere: tests/packages/pacman.sh has make -C "${top_builddir:?}" pkg: make pkg
elsewhere: tests/packages/run.sh has dist-xz: make dist
elsewhere: tests/packages/release.sh has release RELEASE_PACKAGES=: make release
elsewhere: tests/packages/deb.sh has --verify vmware-workstation: dpkg --verify vmware-workstation
elsewhere: tests/packages/rpm.sh has -V --nodeps: rpm -V vmware-workstation
elsewhere: tests/packages/pacman.sh has -Qkk: pacman -Qkk vmware-workstation
elsewhere: tests/cli/role.sh has ansible-galaxy collection build: ansible-galaxy collection build
elsewhere: tests/cli/role.sh has -galaxy collection install: ansible-galaxy collection install
elsewhere: tests/packages/ansible.sh has vmware_unlocker.fleet.site: ansible-playbook -i HOSTS
elsewhere: tests/cli/recipes.sh has recipe Gentoo: if [[ ${EBUILD_PHASE} == postinst
elsewhere: tests/cli/recipes.sh has recipe Nix: postFixup = (old.postFixup or "")
elsewhere: tests/cli/windows.sh has "--root=$work/drive" "$@": sudo unlockerctl --root=/mnt/windows
elsewhere: tests/system/vmware.sh has run systemctl status: systemctl status vmware-unlocker
elsewhere: tests/lib.sh has "$standin/make-tree.sh" "--truth: sh ../../tests/standin/make-tree.sh
elsewhere: tests/cli/formats.sh has ctl 0 patch-file: unlockerctl patch-file vmware-vmx.exe
never: needs the address of a repository: git clone URL
never: goes where that one put the tree: cd vmware-unlocker
never: needs a user's service manager: systemctl --user enable
never: part of the check that runs this: ./autogen.sh
never: part of the check that runs this: mkdir -p build/work && cd build/work
never: part of the check that runs this: ../../configure --enable-werror
never: the check that runs this: make -j2 check
never: every test of this directory does it: ./unlockerctl --root=/tmp/standin patch
never: needs two machines: systemctl enable --now systemd-journal-
never: needs systemd: systemctl daemon-reload
elsewhere: tests/packages/ansible.sh has samples_are_in: systemctl enable --now
never: opens an editor: systemctl edit vmware-unlocker
never: needs systemd: systemctl start vmware-unlocker-verify.service
LIST

# The system ---------------------------------------------------------------------------------------

# What the examples start besides unlockerctl, with its libraries.
tools() {
    base=$work/base
    mkdir -p "$base/bin" "$base/root" "$base/usr/local/bin" || return 1
    for tool in sh cat diff grep jq ls mkdir mv sort tar touch zstd; do
        tool_path=$(command -v $tool) && cp -L "$tool_path" "$base/bin/" || return 1
        ldd "$tool_path" | grep -o '/[^ ]*' | while read -r library; do
            mkdir -p "$base${library%/*}" && cp -L "$library" "$base$library" || exit 1
        done
    done
    # What only a booted system has, and what another user would need.
    printf '#!/bin/sh\nexec "$@"\n' >"$base/usr/local/bin/sudo"
    printf '#!/bin/sh\necho "{\\"MESSAGE\\":\\"$*\\"}"\n' >"$base/usr/local/bin/journalctl"
    chmod 755 "$base/usr/local/bin"/* && files_of_user "$base/root" && computer
}

# What a person has at hand where the examples are typed.
files_of_user() {
    mkdir -p "$1/old" "$1/new" "$1/vmware/macOS" "$base/var/lib/prometheus/node-exporter" &&
        cp "$work/stock/$vmx" "$1/old/" && cp "$work/stock/$vmx" "$1/new/" &&
        printf '%s = "%s"\n' guestOS darwin20-64 firmware efi smc.present TRUE \
            >"$1/vmware/macOS/macOS.vmx"
}

# A processor that macOS runs on, and modules of VMware's; updates are patched.
computer() {
    units=$base/etc/systemd/system/multi-user.target.wants
    mkdir -p "$base/pc/dev" "$base/sys/module/vmmon" "$base/sys/module/vmnet" "$units" \
        "$base/usr/lib/systemd/system" && touch "$base/pc/dev/null" "$base/pc/dev/vmmon" &&
        printf '%s\t: %s\n' processor 0 vendor_id GenuineIntel 'model name' 'A processor' \
            flags 'fpu vmx avx2' >"$base/pc/cpuinfo" &&
        echo '[Path]' >"$base/usr/lib/systemd/system/vmware-unlocker.path" &&
        ln -s /usr/lib/systemd/system/vmware-unlocker.path "$units/"
}

# example_system DIR: as shipped where the example begins with a patch, else patched.
example_system() {
    system example "$work/stock" && cp -alf "$base/." "$work/example/" &&
        rm -r "$work/example/root" && cp -a "$base/root" "$work/example/root" || return 1
    # The originals come back from each archive of a build.
    ! grep -qF 'tar -C / ' "$1"/*.command || two_archives || return 1
    grep -qE "^(sudo )?unlockerctl patch\$" "$1/1.command" || type_in example 0 -q patch || return 1
    prepare='mount --bind pc/cpuinfo proc/cpuinfo && mount --bind dev/null pc/dev/null &&
        mount --rbind pc/dev dev'
    program=/bin/sh
}

two_archives() {
    : >"$work/example/$vmx" && type_in example 0 -q patch &&
        cp -p "$work/stock/$vmx" "$work/example/$vmx"
}

# The examples -------------------------------------------------------------------------------------

# run_example DIR: each command ends as it should, and what is shown of it is what it says.
run_example() {
    cat "$1"/*.command
    example_system "$1" && cp "$1"/*.command "$work/example/tmp/" &&
        { printf '%s\n' 'export HOME=/root COLUMNS=80 PATH=/usr/local/bin:/usr/bin:/bin' 'cd' &&
            cat "$1/script"; } >"$work/example/tmp/script" &&
        type_in example 0 /tmp/script || return 1
    for shown in "$1"/*.shown; do
        [ ! -e "$shown" ] ||
            "$examples" compare "$shown" "$work/example/tmp/$(basename "$shown" .shown).out" ||
            return 1
    done
    # What gives the originals back without the program has done so.
    ! grep -qF 'tar -C / ' "$1"/*.command || same "$work/example/$vmx" "$work/stock/$vmx"
}

# The tests that the list names run it, and what it lists is shown somewhere.
list_is_true() {
    sed -n 's/^elsewhere: \([^:]*\): .*/\1/p' "$work/list" | while read -r entry; do
        grep -v '^ *#' "$top_srcdir/${entry%% has *}" | grep -qF -e "${entry#* has }" ||
            { echo "not so: $entry" && exit 1; }
    done || return 1
    [ ! -s "$work/unused" ] || { echo "no example has:" && cat "$work/unused" && return 1; }
}

examples=$top_srcdir/tests/cli/examples.py
mkdir "$work/found"
# docs/esxi.md is run whole by tests/cli/esxi-guide.sh, docs/images.md by tests/system/images.sh.
find "$top_srcdir/README.md" "$top_srcdir/docs" "$top_srcdir/man" -name '*.[m578]*' \
    ! -name esxi.md ! -name images.md | LC_ALL=C sort |
    xargs "$examples" find "$work/list" "$work/found" >"$work/unused" || exit 1
check "the system" tools
check "the list is true" list_is_true
for example in "$work/found"/*; do
    ! [ "$(wc -c <"$example/script")" -gt 1 ] ||
        check "$(cat "$example/where")" run_example "$example"
done
plan
