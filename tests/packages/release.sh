# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2030,SC2031,SC2154 # run.sh sources it
# `make release` in two clones, whose surroundings differ in all that must not matter; and packages
# that are built twice.

# release_clone NAME SWITCH…: a clone, configured.
release_clone() {
    release_directory=$work/release/$1
    shift
    git clone -q "$top_srcdir" "$release_directory" && (
        cd "$release_directory" && ./autogen.sh && mkdir build && cd build &&
            ../configure -q "$@"
    )
}

# The second one's user trusts nobody, is Turkish where this computer has a tool to be, and lives
# elsewhere.
release_first() (
    umask 022
    export LC_ALL=C TZ=UTC
    release_clone one &&
        make -C "$work/release/one/build" release RELEASE_PACKAGES= RELEASE_KEY="gpg:$release_mail"
)

release_second() (
    umask 077
    mkdir -p "$work/release/locale"
    ! localedef -i tr_TR -f UTF-8 "$work/release/locale/tr_TR.UTF-8" || export LC_ALL=tr_TR.UTF-8
    export LOCPATH="$work/release/locale" TZ=Asia/Tokyo
    release_clone "other place/two" --with-homepage='https://localhost/?a=b&c' \
        --with-packager='A Packager <packager@localhost>' &&
        make -C "$work/release/other place/two/build" release RELEASE_PACKAGES= \
            RELEASE_KEY="signify:$work/release/key.sec"
)

release_keys() {
    mkdir -m 700 "$GNUPGHOME" && gpg --batch --quiet --passphrase '' --pinentry-mode loopback \
        --quick-generate-key "Throw-away <$release_mail>" default default never &&
        signify-openbsd -G -n -p "$work/release/key.pub" -s "$work/release/key.sec"
}

# Both at once: each is mostly one process.
release_both() {
    release_first >"$work/release/one.log" 2>&1 &
    release_pid=$!
    release_second >"$work/release/two.log" 2>&1 || { cat "$work/release/two.log" && return 1; }
    wait $release_pid || { cat "$work/release/one.log" && return 1; }
}

release_same() {
    release_tarball=$(basename "$first"/vmware-unlocker-*.tar.xz)
    [ -s "$first/$release_tarball" ] &&
        sha256sum "$first/$release_tarball" "$second/$release_tarball" &&
        cmp "$first/$release_tarball" "$second/$release_tarball"
}

# Of the commit's time, and nobody's.
release_anonymous() {
    release_time=$(git -C "$top_srcdir" log -1 --format=%ct)
    TZ=UTC tar --numeric-owner --full-time -tvf "$first/$release_tarball" >"$work/release/list" &&
        [ -s "$work/release/list" ] && ! grep -vE \
            "^(d|-)rw(x|-)r-(x|-)r-(x|-) 0/0 .* $(date -u -d "@$release_time" '+%F %T')" \
            "$work/release/list"
}

release_summed() {
    (cd "$first" && sha256sum -c SHA256SUMS) && (cd "$second" && sha256sum -c SHA256SUMS) &&
        (cd "$first" && find . -type f ! -name 'SHA256SUMS*' ! -name '*.asc' -printf '%P\n') |
        while read -r file; do grep -q "  $file\$" "$first/SHA256SUMS" || exit 1; done
}

release_signed() {
    for file in SHA256SUMS "$release_tarball"; do
        gpg --batch --verify "$first/$file.asc" "$first/$file" &&
            signify-openbsd -V -p "$work/release/key.pub" -x "$second/$file.sig" \
                -m "$second/$file" || return 1
    done
    cp "$first/SHA256SUMS" "$work/release/other" && echo >>"$work/release/other" &&
        ! gpg --batch --verify "$first/SHA256SUMS.asc" "$work/release/other"
}

