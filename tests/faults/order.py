#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks the order of durable steps in the trace of a run.

    strace -f -y -o TRACE -e trace=openat,openat2,rename,renameat,renameat2,unlinkat,fsync,\
fchown,fchmod,write,pwrite64,read,pread64,\
newfstatat,mkdirat,fcntl,flock,linkat unlockerctl --root=DIR patch
    order.py TRACE patch|restore|prune|hold|release

For every rename in the trace: the file that takes the name was flushed after its last write, the
directory is flushed afterwards. The first target is exchanged only after an archive of originals
took its name, which it takes only after it was flushed and read again. A mode with set-uid is given
only after the owner, and after the last write. Each target's receipt is durable before the target
is exchanged. Where a name is made or removed for good, its directory is flushed afterwards. Prints
TAP, and the number of points.
"""

import re
import sys

import trees

CALL = re.compile(r"^(?:\d+\s+)?(\w+)\((.*)\)\s+=\s+(-?\d+|\?)")
FD_PATH = re.compile(r"(\d+)<([^>]*)>")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')

WRITES = {"write", "pwrite64", "copy_file_range", "ioctl", "ftruncate"}


class Call:
    """One completed call of the trace."""

    def __init__(self, number, name, arguments, result):
        self.number, self.name, self.arguments, self.result = number, name, arguments, result
        self.fds = [path for _, path in FD_PATH.findall(arguments)]
        self.names = QUOTED.findall(arguments)


def read_trace(path):
    """All successful calls, in order."""
    calls = []
    for number, line in enumerate(trees.whole_lines(path), 1):
        match = CALL.match(line)
        if match and match.group(3) not in ("-1", "?"):
            calls.append(Call(number, *match.groups()))
    return calls


def is_temporary(name):
    return ".unlocker-" in name


def is_note(call):
    """What one run leaves for the next below /run is gone after a power cut anyhow, and on the list
    of files that were judged, and on the index of archives, nothing depends."""
    return bool(call.fds) and (call.fds[0].endswith("/run/vmware-unlocker")
                               or call.names[-1:] in (["judged"], ["index"]))


def write_target(call):
    """The path that a writing call changes, or None."""
    if call.name not in WRITES or not call.fds:
        return None
    if call.name == "copy_file_range":
        return call.fds[-1]
    if call.name == "ioctl" and "FICLONE" not in call.arguments:
        return None
    return call.fds[0]


class Checker:
    """Collects results as TAP."""

    def __init__(self):
        self.count, self.failed = 0, False

    def check(self, good, text):
        self.count += 1
        self.failed |= not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {text}")

    def end(self):
        print(f"# {self.count} points")
        print(f"1..{self.count}")
        return 1 if self.failed else 0


def last_before(calls, index, predicate):
    for i in range(index - 1, -1, -1):
        if predicate(calls[i]):
            return i
    return None


def first_after(calls, index, predicate):
    for i in range(index + 1, len(calls)):
        if predicate(calls[i]):
            return i
    return None


def paths_of(calls, index):
    """The temporary file of a rename, under its name and that before it was sealed."""
    call = calls[index]
    sealed = last_before(calls, index, lambda c: c.name.startswith("rename") and len(c.names) > 1
                         and c.names[1] == call.names[0])
    names = [call.names[0]] if sealed is None else [call.names[0], calls[sealed].names[0]]
    return [f"{call.fds[0]}/{name}" for name in names]


def check_rename(checker, calls, index):
    """Data flushed before the rename, directory after."""
    call = calls[index]
    directory, final = call.fds[0], call.names[1]
    paths = paths_of(calls, index)
    shown = f"{final} ({call.name}, line {call.number})"
    written = last_before(calls, index, lambda c: write_target(c) in paths)
    flushed = last_before(calls, index, lambda c: c.name == "fsync" and c.fds[0] in paths)
    checker.check(written is not None and flushed is not None and written < flushed,
                  f"{shown}: flushed after its last write and before the rename")
    after = first_after(calls, index, lambda c: c.name == "fsync" and c.fds[0] == directory)
    checker.check(after is not None, f"{shown}: its directory is flushed afterwards")
    mode = last_before(calls, index, lambda c: c.name == "fchmod" and c.fds[0] in paths)
    if mode is not None:
        checker.check(written is not None and written < mode,
                      f"{shown}: its mode is given after the last write")
        owner = last_before(calls, index, lambda c: c.name == "fchown" and c.fds[0] in paths)
        if owner is not None:
            checker.check(owner < mode, f"{shown}: its owner is given before its mode")


def is_exchange(call):
    return call.name == "renameat2" and "RENAME_EXCHANGE" in call.arguments


def check_vault_first(checker, calls):
    """Before the first target is touched, its originals are durable and were read again."""
    exchange = next((i for i, c in enumerate(calls) if is_exchange(c)), None)
    if exchange is None:
        checker.check(False, "a target is exchanged")
        return
    archive = last_before(calls, exchange, lambda c: c.name.startswith("rename")
                          and len(c.names) > 1 and ".tar." in c.names[1]
                          and not is_temporary(c.names[1]))
    checker.check(archive is not None, "an archive takes its name before the first exchange")
    if archive is None:
        return
    paths = paths_of(calls, archive)
    written = last_before(calls, archive, lambda c: write_target(c) in paths)
    flushed = first_after(calls, written if written is not None else archive,
                          lambda c: c.name == "fsync" and c.fds[0] in paths)
    read_again = first_after(calls, flushed if flushed is not None else archive,
                             lambda c: c.name in ("read", "pread64", "mmap")
                             and c.fds and c.fds[0] in paths)
    checker.check(read_again is not None and read_again < archive,
                  "the archive is flushed, then read again, then takes its name")
    staged = next((i for i, c in enumerate(calls) if c.name in ("openat", "openat2")
                   and c.names and is_temporary(c.names[0]) and "vmware-vmx" in c.names[0]), None)
    checker.check(staged is not None and flushed is not None and flushed < staged,
                  "no copy is staged before the archive is complete and flushed")


def check_exchange(checker, calls, index):
    """What came out is unlinked only after it was looked at, then the directory is flushed."""
    call = calls[index]
    directory, temporary = call.fds[0], call.names[0]
    lease = last_before(calls, index, lambda c: c.name == "fcntl" and "F_SETLEASE" in c.arguments
                        and c.fds[0] == f"{directory}/{call.names[1]}")
    checker.check(lease is not None and "F_RDLCK" in calls[lease].arguments,
                  f"{call.names[1]}: exchanged under a read lease")
    unlink = first_after(calls, index, lambda c: c.name == "unlinkat" and c.names
                         and c.names[0] == temporary)
    flush = first_after(calls, unlink if unlink is not None else index,
                        lambda c: c.name == "fsync" and c.fds[0] == directory)
    look = first_after(calls, index, lambda c: c.name == "newfstatat" and c.names
                       and c.names[0] == temporary)
    checker.check(unlink is not None and look is not None and look < unlink,
                  f"{call.names[1]}: what came out is looked at before it is removed")
    checker.check(flush is not None, f"{call.names[1]}: the directory is flushed after the removal")


def check_receipt(checker, calls, index, previous):
    """Since the exchange before, a receipt took its name and its directory was flushed."""
    renamed = last_before(calls, index, lambda c: c.name.startswith("rename") and len(c.names) > 1
                          and c.names[1].endswith(".json") and c.fds[0].endswith("/receipts"))
    flushed = renamed is not None and first_after(
        calls, renamed, lambda c: c.name == "fsync" and c.fds[0] == calls[renamed].fds[0])
    checker.check(renamed is not None and renamed > previous and bool(flushed) and flushed < index,
                  f"{calls[index].names[1]}: its receipt is durable before the exchange")


def check_names(checker, calls):
    """Directories that were made, and files that were removed for good."""
    found = 0
    for index, call in enumerate(calls):
        removed = call.name == "unlinkat" and call.names and not is_temporary(call.names[0])
        if is_note(call) or (call.name != "mkdirat" and not removed):
            continue
        found += 1
        directory = call.fds[0]
        after = first_after(calls, index, lambda c, d=directory: c.name == "fsync"
                            and c.fds[0] == d)
        checker.check(after is not None, f"{call.names[0]} ({call.name}, line {call.number}): its "
                      "directory is flushed afterwards")
    return found


def main():
    calls, verb = read_trace(sys.argv[1]), sys.argv[2]
    checker = Checker()
    renames = [i for i, c in enumerate(calls) if c.name.startswith("rename") and len(c.names) > 1
               and is_temporary(c.names[0]) and not is_note(c)]
    if verb in ("patch", "restore", "hold"):
        checker.check(bool(renames), "something took its name by rename")
    for index in renames:
        check_rename(checker, calls, index)
    if verb == "patch":
        check_vault_first(checker, calls)
    found, previous = check_names(checker, calls), -1
    if verb in ("prune", "release"):
        checker.check(found > 0, "something was removed")
    for index in renames:
        if is_exchange(calls[index]):
            check_exchange(checker, calls, index)
            if verb == "patch":
                check_receipt(checker, calls, index, previous)
            previous = index
    return checker.end()


if __name__ == "__main__":
    sys.exit(main())
