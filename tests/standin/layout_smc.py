# SPDX-License-Identifier: MIT
"""Layouts of the SMC tables: what stands in OPTIONS may be combined as it comes."""

import struct

from layout_file import LINKS, SECTIONS, R, W, X, File, Layout

HAIKU = b"ourhardworkbythesewordsguardedpl", b"easedontsteal(c)AppleComputerInc"
ROW = 72
CODE, TABLES = 0x1000, 0x20000

# Option: its values, the one that was seen first.
OPTIONS = {
    "link": LINKS,
    "sections": SECTIONS,
    "order": ("sorted", "reversed", "shuffled"),
    "skew": (0, 2, 7),
    "tables": (2, 1, 3, 4, 5),
    "first": ("v0", "v1"),
    "keys": ("seen", "few", "more"),
    "public": ("seen", "all", "none"),
    "gap": (0x20, 0x10, 0x18, 0x30, 0x48, 0x200),
    "header": ("before", "after", "apart", "together", "read-only"),
    "tail": ("zeros", "garbage", "pointer"),
    "second": ("seen", "unknown", "other"),
    "lks": ("seen", "missing", "last", "several", "own"),
    "first-row": ("#KEY", "other"),
    "osk": ("last", "first", "middle", "apart", "swapped"),
    "osk-handlers": ("one", "two", "each", "neighbour"),
    "osk-values": ("zeros", "garbage"),
    "attributes": ("seen", "others", "differ"),
    "types": ("blank", "nul"),
    "values": ("zeros", "garbage"),
    "strays": ("none", "first-rows", "osk-rows", "many", "names"),
    "copy": ("none", "rows"),
    "headers": ("one", "two"),
    "rows": ("apart", "adjacent"),
    "state": ("stock", "partial", "patched", "values", "fields"),
    "others": ("none", "osk-addends"),
    "against": ("nothing", "osk-twice", "osk-missing", "osk-short", "row-broken", "count-long",
                "public-more"),
}

HELP = {
    "link": "how pointers are relocated: RELA with and without (lld) values in the fields, RELR, "
            "REL, position-independent without any, a fixed address, a PE file",
    "sections": "section headers: none, a few, an offset far behind the end",
    "order": "of the RELA entries",
    "skew": "pages that addresses are ahead of file offsets",
    "tables": "how many",
    "first": "the version of the first one",
    "keys": "rows of a table: 242 and 436, about a dozen, or some hundred",
    "public": "public count: 2 or 4 less than all, all, or 0",
    "gap": "from header to rows",
    "header": "where it is: before its rows, behind them, elsewhere in the segment, all headers "
              "together, or in the segment of constants",
    "tail": "what is between the 16 bytes of the header and what comes next",
    "second": "the second row: +LKS or $Adr, one that is in no list, the other version's",
    "lks": "where +LKS is; own: with a handler that no other row has",
    "first-row": "whether the first row is #KEY",
    "osk": "where OSK0 and OSK1 are among the rows",
    "osk-handlers": "one for both, two, two in each table, or one beside Default",
    "osk-values": "what is in the value of a stock OSK row",
    "attributes": "of the OSK rows",
    "types": "what short types are padded with",
    "values": "of the other rows",
    "strays": "rows and letters that are in no table",
    "copy": "a second copy of the first table's rows, which no header leads to",
    "headers": "how many lead to each table, saying the same",
    "rows": "whether tables follow each other without a byte between",
    "state": "partial: the first table is patched; values: all values are, fields: all but the "
             "values",
    "others": "relocations of other fields whose addend is the OSK handler",
    "against": "what contradicts the first table, so that the file must be refused",
}


