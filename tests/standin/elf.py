# SPDX-License-Identifier: MIT
"""What the tests know of ELF, apart from the program they test: program headers, PT_DYNAMIC and
DT_RELA of a 64-bit little-endian file that is in order."""

import struct

PT_LOAD, PT_DYNAMIC, PT_NOTE = 1, 2, 4
DT_RELA, DT_RELASZ, DT_RELAENT = 7, 8, 9
R_X86_64_RELATIVE = 8
PHDR_SIZE, DYN_SIZE, RELA_SIZE = 56, 16, 24


class Segment:
    def __init__(self, at, fields):
        self.at = at  # file offset of its program header
        self.type, self.flags, self.offset, self.address, _, self.size, self.memory, _ = fields


class Rela:
    def __init__(self, at, fields):
        self.at = at  # file offset of the entry
        self.address, self.info, self.addend = fields
        self.relative = self.info & 0xFFFFFFFF == R_X86_64_RELATIVE


class Elf:
    def __init__(self, content):
        self.content = content
        if content[:6] != b"\x7fELF\x02\x01":
            raise ValueError("not a 64-bit little-endian ELF file")
        (self.phoff,) = struct.unpack_from("<Q", content, 32)
        entry_size, self.phnum = struct.unpack_from("<HH", content, 54)
        if entry_size != PHDR_SIZE:
            raise ValueError("program headers of another size")
        self.segments = [
            Segment(at, struct.unpack_from("<IIQQQQQQ", content, at))
            for at in range(self.phoff, self.phoff + self.phnum * PHDR_SIZE, PHDR_SIZE)
        ]
        self.loads = [s for s in self.segments if s.type == PT_LOAD]
        self.dynamic = next((s for s in self.segments if s.type == PT_DYNAMIC), None)
        self.tags = self._tags()
        self.relas = self._relas()

    def _tags(self):
        """The file offset of each entry of PT_DYNAMIC by its tag."""
        tags = {}
        if self.dynamic:
            for at in range(self.dynamic.offset, self.dynamic.offset + self.dynamic.size, DYN_SIZE):
                (tag,) = struct.unpack_from("<Q", self.content, at)
                if tag == 0:
                    break
                tags[tag] = at
        return tags

    def tag_value(self, tag):
        return self.u64(self.tags[tag] + 8)

    def _relas(self):
        if DT_RELA not in self.tags:
            return []
        size = self.tag_value(DT_RELASZ)
        start = self.offset_of(self.tag_value(DT_RELA), size)
        return [
            Rela(at, struct.unpack_from("<QQQ", self.content, at))
            for at in range(start, start + size, RELA_SIZE)
        ]

    def load_of(self, address, size=1):
        for s in self.loads:
            if s.address <= address and address + size <= s.address + s.size:
                return s
        raise ValueError(f"address {address:#x} is not in the file")

    def offset_of(self, address, size=1):
        load = self.load_of(address, size)
        return address - load.address + load.offset

    def u64(self, offset):
        return struct.unpack_from("<Q", self.content, offset)[0]

    def rela_at(self, address):
        found = [r for r in self.relas if r.address == address and r.relative]
        if len(found) > 1:
            raise ValueError(f"two relocations at {address:#x}")
        return found[0] if found else None

    def pointer_at(self, address):
        """What the loader leaves at `address`, before any slide."""
        rela = self.rela_at(address)
        return rela.addend if rela else self.u64(self.offset_of(address, 8))
