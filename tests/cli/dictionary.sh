#!/bin/sh
# SPDX-License-Identifier: MIT
# VMware's dictionary format, read by the program and by another implementation of its description:
# both must find the same lines, names and values in random texts, and a value that is set must be
# the only thing that changes.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python

agree() {
    python3 -IS "$top_srcdir/tests/cli/dictionary.py" \
        "${top_builddir:?}/tests/unit/probe/dictionary-probe" "$@"
}

# The oracle itself, on what the description says in words.
oracle() {
    python3 -IS "$top_srcdir/tests/cli/dictionary.py" --self-test
}

check "the other implementation reads what the description says" oracle
check "4000 texts of random pieces are read alike, and changed in one value only" agree 1 4000
check "1000 texts of random bytes are read alike" agree 2 1000 bytes
plan
