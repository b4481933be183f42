#!/bin/sh
# SPDX-License-Identifier: MIT
# Wherever a run is killed while it writes what `status` and `list` go by, what they say is true.

. "${top_srcdir:?}/tests/faults/lib.sh"

need_faults
faults shown.py
