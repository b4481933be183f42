#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the checkers of faults share: the runs that are tried, what must hold after each fault, and
the calls of a run in their order.

A Scenario is a run of unlockerctl on a stand-in tree: the tree it starts from, and what it leaves
when nothing goes wrong. After a fault, whatever it was:

  - every target is byte for byte its original or its complete patched form, with owner, mode,
    extended attributes and time of change;
  - a target that is patched has its original in the vault;
  - the next plain run succeeds, leaves no temporary file anywhere, and what it should leave;
  - `verify` finds everything as recorded, and `restore` gives back exactly the originals.
"""

import collections
import concurrent.futures
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

TEMPORARY = re.compile(r"\.unlocker-[0-9a-f]{16}$")
STORE = "var/lib/vmware-unlocker"
VERBS = ["patch", "restore", "prune", "auto"]
# A new user has no more processors than these; each run is short.
JOBS = int(os.environ.get("FAULTS_JOBS", "2"))
# Everything is tried, however long it takes.
FULL = bool(os.environ.get("FAULTS_FULL"))


class Failure(AssertionError):
    """Something does not hold."""


def copy(source, target):
    """A fresh copy with everything that a file has."""
    if os.path.exists(target):
        shutil.rmtree(target)
    subprocess.run(["cp", "-a", source, target], check=True)


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


def describe_all(tree, paths):
    return {path: describe(os.path.join(tree, path)) for path in paths}


def temporaries(tree):
    """What a run has left under a temporary name."""
    return [os.path.join(directory, name) for directory, _, names in os.walk(tree)
            for name in names if TEMPORARY.search(name)]


def stored(tree):
    """The names of all archives and receipts."""
    names = []
    for folder in ("originals", "receipts"):
        directory = os.path.join(tree, STORE, folder)
        names += sorted(os.listdir(directory)) if os.path.isdir(directory) else []
    return [name for name in names if not TEMPORARY.search(name)]


def service_words():
    """The words after the program's name in the unit's ExecStart=."""
    unit = os.path.join(os.environ["top_srcdir"], "systemd/vmware-unlocker.service.in")
    with open(unit, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("ExecStart="):
                return line.split()[1:]
    raise Failure("the unit has no ExecStart=")


class Scenario:
    """One kind of run, and the states that it may leave."""

    def __init__(self, program, stock, older, verb, work):
        self.program, self.verb = program, verb
        self.start = os.path.join(work, f"start-{verb}")
        # No time must be quiet: each run would take seconds, and look as often as time allows,
        # while a point is found again by its number.
        self.words = service_words() + ["--settle=0"] if verb == "auto" else [verb]
        copy(older if verb == "prune" else stock, self.start)
        if verb == "prune":
            self.update(stock)
        self.paths = targets(self.start)
        self.original = describe_all(self.start, self.paths)
        if verb in ("restore", "prune"):
            self.succeed(self.start, "patch")
        end = os.path.join(work, f"end-{verb}")
        copy(self.start, end)
        self.succeed(end, *self.words)
        self.wanted = describe_all(end, self.paths)
        self.wanted_stored = stored(end)
        patched = self.start if verb == "restore" else end
        self.patched = describe_all(patched, self.paths)
        if self.patched == self.original or not self.wanted_stored:
            raise Failure(f"{verb} is not what is tried here")

    def update(self, newer):
        """VMware was patched, and comes anew over it: the originals of the older one can go."""
        self.succeed(self.start, "patch")
        for part in ("usr", "etc"):
            shutil.rmtree(os.path.join(self.start, part))
            copy(os.path.join(newer, part), os.path.join(self.start, part))

    def succeed(self, tree, *words):
        """A plain run that must succeed."""
        done = subprocess.run([self.program, f"--root={tree}", *words], capture_output=True,
                              text=True, check=False, timeout=120)
        if done.returncode != 0:
            raise Failure(f"{' '.join(words)}: exit status {done.returncode}: "
                          f"{done.stdout}{done.stderr}")

    def command(self, tree):
        return [self.program, f"--root={tree}", *self.words]

    def check_targets(self, tree):
        """All or nothing, each with its attributes. True when one is patched."""
        found = {}
        for path in self.paths:
            if not os.path.exists(os.path.join(tree, path)):
                raise Failure(f"{path} is gone")
            found[path] = describe(os.path.join(tree, path))
            if found[path] not in (self.original[path], self.patched[path]):
                raise Failure(f"{path} is neither original nor patched: {found[path]}")
        return found != self.original

    def check_done(self, tree):
        """What a run leaves that succeeded."""
        found = describe_all(tree, self.paths)
        for path in self.paths:
            if found[path] != self.wanted[path]:
                raise Failure(f"{path} is not as the run should leave it")
        # After a fault each part of the originals may stand in an archive of its own.
        lacks = [name for name in self.wanted_stored if name not in stored(tree)
                 and (self.verb == "prune" or name.endswith(".json"))]
        more = [name for name in stored(tree) if name not in self.wanted_stored]
        if lacks or self.verb == "prune" and more:
            raise Failure(f"in the store: {stored(tree)}, not {self.wanted_stored}")

    def check_next(self, tree):
        """The next plain run repairs whatever was left."""
        self.succeed(tree, *self.words)
        if temporaries(tree):
            raise Failure(f"left behind: {temporaries(tree)}")
        self.check_done(tree)

    def check(self, tree):
        """All that must hold after a fault."""
        if self.check_targets(tree):
            self.succeed(tree, "restore", "--dry-run")
        self.check_next(tree)
        self.succeed(tree, "verify")
        self.succeed(tree, "restore")
        if describe_all(tree, self.paths) != self.original:
            raise Failure("restore did not give back the originals")


# The calls of a run -------------------------------------------------------------------------------

LINE = re.compile(r"^(?:(\d+)\s+)?(\w+)\((.*)\)\s+=\s+(-?\d+|\?|0x[0-9a-f]+)(.*)$")
DESCRIPTOR = re.compile(r"<([^>]*)>")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Call:
    """One call: its thread, its name, which of that name it is there, from 1 as strace counts, and
    the paths it works on."""

    def __init__(self, thread, name, number, arguments, result, rest):
        self.thread, self.name, self.number, self.arguments = thread, name, number, arguments
        self.result, self.injected = result, "INJECTED" in rest
        self.fds, self.names = DESCRIPTOR.findall(arguments), QUOTED.findall(arguments)

    def path(self):
        """The file that the call is about, as far as it says so."""
        directory = self.fds[0] if self.fds else ""
        if self.names and self.name not in ("write", "pwrite64", "read", "pread64"):
            return os.path.join(directory, self.names[-1])
        return self.fds[-1] if self.fds else ""


UNFINISHED = re.compile(r"^(\d+)\s+(.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"^(\d+)\s+<\.\.\. \w+ resumed>(.*)$")


def whole_lines(path):
    """The lines of a trace, those put together that strace split because another thread's came
    between, where they end."""
    begun = {}
    with open(path, encoding="utf-8", errors="replace") as trace:
        for line in map(str.strip, trace):
            begins, ends = UNFINISHED.match(line), RESUMED.match(line)
            if begins:
                begun[begins.group(1)] = line[:-len(" <unfinished ...>")]
            elif ends:
                yield begun.pop(ends.group(1), "") + ends.group(2)
            else:
                yield line


def read_trace(path):
    """All calls that strace -y wrote down, in their order."""
    calls, numbers = [], {}
    for line in whole_lines(path):
        match = LINE.match(line)
        if match:
            key = match.groups()[:2]
            numbers[key] = numbers.get(key, 0) + 1
            calls.append(Call(*key, numbers[key], *match.groups()[2:]))
    return calls


def namespace():
    """A view of the machine with no other processes: the same run makes the same calls."""
    # The first process there cannot be killed, not even by itself, as strace does.
    words = ["unshare", "--pid", "--fork", "--mount-proc", "sh", "-c", '"$@"; exit $?', "sh"]
    tried = subprocess.run(words + ["true"], capture_output=True, check=False)
    return words if tried.returncode == 0 else []


NAMESPACE = namespace()


def trace(scenario, tree, path, *options):
    """The run under strace; what it did is in the file `path`."""
    return subprocess.run([*NAMESPACE, "strace", "-f", "-y", "-qq", "-o", path, *options,
                           *scenario.command(tree)],
                          capture_output=True, text=True, check=False, timeout=120)


def own_calls(scenario, tree, path):
    """The calls of a run without faults, from the program's own first one; never the loader's. Nor
    those of another thread whose number the loader's have in the first: strace counts by thread."""
    copy(scenario.start, tree)
    return calls_on(scenario, tree, path)


