#!/bin/sh
# SPDX-License-Identifier: MIT
# What strangers read first: papers are there and true, all say the same version, no address leads
# nowhere, and hosted CI does what .ci/run does.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
unset MAKEFLAGS MAKELEVEL MFLAGS
cd "$top_srcdir" || exit 99
version=$(sed -nE 's/^AC_INIT\(\[[^]]*\], \[([^]]*)\].*/\1/p' configure.ac)
deb=packaging/debian

# same_words WHAT EXPECTED GOT
same_words() {
    { [ -n "$2" ] && [ "$2" = "$3" ]; } || { echo "$1: \"$3\", not \"$2\"" && return 1; }
}

news_version() {
    same_words "NEWS's newest version" "$version" \
        "$(sed -nE 's/^## ([^,]+), .*/\1/p;T;q' docs/NEWS.md)"
}

changelog_version() {
    same_words "the changelog's" "$version" \
        "$(sed -nE '1s/^vmware-unlocker \(([^)]*)\) .*/\1/p' $deb/changelog | sed 's/-[^-]*$//')"
}

# All of one release say one day.
released_on() {
    day=$(sed -nE 's/^## [^,]+, ([0-9-]+)$/\1/p;T;q' docs/NEWS.md)
    same_words "the changelog's day" "$day" \
        "$(date -d "$(sed -nE 's/^ -- .*>  //p;T;q' $deb/changelog)" +%F)" &&
        same_words "the spec's day" "$day" \
            "$(date -d "$(sed -nE '/^%changelog/,$s/^\* ([^ ]+ [^ ]+ [^ ]+ [^ ]+) .*/\1/p;T;q' \
                packaging/vmware-unlocker.spec.in)" +%F)"
}

# The templates take it from the tarball's name, the program from configure.
nothing_else_says_it() {
    grep -q '^Version: *@version@$' packaging/vmware-unlocker.spec.in &&
        grep -q '^\* .* - @version@-1$' packaging/vmware-unlocker.spec.in &&
        grep -q '^pkgver=@version@$' packaging/PKGBUILD.in &&
        same_words "the program's version" "unlockerctl (vmware-unlocker) $version" \
            "$("${UNLOCKERCTL:?}" --version)"
}

collection_version() {
    same_words "the collection's" "$version" \
        "$(sed -n 's/^version: //p' packaging/ansible/galaxy.yml)" &&
        ! grep -noE 'fleet-[0-9.]*[0-9]' docs/fleet.md packaging/ansible/README.md |
        grep -v -- "-$version\$"
}

manuals_version() {
    for manual in man/*.[578]; do
        same_words "$manual" ".Os vmware-unlocker $version" "$(grep '^\.Os' "$manual")" || return 1
    done
}

supported_version() {
    grep -qE "^\| ${version%.*} \| yes \|$" docs/SECURITY.md
}

# Links of papers lead to files, commands and paths that they name are there.
links() {
    status=0
    for paper in README.md HACKING.md docs/*.md tests/README.md; do
        grep -oE '\]\([^)#:]+\)' "$paper" | sed 's/^](//; s/)$//' >"$work/links"
        while read -r link; do
            [ -e "$(dirname "$paper")/$link" ] || { echo "$paper: no $link" && status=1; }
        done <"$work/links"
    done
    # shellcheck disable=SC2016 # Markdown
    grep -ohE '`(src|tests|packaging|docs)/[^` ]+`' docs/*.md | tr -d '`' | sort -u >"$work/links"
    while read -r link; do
        [ -e "$link" ] || { echo "no $link" && status=1; }
    done <"$work/links"
    [ $status -eq 0 ]
}

# What HACKING names is there: files, from the top or in src/, and functions. A capital stands for a
# name to choose, and so does x.
# shellcheck disable=SC2016 # Markdown
map() {
    grep -oE '`[a-z0-9./_-]+\.(c|h|sh|py|am|md)`' HACKING.md | tr -d '`' | sort -u >"$work/files"
    grep -oE '`[a-z_]+\(\)`' HACKING.md | tr -d '`()' | grep -v '^x_' | sort -u >"$work/functions"
    [ -s "$work/files" ] && [ -s "$work/functions" ] || return 1
    find HACKING.md README.md docs src tests -type f | sed 's|^|/|' >"$work/there"
    cat src/*/*.h src/*/*.c src/ctl/*/*.h src/ctl/*/*.c >"$work/source"
    {
        while read -r file; do
            grep -q "/$file\$" "$work/there" || echo "no file $file"
        done <"$work/files"
        while read -r function; do
            grep -qE "\b$function\b" "$work/source" || echo "no function $function"
        done <"$work/functions"
    } >"$work/missing"
    ! grep . "$work/missing"
}

# Papers are short, and can be read on a terminal.
short_papers() {
    ! wc -l docs/SECURITY.md docs/CONTRIBUTING.md | awk '$2 != "total" && $1 > 80' | grep . &&
        ! grep -nE '^.{121}' docs/SECURITY.md docs/CONTRIBUTING.md docs/NEWS.md
}

# A stranger reads it in a few minutes, and sees the program once.
short_readme() {
    [ "$(wc -l <README.md)" -le 120 ] && ! grep -nE '^.{121}' README.md &&
        [ "$(grep -c '^!\[' README.md)" -eq 1 ]
}

# README's picture is what the program prints today: `sh docs/terminal.sh BUILD_DIR` draws it.
picture() {
    diff "$work/picture" docs/terminal.svg
}

# The manual gives the originals back by tar and zstd: each package brings zstd.
zstd_is_needed() {
    grep -qx ' zstd,' $deb/control &&
        grep -qx 'Requires: *zstd' packaging/vmware-unlocker.spec.in &&
        grep -q '^depends=(.* zstd[ )]' packaging/PKGBUILD.in
}

# "apt or dnf need ansible-core alone, zypper and pacman also community.general".
collections() {
    grep -rhoE '^ *(- )?[a-z]+\.[a-z]+\.[a-z_]+:' packaging/ansible/roles/*/tasks |
        sed -E 's/^ *(- )?([a-z]+\.[a-z]+)\..*/\2/' | sort -u >"$work/used"
    printf '%s\n' ansible.builtin community.general | diff - "$work/used" &&
        grep -rl 'community\.general\.' packaging/ansible/roles/*/tasks | sed 's|.*/||' | sort |
            tr '\n' ' ' | grep -qx 'pacman.yml zypper.yml ' &&
        tr '\n' ' ' <docs/fleet.md | grep -qF \
            'apt or dnf need ansible-core alone, zypper and pacman also community.general.'
}

