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
import corrupt_image  # noqa: E402, F401 # registers its kinds
from corrupt_kinds import (  # noqa: E402
    CUT,
    HANDLER_AT,
    KINDS,
    NOWHERE,
    ROW_SIZE,
    SEGMENTS,
    Victim,
    kind,
)
from elf import PT_NOTE  # noqa: E402


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


@kind("vmx", "osk0-renamed", "smc-key-missing")
def _(v):
    v.rename(v.osk(0, 0), b"OSKX")


@kind("vmx", "osk1-renamed", "smc-key-missing")
def _(v):
    v.rename(v.osk(1, 1), b"OSKX")


@kind("vmx", "key-twice", "smc-key-twice")
def _(v):
    v.rename(v.row(0, 20), b"OSK0")


@kind("vmx", "counts-short", "smc-key-missing|smc-counts")
def _(v):
    v.put_at(v.tables[0]["header"] + 8, "II", 200, 198)


@kind("vmx", "counts-long", "smc-row|smc-counts")
def _(v):
    v.put_at(v.tables[0]["header"] + 8, "I", 244)


@kind("vmx", "counts-huge", "smc-truncated|smc-counts")
def _(v):
    v.put_at(v.tables[0]["header"] + 8, "II", 0xFFFF_FFFF, 0xFFFF_FFF0)


@kind("vmx", "counts-zero", "smc-counts|smc-no-header")
def _(v):
    v.put_at(v.tables[1]["header"] + 8, "II", 0, 0)


@kind("vmx", "counts-crossed", "smc-counts|smc-no-header")
def _(v):
    v.put_at(v.tables[0]["header"] + 8, "II", 240, 242)


@kind("vmx", "pointer-wild", "smc-no-header|smc-counts|image-relocation")
def _(v):
    v.set_pointer(v.tables[0]["header"], NOWHERE)


@kind("vmx", "pointer-null", "smc-no-header|smc-counts")
def _(v):
    v.set_pointer(v.tables[1]["header"], 0)


@kind("vmx", "pointer-into-code", "smc-no-header|smc-counts")
def _(v):
    v.set_pointer(v.tables[0]["header"], v.handlers["OSK"])


@kind("vmx", "pointer-crooked", "smc-no-header|smc-counts")
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


@kind("vmwarebase", "entries-stray", "gos-stray")
def _(v):
    """One is left."""
    for entry in v.truth["entries"][1:]:
        v.put_at(entry, "I", 0x12)


@kind("vmwarebase", "entries-two-flags", "gos-readings")
def _(v):
    """Half of the entries have other flags than the rest: which are macOS?"""
    for number, entry in enumerate(v.truth["entries"]):
        if number % 2:
            v.put_at(entry + 32, "B", 0xC0)


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
