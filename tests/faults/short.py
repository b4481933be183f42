#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads and writes that transfer less than was asked for: the run goes on, and does all.

    short.py SHORT.SO UNLOCKERCTL STOCK OLDER [patch|restore|prune|auto]...

Each kind of call is cut to half its bytes, and to one byte, in all of a run. The run must succeed,
and leave what it leaves without that. Prints TAP, the number of points, and of calls that were cut.
"""

import os
import subprocess
import sys

import trees

CALLS = ["read", "pread", "write", "pwrite", "copy_file_range"]
MUST = {"patch": {"pread", "write", "copy_file_range"}, "restore": {"pread", "write"},
        "prune": {"read"}, "auto": {"pread", "write", "copy_file_range"}}


def try_short(scenario, library, cuts, point, place):
    call, size = point
    tree, count = os.path.join(place, "tree"), os.path.join(place, "count")
    trees.copy(scenario.start, tree)
    options = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    done = subprocess.run(scenario.command(tree), capture_output=True, text=True, check=False,
                          timeout=120, env={**os.environ, "LD_PRELOAD": library,
                                            "SHORT_CALL": call, "SHORT_TO": size,
                                            "SHORT_COUNT": count, "ASAN_OPTIONS": options})
    if done.returncode != 0:
        raise trees.Failure(f"exit status {done.returncode}: {done.stderr}")
    with open(count, encoding="ascii") as file:
        cuts[point] = int(file.read())
    scenario.check_done(tree)
    if trees.temporaries(tree):
        raise trees.Failure(f"left behind: {trees.temporaries(tree)}")
    scenario.check(tree)


def main():
    library, program, stock, older = sys.argv[1:5]
    points, total = trees.Points(), 0
    for verb in sys.argv[5:] or trees.VERBS:
        cuts = {}
        scenario = trees.Scenario(program, stock, older, verb, points.work)
        points.run(f"{verb}, calls cut short",
                   lambda point, place, s=scenario, c=cuts: try_short(s, library, c, point, place),
                   [(call, size) for call in CALLS for size in ("half", "one")])
        missed = [call for call in MUST[verb] if not cuts.get((call, "half"))]
        points.report(f"{verb}, calls of each kind were cut", missed)
        total += sum(cuts.values())
    print(f"# {total} calls were cut")
    return points.end()


if __name__ == "__main__":
    sys.exit(main())
