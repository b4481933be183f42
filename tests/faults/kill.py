#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Kills a run at every system call that changes something, then looks at what is left.

    kill.py UNLOCKERCTL TREE [patch|restore]...

TREE is a stand-in tree in its stock state. For each run that is tried, a fresh copy of the tree is
made, and strace delivers SIGKILL when the run enters the N-th call of one kind, for N = 1, 2, …
until the run ends by itself. After each kill:

  - every target is byte for byte its original or its complete patched form, with owner, mode,
    extended attributes and time of change;
  - a target that is patched has its original in the vault: a dry run of restore finds it;
  - the next plain run succeeds and leaves no temporary file anywhere;
  - restore then gives back exactly the originals.

Prints TAP, one line per kind of call, with the number of points.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

# Calls that change files, names, attributes, or locks. openat stands for the creation of files:
# only those below the directories of DIRECTORIES count.
CALLS = ["openat", "mkdirat", "write", "pwrite64", "copy_file_range", "ioctl",
         "ftruncate", "fchown", "fchmod", "fsetxattr", "utimensat", "fsync", "renameat",
         "renameat2", "unlinkat", "linkat", "fcntl", "flock"]
DIRECTORIES = ["usr/lib/vmware/bin", "usr/lib/vmware/lib/libvmwarebase.so",
               "var/lib/vmware-unlocker", "var/lib/vmware-unlocker/originals",
               "var/lib/vmware-unlocker/receipts"]
TEMPORARY = re.compile(r"\.unlocker-[0-9a-f]{16}$")
POINTS_MAX = 2000


def targets(tree):
    """Paths of all files that VMware installed, below the tree."""
    found = []
    for directory, _, names in os.walk(os.path.join(tree, "usr/lib/vmware")):
        found += [os.path.relpath(os.path.join(directory, name), tree) for name in names]
    return sorted(found)


def describe(path):
    """Everything that must stay: bytes, owner, mode, time of change, extended attributes."""
    status = os.lstat(path)
    with open(path, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    xattrs = tuple((name, os.getxattr(path, name)) for name in sorted(os.listxattr(path)))
    return digest, (status.st_uid, status.st_gid, status.st_mode, status.st_mtime_ns, xattrs)


class Case:
    """One tree on which runs are killed."""

    def __init__(self, program, tree, verb, work):
        self.program, self.verb, self.work = program, verb, work
        self.start = os.path.join(work, f"start-{verb}")
        self.tree = os.path.join(work, "tree")
        subprocess.run(["cp", "-a", tree, self.start], check=True)
        self.paths = targets(self.start)
        self.original = {path: describe(os.path.join(self.start, path)) for path in self.paths}
        self.run_on(self.start, "patch")
        self.patched = {path: describe(os.path.join(self.start, path)) for path in self.paths}
        if verb == "patch":
            shutil.rmtree(self.start)
            subprocess.run(["cp", "-a", tree, self.start], check=True)

    def run_on(self, tree, *arguments):
        """A plain run that must succeed."""
        done = subprocess.run([self.program, f"--root={tree}", *arguments], capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(arguments)}: exit status {done.returncode}: "
                                 f"{done.stdout}{done.stderr}")

    def kill(self, call, number):
        """True when the run was killed, False when it ended by itself."""
        if os.path.exists(self.tree):
            shutil.rmtree(self.tree)
        subprocess.run(["cp", "-a", self.start, self.tree], check=True)
        below = [word for directory in DIRECTORIES if call == "openat"
                 for word in ("-P", os.path.join(self.tree, directory))]
        done = subprocess.run(
            ["strace", "-f", "-qq", "-o", os.path.join(self.work, "trace"), *below, "-e",
             f"trace={call}", "-e", f"inject={call}:signal=KILL:when={number}", self.program,
             f"--root={self.tree}", self.verb], capture_output=True, text=True, check=False)
        if done.returncode in (-9, 137):
            return True
        if done.returncode != 0:
            raise AssertionError(f"exit status {done.returncode}: {done.stderr}")
        return False

    def check_targets(self):
        """All or nothing, each with its attributes."""
        any_patched = False
        for path in self.paths:
            found = describe(os.path.join(self.tree, path))
            if found not in (self.original[path], self.patched[path]):
                raise AssertionError(f"{path} is neither original nor patched: {found}")
            any_patched |= found == self.patched[path] != self.original[path]
        return any_patched

    def check_clean(self):
        """No temporary file anywhere."""
        for directory, _, names in os.walk(self.tree):
            for name in names:
                if TEMPORARY.search(name):
                    raise AssertionError(f"left behind: {os.path.join(directory, name)}")

    def check(self):
        """All that must hold after a kill."""
        if self.check_targets():
            self.run_on(self.tree, "restore", "--dry-run")
        self.run_on(self.tree, self.verb)
        self.check_clean()
        wanted = self.patched if self.verb == "patch" else self.original
        for path in self.paths:
            if describe(os.path.join(self.tree, path)) != wanted[path]:
                raise AssertionError(f"{path} is not as the next run should leave it")
        self.run_on(self.tree, "restore")
        for path in self.paths:
            if describe(os.path.join(self.tree, path)) != self.original[path]:
                raise AssertionError(f"{path} is not the original after restore")

    def try_call(self, call):
        """The number of points that were tried for one kind of call."""
        for number in range(1, POINTS_MAX):
            if not self.kill(call, number):
                return number - 1
            try:
                self.check()
            except AssertionError as error:
                raise AssertionError(f"killed at {call} number {number}: {error}") from error
        raise AssertionError(f"more than {POINTS_MAX} points")


def main():
    program, tree = sys.argv[1:3]
    count, total, failed = 0, 0, False
    with tempfile.TemporaryDirectory() as work:
        for verb in sys.argv[3:] or ["patch", "restore"]:
            case = Case(program, tree, verb, work)
            for call in CALLS:
                count += 1
                try:
                    points = case.try_call(call)
                    total += points
                    print(f"ok {count} - {verb}, killed at each of {points} {call}", flush=True)
                except AssertionError as error:
                    failed = True
                    print(f"not ok {count} - {verb}, killed at {call}")
                    print("# " + str(error).replace("\n", "\n# "), flush=True)
    print(f"# {total} points")
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
