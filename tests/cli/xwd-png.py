#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the screen that Xvfb keeps in a file, in the format of xwd(1), as a PNG.

    xwd-png.py SCREEN OUT.png

The fields of the header are those of X11/XWDFile.h; the pixels are of 32 bits, BGRX.
"""

import struct
import sys
import zlib


def chunk(kind, content):
    return (struct.pack(">I", len(content)) + kind + content +
            struct.pack(">I", zlib.crc32(kind + content)))


def main():
    with open(sys.argv[1], "rb") as file:
        screen = file.read()
    fields = struct.unpack(">25I", screen[:100])
    header_size, width, height, bits, line, colours = (fields[i] for i in (0, 4, 5, 11, 12, 19))
    if bits != 32:
        sys.exit(f"{bits} bits a pixel are not known here")
    start = header_size + 12 * colours
    rows = bytearray()
    for row in range(height):
        pixels = screen[start + row * line:start + row * line + 4 * width]
        rgb = bytearray(3 * width)
        rgb[0::3], rgb[1::3], rgb[2::3] = pixels[2::4], pixels[1::4], pixels[0::4]
        rows += b"\0" + rgb
    with open(sys.argv[2], "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" +
                   chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                   chunk(b"IDAT", zlib.compress(bytes(rows), 9)) + chunk(b"IEND", b""))


main()
