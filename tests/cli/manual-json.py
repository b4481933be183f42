#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""manual-json.py [--only=SECTION,... | --without=SECTION,...] MANUAL SECTION:FILE...: whether
documents of the program are as the manual shows.

SECTION is the title of a subsection; the display that fits the document best is compared with it.
Each member of a document, and each fixed word, must be in the display; each member of a display
must be in the document, and each of its words in one of the documents.

manual-json.py --schema MANUAL: prints the JSON schema of all documents."""

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


# All that a part has which could not be opened or read.
OF_FAILED = {'version', 'root', 'path', 'source', 'found', 'reason', 'why', 'todo', 'exit_status'}


def could_not_be_read(document):
    return document.get('reason') is not None and set(document) <= OF_FAILED


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
        lacking = [name for name in members if name not in document]
        if lacking and not could_not_be_read(document):
            yield f'{at or "the document"} lacks {", ".join(lacking)}'
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


# An address of memory or of the web; a number of files or entries, or whether it is so; a checksum
# or bytes.
MIXED = {'address': ['integer', 'string'], 'patched': ['integer', 'boolean'],
         'shown': ['integer', 'boolean'], 'value': ['integer', 'string']}
NUMBERS = """addend_offset archives_damaged archives_denied attributes count created damaged denied
    exit_status field field_offset fixup_pages flags gates_open gates_total gid handler
    header_address header_offset lattice length line mtime offset other_links passed_over patched
    pid present private_count public_count row rows_address rows_offset size smc_version stray
    stride text_offset text_size time time_us uid unpacked_size verified_at wanted""".split()
FLAGS = """added changed completed dry_run fixable hold known needs_no_patch outdated
    put_back suspended written""".split()


def plain_schema(name):
    """Of a member that the manual shows without its value."""
    if name in MIXED:
        return {'type': [*MIXED[name], 'null']}
    kind = 'integer' if name in NUMBERS else 'boolean' if name in FLAGS else 'string'
    return {'type': [kind, 'null']}


def schema_of(name, shown):
    """The JSON schema of what a display shows for the member."""
    choices = shown if isinstance(shown, tuple) else (shown,)
    words = [json.loads(word) for word in choices
             if isinstance(word, str) and (is_word(word) or word in ('true', 'false'))]
    some = [{'enum': words + [None]}] if words else []
    nothing = ['null'] if 'null' in choices else []
    for choice in choices:
        if isinstance(choice, dict):
            # Of a part that failed there may be no more than the reason.
            needed = set(choice) & {'root', 'reason', 'why', 'todo'} if name else set()
            some.append({'type': ['object', *nothing],
                         'required': sorted(needed if 'reason' in needed else choice),
                         'properties': {member: schema_of(member, value)
                                        for member, value in choice.items()}})
        elif isinstance(choice, list):
            item = choice[0]
            item = {'type': 'string'} if isinstance(item, str) else schema_of(name, item)
            some.append({'type': 'array', 'items': item})
        elif choice == '1':
            some.append({'const': 1})
        elif choice is None or choice == 'null' and len(choices) == 1:
            some.append(plain_schema(name))
    return some[0] if len(some) == 1 else {'anyOf': some}


def print_schema(path):
    documents = []
    for title, shown in displays(path).items():
        documents += [{'title': title, **schema_of('', one)} for one in shown]
    print(json.dumps({'$schema': 'https://json-schema.org/draft/2020-12/schema',
                      'title': 'Documents of unlockerctl --json, version 1',
                      'description': 'As in unlockerctl-json(5). Later releases may add members.',
                      'anyOf': 'HERE'}, indent=1).replace('"HERE"', '[\n  ' + ',\n  '.join(
                          json.dumps(one) for one in documents) + '\n ]'))


def main():
    if sys.argv[1] == '--schema':
        print_schema(sys.argv[2])
        return
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
