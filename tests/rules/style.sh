#!/bin/sh
# SPDX-License-Identifier: MIT
# The rules of the tree that a machine can check: format, length, names, scripts, spelling, man
# pages. A tool that is not there skips its check.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
[ "${SANITIZERS:-no}" != yes ] || skip_all "runs nothing that sanitizers look at"
LC_ALL=C.UTF-8
cd "$top_srcdir" || exit 99

# Succeeds when the command prints nothing.
silent() {
    "$@" >"$work/said" 2>&1 && [ ! -s "$work/said" ] && return
    cat "$work/said"
    return 1
}

has() {
    command -v "$1" >/dev/null
}

# Files that people write. A checkout may hold build directories: only these places are looked at.
find src tests systemd hooks packaging completion man docs -type f ! -name '*~' ! -name '*.pyc' \
    ! -path '*/.*' ! -path '*/crashers/*/*' 2>/dev/null | sort >"$work/all"
for file in bootstrap autogen.sh configure.ac Makefile.am README.md HACKING.md .ci/run; do
    [ ! -e $file ] || echo $file >>"$work/all"
done
grep -E '\.[ch]$' "$work/all" >"$work/c"
grep -E '^src/.*\.[ch]$' "$work/all" >"$work/src"
xargs grep -lE '^(#!.*/(env )?(ba|da)?sh\b|# shellcheck shell=)' <"$work/all" >"$work/scripts"
xargs grep -lIE '' <"$work/all" >"$work/text"
grep -E '\.([ch]|sh|py|awk|ac|am)$' "$work/all" | sort -u - "$work/scripts" >"$work/code"

formatted() {
    xargs clang-format --dry-run -Werror <"$work/c"
}

licensed() {
    while read -r file; do
        head -n 3 "$file" | grep -qE 'SPDX-License-Identifier: MIT( \*/)?$' ||
            echo "$file: no SPDX line"
    done <"$work/code"
}

short_files() {
    xargs wc -l <"$work/src" | awk '$1 > 500 && $2 != "total" { print $2 ": " $1 " lines" }'
}

short_lines() {
    while read -r file; do
        expand "$file" | grep -nE '^.{101}' | sed "s|^|$file:|"
    done <"$work/code"
}

# Comments and strings taken out: what is left is names and syntax.
code() {
    sed -E -e 's/"([^"\\]|\\.)*"/""/g' -e 's|//.*||' -e 's|/\*.*\*/||' "$1" |
        awk '/\/\*/ { sub(/\/\*.*/, ""); print; inside = 1; next }
             inside && /\*\// { inside = 0; sub(/.*\*\//, "") }
             { print inside ? "" : $0 }'
}

no_goto() {
    while read -r file; do
        code "$file" | grep -nE '\bgoto\b' | sed "s|^|$file:|"
    done <"$work/c"
}

# Names that say nothing. Those of libraries, whose headers are not ours to name, are allowed.
no_empty_names() {
    empty='data|info|misc|utils?|helper|manager|process|handle'
    grep -E "(^|[/_-])($empty|do)([._-]|$)" "$work/src" | sed 's|$|: an empty name|'
    while read -r file; do
        code "$file" | grep -v '^[[:space:]]*#[[:space:]]*include' |
            grep -noE "\b([A-Za-z0-9]+_)*($empty)(_[A-Za-z0-9]+)*\b|\bdo_[a-z0-9_]+" |
            grep -vE ':(archive_|json_|scols_|sd_|EVP_|Elf_|elf_|fts_)' | sed "s|^|$file:|"
    done <"$work/src"
}

# Whatever is of a shell says so, in its first line or to shellcheck: else nothing would look at it.
scripts_found() {
    grep -E '(\.(sh|bash|install)|/PKGBUILD.*|\.(post|pre)(inst|rm)|^bootstrap|/run)$' "$work/all" |
        grep -vxFf "$work/scripts" | sed 's/$/: neither #!, nor "# shellcheck shell="/'
}

# Every place of tests has its row in the first table of tests/README.md.
places_told() {
    sed -n '/^## /q; s/^| \(`[^|]*\) | .*/\1/p' tests/README.md | tr -d '` ' | tr ',' '\n' \
        >"$work/places"
    grep -E '^tests/([^/]+|[^/]+/(run\.sh|test-[^/]+\.c|fuzz-[^/]+\.c))$' "$work/all" |
        grep -E '\.(sh|c)$' | grep -vE '/(lib|stages)\.sh$' | while read -r file; do
        while read -r place; do
            case $file in "$place"*) continue 2 ;; esac
        done <"$work/places"
        echo "$file: no row in tests/README.md"
    done
}

# Leaks cannot be looked for in what strace traces: its tests ask lib.sh, which sees to that.
traces_asked() {
    grep '^tests/.*\.sh$' "$work/scripts" | grep -v '^tests/lib\.sh$' | while read -r file; do
        ! sed 's/^ *#.*//' "$file" | grep -E '(^|[ (])strace -|command -v strace' >/dev/null ||
            grep -qE '(can|need)_strace|faults/lib\.sh' "$file" ||
            echo "$file: neither can_strace nor need_strace"
    done
}

scripts_checked() {
    xargs shellcheck -x <"$work/scripts"
}

spelled() {
    grep -vE '/keys\.awk$' "$work/text" | xargs codespell \
        --ignore-words-list=lks,crashers,ownload,rlease,pacth \
        --ignore-regex='^\.[A-Z][a-z] '
}

man_pages() {
    grep -E '\.[1-8](\.in)?$' "$work/all" | xargs -r mandoc -Tlint -Wwarning
}

# rule TOOL NAME COMMAND: "ok" when the command, which uses the tool, finds nothing to say.
rule() {
    if has "$1"; then check "$2" silent "$3"; else skip "$2" "no $1"; fi
}

if has clang-format && clang-format --version | grep -q 'version 14\.'; then
    rule clang-format "formatted by .clang-format" formatted
else
    skip "formatted by .clang-format" "no clang-format 14"
fi
rule sed "every file names its licence" licensed
rule sed "no file of src/ over 500 lines" short_files
rule sed "no line over 100 columns" short_lines
rule sed "no goto" no_goto
rule sed "no empty names" no_empty_names
rule sed "every script is known as one" scripts_found
rule sed "tests/README.md tells of every place of tests" places_told
rule sed "what traces asks whether it can" traces_asked
rule shellcheck "scripts pass shellcheck" scripts_checked
rule codespell "spelled right" spelled
rule mandoc "man pages are clean" man_pages
plan
