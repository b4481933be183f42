#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make-layout.py KIND [OPTION…] FILE: writes a file of a layout that nobody has seen, without a
compiler. It holds the tables or the list as VMware's file would, and runs nowhere. FILE.truth gets,
in JSON, what patching changes, from the making alone.

  KIND                smc: the SMC tables of vmware-vmx; gos: the guest list of libvmwarebase;
                      vmkctl: the module's name in ESXi's libvmkctl.so
  --random=SEED       some options at random; those that are given stay
  --seed=SEED         what is noise in the file (0)
  --list              prints every single step, an option a line, and writes nothing

Each option is one step away from what was seen, which is its first value; all go together.
"""

import json
import os
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import layouts  # noqa: E402


def usage():
    text = __doc__.split("\n", 1)
    print("Usage: " + text[0] + "\n" + text[1])
    for kind, (options, meanings, _) in layouts.KINDS.items():
        print(f"Options of {kind}:")
        for name, values in options.items():
            print(f"  --{name}={'|'.join(str(value) for value in values)}")
            print(f"          {meanings[name]}")


def value_of(kind, name, text):
    for value in layouts.KINDS[kind][0].get(name, ()):
        if text in (str(value), hex(value) if isinstance(value, int) else None):
            return value
    sys.exit(f"make-layout: --{name}={text}: no such step of {kind}; see --help")


def main():
    words = sys.argv[1:]
    if "--help" in words:
        usage()
        return 0
    plain = [word for word in words if not word.startswith("--")]
    given = dict(word[2:].partition("=")[::2] for word in words if word.startswith("--"))
    if not plain or plain[0] not in layouts.KINDS or len(plain) != ("list" not in given) + 1:
        print(__doc__, file=sys.stderr)
        return 2
    kind = plain[0]
    if "list" in given:
        for name, value in layouts.steps(kind):
            print(f"--{name}={value}")
        return 0
    rng, options = random.Random(given.pop("seed", "0")), {}
    if "random" in given:
        options = layouts.at_random(kind, random.Random(given.pop("random")))
    options |= {name: value_of(kind, name, text) for name, text in given.items()}
    layout = layouts.make(kind, options, rng)
    with open(plain[1], "wb") as out:
        out.write(layout.content)
    with open(plain[1] + ".truth", "w", encoding="ascii") as out:
        json.dump({"kind": kind, "options": layouts.described(options), "places": layout.places,
                   "edits": sorted(layout.edits.items()), "refusals": layout.refusals,
                   "unclear": layout.unclear}, out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
