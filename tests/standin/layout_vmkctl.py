# SPDX-License-Identifier: MIT
"""Layouts of ESXi's library: what stands in OPTIONS may be combined as it comes."""

from layout_file import SECTIONS, R, W, X, File, Layout

STOCK, PATCHED = b"applesmc", b"vmkernel"

# Option: its values, the one that was seen first.
OPTIONS = {
    "link": ("rela", "relr", "none"),
    "sections": SECTIONS,
    "soname": ("libvmkctl.so", "libvmkctl.so.1"),
    "names": ("one", "two", "three"),
    "place": ("constants", "variables", "both", "start", "end"),
    "longer": ("none", "before", "behind", "both"),
    "patched": ("none", "one"),
    "filler": ("text", "zeros", "garbage"),
}

HELP = {
    "link": "how the file is linked",
    "sections": "section headers: none, a few, an offset far behind the end",
    "soname": "what the library calls itself",
    "names": "how often the module is named",
    "place": "constants, variables, both; the very start or end of a segment",
    "longer": "words that the name is only a part of",
    "patched": "names that are patched already",
    "filler": "what is around",
}


def vmkctl_layout(options, rng):
    o = {**{name: values[0] for name, values in OPTIONS.items()}, **options}
    layout, file = Layout("vmkctl"), File(o["link"], o["sections"], o["soname"])
    file.add(0x1000, R | X, bytes(64))
    segments = [file.add(0x10000, R), file.add(0x20000, R | W)]
    places = []

    def fill(segment):
        size = rng.randrange(8, 400)
        segment.content += {"text": b"kernel module\0" * (size // 14 + 1), "zeros": bytes(size),
                            "garbage": bytes(rng.choices(range(1, 256), k=size)) + b"\0",
                            }[o["filler"]]

    def put(segment, name):
        places.append((segment, len(segment.content), name))
        segment.content += name + b"\0"

    for segment in segments:
        if o["place"] != "start":
            fill(segment)
        if o["longer"] in ("before", "both"):
            segment.content += b"\0Xapplesmc\0/applesmc\0"
        if o["longer"] in ("behind", "both"):
            segment.content += b"\0applesmcd\0vmkernel.o\0applesmc-1\0"
    count = {"one": 1, "two": 2, "three": 3}[o["names"]]
    for i in range(count):
        both = segments[i % 2] if count > 1 else segments[0]
        segment = {"variables": segments[1], "both": both}.get(o["place"], segments[0])
        put(segment, PATCHED if o["patched"] == "one" and i == 0 else STOCK)
        if i + 1 < count or o["place"] != "end":
            fill(segment)
    layout.content = file.build(rng)
    for segment, at, name in places:
        layout.places.append(segment.offset + at)
        if name == STOCK:
            layout.edit(segment.offset + at, PATCHED)
    return layout