class Maker:
    def __init__(self, options, rng):
        self.o, self.rng = options, rng
        link = options["link"]
        self.file = File(link, options["sections"], None, options["order"],
                         options["skew"] if link != "pe" else 0)
        self.code = self.file.add(CODE, R | X, bytes(0x1000))
        # No loader applies DT_RELR to a segment that is not writable.
        self.constants = self.file.add(0x10000, R | W if link == "relr" else R, bytes(64))
        self.segment = self.file.add(TABLES, R | W)
        start = self.code.address + 0x100
        self.default = start
        self.handlers = {"keys": start + 0x180, "ntok": start + 0x210, "own": start + 0x300}
        self.osk_handler = start + (0x8 if options["osk-handlers"] == "neighbour" else 0x70)
        self.wanted = self.handlers["own"] if options["lks"] == "own" else self.default
        self.layout = Layout("smc")
        self.gates = []  # place of the row, number
        self.headers = []  # waiting to be written together: rows, private, public
        self.table = 0

    # Bytes ---------------------------------------------------------------------------------------

    def append(self, content, align=8):
        at = self.segment.content
        at += bytes(-len(at) % align)
        place = len(at)
        at += content
        return place

    def noise(self, size):
        """What is neither zero nor a pointer into the file, nor a row."""
        return bytes(self.rng.randrange(0x80, 0x100) for _ in range(size))

    def row(self, name, length, kind, attributes, value):
        if self.o["types"] == "nul":
            kind = kind.replace(b" ", b"\0")
        head = name[::-1] + bytes([length]) + kind[::-1] + bytes([attributes])
        return head + bytes(14) + value.ljust(48, b"\0")

    def put_header(self, segment, rows, private, public):
        at = segment.content
        at += bytes(-len(at) % 8)
        place = len(at)
        at += struct.pack("<QII", 0, private, public)
        self.file.point(segment, place, self.segment.address + rows)
        return place

    def tail(self):
        size = self.o["gap"] - 0x10
        if self.o["tail"] == "zeros":
            return bytes(size)
        return self.noise(size)

    # Rows ----------------------------------------------------------------------------------------

    def count(self, version):
        if self.o["keys"] == "seen":
            return (242, 436)[version]
        return self.rng.randrange(9, 20) if self.o["keys"] == "few" else self.rng.randrange(60, 700)

    def places(self, count):
        """Rows of OSK0 and OSK1."""
        kind = self.o["osk"]
        if kind == "last":
            return count - 2, count - 1
        if kind == "swapped":
            return count - 1, count - 2
        if kind == "first":
            return 1, 2
        if kind == "middle":
            return count // 2, count // 2 + 1
        return sorted(self.rng.sample(range(2, count), 2))

    def plain(self, number):
        """A row that nobody asks about."""
        letters = b"ABCDEFGHIJKLMNPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$ "
        name = bytes([84, *self.rng.choices(letters, k=2), 48 + number % 10])
        kind, length = self.rng.choice(((b"ui8 ", 1), (b"ui16", 2), (b"sp78", 2), (b"{rev", 6),
                                        (b"ch8*", 48), (b"hex_", 0), (b"flag", 1)))
        value = self.noise(length) if self.o["values"] == "garbage" else bytes(48)
        return self.row(name, length, kind, self.rng.randrange(256), value)

    def rows(self, version, count, osk):
        """Each as name, bytes, handler."""
        second = self.o["second"]
        lks_row = {0: 1, 1: 3}[version]
        known = {0: (b"#KEY", 4, b"ui32", "keys")}
        if self.o["first-row"] == "other":
            known[0] = (b"AC-N", 1, b"ui8 ", "default")
        if second == "unknown":
            lks_row = 4
        elif (second == "seen") == (version == 1):
            known[1] = (b"$Adr", 4, b"ui32", "default")
            lks_row = 3
        else:
            lks_row = 1
        lks = {"missing": [], "last": [count - 3], "several": [lks_row, count // 2 - 1]}.get(
            self.o["lks"], [lks_row])
        for at in lks:
            while at in osk:
                at += 1
            known[at] = (b"+LKS", 1, b"flag", "own" if self.o["lks"] == "own" else "default")
        known.setdefault(5, (b"NTOK", 1, b"ui8 ", "ntok"))
        own = {"one": (0, 0), "neighbour": (0, 0), "two": (0, 0x40),
               "each": (0x80 * self.table, 0x80 * self.table + 0x40)}[self.o["osk-handlers"]]
        attributes = {"seen": (0x80, 0x90)[version], "others": 0xC8}.get(self.o["attributes"])
        for i in range(count):
            if i in osk:
                gate = osk.index(i)
                flag = self.rng.randrange(256) if attributes is None else attributes
                value = self.noise(32) if self.o["osk-values"] == "garbage" else bytes(32)
                yield self.row(b"OSK%d" % gate, 32, b"ch8*", flag, value), (
                    self.osk_handler + own[gate])
            elif i in known:
                name, length, kind, handler = known[i]
                yield self.row(name, length, kind, 0x90, b"\7"), (
                    self.handlers.get(handler, self.default))
            else:
                yield self.plain(i), self.default

    def is_open(self, gate):
        """Value and handler."""
        state = self.o["state"]
        whole = state == "patched" or (state == "partial" and self.table == 0)
        return whole or state == "values", whole or state == "fields"

    def put_rows(self, version, count, osk):
        start = len(self.segment.content)
        for i, (row, handler) in enumerate(self.rows(version, count, osk)):
            at = self.append(row, 1)
            if i in osk:
                gate = osk.index(i)
                value, pointer = self.is_open(gate)
                if value:
                    self.segment.content[at + 24 : at + 56] = HAIKU[gate]
                if pointer:
                    handler = self.wanted
                self.gates.append((at, gate))
            self.file.point(self.segment, at + 0x10, handler)
        return start

    def contradict(self, version, start, count, osk):
        """Changes rows; returns the counts."""
        against, content = self.o["against"], self.segment.content
        public = {"seen": count - (2, 4)[version], "all": count, "none": 0}[self.o["public"]]
        if self.table > 0 or against == "nothing":
            return count, public
        plain = next(i for i in range(6, count) if i not in osk)
        reasons = {
            "osk-twice": ("smc-key-twice",), "osk-missing": ("smc-key-missing",),
            "osk-short": ("smc-row",), "row-broken": ("smc-row",),
            "count-long": ("smc-row", "smc-truncated", "smc-counts"),
            "public-more": ("smc-counts",),
        }
        self.layout.refusals = reasons[against]
        # Rows of which no header is known to be theirs: a copy, or what is behind a broken row.
        if self.o["copy"] == "rows" or self.o["first-row"] == "other":
            self.layout.refusals += ("smc-no-header",)
        if against == "osk-twice":
            content[start + plain * ROW : start + plain * ROW + 10] = b"0KSO\x20*8hc\x80"
        elif against == "osk-missing":
            content[start + osk[1] * ROW : start + osk[1] * ROW + 4] = b"XKSO"
        elif against == "osk-short":
            content[start + osk[0] * ROW + 4] = 31
        elif against == "row-broken":
            content[start + plain * ROW + 4] = 0xF0
        elif against == "count-long":
            return count + 100000, public
        else:
            return count, count + 1
        return count, public

    # Tables --------------------------------------------------------------------------------------

    def put_table(self, version):
        count = self.count(version)
        osk = list(self.places(count))
        place, header = self.o["header"], None
        if place == "before":
            header = self.append(bytes(16))
            self.append(self.tail(), 1)
        start = self.put_rows(version, count, osk)
        if self.table == 0:
            self.first = start, count
        private, public = self.contradict(version, start, count, osk)
        for _ in range(2 if self.o["headers"] == "two" else 1):
            if header is not None:
                struct.pack_into("<II", self.segment.content, header + 8, private, public)
                self.file.point(self.segment, header, self.segment.address + start)
                header = None
            elif place in ("after", "before"):
                self.put_header(self.segment, start, private, public)
            elif place == "read-only":
                self.put_header(self.constants, start, private, public)
            else:
                self.headers.append((start, private, public))
        if place in ("after", "apart", "together"):
            self.append(self.tail(), 1)
        if place == "apart":
            self.append(self.noise(8 * self.rng.randrange(2, 300)))
            self.put_headers()
        if self.o["rows"] == "apart":
            self.append(self.noise(8 * self.rng.randrange(1, 20)))
        self.table += 1

    def put_headers(self):
        for header in self.headers:
            self.put_header(self.segment, *header)
        self.headers = []

    # What is in no table -------------------------------------------------------------------------

    def stray(self, name):
        row = bytearray(self.row(name, 4, b"ui32", 0x80, b""))
        self.append(self.noise(ROW), 1)
        self.append(row, 4)
        self.append(self.noise(ROW), 1)

    def put_strays(self):
        kind = self.o["strays"]
        if kind == "first-rows":
            for _ in range(self.rng.randrange(1, 6)):
                self.stray(b"#KEY")
        elif kind == "osk-rows":
            for gate in (0, 1, 1):
                self.stray(b"OSK%d" % gate)
        elif kind == "many":
            for _ in range(300):
                self.append(self.row(b"#KEY", 4, b"ui32", 0, b"") + self.noise(24))
        elif kind == "names":
            self.append(b"#KEYYEK#OSK00KSO1KSOOSK1+LKSSKL+" * 3)
            self.append(struct.pack("<8I", 242, 240, 436, 432, 0, 242, 0, 240))
            for value in (self.osk_handler, self.default, self.segment.address):
                at = self.append(bytes(8))
                self.file.point(self.segment, at, value)

    def put_copy(self):
        """The first table's rows again, as another part of a program may keep them."""
        if self.o["copy"] == "none":
            return
        start, count = self.first
        self.append(self.noise(72), 8)
        place = self.append(bytes(self.segment.content[start : start + count * ROW]))
        for address, value in list(self.file.pointers):
            at = address - self.segment.address - start
            if 0 <= at < count * ROW:
                self.file.point(self.segment, place + at, value)
        self.append(self.noise(72), 8)

    def make(self):
        self.append(self.noise(8 * self.rng.randrange(1, 30)))
        self.put_strays()
        for i in range(self.o["tables"]):
            self.put_table((i + (self.o["first"] == "v1")) % 2)
        self.put_headers()
        self.put_copy()
        self.put_strays()
        # A handler that +LKS shares with closed gates alone may be theirs.
        if self.o["lks"] == "own" and self.o["state"] == "fields":
            self.layout.unclear = ("smc-handler",)
        if self.o["others"] == "osk-addends" and self.o["link"] in ("rela", "lld"):
            for _ in range(3):
                at = self.append(bytes(8))
                self.file.more.append((self.segment.address + at, self.osk_handler))
        layout = self.layout
        layout.content = self.file.build(self.rng)
        if not layout.refusals:
            self.expect(layout)
        return layout

    def expect(self, layout):
        default = struct.pack("<Q", self.wanted)
        for at, gate in self.gates:
            address = self.segment.address + at
            offset = self.file.offset_of(address)
            field, addend = offset + 0x10, self.file.addend_at.get(address + 0x10)
            layout.places.append(offset)
            layout.edit(offset + 24, HAIKU[gate])
            if addend:
                layout.edit(addend, default)
            if layout.content[field : field + 8] != bytes(8) or not addend:
                layout.edit(field, default)


def smc_layout(options, rng):
    return Maker({**{name: values[0] for name, values in OPTIONS.items()}, **options}, rng).make()
