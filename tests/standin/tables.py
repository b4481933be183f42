# SPDX-License-Identifier: MIT
"""The stand-ins' tables as bytes, for files that no compiler of this machine makes: the rows of
keys.awk and the entries of guests.awk, laid out as vmx.c and base.c have them."""

import os
import re
import struct
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
CHARACTER = re.compile(r"'(.)'")


def lines_of(script, **variables):
    options = [f"-v{name}={value}" for name, value in variables.items()]
    command = ["awk", *options, "-f", os.path.join(HERE, script)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def number(text):
    text = text.strip()
    return ord(text[1]) if text.startswith("'") else int(text, 0)


def smc_rows(version, values="0000", handlers="0000"):
    """Each row: the bytes before the handler, the handler's name, the value."""
    rows = []
    pattern = re.compile(r"\{\{(.*?)\}, (\d+), \{(.*?)\}, (\S+), \{0\}, (\w+), \{(.*)\}\},")
    for line in lines_of("keys.awk", version=version, values=values, handlers=handlers):
        name, length, kind, attributes, handler, value = pattern.fullmatch(line).groups()
        head = "".join(CHARACTER.findall(name)).encode() + bytes([int(length)])
        head += "".join(CHARACTER.findall(kind)).encode() + bytes([int(attributes, 0)]) + bytes(6)
        rows.append((head, handler, bytes(number(n) for n in value.split(", ")).ljust(48, b"\0")))
    return rows


def smc_table(address, rows, gap, pointer):
    """Header and rows, the header at `address`; `pointer` gives the bytes' number for a handler's
    name, or for the address of the first row."""
    public = {242: 240, 436: 432}[len(rows)]
    table = struct.pack("<QII16x", pointer(address + gap) or address + gap, len(rows), public)
    table = table.ljust(gap, b"\0")
    for head, handler, value in rows:
        table += head + struct.pack("<Q", pointer(handler)) + value
    return table


def guest_entries(half, flag, shown="00"):
    """Each entry of 64 bytes without its name, and whether it is macOS's."""
    entries = []
    pattern = re.compile(
        r"\{(\S+), (\S+), (\S+), \{(.*?)\}, (.*?), \{0\}, \"(.*?)\", (\d+), \{0\}\},"
    )
    for line in lines_of("guests.awk", half=half, flag=flag, shown=shown, slip=0, stray=0):
        kind, width, group, zero, flags, name, ident = pattern.fullmatch(line).groups()
        middle = bytearray(20)
        place = re.fullmatch(r"\[(\d+)\] = 1", zero)
        if place:
            middle[int(place[1])] = 1
        value = 0
        for part in flags.split(" | "):
            value |= int(part, 0)
        entry = struct.pack("<III", int(kind, 0), int(width, 0), int(group, 0)) + bytes(middle)
        entry += bytes([value]) + bytes(7) + struct.pack("<QQ8x", 0, int(ident))
        entries.append((entry, name.startswith("darwin")))
    return entries
