#!/bin/sh
# SPDX-License-Identifier: MIT
# Whatever call a run is killed at, nothing is lost and the next run repairs what is left. Here a
# part of all points, evenly spread; tests/faults/run.sh tries all of them.

. "${top_srcdir:?}/tests/faults/lib.sh"

need_faults
faults kill.py --most=40
