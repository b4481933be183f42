#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A reader of ESXi boot modules, written from the table of fields alone; it shares nothing with the
program's.

    visor.py list MODULE                  a line for each entry: type mode size offset sha256 path
    visor.py check MODULE                 the rules for what is written
    visor.py make MODULE ROOT SEED        a module as another tool might make it; prints its listing
    visor.py host DIR SEED VMX LIBRARY    copies of both at random places; prints modes and paths
    visor.py hostile DIR                  damaged modules, one file for each kind
"""

import gzip
import hashlib
import os
import random
import shutil
import struct
import sys

FIELDS = struct.Struct("<100s8s8s8s12s12s8sc100s8s32s32s8s8s151sIIII")
NAMES = (
    "name mode uid gid size mtime checksum type link magic uname gname major minor prefix "
    "offset text_offset text_size fixup_pages"
).split()
assert FIELDS.size == 512


def text(field):
    return field.split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def octal(field):
    return int(field.split(b"\0", 1)[0].strip() or b"0", 8)


def unpack(path):
    with open(path, "rb") as file:
        content = file.read()
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def entries(content):
    at = 0
    while any(content[at : at + 512]):
        block = content[at : at + 512]
        entry = dict(zip(NAMES, FIELDS.unpack(block)))
        assert entry["magic"][:7] == b"visor  ", entry["magic"]
        total = sum(block) - sum(entry["checksum"]) + 8 * ord(" ")
        assert octal(entry["checksum"]) == total, "checksum"
        prefix, name = text(entry["prefix"]), text(entry["name"])
        entry["path"] = f"{prefix}/{name}" if prefix else name
        for field in ("mode", "uid", "gid", "size", "mtime"):
            entry[field] = octal(entry[field])
        start = entry["offset"]
        entry["content"] = content[start : start + entry["size"]]
        assert len(entry["content"]) == entry["size"], "ends beyond"
        entry["at"] = at
        yield entry
        at += 512


def listing(path):
    for entry in entries(unpack(path)):
        kind = entry["type"].decode()
        digest = hashlib.sha256(entry["content"]).hexdigest() if kind == "0" else "-"
        offset = entry["offset"] if kind == "0" else 0
        print(kind, f"{entry['mode']:04o}", entry["size"], offset, digest, entry["path"])


def check(path):
    content = unpack(path)
    found = list(entries(content))
    seen, end = set(), 512 * len(found)
    assert not any(content[end : end + 1024]), "two blocks of zeros"
    end += 1024
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    for entry in found:
        path = entry["path"]
        assert path not in seen and not path.startswith("/"), path
        parent = os.path.dirname(path)
        assert not parent or parent in seen, f"{parent} is no entry before {path}"
        seen.add(path)
        assert (entry["uid"], entry["gid"]) == (0, 0), path
        assert entry["mtime"] == epoch, path
        assert entry["magic"] == b"visor  \0", path
        assert not (entry["text_offset"] or entry["text_size"] or entry["fixup_pages"]), path
        if entry["type"] == b"5":
            assert entry["size"] == 0 and entry["offset"] == 0, path
            continue
        assert entry["type"] == b"0", path
        assert entry["offset"] % 4096 == 0, path
        assert entry["offset"] >= end, f"{path} overlaps"
        assert not any(content[end : entry["offset"]]), "padding"
        end = entry["offset"] + entry["size"]
    assert len(content) % 4096 == 0 and not any(content[end:])


# Modules to read --------------------------------------------------------------------------------


def header(path, **given):
    values = {
        "mode": 0o644,
        "uid": 0,
        "gid": 0,
        "size": 0,
        "mtime": 0,
        "type": b"0",
        "link": b"",
        "magic": b"visor  \0",
        "offset": 0,
        "text": (0, 0, 0),
    }
    values.update(given)
    name, prefix = os.fsencode(path), b""
    if len(name) > 100:
        cut = name.index(b"/", len(name) - 101)
        prefix, name = name[:cut], name[cut + 1 :]
        if len(prefix) > 151:
            raise ValueError(path)
    block = bytearray(
        FIELDS.pack(
            name,
            b"%07o\0" % values["mode"],
            b"%07o\0" % values["uid"],
            b"%07o\0" % values["gid"],
            b"%011o\0" % values["size"],
            b"%011o\0" % values["mtime"],
            b" " * 8,
            values["type"],
            values["link"],
            values["magic"],
            b"root",
            b"root",
            b"",
            b"",
            prefix,
            values["offset"],
            *values["text"],
        )
    )
    block[0x94:0x9C] = b"%06o\0 " % sum(block)
    return bytes(block)


def random_tree(chance):
    """Paths and contents: directories, files with odd sizes and modes, links, long names."""
    tree, directories = [], [""]
    for number in range(chance.randrange(1, 30)):
        parent = chance.choice(directories)
        length = chance.choice((1, 3, 8, 30, 60, 95))
        name = f"{number}" + "".join(chance.choice("abcXYZ._- ") for _ in range(length))
        path = (parent + "/" if parent else "") + name.strip() + "e"
        if len(path) > 200 or ".." in path:
            continue
        kind = chance.choice("5000002")
        mode = chance.choice((0o555, 0o4555, 0o644, 0o755, 0o1777, 0o2711, 0))
        if kind == "5":
            directories.append(path)
        size = chance.choice((0, 1, 511, 4095, 4096, 4097, 70000)) if kind == "0" else 0
        try:
            header(path)
        except ValueError:
            continue
        tree.append((path, kind, mode, chance.randbytes(size)))
    return tree or [("a", "0", 0o644, b"a")]


def make(module, seed):
    chance = random.Random(seed)
    tree = random_tree(chance)
    at = 512 * len(tree) + chance.choice((512, 1024))
    headers, contents, lines = b"", b"", []
    for path, kind, mode, content in tree:
        offset = 0
        if content:
            contents += bytes(-(at + len(contents)) % chance.choice((1, 512, 4096)))
            offset = at + len(contents)
            contents += content
        link = b"../to" if kind == "2" else b""
        text_fields = tuple(chance.randrange(2**32) for _ in range(3))
        headers += header(path, type=kind.encode(), mode=mode, size=len(content), offset=offset,
                          link=link, text=text_fields, mtime=chance.randrange(2**32))
        digest = hashlib.sha256(content).hexdigest() if kind == "0" else "-"
        lines.append(f"{kind} {mode:04o} {len(content)} {offset} {digest} {path}")
    whole = headers.ljust(at, b"\0") + contents
    with open(module, "wb") as file:
        file.write(gzip.compress(whole) if chance.randrange(2) else whole)
    print("\n".join(lines))


def host(root, seed, vmx, library):
    chance = random.Random(seed)
    lines = []
    for number in range(chance.randrange(1, 5)):
        directory = "bin" if number == 0 else "/".join(
            f"{number}" + "".join(chance.choice("abcXYZ._- ") for _ in range(length)).strip() + "e"
            for length in chance.choices((1, 8, 30, 60, 95), k=chance.randrange(1, 4))
        )
        is_library = chance.randrange(4) == 0
        name = "vmx" + chance.choice(("", "-", "-debug", "-" + "x" * chance.randrange(96)))
        path = directory + "/" + ("libvmkctl.so" if is_library else name)
        mode = chance.choice((0o4755, 0o755, 0o4555, 0o500, 0o4777, 0o6711))
        try:
            for end in range(len(path) + 1):
                if path[end : end + 1] in ("/", ""):
                    header(path[:end])
        except ValueError:
            continue
        os.makedirs(os.path.join(root, directory), exist_ok=True)
        shutil.copy(library if is_library else vmx, os.path.join(root, path))
        os.chmod(os.path.join(root, path), mode)
        if is_library:
            wanted = 0o555
        elif directory == "bin":
            wanted = mode & ~0o022 if mode & 0o4000 else 0o4555
        else:
            wanted = mode & 0o755
        lines.append(f"{wanted:04o} {path}")
    print("\n".join(sorted(lines, key=os.fsencode)))


def hostile(directory):
    body = b"x" * 5000
    good = header("bin", type=b"5") + header("bin/vmx", size=5000, offset=4096)
    rest = bytes(4096 - len(good))

    packed = gzip.compress(good + rest + body)

    def with_entry(path, **given):
        block = header(path, **given)
        return block + bytes(4096 - len(block)) + body

    kinds = {
        "cut-in-header": good[:700],
        "cut-in-bytes": (good + rest + body)[:6000],
        "offset-beyond": with_entry("f", size=5000, offset=0xFFFFF000),
        "size-beyond": with_entry("f", size=0o77777777777, offset=4096),
        "over-headers": with_entry("f", size=5000, offset=256),
        "on-itself": with_entry("f", size=100, offset=1),
        "shared": header("a", size=5000, offset=4096) + header("b", size=4999, offset=4097)
        + bytes(3072) + body,
        "dotdot": with_entry("bin/../../etc/passwd", size=9, offset=4096),
        "only-dotdot": with_entry("..", type=b"5"),
        "absolute": with_entry("/etc/passwd", size=9, offset=4096),
        "nameless": with_entry("", size=9, offset=4096),
        "checksum": (good + rest + body).replace(b"root", b"rook", 1),
        "number": with_entry("f", size=5).replace(b"00000000005\0", b"0000000000z\0", 1),
        "long-name-alone": header("x", type=b"L", size=5) + b"hello".ljust(512, b"\0"),
        "long-name-endless": header("x", type=b"L", size=0o77777777777) + body,
        "long-name-huge": header("x", type=b"L", size=5000) + body,
        "kinds-mixed": header("a") + header("b", magic=b"ustar\x0000") + bytes(1024),
        "garbage-behind": header("a") + b"\xff" * 512,
        "pax": header("a", type=b"x", size=20) + b"20 path=/etc/passwd\n".ljust(512, b"\0"),
        "many": b"".join(header(f"{n}") for n in range(70000)),
        "gzip-cut": gzip.compress(good + rest + os.urandom(5000))[:3000],
        "gzip-checksum": packed[:-8] + bytes(4) + packed[-4:],
        "gzip-size": packed[:-4] + struct.pack("<I", 9097),
        "gzip-byte": gzip.compress(good + rest + body, 0).replace(b"xxx", b"xyx", 1),
        "gzip-behind": packed + b"more of it",
        "gzip-bomb": gzip.compress(good + rest + bytes(5000)) + gzip.compress(bytes(1 << 28)) * 5,
    }
    for name, content in kinds.items():
        with open(os.path.join(directory, name), "wb") as file:
            file.write(content)
        print(name)


if __name__ == "__main__":
    {"list": listing, "check": check, "make": make, "host": host, "hostile": hostile}[
        sys.argv[1]
    ](*sys.argv[2:])
