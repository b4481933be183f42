#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""document.py SCHEMA FILE: whether the JSON document in FILE is one of the schema's.

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
    with open(sys.argv[1]) as schema, open(sys.argv[2]) as document:
        found = faults(json.load(schema), json.load(document), 'document')
    print('\n'.join(found))
    sys.exit(bool(found))


main()
