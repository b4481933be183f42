#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""document.py SCHEMA FILE: whether each JSON document in FILE is one of the schema's. Each has a
line before it, of the arguments that gave it, and a NUL after it.

It knows the words of JSON Schema that the schema has, and refuses others. Unlike a program that
reads the documents, it takes no member that the schema does not have."""

import json
import sys

TYPES = {'object': dict, 'array': list, 'string': str, 'integer': int, 'boolean': bool,
         'null': type(None)}
KNOWN = {'$schema', 'title', 'description', 'type', 'const', 'enum', 'required', 'properties',
         'items', 'anyOf'}


def is_of(value, kind):
    return isinstance(value, TYPES[kind]) and (kind != 'integer' or not isinstance(value, bool))


def distance(found):
    """The most alike is the one whose own members fit; then what is within them counts."""
    return sum(len(text.split(' ')[0].split('.')) <= 2 for text in found), len(found)


def faults(schema, value, at):
    """What is wrong with a value, as texts."""
    if set(schema) - KNOWN:
        sys.exit(f'the schema has {sorted(set(schema) - KNOWN)}')
    kinds = schema.get('type', [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_of(value, kind) for kind in kinds):
        return [f'{at} is {json.dumps(value)[:60]}, not {" or ".join(kinds)}']
    if 'const' in schema and value != schema['const']:
        return [f'{at} is not {schema["const"]}']
    if 'enum' in schema and value not in schema['enum']:
        return [f'{at} is {json.dumps(value)[:60]}, not one of {schema["enum"]}']
    found = []
    if 'anyOf' in schema:
        found = min((faults(one, value, at) for one in schema['anyOf']), key=distance)
    if isinstance(value, dict) and 'properties' in schema:
        found += [f'{at}.{name} is missing' for name in schema['required'] if name not in value]
        for name, member in value.items():
            if name in schema['properties']:
                found += faults(schema['properties'][name], member, f'{at}.{name}')
            else:
                found.append(f'{at}.{name} is not in the schema')
    if isinstance(value, list) and 'items' in schema:
        for i, item in enumerate(value):
            found += faults(schema['items'], item, f'{at}[{i}]')
    return found


def main():
    with open(sys.argv[1], encoding='utf-8') as file:
        schema = json.load(file)
    with open(sys.argv[2], 'rb') as file:
        documents = set(file.read().split(b'\0')[:-1])
    wrong = not documents
    for document in sorted(documents):
        arguments, _, text = document.partition(b'\n')
        try:
            found = faults(schema, json.loads(text.decode()), 'document')
        except ValueError as error:
            found = [f'no document: {error}: {text[:60]}']
        if found:
            print(f'{arguments.decode(errors="backslashreplace")}:', *found, sep='\n    ')
        wrong |= bool(found)
    sys.exit(wrong)


main()
