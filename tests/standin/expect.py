#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""expect.py --truth FILE --role ROLE [--output OUT] TARGET

What patching TARGET must change, worked out from the published description of the patch and from
what make-tree.sh --truth says of the places; nothing of the program under test is used. Prints one
line per edit: file offset, bytes before, bytes after, why. OUT gets the patched file.

Exit status: 0; 1 when the truth does not fit the file."""

import argparse
import json
import struct
import sys

sys.dont_write_bytecode = True
from elf import Elf  # noqa: E402
from pe import Pe  # noqa: E402

HAIKU = b"ourhardworkbythesewordsguardedpl", b"easedontsteal(c)AppleComputerInc"
ROW_SIZE = 72
HANDLER_AT, VALUE_AT = 0x10, 0x18
FLAGS_AT = 32


class Contradiction(Exception):
    pass


def must(condition, what):
    if not condition:
        raise Contradiction(what)


def row_name(elf, row):
    at = elf.offset_of(row, ROW_SIZE)
    return elf.content[at : at + 4][::-1]


def check_table(elf, table):
    at = elf.offset_of(table["header"], 32)
    private, public = struct.unpack_from("<II", elf.content, at + 8)
    rows = table["rows"]
    must(elf.pointer_at(table["header"]) == rows, "the header does not lead to the rows")
    must((private, public) == (table["private"], table["public"]), "other counts")
    must(elf.content[at + 16 : at + 32] == bytes(16), "the header does not end in zeros")
    must(row_name(elf, rows) == b"#KEY", "the first row is not #KEY")
    must(row_name(elf, table["lks"]) == b"+LKS", "no +LKS")
    for number, row in enumerate(table["osk"]):
        must(row_name(elf, row) == b"OSK%d" % number, f"no OSK{number}")
        wanted = rows + (private - 2 + number) * ROW_SIZE
        must(row == wanted, f"OSK{number} is not where it belongs")


def smc_edits(elf, truth):
    default = truth["handlers"]["Default"]
    for table in truth["tables"]:
        check_table(elf, table)
        must(elf.pointer_at(table["lks"] + HANDLER_AT) == default, "+LKS has another handler")
        for number, row in enumerate(table["osk"]):
            why = f"V{table['version']} OSK{number}"
            field_at = elf.offset_of(row + HANDLER_AT, 8)
            rela = elf.rela_at(row + HANDLER_AT)
            yield elf.offset_of(row + VALUE_AT, 32), HAIKU[number], f"{why} value"
            if elf.u64(field_at) != 0:
                yield field_at, struct.pack("<Q", default), f"{why} handler"
            if rela:
                yield rela.at + 16, struct.pack("<Q", default), f"{why} relocation"


def guest_edits(elf, truth):
    for entry in truth["entries"]:
        at = elf.offset_of(entry, FLAGS_AT + 1)
        first, width, group = struct.unpack_from("<III", elf.content, at)
        flags = elf.content[at + FLAGS_AT]
        must(first == 0x10 and width in (0x10, 0x20) and group in (1, 2), "not a macOS entry")
        must(elf.content[at + 12 : at + FLAGS_AT] == bytes(20), "not a macOS entry")
        must(flags in (0x3E, 0x3F, 0xBE, 0xBF), "other flags")
        yield at + FLAGS_AT, bytes([flags | 1]), "shown"


def checksum_edits(image, edits):
    """The field lies before everything else, but depends on it."""
    if not edits or not isinstance(image, Pe) or image.checksum == 0:
        return []
    after = struct.pack("<I", Pe(patched(image.content, edits)).right_checksum())
    at = image.checksum_at
    return [(at, image.content[at : at + 4], after, "checksum")]


def edits_of(content, truth):
    """Ascending by offset, without those that would change nothing."""
    image = Pe(content) if content[:2] == b"MZ" else Elf(content)
    maker = {"smc": smc_edits, "guests": guest_edits}[truth["kind"]]
    wanted = (
        (at, content[at : at + len(after)], after, why) for at, after, why in maker(image, truth)
    )
    edits = sorted(edit for edit in wanted if edit[1] != edit[2])
    return sorted(edits + checksum_edits(image, edits))


def patched(content, edits):
    result = bytearray(content)
    for at, before, after, _ in edits:
        must(result[at : at + len(before)] == before, "two edits overlap")
        result[at : at + len(after)] = after
    return bytes(result)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--truth", required=True)
    parser.add_argument("--role", required=True)
    parser.add_argument("--output")
    parser.add_argument("target")
    arguments = parser.parse_args()
    with open(arguments.truth, encoding="ascii") as file:
        truth = json.load(file)[arguments.role]
    with open(arguments.target, "rb") as file:
        content = file.read()
    try:
        edits = edits_of(content, truth)
        result = patched(content, edits)
        must(not edits_of(result, truth), "the edits do not complete it")
    except (Contradiction, ValueError, struct.error) as error:
        print(f"expect.py: {arguments.target}: {error}", file=sys.stderr)
        return 1
    for at, before, after, why in edits:
        print(f"{at:#x} {before.hex()} {after.hex()} {why}")
    if arguments.output:
        with open(arguments.output, "wb") as file:
            file.write(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
