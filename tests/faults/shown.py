#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills a run at every call about the two files of the store that `status` and `list` go by, and
damages those: what is shown then is true.

    shown.py UNLOCKERCTL STOCK OLDER

`judged` has the digests of what runs put in place, `index` what the archives say; neither is made
durable. The stand-in has files of an old date and a store of many archives, or there would be
neither. What is true, the same commands tell without both files.

Prints TAP, and the number of points.
"""

import os
import re
import subprocess
import sys
import time

import kill
import trees

SHOWN = ("judged", "index")
ABOUT = re.compile(r"[/\"]\.?(judged|index)(\.unlocker-[0-9a-f]{16})?[\">]")
ARCHIVES, TREES = 20, 12
OLD = 1700000000
# What changed within the last two seconds is not indexed.
QUIET = 3


def grow_old(program, stock):
    """Files that an installer unpacked with the times of their package, and many archives."""
    for path in trees.targets(stock):
        os.utime(os.path.join(stock, path), (OLD, OLD))
    for verb in ("patch", "restore", "release"):
        subprocess.run([program, f"--root={stock}", verb], check=True, capture_output=True)
    os.unlink(os.path.join(stock, trees.STORE, "judged"))
    folder = os.path.join(stock, trees.STORE, "originals")
    archive = os.listdir(folder)[0]
    for number in range(ARCHIVES):
        os.link(os.path.join(folder, archive),
                os.path.join(folder, f"older-{number}-{archive.split('-')[-1]}"))


class Shown(kill.Kill):
    """A run on that stand-in, and its calls about the two files. Its trees have not changed for a
    while; the first is for the run without faults."""

    def __init__(self, scenario, points, places):
        self.places = places
        super().__init__(scenario, points, 10**6)
        self.chosen = [call for call in self.calls if ABOUT.search(call.arguments)]
        self.trees = {}

    def own_calls(self, place):
        tree = self.places[0]
        return tree, trees.calls_on(self.scenario, tree, os.path.join(place, "trace"))

    def told(self, tree):
        said = ""
        for verb in ("status", "list"):
            done = subprocess.run([self.scenario.program, f"--root={tree}", "--json", verb],
                                  capture_output=True, text=True, check=False, timeout=120)
            if done.returncode not in (0, 3) or done.stderr:
                raise trees.Failure(f"{verb}: exit status {done.returncode}: {done.stderr}")
            said += done.stdout
        return said

    def check_told(self, tree):
        files = [os.path.join(tree, trees.STORE, name) for name in SHOWN]
        there = [file for file in files if os.path.exists(file)]
        said = self.told(tree)
        for file in there:
            os.rename(file, file + ".away")
        if self.told(tree) != said:
            raise trees.Failure(f"with {there}: {said}")
        for file in there:
            os.rename(file + ".away", file)

    def try_point(self, point, place):
        tree = self.trees[point]
        done = trees.trace(self.scenario, tree, os.path.join(place, "trace"),
                           "-e", f"trace={point[0]}",
                           "-e", f"inject={point[0]}:signal=KILL:when={point[1]}")
        if done.returncode not in (-9, 137):
            raise trees.Failure(f"exit status {done.returncode}: {done.stderr}")
        self.check_told(tree)
        self.scenario.check_next(tree)
        self.check_told(tree)

    def damages(self, whole):
        """The content as power or a failing disk leaves it: cut, with a hole, a letter changed."""
        yield whole.replace(b"V", b"W")
        for cut in (len(whole) * part // 8 for part in range(8)):
            yield whole[:cut]
            yield whole[:cut] + b"x" * 32 + whole[cut + 32:]

    def try_damage(self, name, _):
        """On what a whole run has left."""
        tree = self.places[SHOWN.index(name)]
        path = os.path.join(tree, trees.STORE, name)
        with open(path, "rb") as file:
            whole = file.read()
        for damaged in self.damages(whole):
            with open(path, "wb") as file:
                file.write(damaged)
            self.check_told(tree)

    def run(self):
        verb = self.scenario.verb
        for name in SHOWN:
            if not any(name in call.arguments for call in self.chosen):
                raise trees.Failure(f"{verb} does not write {name}")
        if len(self.chosen) >= len(self.places):
            raise trees.Failure(f"{len(self.chosen)} points are too many")
        chosen = [(call.name, call.number) for call in self.chosen]
        self.trees = dict(zip(chosen, self.places[1:]))
        self.points.run(f"{verb}, killed while it writes what is shown", self.try_point, chosen)
        self.points.run(f"{verb}: damaged, they tell nothing", self.try_damage, SHOWN)


def prepare(scenario, points):
    """Trees as deep as those of all points: the same run makes the same calls."""
    made = []
    for number in range(TREES):
        place = os.path.join(points.work, f"{scenario.verb[0]}{number:03}")
        os.mkdir(place)
        made.append(os.path.join(place, "tree"))
        trees.copy(scenario.start, made[-1])
    return made


def main():
    program, stock = sys.argv[1:3]
    points = trees.Points()
    grow_old(program, stock)
    try:
        scenarios = [trees.Scenario(program, stock, stock, verb, points.work)
                     for verb in ("patch", "restore")]
        prepared = [prepare(scenario, points) for scenario in scenarios]
        time.sleep(QUIET)
        for scenario, places in zip(scenarios, prepared):
            Shown(scenario, points, places).run()
    except AssertionError as error:
        points.report("what is shown", [str(error)])
    return points.end()


if __name__ == "__main__":
    sys.exit(main())
