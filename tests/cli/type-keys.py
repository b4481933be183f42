# SPDX-License-Identifier: MIT
"""Types a line into a real interactive shell on a terminal of its own, with a tab at its end, and
prints the words that the shell then has, one a line.

    type-keys.py bash|zsh|fish COMPLETION-DIR LINE
"""

import os
import pty
import re
import select
import sys
import time

shell, directory, line = sys.argv[1:]
START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"],
             f"source {directory}/bash/unlockerctl; bind 'set bell-style none'\n"),
    "zsh": (["zsh", "-f", "-i"],
            f"unset zle_bracketed_paste; fpath=({directory}/zsh $fpath); autoload -U compinit;"
            f" compinit -D -u\n"),
    "fish": (["fish", "--no-config", "-i"], f"source {directory}/fish/unlockerctl.fish\n"),
}
command, setup = START[shell]
pid, terminal = pty.fork()
if pid == 0:
    os.environ.update(TERM="xterm", PS1="", LINES="50", COLUMNS="500")
    os.execvp(command[0], command)


def read_until(wanted, seconds):
    text, end = "", time.monotonic() + seconds
    while not re.search(wanted, text):
        left = end - time.monotonic()
        if left <= 0 or not select.select([terminal], [], [], left)[0]:
            sys.exit(f"{shell}: no {wanted!r} in {text!r}")
        try:
            text += os.read(terminal, 65536).decode(errors="replace")
        except OSError:
            sys.exit(f"{shell} ended: {text!r}")
        # What a terminal answers when it is asked where the cursor is, and what it is.
        if text.endswith("\x1b[6n"):
            os.write(terminal, b"\x1b[1;1R")
        if "\x1b[c" in text:
            text = text.replace("\x1b[c", "")
            os.write(terminal, b"\x1b[?62c")
    return text


def quiet(seconds):
    while select.select([terminal], [], [], seconds)[0]:
        try:
            os.read(terminal, 65536)
        except OSError:
            return


os.write(terminal, setup.encode())
os.write(terminal, b"printf 'rea%s\\n' dy\n")
read_until("ready", 20)
quiet(0.3)
os.write(terminal, line.encode() + b"\t")
quiet(1.0)
os.write(terminal, b"\x01printf '<<%s>>\\n' \x05; printf 'en%s\\n' d\n")
text = read_until(r"\bend\b", 20)
for word in re.findall(r"<<(?!%s)(.*?)>>", text)[1:]:
    print(word)
os.close(terminal)
