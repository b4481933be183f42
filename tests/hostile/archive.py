#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes an archive of originals into one that no run ever wrote.

    archive.py KIND ARCHIVE OUTSIDE

ARCHIVE is a sound .tar.zst and is replaced. OUTSIDE is a directory that nothing may be written to.
"""

import copy
import io
import subprocess
import sys
import tarfile

kind, path, outside = sys.argv[1:]
plain = subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout
source = tarfile.open(fileobj=io.BytesIO(plain))
members = source.getmembers()
packer = subprocess.Popen(["zstd", "-q", "-f", "-1", "-o", path], stdin=subprocess.PIPE)
target = tarfile.open(fileobj=packer.stdin, mode="w|", format=tarfile.PAX_FORMAT)


def add(member, content=None, **changes):
    member = copy.copy(member)
    for name, value in changes.items():
        setattr(member, name, value)
    member.pax_headers = {k: v for k, v in member.pax_headers.items()
                          if k not in ("path", "size", "linkpath")}
    if content is not None:
        member.size = len(content)
    target.addfile(member, io.BytesIO(content) if content is not None else None)


def content_of(member):
    return source.extractfile(member).read()


class Zeros:
    """That many zeros, and no more."""

    def __init__(self, left):
        self.left = left

    def read(self, size):
        size = min(size, self.left)
        self.left -= size
        return bytes(size)


evil = tarfile.TarInfo("evil")
for number, member in enumerate(members):
    content = content_of(member)
    last = number == len(members) - 1
    if kind == "truncated" and last:
        add(member, content)
    elif kind == "digest" and last:
        add(member, content[:-1] + bytes([content[-1] ^ 1]))
    elif kind == "symlink" and last:
        add(member, type=tarfile.SYMTYPE, linkname=f"{outside}/precious", size=0)
    elif kind == "hardlink" and last:
        add(member, type=tarfile.LNKTYPE, linkname=members[1].name, size=0)
    elif kind == "device" and last:
        add(member, type=tarfile.CHRTYPE, devmajor=1, devminor=5, size=0)
    elif kind == "fifo" and last:
        add(member, type=tarfile.FIFOTYPE, size=0)
    elif kind == "directory" and last:
        add(member, type=tarfile.DIRTYPE, size=0)
    elif kind == "absolute" and last:
        add(member, content, name=f"{outside}/evil")
    elif kind == "traversal" and last:
        add(member, content, name="../../../../../../../../../.." + outside + "/evil")
    elif kind == "bomb" and last:
        member.size = 64 << 30
        member.pax_headers = {}
        try:
            target.addfile(member, Zeros(8 << 30))
        except OSError:
            pass
        break
    else:
        add(member, content)
    if kind == "million" and number == 0:
        for index in range(1000000):
            evil.name = f"{index}"
            target.addfile(evil)
    if kind == "twice" and last:
        add(member, content)
if kind == "extra":
    add(evil, b"evil", name="usr/lib/vmware/bin/evil")
try:
    target.close()
    packer.stdin.close()
except (BrokenPipeError, OSError):
    pass
packer.wait()
if kind == "truncated":
    with open(path, "rb+") as file:
        size = file.seek(0, 2)
        file.truncate(size - 100)
if kind == "garbage":
    with open(path, "wb") as file:
        file.write(b"\x28\xb5\x2f\xfd" + bytes(range(256)) * 100)
