#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cuts the power at every system call that changes something, then looks at what the disk holds.

    unshare --mount power.py [--most=N] UNLOCKERCTL STOCK OLDER [patch|restore|prune|auto]...

The tree lies on an ext4 on a loop device. When the run is killed at a call, the file behind the
loop device is copied as it is at that moment: it has what the file system has sent to the disk,
and lacks what still waits in memory. The copy is mounted, which replays its journal, and what must
hold then is in trees.py. At the end of a run that succeeded, what it did must be there.

Mounted with data=writeback and noauto_da_alloc, ext4 orders nothing by itself, and with commit=300
it sends nothing by itself: only fsync() helps. What is not tried is a disk that reorders writes
between two flushes, or loses them after a flush: that needs device-mapper (dm-log-writes).

Needs root. Prints TAP, and the number of points. With --most=N so many points of each run.
"""

import os
import subprocess
import sys

import kill
import trees
from disks import call, new_image, unmount

SIZE = 8 << 20
MOST = 40
OPTIONS = "loop,data=writeback,noauto_da_alloc,commit=300,noatime"


def snapshot(image, copy):
    """The image as it is now. Reads all of it: where the holes are cannot be asked of a file that
    is being written back. Twice, until nothing was written meanwhile: else it would be an image of
    no moment."""
    before = None
    for _ in range(10):
        with open(image, "rb") as file:
            now = file.read()
        if now == before:
            break
        before = now
    else:
        raise trees.Failure("the disk is never still")
    with open(copy, "wb") as file:
        for offset in range(0, len(now), 1 << 16):
            block = now[offset:offset + (1 << 16)]
            if block.strip(b"\0"):
                file.seek(offset)
                file.write(block)
        file.truncate(len(now))


class Power(kill.Kill):
    """A run, and the calls at which the power fails."""

    def __init__(self, scenario, points, most):
        self.image = os.path.join(points.work, f"image-{scenario.verb}")
        with open(self.image, "wb") as file:
            file.truncate(SIZE)
        # Times to the nanosecond need the room for it.
        call("mkfs.ext4", "-q", "-F", "-b", "1024", "-I", "256", self.image)
        path = self.mount(self.image, points.place())
        trees.copy(scenario.start, os.path.join(path, "tree"))
        unmount(path)
        super().__init__(scenario, points, most)

    def own_calls(self, place):
        image = new_image(place)
        snapshot(self.image, image)
        path = self.mount(image, place)
        try:
            tree = os.path.join(path, "tree")
            return tree, trees.own_calls(self.scenario, tree, os.path.join(place, "trace"))
        finally:
            unmount(path)
            os.unlink(image)

    @staticmethod
    def mount(image, place):
        path = os.path.join(place, "disk")
        os.makedirs(path, exist_ok=True)
        call("mount", "-o", OPTIONS, image, path)
        return path

    def cut(self, place, *options):
        """Runs until the cut; the exit status, and the image of that moment."""
        image, after = new_image(place), new_image(place)
        snapshot(self.image, image)
        path = self.mount(image, place)
        try:
            done = subprocess.run(
                [*trees.NAMESPACE, "strace", "-f", "-qq", "-o", "/dev/null", *options,
                 *self.scenario.command(os.path.join(path, "tree"))],
                capture_output=True, text=True, check=False, timeout=120)
            snapshot(image, after)
        finally:
            unmount(path)
            os.unlink(image)
        return done, after

    def check_after(self, image, place, check):
        path = self.mount(image, place)
        try:
            check(os.path.join(path, "tree"))
        finally:
            unmount(path)
            os.unlink(image)

    def try_point(self, point, place):
        name, number = point
        done, image = self.cut(place, "-e", f"trace={name}", "-e",
                               f"inject={name}:signal=KILL:when={number}")
        if done.returncode not in (-9, 137):
            raise trees.Failure(f"ended by itself, exit status {done.returncode}: {done.stderr}")
        self.check_after(image, place, self.scenario.check)

    def try_done(self, _, place):
        """What a run says it has done stays done."""
        done, image = self.cut(place, "-e", "trace=none")
        if done.returncode != 0:
            raise trees.Failure(f"exit status {done.returncode}: {done.stderr}")
        self.check_after(image, place, self.check_done)

    def check_done(self, tree):
        self.scenario.check_done(tree)
        self.scenario.check(tree)

    def run(self):
        verb = self.scenario.verb
        self.points.run(f"{verb}, the power fails in it", self.try_point,
                        [(call.name, call.number) for call in self.chosen])
        self.points.run(f"{verb}, the power fails after it", self.try_done, [verb])


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--most=")]
    most = next((int(word[7:]) for word in sys.argv[1:] if word.startswith("--most=")), MOST)
    program, stock, older = words[:3]
    points = trees.Points()
    for verb in words[3:] or trees.VERBS:
        try:
            Power(trees.Scenario(program, stock, older, verb, points.work), points, most).run()
        except AssertionError as error:
            points.report(f"{verb}, the power fails", [str(error)])
    return points.end()


if __name__ == "__main__":
    sys.exit(main())
