#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the tests know of PE32+, apart from the program they test.

pe.py sign FILE             puts a certificate of no worth behind FILE, as a signer would
pe.py stale FILE            leaves CheckSum wrong, as tools do that do not know it
pe.py published OUT         writes a file with the tables where the published table of places has
                            them for Windows 17.0.0, build 20800274"""

import struct
import sys

sys.dont_write_bytecode = True

SECURITY, BASERELOC = 4, 5


class Pe:
    def __init__(self, content):
        self.content = content
        (self.at,) = struct.unpack_from("<I", content, 0x3C)
        if content[:2] != b"MZ" or content[self.at : self.at + 4] != b"PE\0\0":
            raise ValueError("not a PE file")
        machine, count, _, _, _, size, _ = struct.unpack_from("<HHIIIHH", content, self.at + 4)
        self.optional = self.at + 24
        (magic,) = struct.unpack_from("<H", content, self.optional)
        if (machine, magic) != (0x8664, 0x20B):
            raise ValueError("not PE32+ for x86-64")
        (self.base,) = struct.unpack_from("<Q", content, self.optional + 24)
        self.checksum_at = self.optional + 64
        (self.checksum,) = struct.unpack_from("<I", content, self.checksum_at)
        self.sections = [
            struct.unpack_from("<IIII", content, self.optional + size + 40 * i + 8)
            for i in range(count)
        ]

    def directory(self, number):
        return struct.unpack_from("<II", self.content, self.optional + 112 + 8 * number)

    def offset_of(self, address, size=1):
        for memory, place, length, at in self.sections:
            into = address - self.base - place
            if into >= 0 and into + size <= min(memory, length):
                return at + into
        raise ValueError(f"address {address:#x} is not in the file")

    def u64(self, at):
        return struct.unpack_from("<Q", self.content, at)[0]

    def pointer_at(self, address):
        return self.u64(self.offset_of(address, 8))

    def rela_at(self, _address):
        """Nothing in the file but the field holds a handler's address."""
        return None

    def right_checksum(self):
        """The ones' complement sum of 16-bit words, as RFC 1071 has it, and the size."""
        content = bytearray(self.content)
        content[self.checksum_at : self.checksum_at + 4] = bytes(4)
        content += bytes(len(content) % 2)
        total = sum(struct.unpack(f"<{len(content) // 2}H", content))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        return total + len(self.content)


def sealed(content):
    """With the right checksum."""
    pe = Pe(bytes(content))
    content[pe.checksum_at : pe.checksum_at + 4] = struct.pack("<I", pe.right_checksum())
    return content


def signed(content):
    content += bytes(-len(content) % 8)
    pe = Pe(bytes(content))
    certificate = struct.pack("<IHH", 0x400, 0x200, 2) + b"\x30\x82" + bytes(0x400 - 10)
    struct.pack_into(
        "<II", content, pe.optional + 112 + 8 * SECURITY, len(content), len(certificate)
    )
    return sealed(content + certificate)


def stale(content):
    at = Pe(bytes(content)).checksum_at
    content[at] ^= 0x55
    return content


def published():
    """Code at 0x140001000, data from 0x140cd0000: file offset 0xcce800, 0x1800 before it."""
    from tables import smc_rows, smc_table

    base, code, data, data_at = 0x140000000, 0x1000, 0xCD0000, 0xCCE800
    handlers = {
        "AppleSMCHandleDefault": base + 0x1F8EC0,
        "AppleSMCHandleOSK": base + 0x1F8F40,
        "AppleSMCHandleNumKeys": base + 0x1F9000,
        "AppleSMCHandleNTOK": base + 0x1F9100,
    }
    content = bytearray(0xCE3000)
    for version, header_at in (0, 0xCD6300), (1, 0xCDA730):
        address = base + header_at - data_at + data
        table = smc_table(address, smc_rows(version), 0x20, handlers.get)
        content[header_at : header_at + len(table)] = table
    sections = [
        (b".text", 0xCCF000, code, data_at - 0x400, 0x400, 0x60000020),
        (b".data", 0x15000, data, len(content) - data_at, data_at, 0xC0000040),
    ]
    content[:2] = b"MZ"
    struct.pack_into("<I", content, 0x3C, 0x80)
    struct.pack_into("<4sHHIIIHH", content, 0x80, b"PE", 0x8664, len(sections), 0, 0, 0, 240, 0x22)
    struct.pack_into("<H", content, 0x98, 0x20B)
    struct.pack_into("<QII", content, 0x98 + 24, base, 0x1000, 0x200)
    struct.pack_into("<II", content, 0x98 + 56, 0xCE5000, 0x400)
    struct.pack_into("<I", content, 0x98 + 108, 16)
    for i, (name, *numbers, flags) in enumerate(sections):
        struct.pack_into("<8sIIII12xI", content, 0x188 + 40 * i, name, *numbers, flags)
    return sealed(content)


def main():
    verb, path = sys.argv[1:]
    if verb == "published":
        result = published()
    else:
        with open(path, "rb") as file:
            result = {"sign": signed, "stale": stale}[verb](bytearray(file.read()))
    with open(path, "wb") as file:
        file.write(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
