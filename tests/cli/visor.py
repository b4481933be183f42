#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A reader of ESXi boot modules, written from the table of fields alone; it shares nothing with the
program's.

    visor.py list MODULE                  a line for each entry: type mode size offset sha256 path
    visor.py check MODULE                 the rules for what is written
    visor.py make DIR SEED COUNT          modules N.v00 as another tool might make them
    visor.py same DIR COUNT               what the program found in them, N.json, is what they are
    visor.py hosts DIR SEED COUNT VMX LIBRARY   trees N of a host, copies of both at random places
    visor.py made DIR COUNT               N.v00, which the program made of them, hold them
    visor.py hostile DIR                  damaged modules, one file for each kind
    visor.py large MODULE COUNT SIZE      COUNT files of SIZE bytes each
"""

import gzip
import hashlib
import json
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


def make_one(module, seed):
    chance = random.Random(seed)
    tree = random_tree(chance)
    at = 512 * len(tree) + chance.choice((512, 1024))
    headers, contents, truth = b"", b"", []
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
        digest = hashlib.sha256(content).hexdigest() if kind == "0" else None
        kind = {"0": "file", "5": "directory", "2": "symlink"}[kind]
        truth.append([kind, f"{mode:04o}", len(content), offset, digest, path, *text_fields])
    whole = headers.ljust(at, b"\0") + contents
    with open(module, "wb") as file:
        file.write(gzip.compress(whole, 1) if chance.randrange(2) else whole)
    return truth


def make(directory, seed, count):
    for number in range(int(count)):
        truth = make_one(f"{directory}/{number}.v00", f"{seed}.{number}")
        with open(f"{directory}/{number}.truth", "w") as file:
            json.dump(truth, file)


def same(directory, count):
    for number in range(int(count)):
        with open(f"{directory}/{number}.truth") as file:
            truth = json.load(file)
        with open(f"{directory}/{number}.json") as file:
            found = json.load(file)["entries"]
        found = [
            [entry["kind"], entry["mode"], entry["size"], entry["offset"] if entry["size"] else 0]
            + [entry[name] for name in ("sha256", "path", "text_offset", "text_size")]
            + [entry["fixup_pages"]]
            for entry in found
        ]
        assert found == truth, f"tree {number}: {found} is not {truth}"


def host(root, chance, vmx, library):
    wanted = {}
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
        shutil.copyfile(library if is_library else vmx, os.path.join(root, path))
        os.chmod(os.path.join(root, path), mode)
        if is_library:
            wanted[path] = 0o555
        elif directory == "bin":
            wanted[path] = mode & ~0o022 if mode & 0o4000 else 0o4555
        else:
            wanted[path] = mode & 0o755
    return wanted


def hosts(directory, seed, count, vmx, library):
    truth = [
        host(f"{directory}/{number}", random.Random(f"{seed}.{number}"), vmx, library)
        for number in range(int(count))
    ]
    with open(f"{directory}/truth", "w") as file:
        json.dump(truth, file)


def made(directory, count):
    """Each holds the files with their modes, and the digests that its record has."""
    with open(f"{directory}/truth") as file:
        truth = json.load(file)
    for number in range(int(count)):
        module = f"{directory}/{number}.v00"
        check(module)
        files = {
            entry["path"]: entry for entry in entries(unpack(module)) if entry["type"] == b"0"
        }
        record = files.pop("etc/vmware-unlocker.conf")
        assert record["mode"] == 0o644
        modes = {path: entry["mode"] for path, entry in files.items()}
        assert modes == truth[number], f"tree {number}: {modes} is not {truth[number]}"
        sums = {
            f"patched={hashlib.sha256(entry['content']).hexdigest()}  /{path}"
            for path, entry in files.items()
        }
        lines = record["content"].decode("utf-8", "surrogateescape").split("\n")
        assert sums == {line for line in lines if line.startswith("patched=")}, f"tree {number}"


def large(module, count, size):
    """Zeros, but for a word at the end of each."""
    count, size = int(count), int(size)
    at = 4096 * 8
    headers = b"".join(
        header(f"bin/{number}", size=size, offset=at + number * size) for number in range(count)
    )
    with gzip.open(module, "wb", compresslevel=1) as file:
        file.write(headers.ljust(at, b"\0"))
        for number in range(count):
            file.write(bytes(size - 4) + b"%04d" % number)


def hostile(directory):
    body = b"x" * 5000
    good = header("bin", type=b"5") + header("bin/vmx", size=5000, offset=4096)
    rest = bytes(4096 - len(good))

    packed = gzip.compress(good + rest + body)

    end = bytes(1024)

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
        "kinds-mixed": header("a") + header("b", magic=b"ustar\x0000") + end,
        "garbage-behind": header("a") + b"\xff" * 512,
        "cut-at-header": header("a") + header("b"),
        "cut-at-end": header("a", size=0) + header("b", type=b"5"),
        "ustar-cut": header("a", size=5, magic=b"ustar\x0000") + b"hello".ljust(512, b"\0"),
        "twice": header("a") + header("b") + header("a") + end,
        "twice-kinds": header("a", type=b"5") + header("a") + end,
        "twice-written": header("./a", type=b"5") + header("b") + header(".//b") + end,
        "root-is-file": header(".") + end,
        "root-is-link": header("./", type=b"2", link=b"bin") + end,
        "dot-within": header("bin/./vmx") + end,
        "dotdot-last": header("bin/..", type=b"5") + end,
        "mode-of-directory": header("a", mode=0o040755) + end,
        "mode-of-file": header("a", mode=0o100755, type=b"5") + end,
        "mode-beyond": header("a", mode=0o1000755) + end,
        "hardlink-nowhere": header("a", type=b"1", link=b"b") + end,
        "hardlink-itself": header("a", type=b"1", link=b"a") + end,
        "hardlink-circle": header("a", type=b"1", link=b"b") + header("b", type=b"1", link=b"a")
        + end,
        "hardlink-directory": header("b", type=b"5") + header("a", type=b"1", link=b"b") + end,
        "pax-global": header("a", type=b"g", size=20) + b"20 comment=in vain..\n".ljust(512, b"\0")
        + header("a") + end,
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
    verbs = (listing, check, make, same, hosts, made, hostile, large)
    {"list": listing, **{verb.__name__: verb for verb in verbs}}[sys.argv[1]](*sys.argv[2:])
