#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""steps.py UNLOCKERCTL DIR: every single step away from what was seen, one file each, patched by
the command line as it would be on the day a new build appears. One line of TAP for each step, with
the exit status, how many bytes were changed, and what was said of the layout; the file must be what
its making says, byte for byte."""

import json
import os
import random
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../standin"))
import layouts  # noqa: E402

# Several steps at once, which went wrong before.
TOGETHER = (
    ("smc", {"osk": "first", "keys": "few", "header": "after"}),
    ("smc", {"osk": "first", "first-row": "other", "against": "row-broken"}),
    ("smc", {"osk": "first", "first-row": "other", "against": "count-long", "tables": 4,
             "keys": "more", "rows": "adjacent"}),
    ("gos", {"groups": "3,3", "arrays": "strides"}),
    ("gos", {"groups": "1,1,20", "arrays": "strides", "between": "many", "stride": "512"}),
    ("gos", {"groups": "1,1,20", "arrays": "strides", "between": "many", "stride": "48"}),
    ("gos", {"stride": "96", "groups": "3,3", "arrays": "strides", "strays": "few"}),
    ("gos", {"stride": "72", "arrays": "phases", "strays": "few", "filler": "zeros"}),
)

CONFIG = 'libdir = "/usr/lib/vmware"\nproduct.version = "99.0"\nproduct.buildNumber = "1"\n'
PATHS = {"smc": "bin/vmware-vmx", "gos": "lib/libvmwarebase.so/libvmwarebase.so"}


def run(program, *words):
    done = subprocess.run([program, "--json", *words], capture_output=True, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout), done.stderr.decode()


def patch_installed(program, root, layout):
    """As a target of an installation."""
    path = os.path.join(root, "usr/lib/vmware", PATHS[layout.kind])
    os.makedirs(os.path.dirname(path))
    os.makedirs(os.path.join(root, "etc/vmware"))
    with open(os.path.join(root, "etc/vmware/config"), "w", encoding="ascii") as out:
        out.write(CONFIG)
    with open(path, "wb") as out:
        out.write(layout.content)
    status, said, complaint = run(program, "--root=" + root, "patch")
    target = next(t for i in said["installations"] for t in i["targets"]
                  if t["state_before"] != "absent")
    return status, path, target, complaint


def patch_alone(program, root, layout):
    path = os.path.join(root, "file")
    os.makedirs(root)
    with open(path, "wb") as out:
        out.write(layout.content)
    status, said, complaint = run(program, "patch-file", path)
    return status, path, said, complaint


def judge(layout, status, path, said, complaint):
    """Whether it is right, and what to tell of it."""
    with open(path, "rb") as file:
        content = file.read()
    if layout.refusals:
        reason = said.get("reason")
        right = status == 3 and content == layout.content and reason in layout.refusals
        return right, f"refused, {reason}"
    exact = content == layout.patched() and status == 0
    wrong = sum(a != b for a, b in zip(content, layout.patched()))
    return exact, f"exact, {len(layout.edits)} bytes" if exact else f"{wrong} bytes, {complaint}"


def main():
    program, directory = sys.argv[1:]
    number, failed = 0, False
    rows = [(kind, options) for kind in layouts.KINDS
            for options in [{}, *({name: value} for name, value in layouts.steps(kind))]]
    for kind, options in [*rows, *TOGETHER]:
        step = f"{kind} {layouts.described(options) or 'as seen'}"
        layout = layouts.make(kind, options, random.Random(step))
        alone = kind == "vmkctl" or options.get("link") == "pe"
        root = os.path.join(directory, f"{kind}.{number}")
        done = (patch_alone if alone else patch_installed)(program, root, layout)
        right, what = judge(layout, *done)
        number, failed = number + 1, failed or not right
        seen = done[2].get("new_layout") or "-"
        print("ok" if right else "not ok", f"{number} - {step:32} exit {done[0]}  {what}  {seen}")
    print(f"1..{number}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