# What goes with it needs no change: its checksum, its version, its builder.
release_recipes() {
    release_sum=$(sha256sum "$first/$release_tarball" | cut -d' ' -f1)
    grep -qx "sha256sums=('$release_sum')" "$first/PKGBUILD" &&
        grep -qx "Version:        $release_version" "$first/vmware-unlocker.spec" &&
        ! grep -E '@[a-z]+@|SKIP|^(URL|url)' "$first/PKGBUILD" "$first/vmware-unlocker.spec" &&
        [ -s "$first/vmware-unlocker.install" ] &&
        grep -qx "url='https://localhost/?a=b&c'" "$second/PKGBUILD" &&
        grep -q "configure --with-homepage='https://localhost/?a=b&c' " \
            "$second/vmware-unlocker.spec" &&
        grep -q "^\* .* A Packager <packager@localhost> - $release_version-1" \
            "$second/vmware-unlocker.spec"
}

# What Packit does before it builds: its actions, in order, give the spec and name the archive.
release_packit() {
    git clone -q "$top_srcdir" "$work/release/packit" && python3 - "$work/release/packit" <<'PYTHON'
import os, shlex, subprocess, sys, yaml

os.chdir(sys.argv[1])
packit = yaml.safe_load(open(".packit.yaml"))
for name in "post-upstream-clone", "create-archive":
    for action in packit["actions"][name]:
        said = subprocess.run(shlex.split(action), check=True, stdout=subprocess.PIPE, text=True)
archive = said.stdout.splitlines()[-1]
assert os.path.getsize(archive) > 0 and os.path.getsize(packit["specfile_path"]) > 0
for job in packit["jobs"]:
    if job["job"] == "tests":
        root = job["fmf_path"]
        assert open(root + "/.fmf/version").read() == "1\n"
        plans = [name for name in os.listdir(root) if name.endswith(".fmf") and name[0] != "."]
        (plan,) = [yaml.safe_load(open(os.path.join(root, name))) for name in plans]
        script = plan["execute"]["script"].split()[-1]
        assert os.access(script, os.X_OK), script
PYTHON
}

release_refuses() {
    echo words >"$work/release/one/words" && ! make -C "$work/release/one/build" release &&
        [ -s "$first/SHA256SUMS" ] && rm "$work/release/one/words"
}

# built_alike KIND: once more, elsewhere and by somebody else, and no file differs but those that
# say where and by whom.
built_alike() {
    mkdir -p "$work/elsewhere/deeper" && (
        umask 077
        export TMPDIR="$work/elsewhere/deeper" LC_ALL=C.UTF-8 TZ=Asia/Tokyo
        unset SOURCE_DATE_EPOCH
        [ "$1" != rpm ] || export RPMBUILD_FLAGS="$rpm_flags --load $work/dist"
        sh "$top_srcdir/packaging/build.sh" "$1" "$top_builddir"/vmware-unlocker-*.tar.xz \
            "$work/again-$1"
    ) && find "$work/again-$1" -type f ! -name '*.buildinfo' ! -name '*.changes' -printf '%f\n' \
        >"$work/built" && [ "$(wc -l <"$work/built")" -ge 2 ] || return 1
    while read -r file; do
        sha256sum "$work/again-$1/$file" && cmp "$work/again-$1/$file" \
            "$top_builddir/packages/$1/$file" || return 1
    done <"$work/built"
    rm -r "$work/again-$1"
}

scenarios_release() {
    mkdir -p "$work/release/other place"
    GNUPGHOME=$work/release/gnupg release_mail=throw-away@localhost
    first=$work/release/one/build/release second="$work/release/other place/two/build/release"
    export GNUPGHOME
    release_version=$("$UNLOCKERCTL" --version | sed 's/.* //')
    check "release: throw-away keys" release_keys
    check "make release, by two users of two clones" release_both
    check "release: the two tarballs are the same" release_same
    check "release: a tarball tells of nobody, and of the commit's time" release_anonymous
    check "release: SHA256SUMS has all of it" release_summed
    check "release: signatures hold, by gpg and by signify" release_signed
    check "release: recipes know checksum, version and builder" release_recipes
    check "release: of a changed tree there is none" release_refuses
    if python3 -c 'import yaml' 2>/dev/null; then
        check "Packit gets its spec, its archive and its test" release_packit
    else
        skip "Packit gets its spec, its archive and its test" "no PyYAML"
    fi
    gpgconf --kill all
    rm -rf "$work/release"
}
