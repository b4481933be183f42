#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lets each system call of a run fail, then looks at what was said and what is left.

    errors.py [--most=N] UNLOCKERCTL STOCK OLDER [patch|restore|prune|auto]...

Every call counts, from the program's own first one on: those that read as well, and those that ask
for memory. strace makes the N-th call of one kind fail with each of ERRORS. Not every call that
fails must fail the run: one may be tried again, or not be needed. The rule is:

  - exit status 0: all is done, as if nothing had happened, and no temporary file is left; or
  - exit status 1, 3 or 5, and a message that names the file and the reason. (When memory is what
    lacks, that is said, and no file.)
  - EINTR of a call that a signal can interrupt is no error: the run succeeds.

What must hold in any case: trees.py. Prints TAP, and the number of points. With --most=N only so
many points of each kind of call in each run, evenly spread.
"""

import errno
import os
import re
import sys

import trees

ERRORS = ["EIO", "ENOSPC", "EDQUOT", "EROFS", "EACCES", "EMFILE", "ENOMEM", "EINTR"]
# Calls that cannot fail, or whose failure nobody could be told of.
NEVER = {"exit_group", "exit", "futex", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "umask",
         "getpid", "gettid", "geteuid", "getegid", "getuid", "getgid", "prctl", "execve", "munmap",
         "sched_yield", "clock_gettime", "madvise"}
NEVER |= {"brk"}  # which fails by its result, not by an error; memory.py takes memory away
# Calls that a signal can interrupt, whatever the file system.
INTERRUPTED = {"openat", "openat2", "read", "pread64", "write", "pwrite64", "copy_file_range",
               "ftruncate", "fallocate", "fsync", "fdatasync", "flock", "poll", "ppoll",
               "getrandom"}
PRINTED = re.compile(r"^(pipe:|socket:|/dev/(pts|null))")
FAILED = (1, 3, 5)
NO_MEMORY = ("not enough memory", os.strerror(errno.ENOMEM))
MOST = 12


def sentences():
    """All that a message may give as its reason."""
    path = os.path.join(os.environ["top_srcdir"], "src/base/reason.c")
    with open(path, encoding="utf-8") as source:
        found = re.findall(r'\[REASON_\w+\] = \{"[^"]*",\s*"([^"]*)"', source.read())
    if len(found) < 20:
        raise trees.Failure("reason.c is not as it was")
    return (found + ["no space left in /", "is on a read-only file system"] +
            [os.strerror(getattr(errno, name)) for name in ERRORS])


class Errors:
    """A run, and the calls that fail."""

    def __init__(self, scenario, points, most):
        self.scenario, self.points, self.most = scenario, points, most
        self.sentences = sentences()
        place = points.place()
        tree = os.path.join(place, "tree")
        self.calls = [call for call in
                      trees.own_calls(scenario, tree, os.path.join(place, "trace"))
                      if call.name not in NEVER]

    def check_said(self, text, tree, error):
        """A line that names a file of the tree, and why."""
        if error == "ENOMEM" and any(words in text for words in NO_MEMORY):
            return
        names = [tree, trees.STORE, "run/vmware-unlocker", "etc/vmware/config", "/dev/null",
                 "usr/lib/vmware", "inotify", "standard output", ".tar.zst", ".json"]
        names += [os.path.basename(path) for path in self.scenario.paths]
        for line in text.splitlines():
            if any(name in line for name in names) and any(why in line for why in self.sentences):
                return
        raise trees.Failure(f"no message names a file and a reason: {text!r}")

    def try_point(self, point, place):
        name, number, error = point
        tree, path = os.path.join(place, "tree"), os.path.join(place, "trace")
        trees.copy(self.scenario.start, tree)
        done = trees.trace(self.scenario, tree, path, "-e", f"trace={name}",
                           "-e", f"inject={name}:error={error}:when={number}")
        calls = [call for call in trees.read_trace(path) if call.injected]
        if not calls:
            return False
        try:
            # Output that an interrupted write has lost is said to be lost.
            retried = name in INTERRUPTED and not PRINTED.match(calls[0].path())
            self.check_run(done, tree, error, retried)
        except trees.Failure as failure:
            raise trees.Failure(f"{calls[0].path()}: {failure}") from failure
        return True

    def check_run(self, done, tree, error, retried):
        status = done.returncode
        if status == 0:
            self.scenario.check_done(tree)
            if trees.temporaries(tree):
                raise trees.Failure(f"left behind: {trees.temporaries(tree)}")
        elif status not in FAILED:
            raise trees.Failure(f"exit status {status}: {done.stderr}")
        elif error == "EINTR" and retried:
            raise trees.Failure(f"not tried again: {done.stderr}")
        else:
            self.check_said(done.stderr, tree, error)
        self.scenario.check(tree)

    def run(self):
        verb = self.scenario.verb
        for name in sorted({call.name for call in self.calls}):
            product = [(name, call.number, error) for call in self.calls if call.name == name
                       for error in ERRORS]
            self.points.run(f"{verb}, {name} fails", self.try_point,
                            trees.evenly(product, self.most))


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--most=")]
    most = next((int(word[7:]) for word in sys.argv[1:] if word.startswith("--most=")), MOST)
    program, stock, older = words[:3]
    points = trees.Points()
    for verb in words[3:] or trees.VERBS:
        try:
            Errors(trees.Scenario(program, stock, older, verb, points.work), points, most).run()
        except AssertionError as error:
            points.report(f"{verb}, failing calls", [str(error)])
    return points.end()


if __name__ == "__main__":
    sys.exit(main())
