# SPDX-License-Identifier: MIT
"""Layouts of the guest list: what stands in OPTIONS may be combined as it comes."""

import math
import struct

from layout_file import SECTIONS, R, W, X, File, Layout

STRIDE_MIN, STRIDE_MAX, FLAGS_AT = 36, 4096, 32

# Option: its values, the one that was seen first.
OPTIONS = {
    "link": ("rela", "none", "relr", "fixed", "pe"),
    "sections": SECTIONS,
    "skew": (0, 2, 7),
    "stride": ("64", "72", "36", "40", "48", "96", "128", "100", "512", "4096", "any"),
    "flags": ("3e", "be", "7e", "2c", "any"),
    "groups": ("18,18", "13,13", "21,21", "17,19", "36", "5,6,7,8", "12,3,1,9", "4,1,1,4", "6",
               "3,3", "1,1,20", "200,3"),
    "between": ("others", "none", "few", "many", "matches"),
    "within": ("none", "others", "matches"),
    "odd-flags": ("none", "one", "some"),
    "shown": ("none", "some", "group", "all"),
    "arrays": ("one", "phases", "segments", "strides"),
    "place": ("constants", "variables", "start", "end"),
    "strays": ("none", "one", "few", "near", "shown", "bare"),
    "body": ("zeros", "garbage", "names"),
    "filler": ("small", "big", "zeros"),
}

HELP = {
    "link": "how the file is linked",
    "sections": "section headers: none, a few, an offset far behind the end",
    "skew": "pages that addresses are ahead of file offsets",
    "stride": "bytes from slot to slot; any: a multiple of 4 from 36 to 4096",
    "flags": "of a hidden entry, in hexadecimal; any: bit 0 clear",
    "groups": "entries of each group",
    "between": "slots between groups: some of other systems, none, one or two, hundreds, or the "
               "pattern with flags of another kind",
    "within": "the same, now and then, within groups",
    "odd-flags": "entries whose flags differ from the others' in one or two bits",
    "shown": "entries that are shown already",
    "arrays": "one; a second one at another phase, in another segment, or with another stride",
    "place": "constants, variables; at the very start or end of a segment",
    "strays": "matches that are off every array: one, three, one within an array's reach, one that "
              "is shown, one with flags 0 or 80",
    "body": "what is in a slot behind the flags",
    "filler": "what is around: some hundred bytes, 300 KiB, zeros",
}


def divisors(stride):
    """Distances that explain what this one explains."""
    return [d for d in range(STRIDE_MIN, stride + 1, 4) if stride % d == 0]


def alike(a, b):
    return ((a ^ b) & 0xFE).bit_count() <= 2


