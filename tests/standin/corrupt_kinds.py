# SPDX-License-Identifier: MIT
"""The kinds of damage that corrupt.py knows, and the file that they are done to. A kind is a
function that damages the Victim it is given; kind() registers it."""

import struct

from elf import Elf

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
