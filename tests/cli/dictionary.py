#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""VMware's dictionary format once more, from its description alone, compared with the program's.

    dictionary.py PROBE SEED COUNT [bytes]    compares COUNT random texts
    dictionary.py --self-test                 tries this implementation on known lines
"""

import random
import re
import subprocess
import sys

MARK = b"\xef\xbb\xbf"
LINE_END = re.compile(rb"\r\n|\r|\n")
COMMENT = rb"[ \t]*(?:#.*)?"
NOTHING = re.compile(COMMENT, re.S)
QUOTED = re.compile(rb'[ \t]*([^ \t=#]+)[ \t]*=[ \t]*"([^"]*)"' + COMMENT, re.S)
PLAIN = re.compile(rb'[ \t]*([^ \t=#]+)[ \t]*=[ \t]*(?!")([^ \t#]*)' + COMMENT, re.S)
ESCAPE = re.compile(rb"\|([0-9A-Fa-f]{2})")


def parse_line(body):
    """None: cannot be read; (): sets nothing; (name, value, place of the value)."""
    if NOTHING.fullmatch(body):
        return ()
    match = QUOTED.fullmatch(body) or PLAIN.fullmatch(body)
    if not match:
        return None
    value = ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), match[2])
    return match[1], value.split(b"\0")[0], match.span(2)


def split(text):
    """The lines: (offset, body, end)."""
    at = len(MARK) if text.startswith(MARK) else 0
    while at < len(text):
        match = LINE_END.search(text, at)
        stop, end = match.span() if match else (len(text), len(text))
        yield at, text[at:stop], text[stop:end]
        at = end


def parse(text):
    return [(offset, body, end, parse_line(body)) for offset, body, end in split(text)]


def settings(text):
    """name → all its values, in order; what cannot be read has None as its name."""
    found = {}
    for _, body, _, line in parse(text):
        if line is None:
            found.setdefault(None, []).append(body)
        elif line:
            found.setdefault(line[0].lower(), []).append(line[1])
    return found


def hexed(value):
    return value.hex()


def expected(text):
    lines = []
    for number, (offset, body, end, line) in enumerate(parse(text), 1):
        known = f"{hexed(line[0])} {hexed(line[1])}" if line else "- -"
        lines.append(
            f"line {number} {offset} {len(body) + len(end)} {int(line is not None)} {known}"
        )
    return lines


def check_set(text, name, value, after):
    """Only the value of the first line that sets it changed; or of one that names it and cannot be
    read; or there is one line more."""
    key = name.lower()
    old, new = settings(text), settings(after)
    assert new.get(key, [None])[0] == value, "the value that was set is not read"
    for other in old:
        if other not in (key, None):
            assert new.get(other) == old[other], f"{other} changed"
    if key in old:
        assert new[key][1:] == old[key][1:], "a later line of the key changed"
        assert new.get(None) == old.get(None), "a line that cannot be read changed"
        place = next(line for line in parse(text) if line[3] and line[3][0].lower() == key)
        at = place[0] + place[3][2][0], place[0] + place[3][2][1]
        check_bytes(text, after, at)
        return
    changed = [pair for pair in zip(parse(text), parse(after)) if pair[0][1] != pair[1][1]]
    assert len(changed) <= 1, "more than one line changed"
    if changed:
        before, now = changed[0]
        assert before[3] is None and before[2] == now[2], "another line was taken"
        assert before[1].lower().lstrip(b" \t").startswith(key), "a line of another name was taken"
        assert len(parse(after)) == len(parse(text)), "lines came or went"
    else:
        assert after.startswith(text), "what was there changed"
        assert len(parse(after)) == len(parse(text)) + 1, "not one line more"


def check_bytes(text, after, at):
    """What precedes and what follows the value stays; an empty one may be put between blanks."""
    if at[0] == at[1] and text[at[0] - 1 : at[0]] != b'"':
        blanks = len(text[: at[0]]) - len(text[: at[0]].rstrip(b" \t"))
        assert any(
            after.startswith(text[: at[0] - back]) and after.endswith(text[at[0] - back :])
            for back in range(blanks + 1)
        ), "more than an empty value changed"
        return
    assert after.startswith(text[: at[0]]), "what precedes the value changed"
    assert after.endswith(text[at[1] :]), "what follows the value changed"


PIECES = [
    b"a", b"A", b"bb", b"firmware", b"smc.present", b"SMC.Present", b"guestOS", b"=", b" = ", b"=",
    b" ", b"\t", b'"', b'"', b'"TRUE"', b"TRUE", b"#", b" # c", b"\n", b"\n", b"\r\n", b"\r",
    b"|22", b"|7C", b"|0", b"|00", b"|", b"|zz", b"\xe2\x80\x9c", b"\xe2\x80\x9d", b"\x93", b"\xb2",
    b"\xef\xbb\xbf", b"\n\"", b" = \"efi\"\n", b" = efi\n", b" =\n", b"\x7f", b"\x1b", b";",
]  # fmt: skip
NAMES = [b"a", b"firmware", b"smc.present", b"GUESTOS", b"new.key"]
VALUES = [b"TRUE", b"", b'a"b|c', b"\x7f\x01\t", b"efi"]


def random_text(chance, of_bytes):
    if of_bytes:
        return bytes(chance.randrange(256) for _ in range(chance.randrange(60)))
    mark = MARK if chance.random() < 0.1 else b""
    return mark + b"".join(chance.choice(PIECES) for _ in range(chance.randrange(30)))


def record(value):
    return b"%d\n%s" % (len(value), value)


def compare(probe, seed, count, of_bytes):
    chance = random.Random(seed)
    cases = [
        (random_text(chance, of_bytes), chance.choice(NAMES), chance.choice(VALUES))
        for _ in range(count)
    ]
    given = b"".join(record(part) for case in cases for part in case)
    answer = subprocess.run([probe], input=given, stdout=subprocess.PIPE, check=True).stdout
    answers = answer.decode("ascii").split("\n\n")
    assert len(answers) == count + 1
    for case, said in zip(cases, answers):
        text = case[0]
        said = said.split("\n")
        try:
            if b"\0" in text:
                assert said == ["no text"], "a NUL byte is no text"
                continue
            assert said[:-1] == expected(text), "read otherwise"
            check_set(*case, bytes.fromhex(said[-1][4:]))
        except AssertionError as error:
            print(f"{error}: {case}\nthe program: {said}\nthis: {expected(text)}")
            return 1
    return 0


def self_test():
    known = {
        b'a = "b"': (b"a", b"b"),
        b"a=b#c d": (b"a", b"b"),
        b'\ta\t= "b # c" # d': (b"a", b"b # c"),
        b'a = b"c': (b"a", b'b"c'),
        b"a =": (b"a", b""),
        b'a = "|22|7c|2"': (b"a", b'"||2'),
        b"": (),
        b"  # a = b": (),
        b'a = "b': None,
        b'a = "b" c': None,
        b"a = b c": None,
        b"a b = c": None,
        b"= c": None,
        b"a # = c": None,
    }
    for body, wanted in known.items():
        line = parse_line(body)
        assert (line[:2] if line else line) == wanted, body
    assert [line[1] for line in split(MARK + b"a\r\nb\rc\n\nx")] == [b"a", b"b", b"c", b"", b"x"]
    return 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    sys.exit(compare(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:] == ["bytes"]))