class Maker:
    def __init__(self, options, rng):
        self.o, self.rng = options, rng
        self.file = File(options["link"], options["sections"],
                         None if options["link"] == "pe" else "libvmwarebase.so", "sorted",
                         options["skew"] if options["link"] != "pe" else 0)
        self.code = self.file.add(0x1000, R | X, bytes(64))
        self.layout = Layout("gos")
        self.entries, self.arrays, self.others, self.strays = [], [], [], []
        stride, flags = options["stride"], options["flags"]
        self.stride = 4 * rng.randrange(9, 1025) if stride == "any" else int(stride)
        self.flags = rng.randrange(128) * 2 if flags == "any" else int(flags, 16)

    def noise(self, size):
        if self.o["filler"] == "zeros":
            return bytes(size)
        return bytes(self.rng.randrange(0x80, 0x100) for _ in range(min(size, 4096))).ljust(
            size, b"\xaa")

    def filler(self):
        words = {"small": (30, 300), "big": (60000, 90000), "zeros": (4000, 9000)}
        return self.noise(4 * self.rng.randrange(*words[self.o["filler"]]))

    def pattern(self, flags):
        return struct.pack("<III20xB", 0x10, self.rng.choice((0x10, 0x20)),
                           self.rng.choice((1, 2)), flags)

    def slot(self, head, stride):
        size = stride - len(head)
        body = {"zeros": bytes(size), "garbage": self.noise(size)}.get(self.o["body"])
        if body is None:
            body = (bytes(size % 4) + b"darwin19-64\0".ljust(12, b"\0") * 400)[:size]
        return head + body

    def other(self, stride, matches):
        """A slot of another system."""
        flags = self.rng.choice((0x00, 0x80))
        matches = matches and not alike(flags, self.flags)
        head = bytearray(self.pattern(flags))
        if matches:
            self.others.append(len(self.segment.content))
        else:
            head[self.rng.choice((0, 4, 8))] = self.rng.choice((3, 0x11, 0x7C))
        self.segment.content += self.slot(bytes(head), stride)

    def entry(self, stride, shown):
        flags = self.flags
        odd = {"none": 0, "one": 0, "some": 0.15}[self.o["odd-flags"]]
        if self.odd or self.rng.random() < odd:
            self.odd = False
            for bit in self.rng.sample(range(1, 8), self.rng.choice((1, 2))):
                flags ^= 1 << bit
        self.entries.append((self.segment, len(self.segment.content)))
        self.segment.content += self.slot(self.pattern(flags | shown), stride)

    def put_between(self, stride):
        kind = self.o["between"]
        count = {"others": self.rng.randrange(5, 30), "none": 0, "few": self.rng.randrange(1, 3),
                 "many": self.rng.randrange(100, 240), "matches": 3}[kind]
        for _ in range(count if stride < 1024 else min(count, 30)):
            self.other(stride, kind == "matches")

    def put_array(self, sizes, stride):
        first, start = len(self.entries), len(self.segment.content)
        for number, size in enumerate(sizes):
            if number > 0:
                self.put_between(stride)
            for i in range(size):
                if self.o["within"] != "none" and 0 < i and self.rng.random() < 0.1:
                    self.other(stride, self.o["within"] == "matches")
                self.odd = self.o["odd-flags"] == "one" and number == 0 and i == size // 2
                shown = {"none": 0, "all": 1, "group": number == 0,
                         "some": self.rng.random() < 0.4}[self.o["shown"]]
                self.entry(stride, int(shown))
        self.arrays.append((self.segment, start, stride, self.entries[first:]))

    def address(self, segment, at):
        return segment.address + at

    def is_clear(self, address):
        """Whether a match there is explained by no array, and by none with another stray."""
        for segment, start, stride, _ in self.arrays:
            far = abs(address - self.address(segment, start))
            if any(far % d == 0 for d in divisors(stride)):
                return False
            for segment_of, at in self.strays:
                apart = abs(address - self.address(segment_of, at))
                if apart % stride == 0 or apart < 20000:
                    return False
        return True

    def stray(self, flags):
        self.segment.content += self.noise(64)
        while not self.is_clear(self.address(self.segment, len(self.segment.content))):
            self.segment.content += self.noise(4)
        self.strays.append((self.segment, len(self.segment.content)))
        self.segment.content += self.pattern(flags) + b"\xaa\xaa\xaa"
        self.segment.content += self.noise(64)

    def put_strays(self):
        kind = self.o["strays"]
        count = {"none": 0, "few": 3}.get(kind, 1)
        for _ in range(count):
            if kind != "near":
                self.segment.content += self.filler()
            if self.strays:
                self.segment.content += self.noise(20000)
            flags = {"shown": self.flags | 1, "bare": 0x80}.get(kind, self.flags)
            self.stray(flags)

    def new_segment(self, address, flags, at_start):
        self.segment = self.file.add(address, flags)
        if not at_start:
            self.segment.content += self.filler()
            self.segment.content += bytes(-len(self.segment.content) % 4)

    def align(self, stride, phase):
        """To `phase` past a multiple of the stride, seen from the first array."""
        segment, start = self.arrays[0][:2] if self.arrays else (self.segment, 0)
        here = self.address(self.segment, len(self.segment.content))
        self.segment.content += self.noise((self.address(segment, start) + phase - here) % stride)

    def make(self):
        sizes = [int(size) for size in self.o["groups"].split(",")]
        second = [size for size in sizes if size >= 4] or [5]
        place, arrays = self.o["place"], self.o["arrays"]
        self.new_segment(0x10000, R | W if place == "variables" else R, place == "start")
        self.put_array(sizes, self.stride)
        other = self.stride
        if arrays == "phases":
            self.segment.content += self.filler()
            self.align(self.stride, 4 * self.rng.randrange(1, self.stride // 4))
        elif arrays == "segments":
            self.new_segment(0x10000000, R | W, False)
            self.segment.content += bytes(-len(self.segment.content) % 4)
        elif arrays == "strides":
            self.segment.content += self.filler()
            self.segment.content += bytes(-len(self.segment.content) % 4)
            while other == self.stride:
                other = 4 * self.rng.randrange(9, 260)
        if arrays != "one":
            self.put_array(second, other)
        if place != "end":
            self.put_strays()
        if place == "end":
            last = self.entries[-1]
            if last[0] is self.segment:
                del self.segment.content[last[1] + FLAGS_AT + 1 :]
        else:
            self.segment.content += self.filler()
        layout = self.layout
        layout.content = self.file.build(self.rng)
        self.doubt(layout)
        for segment, at in self.entries:
            offset = segment.offset + at
            layout.places.append(offset)
            layout.edit(offset + FLAGS_AT, bytes([layout.content[offset + FLAGS_AT] | 1]))
        return layout


    def doubt(self, layout):
        """Arrays in two segments have a distance in the file that their addresses do not have: what
        lies there on the lattice of another segment is an entry as much as a stray."""
        for segment, at in self.strays:
            offset = segment.offset + at
            for home, start, stride, _ in self.arrays:
                if home is not segment and any((offset - home.offset - start) % d == 0
                                               for d in divisors(stride)):
                    layout.maybe.add(offset + FLAGS_AT)
                    layout.unclear = ("gos-readings",)
        if self.strays_may_be_array():
            layout.unclear = ("gos-readings",)

    def strays_may_be_array(self):
        """Three at one distance, with no more than fifteen slots between two of them."""
        places = sorted(segment.offset + at for segment, at in self.strays)
        if len(places) < 3:
            return False
        apart = [b - a for a, b in zip(places, places[1:])]
        return any(d <= STRIDE_MAX and max(apart) <= 16 * d
                   for d in divisors(math.gcd(*apart)))


def gos_layout(options, rng):
    return Maker({**{name: values[0] for name, values in OPTIONS.items()}, **options}, rng).make()
