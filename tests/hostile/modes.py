#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks every mode that a run gave to a file, in the order of strace's output.

No mode but a directory's or the lock's neighbours lets group or others write; a set-uid or set-gid
mode comes by fchmod() alone, to a temporary copy, after its owner, and nothing is written to that
file afterwards. Prints what breaks that; exit status 1 then.
"""

import re
import sys

CALL = re.compile(r"^(?:\d+\s+)?(\w+)\((.*)\)\s+=\s+(-?\d+|\?)(?:<([^>]*)>)?")
FD_PATH = re.compile(r"\d+<([^>]*)>")
WRITES = {"write", "pwrite64", "copy_file_range", "ftruncate", "ioctl"}
SET_ID = 0o6000


def created_mode(name, arguments):
    """The mode of an open that may create a file."""
    if "O_CREAT" not in arguments and "O_TMPFILE" not in arguments:
        return None
    found = re.search(r"mode=(0\d+)" if name == "openat2" else r", (0\d*)$", arguments)
    return int(found.group(1), 8) if found else None


def written(name, arguments):
    """The path that a call changes the content of."""
    paths = FD_PATH.findall(arguments)
    if name not in WRITES or not paths or (name == "ioctl" and "FICLONE" not in arguments):
        return None
    return paths[-1] if name == "copy_file_range" else paths[0]


def main():
    faults, modes, set_id = [], 0, set()
    with open(sys.argv[1], encoding="utf-8", errors="replace") as trace:
        for number, line in enumerate(trace, 1):
            match = CALL.match(line.strip())
            if not match or match.group(3) in ("-1", "?"):
                continue
            name, arguments, _, opened = match.groups()

            def fault(text, line=line, number=number):
                faults.append(f"{number}: {text}: {line.strip()}")

            mode = None
            if name in ("openat", "openat2"):
                mode = created_mode(name, arguments)
                if mode is not None and mode & SET_ID:
                    fault("created set-uid")
                if mode is not None:
                    set_id.discard(opened)
            elif name in ("chmod", "fchmodat", "fchmodat2"):
                fault("a mode given by name")
            elif name == "fchmod":
                mode = int(arguments.rsplit(", ", 1)[1], 8)
                path = FD_PATH.findall(arguments)[0]
                if mode & SET_ID:
                    set_id.add(path)
                    if ".unlocker-" not in path:
                        fault("set-uid, and no temporary copy")
            elif name == "fchown" and FD_PATH.findall(arguments)[0] in set_id:
                fault("owner changed after set-uid")
            elif written(name, arguments) in set_id:
                fault("written after set-uid")
            if mode is not None:
                modes += 1
                if mode & 0o022:
                    fault("others may write")
    print(f"{modes} modes, {len(set_id)} set-uid")
    for text in faults:
        print(text)
    if not set_id:
        print("no set-uid copy was traced")
    return 1 if faults or not set_id else 0


sys.exit(main())