# An address that can only bounce is worse than none.
no_dead_address() {
    ! grep -rnE "[@./][a-z-]*\.(invalid|example)\\b|example\.(org|com|net)" "$@"
}

installed() {
    make -s -C "${top_builddir:?}" install DESTDIR="$work/installed" >"$work/install.log" 2>&1 ||
        { cat "$work/install.log" && return 1; }
    [ -n "$(find "$work/installed" -name unlockerctl.8)" ] && no_dead_address "$work/installed"
}

# Each step of it, and no more.
hosted() {
    python3 - .github/workflows/ci.yml <<'PYTHON'
import sys, yaml

workflow = yaml.safe_load(open(sys.argv[1]))
(job,) = workflow["jobs"].values()
runs = [step["run"] for step in job["steps"] if "run" in step]
uses = [step["uses"].split("@")[0] for step in job["steps"] if "uses" in step]
print(runs, uses)
assert len(runs) == 1 and runs[0].split()[-1] == ".ci/run"
assert uses == ["actions/checkout", "actions/upload-artifact"]
assert job["steps"][-1]["if"] == "always()"
PYTHON
}

# A tree whose `bootstrap check` fails: .ci/run fails so, and keeps the logs.
ci_keeps_logs() {
    mkdir -p "$work/tree/.ci" && cp .ci/run "$work/tree/.ci/" || return 1
    cat >"$work/tree/bootstrap" <<'BOOTSTRAP'
#!/bin/sh
mkdir -p build/check && echo words >build/check/gcc.log && echo words >build/check.log && exit 3
BOOTSTRAP
    chmod +x "$work/tree/bootstrap" && git -C "$work/tree" init -q &&
        git -C "$work/tree" add . && git -C "$work/tree" -c user.name=n -c user.email=n@localhost \
        commit -q -m words || return 1
    ci_status=0
    CI_LOGS="$work/logs" "$work/tree/.ci/run" || ci_status=$?
    [ $ci_status -eq 3 ] && [ -s "$work/logs/gcc.log" ] && [ -s "$work/logs/check.log" ]
}

check "NEWS begins with this version" news_version
check "the changelog begins with this version" changelog_version
check "NEWS, changelog and spec tell of one day" released_on
check "spec, PKGBUILD and program take their version from configure.ac" nothing_else_says_it
check "the Ansible collection is of this version" collection_version
check "manuals are of this version" manuals_version
check "SECURITY supports this version" supported_version
check "links and paths of papers lead to files" links
check "files and functions that HACKING names are there" map
check "papers are short" short_papers
check "README is short, and has one picture" short_readme
sh docs/terminal.sh "$top_builddir" >"$work/picture" 2>"$work/unable" ||
    cat "$work/unable" >"$work/picture"
if [ -s "$work/picture" ]; then
    check "README's picture is what patch and status print" picture
else
    skip "README's picture is what patch and status print" "no system to type in"
fi
check "every package brings zstd, which the manual needs" zstd_is_needed
check "fleet.md names the collections that the role uses" collections
check "no address of sources or recipes leads nowhere" no_dead_address src man systemd hooks \
    completion packaging docs README.md configure.ac
check "nor one of what is installed" installed
if python3 -c 'import yaml' 2>/dev/null; then
    check "hosted CI calls .ci/run, keeps the logs, and nothing else" hosted
else
    skip "hosted CI calls .ci/run, keeps the logs, and nothing else" "no PyYAML"
fi
if command -v git >/dev/null; then
    check ".ci/run keeps the logs of a run that fails" ci_keeps_logs
else
    skip ".ci/run keeps the logs of a run that fails" "no git"
fi
plan
