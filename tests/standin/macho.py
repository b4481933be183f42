#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""macho.py [OPTION…] OUT

Writes a stand-in for a file of VMware Fusion's, with the same tables as the other stand-ins. Prints
where they are, in JSON. Nothing here runs it."""

import argparse
import json
import struct
import sys

sys.dont_write_bytecode = True
from tables import guest_entries, smc_rows, smc_table  # noqa: E402

BASE, PAGE = 0x100000000, 0x1000
TEXT_SIZE, DATA_AT = 0x2000, 0x4000
X86_64, ARM64 = 0x01000007, 0x0100000C
HANDLERS = {
    "AppleSMCHandleDefault": BASE + 0x1000,
    "AppleSMCHandleNumKeys": BASE + 0x1100,
    "AppleSMCHandleNTOK": BASE + 0x1200,
    "AppleSMCHandleOSK": BASE + 0x1300,
}


class Content:
    """The __DATA segment: bytes, and where in them the pointers are."""

    def __init__(self):
        self.bytes, self.pointers = bytearray(0x100), []
        self.truth = {}

    def address(self):
        return BASE + DATA_AT + len(self.bytes)

    def add_tables(self, bits):
        tables = []
        for version, rows in (0, smc_rows(0, bits, bits)), (1, smc_rows(1, bits, bits)):
            header = self.address()
            table = smc_table(header, rows, 0x20, HANDLERS.get)
            at = len(self.bytes)
            self.pointers += [at] + [at + 0x20 + 72 * i + 16 for i in range(len(rows))]
            self.bytes += table
            tables.append({"version": version, "header": header, "rows": header + 0x20})
        self.truth = {"tables": tables, "handlers": HANDLERS}

    def add_guests(self):
        entries = []
        for entry, is_mac in guest_entries(18, "0x3e"):
            if is_mac:
                entries.append(self.address())
            self.bytes += entry
        self.truth = {"entries": entries}


def padded(content, size):
    return content + bytes(-len(content) % size)


def chained(data, pointers, is_offset):
    """Each pointer in its short form, with the distance to the next one of its page."""
    starts = [0xFFFF] * (len(data) // PAGE)
    for i, at in enumerate(pointers):
        (target,) = struct.unpack_from("<Q", data, at)
        following = pointers[i + 1] if i + 1 < len(pointers) else -1
        distance = following - at if following // PAGE == at // PAGE else 0
        if starts[at // PAGE] == 0xFFFF:
            starts[at // PAGE] = at % PAGE
        raw = (target - BASE if is_offset else target) | distance // 4 << 51
        struct.pack_into("<Q", data, at, raw)
    kind = 6 if is_offset else 2
    count = len(starts)
    segment = struct.pack("<IHHQIH", 22 + 2 * count, PAGE, kind, DATA_AT, 0, count)
    segment += struct.pack(f"<{count}H", *starts)
    image = struct.pack("<IIIII", 4, 0, 0, 24, 0) + bytes(4)
    return struct.pack("<IIIIIII", 0, 32, 0, 0, 0, 1, 0) + bytes(4) + image + segment


def uleb(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def rebased(pointers):
    """Opcodes: kind pointer, then for each its place in segment 2 and "once"."""
    return b"\x11" + b"".join(b"\x22" + uleb(at) + b"\x51" for at in pointers) + b"\0"


def thin(content, fixups):
    data = bytearray(padded(bytes(content.bytes), PAGE))
    commands, linkedit = b"", b""
    edit_at = TEXT_SIZE + len(data)
    if fixups == "opcodes":
        linkedit = padded(rebased(content.pointers), 8)
        numbers = [edit_at, len(linkedit)] + [0] * 8
        commands = struct.pack("<II10I", 0x80000022, 48, *numbers)
    elif fixups in ("targets", "offsets"):
        linkedit = padded(chained(data, content.pointers, fixups == "offsets"), 8)
        commands = struct.pack("<IIII", 0x80000034, 16, edit_at, len(linkedit))
    segments = [
        (b"__PAGEZERO", 0, BASE, 0, 0, 0, 0),
        (b"__TEXT", BASE, 0x4000, 0, TEXT_SIZE, 5, 5),
        (b"__DATA", BASE + DATA_AT, 0x40000, TEXT_SIZE, len(data), 7, 3),
        (b"__LINKEDIT", BASE + 0x60000, PAGE, edit_at, len(linkedit), 7, 1),
    ]
    commands = (
        b"".join(struct.pack("<II16sQQQQIIII", 0x19, 72, *s, 0, 0) for s in segments) + commands
    )
    count = 4 if fixups == "plain" else 5
    header = struct.pack("<8I", 0xFEEDFACF, X86_64, 3, 2, count, len(commands), 0x200085, 0)
    return (header + commands).ljust(TEXT_SIZE, b"\xcc") + data + linkedit


def universal(part, wide):
    other_at, part_at = 0x1000, 0x4000
    other = struct.pack("<8I", 0xFEEDFACF, ARM64, 0, 2, 0, 0, 0, 0)
    entry = ">IIQQII" if wide else ">IIIII"
    tail = (14, 0) if wide else (14,)
    header = struct.pack(">II", 0xCAFEBABF if wide else 0xCAFEBABE, 2)
    header += struct.pack(entry, ARM64, 0, other_at, len(other), *tail)
    header += struct.pack(entry, X86_64, 3, part_at, len(part), *tail)
    return (header.ljust(other_at, b"\0") + other).ljust(part_at, b"\0") + part, part_at


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kind", choices=["smc", "guests"], default="smc")
    parser.add_argument(
        "--fixups", choices=["plain", "opcodes", "targets", "offsets"], default="offsets"
    )
    parser.add_argument("--wrap", choices=["thin", "fat", "fat64"], default="thin")
    parser.add_argument("--state", choices=["stock", "patched"], default="stock")
    parser.add_argument("out")
    options = parser.parse_args()
    content = Content()
    if options.kind == "smc":
        content.add_tables("0000" if options.state == "stock" else "1111")
    else:
        content.add_guests()
    result, at = thin(content, options.fixups), 0
    if options.wrap != "thin":
        result, at = universal(result, options.wrap == "fat64")
    content.truth["distance"] = BASE + DATA_AT - at - TEXT_SIZE  # from file offset to address
    with open(options.out, "wb") as file:
        file.write(result)
    json.dump(content.truth, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
