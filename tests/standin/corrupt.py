#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""corrupt.py --truth FILE --role ROLE TARGET OUT [KIND]
corrupt.py --list

Writes OUT: TARGET, a good stand-in made with --link=rela, damaged in the way KIND names; without
KIND, OUT is a directory that gets a file for each kind. --list prints one line per kind: role,
kind, the state that such a file is in, and the reasons for it that make sense (identifiers,
separated by "|")."""

import argparse
import json
import struct
import sys

sys.dont_write_bytecode = True
from elf import (  # noqa: E402
    DT_RELA,
    DT_RELAENT,
    DT_RELASZ,
    PHDR_SIZE,
    PT_NOTE,
    Elf,
)

ROW_SIZE = 72
HANDLER_AT = 0x10
NOWHERE = 0x7FFF_0000_0000

CUT = "image-truncated|image-segments|image-dynamic|image-format"
SEGMENTS = "image-truncated|image-segments|image-dynamic"
DYNAMIC = "image-dynamic|image-truncated"

KINDS = {}  # (role, name): (function, state, reasons)


def kind(role, name, reasons, state="unknown"):
    def add(function):
        KINDS[role, name] = function, state, reasons
        return function

    return add


class Victim:
    """A good file, the truth about it, and ways to damage it."""

    def __init__(self, content, truth):
        self.bytes = bytearray(content)
        self.elf = Elf(content)
        self.truth = truth
        if truth["kind"] == "smc":
            self.tables = {t["version"]: t for t in truth["tables"]}
            self.handlers = truth["handlers"]

    def at(self, address):
        return self.elf.offset_of(address)

    def put(self, offset, layout, *values):
        struct.pack_into("<" + layout, self.bytes, offset, *values)

    def put_at(self, address, layout, *values):
        self.put(self.at(address), layout, *values)

    def cut(self, offset):
        del self.bytes[offset:]

    def set_pointer(self, address, value):
        """Both in the field and in the relocation."""
        rela = self.elf.rela_at(address)
        self.put_at(address, "Q", value)
        self.put(rela.at + 16, "Q", value)

    def set_tag(self, tag, value):
        self.put(self.elf.tags[tag] + 8, "Q", value)

    def row(self, version, index):
        return self.tables[version]["rows"] + index * ROW_SIZE

    def osk(self, version, number):
        return self.tables[version]["osk"][number]

    def rename(self, row, name):
        self.put_at(row, "4s", name[::-1])

    def last_table(self):
        return max(self.tables.values(), key=lambda t: t["rows"])

    def table_load(self):
        return self.elf.load_of(self.tables[0]["header"])

    def end_of_loads(self):
        return max(s.offset + s.size for s in self.elf.loads)


# Any file ----------------------------------------------------------------------------------------


def for_both(name, reasons, state="unknown"):
    def add(function):
        for role in ("vmx", "vmwarebase"):
            kind(role, name, reasons, state)(function)
        return function

    return add


@for_both("empty", "-", "empty")
def _(v):
    v.cut(0)


@for_both("text", "image-format")
def _(v):
    v.bytes[:] = b"#!/bin/sh\n# a wrapper, OSK0 OSK1 #KEY\nexec /opt/vmware-vmx\n" * 40


@for_both("zeros", "image-format")
def _(v):
    v.bytes[:] = bytes(len(v.bytes))


@for_both("magic-only", CUT)
def _(v):
    v.cut(4)


@for_both("elf-header-cut", CUT)
def _(v):
    v.cut(40)


@for_both("program-headers-cut", CUT)
def _(v):
    v.cut(v.elf.phoff + 2 * PHDR_SIZE + 10)


@for_both("rela-cut", CUT)
def _(v):
    v.cut(v.elf.relas[len(v.elf.relas) // 2].at + 13)


@for_both("dynamic-cut", CUT)
def _(v):
    v.cut(v.elf.dynamic.offset + 24)


@for_both("last-byte-cut", CUT)
def _(v):
    v.cut(v.end_of_loads() - 1)


@for_both("machine", "image-machine")
def _(v):
    v.put(18, "H", 183)


@for_both("class32", "image-machine|image-format")
def _(v):
    v.put(4, "B", 1)


@for_both("big-endian", "image-machine|image-format")
def _(v):
    v.put(5, "B", 2)


@for_both("no-program-headers", SEGMENTS)
def _(v):
    v.put(56, "H", 0)


@for_both("program-headers-wild", SEGMENTS)
def _(v):
    v.put(32, "Q", 0xFFFF_FFFF_FFFF_FFF0)


@for_both("program-headers-many", SEGMENTS)
def _(v):
    v.put(56, "H", 0xFFFE)


@for_both("program-header-size", SEGMENTS)
def _(v):
    v.put(54, "H", 32)


@for_both("segment-offset-wild", SEGMENTS)
def _(v):
    v.put(v.elf.loads[-1].at + 8, "Q", 1 << 63)


@for_both("segment-size-wild", SEGMENTS)
def _(v):
    v.put(v.elf.loads[-1].at + 32, "QQ", 0xFFFF_FFFF_FFFF_F000, 0xFFFF_FFFF_FFFF_F000)


@for_both("segment-address-wraps", SEGMENTS)
def _(v):
    v.put(v.elf.loads[-1].at + 16, "QQ", 0xFFFF_FFFF_FFFF_F000, 0xFFFF_FFFF_FFFF_F000)


@for_both("segments-overlap", SEGMENTS)
def _(v):
    address = v.elf.loads[-1].address
    v.put(v.elf.loads[-2].at + 16, "QQ", address, address)


@for_both("dynamic-wild", DYNAMIC)
def _(v):
    v.put(v.elf.dynamic.at + 8, "QQ", NOWHERE, NOWHERE)


@for_both("rela-wild", DYNAMIC)
def _(v):
    v.set_tag(DT_RELA, NOWHERE)


@for_both("rela-size-wild", DYNAMIC)
def _(v):
    v.set_tag(DT_RELASZ, 0xFFFF_FFFF_FFFF_FFF0)


@for_both("rela-size-odd", DYNAMIC)
def _(v):
    v.set_tag(DT_RELASZ, v.elf.tag_value(DT_RELASZ) - 7)


@for_both("rela-entry-size", DYNAMIC)
def _(v):
    v.set_tag(DT_RELAENT, 16)


# vmware-vmx --------------------------------------------------------------------------------------


@kind("vmx", "table-header-cut", CUT)
def _(v):
    v.cut(v.at(v.tables[0]["header"]) + 12)


@kind("vmx", "rows-cut", CUT)
def _(v):
    v.cut(v.at(v.row(1, 200)) + 31)


@kind("vmx", "last-row-cut", CUT)
def _(v):
    v.cut(v.at(v.last_table()["osk"][1]) + 0x20)


@kind("vmx", "segment-ends-in-rows", f"smc-truncated|{SEGMENTS}")
def _(v):
    load = v.table_load()
    v.put(load.at + 32, "Q", v.at(v.row(1, 200)) + 31 - load.offset)


@kind("vmx", "tables-gone", "smc-none|smc-no-header")
def _(v):
    for table in v.tables.values():
        size = 32 + table["private"] * ROW_SIZE
        v.put_at(table["header"], f"{size}s", bytes(size))


@kind("vmx", "table-gone", "smc-one|smc-no-header")
def _(v):
    table = v.tables[0]
    v.put_at(table["header"], f"{32 + table['private'] * ROW_SIZE}s", b"")


@kind("vmx", "table-thrice", "smc-too-many|smc-versions")
def _(v):
    """A third complete table, in a segment of its own at the end of the file."""
    table = v.tables[0]
    note = next(s for s in v.elf.segments if s.type == PT_NOTE)
    rows_at, size = v.at(table["rows"]), table["private"] * ROW_SIZE
    rows = bytes(v.bytes[rows_at : rows_at + size])
    v.bytes.extend(bytes(-len(v.bytes) % 4096))
    last = v.elf.loads[-1]
    offset, address = len(v.bytes), (last.address + last.memory + 0x1FFF) & ~0xFFF
    v.bytes.extend(struct.pack("<QII16x", address + 32, table["private"], table["public"]) + rows)
    v.put(note.at, "IIQQQQQQ", 1, 6, offset, address, address, 32 + size, 32 + size, 4096)


@kind("vmx", "osk0-renamed", "smc-key-missing")
def _(v):
    v.rename(v.osk(0, 0), b"OSKX")


@kind("vmx", "osk1-renamed", "smc-key-missing")
def _(v):
    v.rename(v.osk(1, 1), b"OSKX")


@kind("vmx", "lks-renamed", "smc-key-missing")
def _(v):
    v.rename(v.tables[1]["lks"], b"+LKX")


@kind("vmx", "first-key-renamed", "smc-one|smc-row|smc-no-header|smc-key-missing")
def _(v):
    v.rename(v.row(0, 0), b"#KEX")


@kind("vmx", "first-key-type", "smc-one|smc-row|smc-no-header")
def _(v):
    v.put_at(v.row(0, 0) + 5, "4s", b"61iu")


@kind("vmx", "key-twice", "smc-key-twice|smc-key-place")
def _(v):
    v.rename(v.row(0, 20), b"OSK0")


@kind("vmx", "lks-twice", "smc-key-twice")
def _(v):
    v.rename(v.row(1, 20), b"+LKS")


@kind("vmx", "osk-public", "smc-key-place|smc-counts")
def _(v):
    v.rename(v.osk(0, 0), b"TC0Q")
    v.rename(v.row(0, 20), b"OSK0")


@kind("vmx", "counts-short", "smc-key-missing|smc-counts")
def _(v):
    v.put_at(v.tables[0]["header"] + 8, "II", 200, 198)


@kind("vmx", "counts-long", "smc-row|smc-counts|smc-key-place")
def _(v):
    v.put_at(v.tables[0]["header"] + 8, "I", 244)


@kind("vmx", "counts-huge", "smc-truncated|smc-counts|smc-one")
def _(v):
    v.put_at(v.tables[0]["header"] + 8, "II", 0xFFFF_FFFF, 0xFFFF_FFF0)


@kind("vmx", "counts-zero", "smc-counts|smc-one|smc-no-header")
def _(v):
    v.put_at(v.tables[1]["header"] + 8, "II", 0, 0)


@kind("vmx", "counts-crossed", "smc-counts|smc-one|smc-no-header")
def _(v):
    v.put_at(v.tables[0]["header"] + 8, "II", 240, 242)


@kind("vmx", "counts-none-hidden", "smc-counts|smc-key-place|smc-one|smc-no-header")
def _(v):
    v.put_at(v.tables[0]["header"] + 8, "II", 242, 242)


@kind("vmx", "pointer-wild", "smc-no-header|smc-one|image-relocation")
def _(v):
    v.set_pointer(v.tables[0]["header"], NOWHERE)


@kind("vmx", "pointer-null", "smc-no-header|smc-one")
def _(v):
    v.set_pointer(v.tables[1]["header"], 0)


@kind("vmx", "pointer-into-code", "smc-no-header|smc-one")
def _(v):
    v.set_pointer(v.tables[0]["header"], v.handlers["OSK"])


@kind("vmx", "pointer-crooked", "smc-no-header|smc-one")
def _(v):
    v.set_pointer(v.tables[0]["header"], v.row(0, 0) + 8)


@kind("vmx", "default-wild", "smc-handler")
def _(v):
    v.set_pointer(v.tables[0]["lks"] + HANDLER_AT, NOWHERE)


@kind("vmx", "default-into-data", "smc-handler")
def _(v):
    v.set_pointer(v.tables[0]["lks"] + HANDLER_AT, v.tables[1]["rows"])


@kind("vmx", "default-null", "smc-handler|smc-row")
def _(v):
    v.set_pointer(v.tables[0]["lks"] + HANDLER_AT, 0)


@kind("vmx", "default-is-osk", "smc-handler")
def _(v):
    """Opening a gate with this handler would leave it closed."""
    v.set_pointer(v.tables[0]["lks"] + HANDLER_AT, v.handlers["OSK"])


@kind("vmx", "defaults-are-osk", "smc-handler")
def _(v):
    for table in v.tables.values():
        v.set_pointer(table["lks"] + HANDLER_AT, v.handlers["OSK"])


@kind("vmx", "handler-wild", "smc-handler|smc-row")
def _(v):
    v.set_pointer(v.osk(0, 0) + HANDLER_AT, NOWHERE)


@kind("vmx", "handler-into-data", "smc-handler|smc-row")
def _(v):
    v.set_pointer(v.osk(1, 1) + HANDLER_AT, v.tables[1]["rows"])


@kind("vmx", "row-zero", "smc-row")
def _(v):
    v.put_at(v.row(0, 20), "16s", bytes(16))


@kind("vmx", "row-unprintable", "smc-row")
def _(v):
    v.rename(v.row(1, 99), b"\x01\x02\x03\x04")


@kind("vmx", "row-too-long", "smc-row")
def _(v):
    v.put_at(v.row(0, 20) + 4, "B", 200)


@kind("vmx", "osk-too-short", "smc-row")
def _(v):
    v.put_at(v.osk(0, 0) + 4, "B", 16)


@kind("vmx", "relocation-kind", "image-relocation")
def _(v):
    v.put(v.elf.rela_at(v.osk(0, 0) + HANDLER_AT).at + 8, "Q", 1)


@kind("vmx", "relocation-twice", "image-relocation|plan-conflict")
def _(v):
    field = v.osk(0, 0) + HANDLER_AT
    v.put(v.elf.rela_at(v.row(0, 20) + HANDLER_AT).at, "Q", field)


@kind("vmx", "relocation-half", "image-relocation|plan-conflict")
def _(v):
    field = v.osk(0, 0) + HANDLER_AT
    v.put(v.elf.rela_at(v.row(0, 20) + HANDLER_AT).at, "Q", field + 4)


@kind("vmx", "relocation-over-value", "image-relocation|plan-conflict|smc-row")
def _(v):
    """The loader would write into the value that a guest is to get."""
    v.put(v.elf.rela_at(v.row(0, 20) + HANDLER_AT).at, "Q", v.osk(0, 0) + 0x18)


# libvmwarebase -----------------------------------------------------------------------------------


@kind("vmwarebase", "entries-cut", CUT)
def _(v):
    v.cut(v.at(v.truth["entries"][-3]) + 20)


@kind("vmwarebase", "entries-none", "gos-none")
def _(v):
    for entry in v.truth["entries"]:
        v.put_at(entry, "I", 0x12)


@kind("vmwarebase", "entries-7c", "gos-none")
def _(v):
    for entry in v.truth["entries"]:
        v.put_at(entry + 4, "I", 0x7C)


@kind("vmwarebase", "entries-other-flags", "gos-none|gos-stray")
def _(v):
    for entry in v.truth["entries"]:
        v.put_at(entry + 32, "B", 0x40)


@kind("vmwarebase", "entries-stray", "gos-stray")
def _(v):
    for number, entry in enumerate(v.truth["entries"]):
        if number % 3:
            v.put_at(entry, "I", 0x12)


# -------------------------------------------------------------------------------------------------


def damage(content, truth, function, out):
    victim = Victim(content, truth)
    function(victim)
    if bytes(victim.bytes) == content:
        raise SystemExit(f"corrupt.py: {out}: nothing is damaged")
    with open(out, "wb") as file:
        file.write(victim.bytes)


def main():
    if sys.argv[1:] == ["--list"]:
        for (role, name), (_, state, reasons) in sorted(KINDS.items()):
            print(role, name, state, reasons)
        return 0
    parser = argparse.ArgumentParser()
    parser.add_argument("--truth", required=True)
    parser.add_argument("--role", required=True)
    parser.add_argument("target")
    parser.add_argument("out")
    parser.add_argument("kind", nargs="?")
    arguments = parser.parse_args()
    with open(arguments.truth, encoding="ascii") as file:
        truth = json.load(file)[arguments.role]
    with open(arguments.target, "rb") as file:
        content = file.read()
    if arguments.kind:
        damage(content, truth, KINDS[arguments.role, arguments.kind][0], arguments.out)
        return 0
    for (role, name), (function, _, _) in KINDS.items():
        if role == arguments.role:
            damage(content, truth, function, f"{arguments.out}/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
