# SPDX-License-Identifier: MIT
"""ELF and PE files with given bytes at given addresses, written without a compiler: for layouts
that no compiler of this machine would make. They are loaded by nobody."""

import struct

PAGE = 0x1000
R, W, X = 4, 2, 1
PT_LOAD, PT_DYNAMIC = 1, 2
DT_NULL, DT_STRTAB, DT_RELA, DT_RELASZ, DT_RELAENT = 0, 5, 7, 8, 9
DT_STRSZ, DT_SONAME, DT_REL, DT_RELSZ, DT_RELENT = 10, 14, 17, 18, 19
DT_RELRSZ, DT_RELR, DT_RELRENT = 35, 36, 37
ET_EXEC, ET_DYN = 2, 3
R_X86_64_RELATIVE = 8
PE_BASE = 0x140000000

LINKS = ("rela", "lld", "relr", "rel", "none", "fixed", "pe")
SECTIONS = ("none", "some", "garbage")


class Segment:
    def __init__(self, address, flags, content=b""):
        self.address, self.flags, self.content = address, flags, bytearray(content)
        self.offset = None

    def end(self):
        return self.address + len(self.content)


class File:
    """Segments and pointers in them; build() gives the bytes, and from then on offset_of()."""

    def __init__(self, link="rela", sections="none", soname=None, order="sorted", skew=0):
        self.link, self.sections, self.soname, self.order = link, sections, soname, order
        self.base = PE_BASE if link == "pe" else 0x400000 if link == "fixed" else 0
        self.skew = skew  # pages from offset to address
        self.segments = []
        self.pointers = []  # address, value
        self.more = []  # entries of RELA for fields that are none of ours: address, addend
        self.addend_at = {}

    def add(self, address, flags, content=b""):
        self.segments.append(Segment(self.base + address, flags, content))
        return self.segments[-1]

    def point(self, segment, at, value):
        self.pointers.append((segment.address + at, value))
        if self.link != "lld":
            struct.pack_into("<Q", segment.content, at, value)

    def offset_of(self, address):
        for s in self.segments:
            if s.address <= address < s.end():
                return address - s.address + s.offset
        raise ValueError(f"address {address:#x} is not in the file")

    def build(self, rng):
        return self._pe() if self.link == "pe" else self._elf(rng)

    def _rela(self, rng):
        entries = self.pointers + self.more if self.link in ("rela", "lld") else []
        entries = sorted(entries)
        if self.order == "reversed":
            entries.reverse()
        elif self.order == "shuffled":
            rng.shuffle(entries)
        return entries

    def _relr(self):
        words, fields = [], sorted(address for address, _ in self.pointers)
        while fields:
            words.append(fields[0])
            start, rest = fields[0] + 8, fields[1:]
            near = [f for f in rest if f < start + 63 * 8 and (f - start) % 8 == 0]
            if near:
                words.append(1 | sum(1 << ((f - start) // 8 + 1) for f in near))
            fields = [f for f in rest if f not in near]
        return struct.pack(f"<{len(words)}Q", *words)

    def _dynamic(self, rng):
        """The last segment: strings, relocations, then PT_DYNAMIC."""
        address = self.segments[-1].end() // PAGE * PAGE + 2 * PAGE
        content, tags = bytearray(), []
        if self.soname:
            content += b"\0" + self.soname.encode() + b"\0"
            tags += [(DT_STRTAB, address), (DT_STRSZ, len(content)), (DT_SONAME, 1)]
            content += bytes(-len(content) % 8)
        entries, table = self._rela(rng), address + len(content)
        for at, addend in entries:
            self.addend_at[at] = len(content) + 16
            content += struct.pack("<QQQ", at, R_X86_64_RELATIVE, addend)
        if entries:
            tags += [(DT_RELA, table), (DT_RELASZ, 24 * len(entries)), (DT_RELAENT, 24)]
        if self.link == "relr":
            words, table = self._relr(), address + len(content)
            content += words
            tags += [(DT_RELR, table), (DT_RELRSZ, len(words)), (DT_RELRENT, 8)]
        if self.link == "rel":
            table = address + len(content)
            for at, _ in sorted(self.pointers):
                content += struct.pack("<QQ", at, R_X86_64_RELATIVE)
            tags += [(DT_REL, table), (DT_RELSZ, 16 * len(self.pointers)), (DT_RELENT, 16)]
        start = len(content)
        for tag in tags + [(DT_NULL, 0)]:
            content += struct.pack("<QQ", *tag)
        return Segment(address, R | W, content), start

    def _elf(self, rng):
        segments, dynamic = list(self.segments), None
        if self.link not in ("none", "fixed") or self.soname:
            segment, start = self._dynamic(rng)
            segments.append(segment)
            dynamic = segment, start
        out = bytearray(64 + 56 * (len(segments) + bool(dynamic)))
        headers = []
        for s in segments:
            out += bytes((s.address - len(out)) % PAGE + self.skew * PAGE * (not headers))
            s.offset = len(out)
            out += s.content
            headers.append((PT_LOAD, s.flags, s.offset, s.address, len(s.content)))
        if dynamic:
            s, start = dynamic
            size = len(s.content) - start
            headers.append((PT_DYNAMIC, R | W, s.offset + start, s.address + start, size))
            self.addend_at = {at: s.offset + to for at, to in self.addend_at.items()}
        for i, (kind, flags, offset, address, size) in enumerate(headers):
            fields = kind, flags, offset, address, address, size, size, PAGE
            struct.pack_into("<IIQQQQQQ", out, 64 + 56 * i, *fields)
        shoff, shnum = 0, 0
        if self.sections == "some":
            names = b"\0.shstrtab\0"
            out += names + bytes(-len(out + names) % 8)
            shoff, shnum = len(out), 2
            out += bytes(64) + struct.pack("<IIQQQQIIQQ", 1, 3, 0, 0, shoff - 16, 11, 0, 0, 1, 0)
        elif self.sections == "garbage":
            shoff, shnum = 0x7FFFFFFF00, 31
        kind = ET_EXEC if self.link == "fixed" else ET_DYN
        ident = b"\x7fELF\x02\x01\x01" + bytes(9)
        struct.pack_into("<16sHHIQQQIHHHHHH", out, 0, ident, kind, 62, 1, self.base, 64, shoff, 0,
                         64, 56, len(headers), 64, shnum, 1 if self.sections == "some" else 0)
        return bytes(out)

    def _pe(self):
        headers = bytearray(0x400)
        headers[:2] = b"MZ"
        struct.pack_into("<I", headers, 0x3C, 0x80)
        size = max(s.end() for s in self.segments) - self.base
        headers[0x80:0x84] = b"PE\0\0"
        struct.pack_into("<HHIIIHH", headers, 0x84, 0x8664, len(self.segments), 0, 0, 0, 240, 0x22)
        struct.pack_into("<HBBIIIIIQIIHHHHHHIIII", headers, 0x98, 0x20B, 14, 0, 0, 0, 0, 0x1000,
                         0x1000, self.base, PAGE, 0x200, 6, 0, 0, 0, 6, 0, 0,
                         size // PAGE * PAGE + PAGE, 0x400, 0)
        struct.pack_into("<I", headers, 0x98 + 108, 16)
        out = headers
        for i, s in enumerate(self.segments):
            s.offset = len(out)
            raw = len(s.content) + -len(s.content) % 0x200
            flags = 0x40000040 | (0x20000000 if s.flags & X else 0) | (s.flags & W) << 30
            struct.pack_into("<8sIIIIIIHHI", out, 0x98 + 240 + 40 * i, b".s%d" % i,
                             len(s.content), s.address - self.base, raw, s.offset, 0, 0, 0, 0,
                             flags)
            out += s.content + bytes(raw - len(s.content))
        return bytes(out)


class Layout:
    """A file, and what is true of it from its making."""

    def __init__(self, kind):
        self.kind = kind  # smc, gos, vmkctl
        self.content = b""
        self.edits = {}  # file offset of each byte that patching changes, and the byte
        self.places = []  # file offsets that the edits are for: entries, OSK rows
        self.maybe = set()  # file offsets of bytes of which the file alone does not tell
        self.refusals = ()  # ids of reasons: it must be refused, with one of these
        self.unclear = ()  # it may be refused, with one of these

    def edit(self, offset, content):
        for i, byte in enumerate(content):
            if self.content[offset + i] != byte:
                self.edits[offset + i] = byte

    def patched(self):
        out = bytearray(self.content)
        for offset, byte in self.edits.items():
            out[offset] = byte
        return bytes(out)