def calls_on(scenario, tree, path):
    """The same, on a tree that is there."""
    done = trace(scenario, tree, path)
    calls = read_trace(path)
    first = next((i for i, call in enumerate(calls) if "/dev/null" in call.names), None)
    if done.returncode != 0 or first is None:
        raise Failure(f"{scenario.verb}, traced: exit status {done.returncode}: {done.stderr}")
    loaders = collections.Counter(call.name for call in calls[:first])
    return [call for call in calls[first:]
            if call.thread == calls[first].thread or call.number > loaders[call.name]]


# Many points at once ------------------------------------------------------------------------------


class Points:
    """Tries points, several at once, each on a tree of its own, and prints TAP."""

    def __init__(self):
        self.work = tempfile.mkdtemp(prefix="faults-")
        self.local, self.lock = threading.local(), threading.Lock()
        self.workers, self.count, self.total, self.failed = 0, 0, 0, False

    def place(self):
        """This thread's own directory. All have paths of the same length."""
        if not hasattr(self.local, "place"):
            with self.lock:
                self.local.place = os.path.join(self.work, f"{self.workers:04}")
                self.workers += 1
            os.mkdir(self.local.place)
        return self.local.place

    def report(self, text, failures):
        self.count += 1
        self.failed |= bool(failures)
        print(f"{'not ok' if failures else 'ok'} {self.count} - {text}")
        for failure in failures[:10]:
            print("# " + failure.replace("\n", "\n# "))
        if len(failures) > 10:
            print(f"# and {len(failures) - 10} more")
        sys.stdout.flush()

    def attempt(self, function, point):
        """None, or what failed; a point that did not come about is not counted."""
        try:
            if function(point, self.place()) is False:
                with self.lock:
                    self.total -= 1
            return None
        except (AssertionError, OSError, subprocess.SubprocessError) as error:
            return f"{point}: {error}"

    def run(self, text, function, points):
        """function(point, place) for each; those that raise are told, those that return False did
        not come about and do not count."""
        before = self.total
        self.total += len(points)
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            found = list(pool.map(lambda point: self.attempt(function, point), points))
        self.report(f"{text}: {self.total - before} points", [text for text in found if text])

    def end(self):
        shutil.rmtree(self.work, ignore_errors=True)
        print(f"# {self.total} points")
        print(f"1..{self.count}")
        return 1 if self.failed else 0


def evenly(points, most):
    """At most so many of them, from the first to the last."""
    if FULL or len(points) <= most:
        return list(points)
    return [points[i * (len(points) - 1) // max(most - 1, 1)] for i in range(most)]
