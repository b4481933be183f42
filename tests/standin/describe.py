#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""describe.py --truth FILE --role ROLE TARGET

Prints, in options of make-tree.sh, what a stand-in really is: how it is linked, what its section
headers are like, which table comes first, and the gap of V1."""

import argparse
import json
import struct
import sys

sys.dont_write_bytecode = True
from elf import Elf  # noqa: E402

DT_RELR = 36
ET_EXEC = 2
SHT_SYMTAB = 2


def link_of(elf, fields):
    (kind,) = struct.unpack_from("<H", elf.content, 16)
    covered = {elf.rela_at(field) is not None for field in fields}
    # Not those of OSK rows, which another tool may have changed.
    zero = {elf.u64(elf.offset_of(field)) == 0 for field in fields[2::3]}
    if kind == ET_EXEC:
        return "fixed" if covered == zero == {False} and DT_RELR not in elf.tags else "?"
    if DT_RELR in elf.tags:
        return "relr" if covered == zero == {False} else "?"
    if covered != {True}:
        return "?"
    return {(True,): "lld", (False,): "rela"}.get(tuple(zero), "?")


def sections_of(content):
    (start,) = struct.unpack_from("<Q", content, 40)
    size, count = struct.unpack_from("<HH", content, 58)
    if start == 0 and count == 0:
        return "no-sections"
    if start > 1 << 32:
        return "garbage-sections"
    if start + size * count > len(content):
        return "cut-sections"
    types = [struct.unpack_from("<I", content, start + i * size + 4)[0] for i in range(count)]
    return "none" if SHT_SYMTAB in types else "all"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--truth", required=True)
    parser.add_argument("--role", required=True)
    parser.add_argument("target")
    arguments = parser.parse_args()
    with open(arguments.truth, encoding="ascii") as file:
        truth = json.load(file)[arguments.role]
    with open(arguments.target, "rb") as file:
        elf = Elf(file.read())
    v0, v1 = truth["tables"]
    fields = [row + 0x10 for table in (v0, v1) for row in table["osk"] + [table["lks"]]]
    osk = sum(r.relative and r.addend == truth["handlers"]["OSK"] for r in elf.relas)
    print(f"--link={link_of(elf, fields)}")
    print(f"--strip={sections_of(elf.content)}")
    print(f"--first={'v0' if v0['rows'] < v1['rows'] else 'v1'}")
    print(f"--v1-gap={v1['rows'] - v1['header']:#x}")
    print(f"decoy relocations={max(osk - 4, 0)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
