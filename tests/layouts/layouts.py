#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""layouts.py PROBE KIND COUNT SEED [less|more]: random layouts of one kind, and what the engine
makes of each.

What the making says must be planned, byte for byte; an oracle that works from the bytes alone is
asked as well, and so are the tools of today. Refused may only be what contradicts itself, with the
rule that was broken, or what has another reading by its making: a stray that lies, in the file, as
an entry of an array in another segment would, or three strays that lie as an array would. Prints
TAP's comments; status 1 for any fault.
With "less" or "more" a byte of each plan is left out or added: each such plan must be a fault.
"""

import os
import random
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../standin"))
import layouts  # noqa: E402
import oracles  # noqa: E402

class Probe:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, kind, content):
        self.process.stdin.write(b"%s %d\n" % (kind.encode(), len(content)) + content)
        self.process.stdin.flush()
        line, _, subject = self.process.stdout.readline().decode().partition(" # ")
        state, reason, *edits = line.split()
        plan = {}
        for edit in edits:
            offset, _, new = edit.partition(":")
            for i, byte in enumerate(bytes.fromhex(new)):
                if content[int(offset, 16) + i] != byte:
                    plan[int(offset, 16) + i] = byte
        return state, reason, plan, subject.strip()


def judge(layout, answer):
    """What is wrong with the answer; None: nothing."""
    state, reason, plan, subject = answer
    if state == "unknown":
        if reason in layout.refusals + layout.unclear:
            return None
        crude = getattr(oracles, layout.kind + "_crude")(layout.content)
        known = "" if crude != layout.edits else "; tools of today patch it right"
        return f"refused: {reason}, {subject}{known}"
    if layout.refusals:
        return f"{state}, although it must be refused with {layout.refusals[0]}"
    left = {at for at in layout.edits if plan.get(at) != layout.edits[at]} - layout.maybe
    more = set(plan) - set(layout.edits) - layout.maybe
    if left or more:
        return f"{len(left)} bytes left out, {len(more)} too many, first at {min(left | more):#x}"
    if (state == "patched") != (not layout.edits) and not layout.maybe:
        return f"{state} with {len(layout.edits)} bytes to change"
    return None


def second_opinion(layout):
    """Whether an oracle that knows nothing of the making says the same."""
    return getattr(oracles, layout.kind + "_oracle")(layout.content) == layout.edits


def spoil(answer, how):
    state, reason, plan, subject = answer
    if plan and how == "less":
        plan.popitem()
    elif plan and how == "more":
        plan[0] = 1
    return state, reason, plan, subject


def main():
    path, kind, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    how = sys.argv[5] if len(sys.argv) > 5 else None
    probe, faults, agreed, refused, changed = Probe(path), 0, 0, 0, 0
    for number in range(seed, seed + count):
        rng = random.Random(f"{kind} {number}")
        options = layouts.at_random(kind, rng)
        layout = layouts.make(kind, options, rng)
        answer = probe.ask(kind, layout.content)
        changed += bool(answer[2])
        fault = judge(layout, spoil(answer, how))
        refused += answer[0] == "unknown"
        agreed += bool(layout.refusals) or second_opinion(layout)
        faults += bool(fault)
        if fault and not how:
            print(f"# {kind} {number}: {fault}\n#   {layouts.described(options)}", flush=True)
    print(f"# {count} layouts, {refused} refused, the oracle agrees on {agreed}; {faults} faults")
    if how:
        return 0 if faults == changed > 0 else 1
    return 1 if faults or agreed < 0.98 * count else 0


if __name__ == "__main__":
    sys.exit(main())
