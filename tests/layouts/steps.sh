#!/bin/sh
# SPDX-License-Identifier: MIT
# The table of steps: what becomes of each layout that is one step away from those seen.

# shellcheck source=tests/lib.sh
. "${top_srcdir:?}/tests/lib.sh"
need_python
"$top_srcdir/tests/layouts/steps.py" "${UNLOCKERCTL:?}" "$work"
