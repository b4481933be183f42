# SPDX-License-Identifier: MIT
"""The structure of src/, as TAP: structure.py SOURCE_DIR BUILD_DIR

A unit is a .c file with its header. Units use what others define one way, which is read from
their objects, and units include others one way."""

import os
import re
import subprocess
import sys

SOURCE, BUILD = sys.argv[1:3]
WORD = r"[A-Za-z_]\w*"
# `static const char *name(`, at the start of a line.
DEFINED = re.compile(rf"^(static )?(?:inline |const |struct |enum )*{WORD}[ *]+({WORD})\(", re.M)
DECLARED = re.compile(rf"^(?:_nodiscard_ )?(?:const |struct |enum )*{WORD}[ *]+({WORD})\(")
INCLUDED = re.compile(r'^#include "([^"]+\.h)"', re.M)


def sources(ending):
    for place, _, names in sorted(os.walk(SOURCE)):
        for name in sorted(names):
            if name.endswith(ending):
                path = os.path.join(place, name)
                with open(path, encoding="utf-8") as file:
                    yield os.path.relpath(path, SOURCE), file.read()


def circles(graph):
    """The sets of units that lead to each other (Tarjan)."""
    number, lowest, path, found = {}, {}, [], []

    def visit(unit):
        number[unit] = lowest[unit] = len(number)
        path.append(unit)
        for other in sorted(graph.get(unit, ())):
            if other not in number:
                visit(other)
                lowest[unit] = min(lowest[unit], lowest[other])
            elif other in path:
                lowest[unit] = min(lowest[unit], number[other])
        if lowest[unit] == number[unit]:
            at = path.index(unit)
            if len(path) - at > 1:
                found.append(path[at:])
            del path[at:]

    for unit in sorted(graph):
        if unit not in number:
            visit(unit)
    return found


def told(graph):
    """Each circle as lines, with why one of its units needs another."""
    for circle in circles(graph):
        yield "circle: " + ", ".join(sorted(circle))
        for unit in circle:
            for other, why in sorted(graph[unit].items()):
                if other in circle:
                    yield f"    {unit} needs {other}: {', '.join(sorted(why))}"


def add(graph, unit, other, why):
    if unit != other:
        graph.setdefault(unit, {}).setdefault(other, set()).add(why)


def uses():
    """Read from the objects: functions and data, also where only a pointer to them is taken."""
    needed, definer, graph = [], {}, {}
    objects = os.path.join(BUILD, "src")
    for place, _, names in os.walk(objects):
        for name in names:
            if not name.endswith(".o"):
                continue
            path = os.path.join(place, name)
            unit = os.path.relpath(path, objects)[:-2]
            listing = subprocess.run(["nm", path], check=True, capture_output=True, text=True)
            for line in listing.stdout.splitlines():
                kind, symbol = line.split()[-2:]
                if kind == "U":
                    needed.append((unit, symbol))
                elif kind.isupper():
                    definer[symbol] = unit
    for unit, symbol in needed:
        if symbol in definer:
            add(graph, unit, definer[symbol], symbol)
    return graph


def includes():
    """Read from the sources. A file that includes its own unit's header is no arrow."""
    graph = {}
    for ending in (".c", ".h"):
        for path, text in sources(ending):
            for other in INCLUDED.findall(text):
                add(graph, path[:-2], other[:-2], path)
    return graph


def functions():
    """(name, path, static) of every function that a .c file defines."""
    for path, text in sources(".c"):
        for match in DEFINED.finditer(text):
            if re.match(r"[^;{]*\)\n\{", text[match.end():]):
                yield match[2], path, bool(match[1])


def said_twice():
    first = {}
    for name, path, _ in functions():
        if name in first:
            yield f"{name}() is defined in {first[name]} and in {path}"
        first.setdefault(name, path)


def without_noun():
    for name, path, static in functions():
        if static and "_" not in name:
            yield f"{path}: {name}()"


def without_comment():
    """A declaration has a comment above it, above those it follows on, or behind it. What only
    frees needs none."""
    for path, text in sources(".h"):
        lines = text.split("\n")
        for at, line in enumerate(lines):
            match = DECLARED.match(line)
            if not match or match[1].endswith(("_done", "_free")):
                continue
            above, last = at - 1, at
            while lines[above] and not lines[above].endswith("*/"):
                above -= 1
            while ";" not in lines[last]:
                last += 1
            if not lines[above].endswith("*/") and "/*" not in lines[last]:
                yield f"{path}: {match[1]}()"


def main():
    used, included = uses(), includes()
    checks = [
        ("no circle of what units use", told(used) if used else ["no objects were found"]),
        ("no circle of includes", told(included) if included else ["no includes were found"]),
        ("no two functions of one name", said_twice()),
        ("every static function has its noun", without_noun()),
        ("every public function has a comment", without_comment()),
    ]
    for number, (name, findings) in enumerate(checks, 1):
        findings = list(findings)
        print(f"{'not ok' if findings else 'ok'} {number} - {name}")
        for line in findings:
            print(f"# {line}")
    print(f"1..{len(checks)}")


main()
