#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs on real disks that are full, or read-only, and with too little memory.

    unshare --mount disks.py UNLOCKERCTL STOCK OLDER [patch|restore|prune|auto]...

A tmpfs and an ext4 on a loop device get just so many free KiB, from none to enough, a tmpfs just so
many free inodes, a run just so many MiB of address space. As everywhere, either all is done, or the
exit status says no, and a message names the file and why; what must hold then: trees.py. Nothing is
changed on a read-only disk. Needs root. Prints TAP, and the number of points.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time

import errors
import trees

FREE_KIB = list(range(0, 513, 16))
FREE_INODES = list(range(0, 41, 2))
# Where the loader just manages, a quarter of a MiB decides.
MEMORY_KIB = [*range(24 << 10, 60 << 10, 256), *range(60 << 10, 121 << 10, 8 << 10)]
ROOM = 8 << 20


def call(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise trees.Failure(f"{' '.join(words)}: {done.stderr}")


def new_image(place):
    """The path of a disk's image. Never one again that was mounted before: its loop device may
    still be there, and would be taken, with what it remembers."""
    handle, path = tempfile.mkstemp(prefix="image-", dir=place)
    os.close(handle)
    return path


def unmount(path):
    """A run that was killed may hold it for a moment longer."""
    for _ in range(50):
        if subprocess.run(["umount", path], capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)
    call("umount", path)


class Tmpfs:
    """A file system in memory, whose limits can be changed while it is in use."""

    name = "tmpfs"

    def __init__(self, place):
        self.path = os.path.join(place, "tmpfs")
        os.makedirs(self.path, exist_ok=True)
        call("mount", "-t", "tmpfs", "-o", f"size={ROOM}", "faults", self.path)

    def fill(self, kib):
        status = os.statvfs(self.path)
        used = (status.f_blocks - status.f_bfree) * status.f_frsize
        call("mount", "-o", f"remount,size={used + kib * 1024}", self.path)

    def fill_inodes(self, count):
        status = os.statvfs(self.path)
        used = status.f_files - status.f_ffree
        call("mount", "-o", f"remount,nr_inodes={used + count}", self.path)

    def set_writable(self, writable):
        call("mount", "-o", "remount,rw" if writable else "remount,ro", self.path)

    def give_room(self):
        call("mount", "-o", f"remount,size={ROOM},nr_inodes=10000", self.path)

    def end(self):
        unmount(self.path)


class Ext4(Tmpfs):
    """One on a loop device, filled by a file."""

    name = "ext4"

    def __init__(self, place):  # pylint: disable=super-init-not-called
        self.path, self.image = os.path.join(place, "ext4"), new_image(place)
        os.makedirs(self.path, exist_ok=True)
        os.truncate(self.image, ROOM)
        # Small blocks, nothing kept back for root.
        call("mkfs.ext4", "-q", "-F", "-b", "1024", "-m", "0", "-N", "512", self.image)
        call("mount", "-o", "loop", self.image, self.path)
        self.ballast = os.path.join(self.path, "ballast")

    def fill(self, kib):
        os.sync()
        with open(self.ballast, "wb") as file:
            free = os.statvfs(self.path).f_bavail * 1024
            # The extents of the file itself may take some.
            while free > kib * 1024:
                try:
                    os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size +
                                       free - kib * 1024)
                except OSError:
                    break
                free = os.statvfs(self.path).f_bavail * 1024

    def give_room(self):
        os.unlink(self.ballast)

    def end(self):
        super().end()
        os.unlink(self.image)


class Disks(errors.Errors):
    """A run, and the disks that it is tried on."""

    def __init__(self, scenario, points):  # pylint: disable=super-init-not-called
        self.scenario, self.points = scenario, points
        self.sentences = errors.sentences()
        self.ends = set()

    def run_on(self, tree, **options):
        return subprocess.run(self.scenario.command(tree), capture_output=True, text=True,
                              check=False, timeout=120, **options)

    def check_run(self, done, tree, error, retried):
        self.ends.add(done.returncode == 0)
        super().check_run(done, tree, error, retried)

    def series(self, text, function, points):
        """From too little to enough: both ends must be seen, or it was not tried."""
        self.ends = set()
        self.points.run(f"{self.scenario.verb}, {text}", function, points)
        if self.ends != {True, False}:
            self.points.report(f"{self.scenario.verb}, {text}", [f"only {self.ends} is seen"])

    def on_disk(self, kind, place, work):
        """work(disk, tree) with a fresh disk that has a tree."""
        disk = kind(place)
        try:
            tree = os.path.join(disk.path, "tree")
            trees.copy(self.scenario.start, tree)
            work(disk, tree)
        finally:
            disk.end()

    def try_full(self, kind, fill):
        def work(disk, tree, point):
            getattr(disk, fill)(point)
            done = self.run_on(tree)
            self.scenario.check_targets(tree)
            disk.give_room()
            self.check_run(done, tree, "ENOSPC", False)

        return lambda point, place: self.on_disk(
            kind, place, lambda disk, tree: work(disk, tree, point))

    def try_read_only(self, kind, place):
        def work(disk, tree):
            before = trees.describe_all(tree, self.scenario.paths), trees.stored(tree)
            disk.set_writable(False)
            done = self.run_on(tree)
            disk.set_writable(True)
            if before != (trees.describe_all(tree, self.scenario.paths), trees.stored(tree)):
                raise trees.Failure("something changed")
            # The service has told of it, and nobody has to act.
            if done.returncode not in ((0, *errors.FAILED) if self.scenario.verb == "auto"
                                       else errors.FAILED):
                raise trees.Failure(f"exit status {done.returncode}: {done.stderr}")
            self.check_said(done.stderr, tree, "EROFS")
            self.scenario.check(tree)

        self.on_disk(kind, place, work)

    def try_memory(self, kib, place):
        tree = os.path.join(place, "tree")
        trees.copy(self.scenario.start, tree)
        limit = (kib << 10, kib << 10)

        def limited():
            resource.setrlimit(resource.RLIMIT_AS, limit)

        # The loader, and what libraries do before main().
        if subprocess.run([self.scenario.command(tree)[0], "--version"], capture_output=True,
                          preexec_fn=limited, check=False).returncode != 0:
            return False
        done = self.run_on(tree, preexec_fn=limited)
        self.check_run(done, tree, "ENOMEM", False)
        return True

    def run(self):
        for kind in (Tmpfs, Ext4):
            self.points.run(f"{self.scenario.verb}, {kind.name} read-only", self.try_read_only,
                            [kind])
            # To prune takes no space.
            if self.scenario.verb != "prune":
                self.series(f"{kind.name} with little space", self.try_full(kind, "fill"),
                            FREE_KIB)
        if self.scenario.verb != "prune":
            self.series("tmpfs with few inodes", self.try_full(Tmpfs, "fill_inodes"), FREE_INODES)
        self.series("little memory", self.try_memory, MEMORY_KIB)


def main():
    program, stock, older = sys.argv[1:4]
    points = trees.Points()
    for verb in sys.argv[4:] or trees.VERBS:
        try:
            scenario = trees.Scenario(program, stock, older, verb, points.work)
            Disks(scenario, points).run()
        except AssertionError as error:
            points.report(f"{verb}, on disks", [str(error)])
    return points.end()


if __name__ == "__main__":
    sys.exit(main())
