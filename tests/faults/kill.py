#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills a run at every system call that changes something, then looks at what is left.

    kill.py [--most=N] UNLOCKERCTL STOCK OLDER [patch|restore|prune|auto]...

STOCK is a stand-in tree, OLDER one of an earlier build, both as VMware would leave them. `auto` is
the service's run, in the words of its unit. For each point a fresh copy is made, and strace
delivers SIGKILL when the run enters the N-th call of one kind. Which calls there are, a run without
faults tells; that there is none after the last one is tried as well. What must hold then: trees.py.

Prints TAP, and the number of points. With --most=N only so many points of each run, evenly spread.
"""

import os
import sys

import trees

# Calls that change files, names, attributes, or locks. An open counts when it may create.
CALLS = ["mkdirat", "write", "pwrite64", "writev", "copy_file_range", "ioctl", "ftruncate",
         "fallocate", "fchown", "fchownat", "fchmod", "fchmodat", "fsetxattr", "fremovexattr",
         "utimensat", "fsync", "fdatasync", "renameat", "renameat2", "unlinkat", "linkat",
         "symlinkat", "fcntl", "flock", "openat", "openat2"]
OPENS = ("openat", "openat2")


class Kill:
    """A run, and the calls at which it is killed."""

    def __init__(self, scenario, points, most):
        self.scenario, self.points = scenario, points
        tree, calls = self.own_calls(points.place())
        # Other threads change nothing, and come to their calls when they like.
        self.calls = [call for call in calls if call.name in CALLS and tree in call.arguments
                      and call.thread == calls[0].thread
                      and (call.name not in OPENS or "O_CREAT" in call.arguments)]
        self.chosen = trees.evenly(self.calls, most)

    def own_calls(self, place):
        """The tree of a run without faults, and its calls."""
        tree = os.path.join(place, "tree")
        return tree, trees.own_calls(self.scenario, tree, os.path.join(place, "trace"))

    def kill(self, name, number, place):
        """True when the run was killed there, False when it ended by itself."""
        tree = os.path.join(place, "tree")
        trees.copy(self.scenario.start, tree)
        done = trees.trace(self.scenario, tree, os.path.join(place, "trace"),
                           "-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={number}")
        if done.returncode in (-9, 137):
            return True
        if done.returncode != 0:
            raise trees.Failure(f"exit status {done.returncode}: {done.stderr}")
        return False

    def try_point(self, point, place):
        name, number = point
        if not self.kill(name, number, place):
            raise trees.Failure("ended by itself")
        self.scenario.check(os.path.join(place, "tree"))

    def try_end(self, name, place):
        """After the last call that was counted there is no other."""
        last = max(call.number for call in self.calls if call.name == name)
        if self.kill(name, last + 1, place):
            raise trees.Failure(f"there is a call number {last + 1}")
        self.scenario.check(os.path.join(place, "tree"))

    def run(self):
        verb = self.scenario.verb
        if not self.calls:
            raise trees.Failure(f"{verb} changes nothing")
        for name in CALLS:
            chosen = [(name, call.number) for call in self.chosen if call.name == name]
            if chosen:
                self.points.run(f"{verb}, killed at {name}", self.try_point, chosen)
        # Others' opens and locks, and the loader's, come after: only for calls that are all ours.
        names = sorted({call.name for call in self.calls} - {"write", "fcntl", "ioctl", *OPENS})
        self.points.run(f"{verb}, at no call after the last", self.try_end, names)


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--most=")]
    most = next((int(word[7:]) for word in sys.argv[1:] if word.startswith("--most=")), 10**6)
    program, stock, older = words[:3]
    points = trees.Points()
    for verb in words[3:] or trees.VERBS:
        try:
            Kill(trees.Scenario(program, stock, older, verb, points.work), points, most).run()
        except AssertionError as error:
            points.report(f"{verb}, killed", [str(error)])
    return points.end()


if __name__ == "__main__":
    sys.exit(main())
