#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""terminal.py 'COMMAND…' WORDS…: prints an SVG picture of a terminal of 80 columns on which
each of WORDS, as `sudo unlockerctl patch`, is typed. COMMAND… is run with the words behind
`unlockerctl`, and its output shown with its colours. The digest of an archive is left out."""

import fcntl
import html
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios

COLUMNS = 80
ADVANCE, LEADING = 8.4, 19  # of 14 pixels
MARGIN, BAR = 16, 34
SEQUENCE = r"\033\[([0-9;?]*)([A-Za-z])"
TONES = {1: "strong", 2: "dim", 31: "bad", 32: "good", 33: "warn"}
STYLE = """
    .window { fill: #ffffff; stroke: #d0d7de }
    .light { fill: #d0d7de }
    text { fill: #1f2328; font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
           font-size: 14px; white-space: pre }
    text.strong { font-weight: bold }
    text.dim { fill: #59636e }
    text.good { fill: #1a7f37 }
    text.warn { fill: #9a6700 }
    text.bad { fill: #d1242f; font-weight: bold }
    @media (prefers-color-scheme: dark) {
      .window { fill: #0d1117; stroke: #3d444d }
      .light { fill: #3d444d }
      text { fill: #e6edf3 }
      text.dim { fill: #9198a1 }
      text.good { fill: #3fb950 }
      text.warn { fill: #d29922 }
      text.bad { fill: #f85149 }
    }
"""


def on_terminal(command):
    """What it writes on a terminal, line by line; a line that is written anew counts once."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("4H", 24, COLUMNS, 0, 0))
    environment = dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8")
    streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
    written = b""
    with subprocess.Popen(command, env=environment, **streams) as run:
        os.close(theirs)
        try:
            while piece := os.read(ours, 1 << 16):
                written += piece
        except OSError:  # the end of a terminal
            pass
    if run.returncode:
        sys.exit(written.decode() + f"exit status {run.returncode}: {shlex.join(command)}")
    lines = written.decode().replace("\r\n", "\n").rstrip("\n").split("\n")
    return [re.sub(r"-[0-9a-f]{12}\.tar", "-….tar", line.split("\r")[-1]) for line in lines]


def pieces(lines):
    """(row, column, tones, text) of the words of one tone that follow each other."""
    tones = set()
    for row, line in enumerate(lines):
        column = 0
        for codes, control, text in re.findall(SEQUENCE + r"|([^\033]+)", line):
            if control == "m":
                for code in map(int, (codes or "0").split(";")):
                    tones = tones | {TONES[code]} if code else set()
            for words in re.finditer(r"\S+(?: \S+)*", text):
                yield row, column + words.start(), " ".join(sorted(tones)), words.group()
            column += len(text)


def element(row, column, tones, text):
    kind = f' class="{tones}"' if tones else ""
    x, y = MARGIN + column * ADVANCE, BAR + (row + 1) * LEADING
    return (f'  <text{kind} x="{x:.1f}" y="{y}" textLength="{len(text) * ADVANCE:.1f}">'
            f"{html.escape(text, quote=False)}</text>")


def picture(typed, lines):
    width = round(2 * MARGIN + COLUMNS * ADVANCE)
    height = BAR + len(lines) * LEADING + MARGIN
    plain = "\n".join(re.sub(SEQUENCE, "", line).rstrip() for line in lines)
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'viewBox="0 0 {width} {height}" role="img" aria-labelledby="title output">')
    yield f'  <title id="title">Terminal: {html.escape(", then ".join(typed), quote=False)}</title>'
    yield f'  <desc id="output">{html.escape(plain, quote=False)}</desc>'
    yield f"  <style>{STYLE}  </style>"
    yield (f'  <rect class="window" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" '
           'rx="8"/>')
    for place in (20, 38, 56):
        yield f'  <circle class="light" cx="{place}" cy="18" r="5.5"/>'
    yield from (element(*piece) for piece in pieces(lines))
    yield "</svg>"


def main(command, *typed):
    lines = []
    for words in typed:
        arguments = shlex.split(words.split("unlockerctl", 1)[1])
        lines += [""] * bool(lines) + [f"\033[2m$\033[0m \033[1m{words}\033[0m"]
        lines += on_terminal(shlex.split(command) + arguments)
    print("\n".join(picture(typed, lines)))


main(*sys.argv[1:])
