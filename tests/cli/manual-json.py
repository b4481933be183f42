#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""manual-json.py [--only=SECTION,... | --without=SECTION,...] MANUAL SECTION:FILE...: whether
documents of the program are as the manual shows.

SECTION is the title of a subsection; the display that fits the document best is compared with it.
Each member of a document, and each fixed word, must be in the display; each member of a display
must be in one of the documents."""

import json
import re
import sys

TOKEN = re.compile(r'\s*(?:("[^"]*")|([a-z0-9]+)|(\.\.\.)|([][{},:|]))')


class Display:
    """A display of the manual: objects become dicts, arrays lists of one, choices tuples."""

    def __init__(self, text, known):
        self.tokens, self.known = [], known
        at = 0
        while text[at:].strip():
            match = TOKEN.match(text, at)
            if not match:
                sys.exit(f'the manual cannot be read at: {text[at:at + 40]!r}')
            self.tokens.append(match[0].strip())
            at = match.end()
        self.schema = self.value('')
        if self.tokens:
            sys.exit(f'the manual has more behind a document: {self.tokens[:5]}')

    def next(self, wanted=None):
        token = self.tokens.pop(0)
        if wanted and token != wanted:
            sys.exit(f'the manual has {token!r} where {wanted!r} is expected')
        return token

    def value(self, name):
        choices = [self.single(name)]
        while self.tokens and self.tokens[0] == '|':
            self.next()
            choices.append(self.single(name))
        return choices[0] if len(choices) == 1 else tuple(choices)

    def single(self, name):
        token = self.next()
        if token == '{':
            return self.members()
        if token == '[':
            if self.tokens[0] == '...':
                self.next()
                item = self.known[name]
            else:
                item = self.value(name)
                self.known[name] = item
            if self.tokens[0] == ',':
                self.next()
                self.next('...')
                item = 'text'
            self.next(']')
            return [item]
        return token

    def members(self):
        members = {}
        while True:
            name = json.loads(self.next())
            members[name] = None
            if self.tokens[0] == ':':
                self.next()
                members[name] = self.value(name)
            if self.next() == '}':
                return members


def displays(path):
    """{title: [schema, ...]} of the manual."""
    found, known, title, lines = {}, {}, '', None
    for line in open(path):
        if re.match(r'\.S[hs] ', line):
            title = line[4:].strip()
        elif line.startswith('.Bd'):
            lines = []
        elif line.startswith('.Ed'):
            text = ''.join(lines)
            if text.startswith('{"version"'):
                found.setdefault(title, []).append(Display(text, known).schema)
            lines = None
        elif lines is not None:
            lines.append(line)
    return found


def all_paths(schema, at=''):
    choices = schema if isinstance(schema, tuple) else (schema,)
    for choice in choices:
        if isinstance(choice, dict):
            for name, value in choice.items():
                yield f'{at}.{name}'
                yield from all_paths(value, f'{at}.{name}')
        elif isinstance(choice, list):
            yield from all_paths(choice[0], f'{at}[]')


def is_word(schema):
    return isinstance(schema, str) and schema.startswith('"')


def differences(schema, document, at, seen):
    choices = schema if isinstance(schema, tuple) else (schema,)
    if isinstance(document, dict):
        members = next((choice for choice in choices if isinstance(choice, dict)), None)
        if members is None:
            yield f'{at or "the document"} is an object'
            return
        for name, value in document.items():
            if name not in members:
                yield f'{at}.{name} is not in the manual'
                continue
            seen.add(f'{at}.{name}')
            if members[name] is not None:
                yield from differences(members[name], value, f'{at}.{name}', seen)
            elif isinstance(value, (dict, list)):
                yield f'{at}.{name} is no plain value'
    elif isinstance(document, list):
        items = next((choice for choice in choices if isinstance(choice, list)), None)
        if items is None:
            yield f'{at} is an array'
            return
        for item in document:
            yield from differences(items[0], item, f'{at}[]', seen)
    elif document is not None:
        words = [json.loads(choice) for choice in choices if is_word(choice)]
        plain = [choice for choice in choices if isinstance(choice, str) and choice != 'null']
        if words and document not in words:
            yield f'{at} is {document!r}, the manual has {words}'
        elif not words and plain and all(re.fullmatch('true|false|[0-9]+', word) for word in plain):
            if json.dumps(document) not in plain:
                yield f'{at} is {document!r}, the manual has {plain}'
        elif not plain and not words:
            yield f'{at} is {document!r}, the manual has an object or an array'


def main():
    limit, only = sys.argv.pop(1).split('=') if sys.argv[1].startswith('--') else (None, None)
    manual, wrong = displays(sys.argv[1]), False
    if limit:
        manual = {title: schemas for title, schemas in manual.items()
                  if (title in only.split(',')) == (limit == '--only')}
    seen = {title: [set() for _ in schemas] for title, schemas in manual.items()}
    for argument in sys.argv[2:]:
        title, path = argument.split(':', 1)
        document = json.load(open(path))
        tries = []
        for i, schema in enumerate(manual.get(title, [])):
            paths = set()
            tries.append((list(differences(schema, document, '', paths)), i, paths))
        if not tries:
            sys.exit(f'the manual has no document of {title}')
        found, i, paths = min(tries, key=lambda one: len(one[0]))
        seen[title][i] |= paths
        for text in found:
            print(f'{title}: {path}: {text}')
            wrong = True
    for title, schemas in manual.items():
        for schema, paths in zip(schemas, seen[title]):
            for path in sorted(set(all_paths(schema)) - paths):
                print(f'{title}: {path} is in the manual, and in no document')
                wrong = True
    sys.exit(wrong)


main()
