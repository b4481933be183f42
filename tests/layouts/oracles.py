# SPDX-License-Identifier: MIT
"""Second opinions on what patching changes: two oracles, worked out from the description of the
tables and of the list alone, and the tools of today, crude as they are. Each gives the bytes that
change, by file offset; None: it finds nothing to patch."""

import os
import re
import struct
import sys
from collections import Counter
from math import gcd

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../standin"))
from elf import Elf  # noqa: E402
from pe import Pe  # noqa: E402

HAIKU = b"ourhardworkbythesewordsguardedpl", b"easedontsteal(c)AppleComputerInc"
PATTERN = re.compile(rb"(?=\x10\0\0\0[\x10\x20]\0\0\0[\x01\x02]\0\0\0\0{20}(.))", re.S)
ROW, FLAGS_AT = 72, 32


def opened(content):
    """The file, and its ranges as address, offset, size, executable."""
    if content[:2] == b"MZ":
        file = Pe(content)
        at = file.optional + struct.unpack_from("<H", content, file.at + 20)[0] + 36
        return file, [(file.base + place, offset, min(memory, length),
                       content[at + 40 * i + 3] & 0x20 != 0)
                      for i, (memory, place, length, offset) in enumerate(file.sections)]
    file = Elf(content)
    return file, [(s.address, s.offset, s.size, s.flags & 1 != 0) for s in file.loads]


def changes(content, edits):
    return {at + i: byte for at, new in edits for i, byte in enumerate(new)
            if content[at + i] != byte}


# The guest list ----------------------------------------------------------------------------------


def cluster_lattice(offsets):
    """The distance and phase that most of these offsets agree on, and of those the greatest
    distance that has them all."""
    best = []
    for stride in range(36, 4097, 4):
        phases = Counter(at % stride for at in offsets)
        phase, count = phases.most_common(1)[0]
        if count > max(len(best), 2):
            best = [at for at in offsets if at % stride == phase]
    stride = gcd(*(at - best[0] for at in best)) if best else 1
    return stride, offsets[0] % stride if not best else best[0] % stride, len(best)


def gos_oracle(content):
    _, ranges = opened(content)
    matches = {m.start(): m[1][0] for m in PATTERN.finditer(content)
               if m.start() % 4 == 0 and any(o <= m.start() and m.start() + 33 <= o + size
                                             for _, o, size, _ in ranges)}
    entries, left = [], sorted(matches)
    while len(left) > 2:
        stride, phase, count = cluster_lattice(left)
        if count < 3:
            break
        on = [at for at in left if at % stride == phase]
        left = [at for at in left if at % stride != phase]
        if entries and max(b - a for a, b in zip(on, on[1:])) > 256 * stride:
            continue
        most = Counter(matches[at] & 0xFE for at in on).most_common(1)[0][0]
        entries += [at for at in on if ((matches[at] ^ most) & 0xFE).bit_count() <= 2]
    edits = [(at + FLAGS_AT, bytes([matches[at] | 1])) for at in entries]
    return changes(content, edits) if entries else None


# The tables --------------------------------------------------------------------------------------


def row_fits(content, at):
    row = content[at : at + ROW]
    return (len(row) == ROW and all(32 <= b < 127 for b in row[:4]) and row[4] <= 48
            and all(b == 0 or 32 <= b < 127 for b in row[5:8]) and 32 < row[8] < 127)


def smc_oracle(content):
    file, ranges = opened(content)
    relas = {r.address: r for r in getattr(file, "relas", []) if r.relative}
    found, edits = set(), []
    for base, offset, size, _ in ranges:
        for at in range(offset, offset + size - 15, 8):
            address = base + at - offset
            rows = relas[address].addend if address in relas else file.u64(at)
            total, public = struct.unpack_from("<II", content, at + 8)
            home = next((r for r in ranges if r[0] <= rows and rows + ROW * total <= r[0] + r[2]),
                        None)
            start = rows - home[0] + home[1] if home and 0 < total and public <= total else None
            if start is None or rows in found or not row_fits(content, start):
                continue
            places = [start + ROW * i for i in range(total)]
            names = [content[p : p + 4][::-1] for p in places]
            if not (all(row_fits(content, p) for p in places)
                    and all(names.count(n) == 1 for n in (b"OSK0", b"OSK1"))):
                continue
            found.add(rows)
            handlers = [relas[rows + ROW * i + 16].addend if rows + ROW * i + 16 in relas
                        else file.u64(p + 16) for i, p in enumerate(places)]
            default = (handlers[names.index(b"+LKS")] if b"+LKS" in names
                       else Counter(handlers).most_common(1)[0][0])
            for number, name in enumerate((b"OSK0", b"OSK1")):
                i = names.index(name)
                rela, new = relas.get(rows + ROW * i + 16), struct.pack("<Q", default)
                edits += [(places[i] + 24, HAIKU[number])] + ([(rela.at + 16, new)] if rela else [])
                if not rela or file.u64(places[i] + 16):
                    edits.append((places[i] + 16, new))
    return changes(content, edits) if found else None


# What other tools do -----------------------------------------------------------------------------


def gos_crude(content):
    """Bit 0 behind every match, wherever it is."""
    edits = [(m.start() + FLAGS_AT, bytes([m[1][0] | 1])) for m in PATTERN.finditer(content)]
    return changes(content, edits) if edits else None


def smc_crude(content):
    """Headers found by the counts that are known; the last two rows are OSK0 and OSK1, the Default
    handler is that of the second row in V0, of the fourth in V1."""
    if content[:2] == b"MZ":
        file = Pe(content)
    else:
        file = Elf(content)
    edits = []
    for total, public, lks in ((242, 240, 1), (436, 432, 3)):
        at = content.find(struct.pack("<II", total, public)) - 8
        if at < 0:
            return None
        address = next((base + at - offset for base, offset, size, _ in opened(content)[1]
                        if offset <= at < offset + size), None)
        if address is None or at % 8:
            return None
        try:
            rows = file.pointer_at(address)
            start = file.offset_of(rows, ROW * total)
            default = file.pointer_at(rows + ROW * lks + 16)
        except ValueError:
            return None
        if content[start : start + 4] != b"YEK#":
            return None
        for number in (0, 1):
            into = ROW * (total - 2 + number)
            if content[start + into : start + into + 4][::-1] != b"OSK%d" % number:
                return None
            rela, new = file.rela_at(rows + into + 16), struct.pack("<Q", default)
            edits += [(start + into + 24, HAIKU[number]), (start + into + 16, new)]
            if rela:
                edits.append((rela.at + 16, new))
    return changes(content, edits)


# The module's name -------------------------------------------------------------------------------


def vmkctl_oracle(content):
    """Every whole string."""
    _, ranges = opened(content)
    edits = [(offset + m.start(), b"vmkernel") for _, offset, size, _ in ranges
             for m in re.finditer(rb"(?:(?<=\0)|(?<![\0-\xff]))applesmc(?=\0)",
                                  content[offset : offset + size])]
    return changes(content, edits)


def vmkctl_crude(content):
    """Every place of the letters."""
    edits = [(m.start(), b"vmkernel") for m in re.finditer(b"applesmc", content)]
    return changes(content, edits) if edits else None
