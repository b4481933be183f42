# SPDX-License-Identifier: MIT
"""Damage to the file itself, whatever it holds: cut off, of another kind, headers that lie."""

from elf import DT_RELA, DT_RELAENT, DT_RELASZ, PHDR_SIZE

from corrupt_kinds import CUT, SEGMENTS, DYNAMIC, kind, NOWHERE


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
    v.bytes[:] = b"#!/bin/sh\n# a script, OSK0 OSK1 #KEY\nexit 1\n" * 40


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
