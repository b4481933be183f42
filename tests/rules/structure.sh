#!/bin/sh
# SPDX-License-Identifier: MIT
# No circles of calls or includes between units, one name for one function, a noun in each, a
# comment at each public one.

set -eu

[ "${SANITIZERS:-no}" != yes ] || {
    echo "1..0 # SKIP runs nothing that sanitizers look at"
    exit 0
}
command -v python3 >/dev/null || { echo "1..0 # SKIP no python3"; exit 0; }
command -v nm >/dev/null || { echo "1..0 # SKIP no nm"; exit 0; }
exec python3 -IS "${top_srcdir:?}/tests/rules/structure.py" "$top_srcdir/src" "${top_builddir:?}"
