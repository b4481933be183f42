#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Finds the examples of Markdown files and manuals, and compares what they show with what came out.

examples.py find LIST DIR FILE...  a directory for each example: "where"; for each command N the
                                   files N.command and, where output is shown, N.shown; and a
                                   script of all that LIST leaves, with results in /tmp.
                                   LIST has lines "kind: what: beginning of a command"; those that
                                   no command has are printed
examples.py compare SHOWN FILE     whether FILE is what is shown; numbers that depend on a build,
                                   and dates, may differ, and a line with … leaves out others
"""

import os
import re
import subprocess
import sys
import textwrap

COMMAND = re.compile(r"(sudo|unlockerctl|make|git|ssh|scp|curl|\./\S+) ")
CRON = re.compile(r"\*/\d+( \*){4} ")
VARYING = [
    (r"0x[0-9a-f]+", "0xN"),
    (r"\b[0-9a-f]{12,64}\b", "DIGEST"),
    (r"\b[0-9.]+ [KM]iB", "SIZE"),
    (r"(Size +)\d+ bytes", r"\1SIZE"),
    (r"\d{4}-\d\d-\d\d", "DATE"),
    (r" +", " "),
]


def of_markdown(lines):
    """Blocks of lines that are indented by four columns or more after an empty line."""
    block, empty = [], True
    for line in [*lines, "end"]:
        code = line.startswith("    ") and (empty or block)
        if code or (block and not line):
            block.append(line)
        elif block:
            yield textwrap.dedent("\n".join(block)).strip("\n").split("\n")
            block = []
        empty = not line


def of_manual(lines):
    """Displays of mdoc that have a prompt, or a command without one, which is a mistake."""
    block = None
    for line in lines:
        if line.startswith(".Bd"):
            block = []
        elif line.startswith(".Ed"):
            if any(re.match(r"[#$] ", text) or COMMAND.match(text) for text in block):
                yield block
            block = None
        elif block is not None:
            block.append(line.replace("\\e", "\\"))


def is_whole(command):
    shell = subprocess.run(["bash", "-n"], input=command.encode(), capture_output=True)
    return not shell.returncode and not command.endswith("\\")


def without_words(line):
    """A command may have an explanation beside it, two blanks or more away."""
    beside = re.match(r"(\S.*?) {2,}(\S.*)", line)
    return beside[1] if beside and is_whole(beside[1]) else line


def commands_of(block, prompts):
    """Lists of (command, shown lines or None): one for each part, with prompts and without."""
    parts, part, prompted, growing, empty = [], [], None, False, True
    for line in block:
        has_prompt = re.match(rf"[{prompts}] ", line)
        if growing:
            part[-1][0] += "\n" + line
            growing = not is_whole(part[-1][0])
        elif has_prompt or (not prompted and line) or (empty and COMMAND.match(line)):
            if part and prompted != bool(has_prompt):
                parts.append(part)
                part = []
            prompted = bool(has_prompt)
            command = line[2:] if prompted else CRON.sub("", without_words(line))
            part.append([command, [] if prompted else None])
            growing = not is_whole(command)
        elif prompted:
            part[-1][1].append(line)
        empty = not line
    return [*parts, part]


def script_of(here, part, listed):
    """What runs of the commands, as they are written."""
    lines = []
    for i, (command, shown) in enumerate(part, 1):
        write(f"{here}/{i}.command", command)
        if listed(command):
            continue
        if shown and any(shown):
            write(f"{here}/{i}.shown", "\n".join(shown))
        run = f"{{ . /tmp/{i}.command; }} >/tmp/{i}.out 2>/tmp/{i}.err"
        lines.append(f"{run} || {{ cat /tmp/{i}.out /tmp/{i}.err; exit 1; }}")
    return "\n".join(lines)


def find(lists, directory, paths):
    with open(lists, encoding="utf-8") as file:
        entries = [line.rstrip("\n").split(": ", 2) for line in file]
    unused = list(entries)

    def listed(command):
        for entry in entries:
            if command.lstrip().startswith(entry[2]):
                unused[:] = [other for other in unused if other != entry]
                return True
        return False

    number = 0
    for path in paths:
        with open(path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        manual = not path.endswith(".md")
        for block in (of_manual if manual else of_markdown)(lines):
            for part in commands_of(block, "#$" if manual else "$"):
                number += 1
                here = f"{directory}/{number:03}"
                os.mkdir(here)
                first = part[0][0].split("\n")[0]
                write(f"{here}/where", f"{os.path.basename(path)}: {first}")
                write(f"{here}/script", script_of(here, part, listed))
    for entry in unused:
        print(": ".join(entry))


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "\n")


def plain(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for pattern, word in VARYING:
        text = re.sub(pattern, word, text)
    return [line.strip() for line in text.strip().split("\n")]


def compare(shown, found):
    wanted, lines, at, gap = plain(shown), plain(found), 0, False
    for line in wanted:
        if line == "…":
            gap = True
            continue
        while gap and at < len(lines) and lines[at] != line:
            at += 1
        if at == len(lines) or lines[at] != line:
            sys.exit(f"shown: {line}\nfound: {lines[at] if at < len(lines) else 'nothing more'}")
        at, gap = at + 1, False
    if at < len(lines) and not gap:
        sys.exit("\n".join(["not shown:", *lines[at:]]))


if sys.argv[1] == "find":
    find(sys.argv[2], sys.argv[3], sys.argv[4:])
else:
    compare(*sys.argv[2:])
