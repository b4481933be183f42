#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The least that patches the stand-in's files right: minimal.py FILE...

Stands for patchers that promise nothing: a plain copy beside each file, then changes in place, and
no fsync, digest or check. It takes tables and relocations by their looks.
"""

import mmap
import re
import shutil
import struct
import sys

VALUES = {b"0KSO": b"ourhardworkbythesewordsguardedpl",
          b"1KSO": b"easedontsteal(c)AppleComputerInc"}
KEYS = re.compile(rb"SKL\+\x01.{11}(.{8})|([01]KSO)\x20.{11}.{8}", re.S)
ENTRIES = re.compile(rb"\x10\0\0\0[\x10\x20]\0\0\0[\x01\x02]\0\0\0\0{20}[\x3e\xbe]", re.S)
LOAD, RELATIVE = 1, 8


def loaded(view):
    """What the loader maps: offset, address, size of each."""
    start, = struct.unpack_from("<Q", view, 32)
    size, count = struct.unpack_from("<HH", view, 54)
    heads = (struct.unpack_from("<IIQQQQ", view, start + i * size) for i in range(count))
    return [(head[2], head[3], head[5]) for head in heads if head[0] == LOAD]


def set_handler(view, segments, field, handler):
    view[field:field + 8] = handler
    for offset, address, size in segments:
        if offset <= field < offset + size:
            entry = struct.pack("<QQ", field - offset + address, RELATIVE)
            at = view.find(entry)
            if at >= 0:
                view[at + 16:at + 24] = handler


def patch(view):
    segments, handler = loaded(view), None
    for found in list(KEYS.finditer(view)):
        if found[1]:
            handler = found[1]
        elif handler:
            set_handler(view, segments, found.start() + 16, handler)
            view[found.start() + 24:found.start() + 56] = VALUES[found[2]]
    for found in list(ENTRIES.finditer(view)):
        view[found.end() - 1] |= 1


def main():
    for path in sys.argv[1:]:
        shutil.copy2(path, path + ".bak")
        with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as view:
            patch(view)


if __name__ == "__main__":
    main()
