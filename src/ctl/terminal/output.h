/* SPDX-License-Identifier: MIT */
#pragma once

/* Output: what a person reads on standard output: sentences, tones of colour, and tables
 * (libsmartcols). Colour, symbols and width follow the Context.
 *
 *     _cleanup_(table_freep) Table *table = NULL;
 *     r = table_new(context, columns, ARRAY_SIZE(columns), &table);
 *     table_row(table);
 *     table_cell(table, TONE_PLAIN, "%s", "vmx");
 *     table_cell(table, TONE_GOOD, "%s", "patched");
 *     r = table_print(table);         -ENOMEM when any step before lacked memory
 */

#include <stddef.h>

#include "base/macros.h"
#include "ctl/frame/context.h"

typedef enum Tone {
        TONE_PLAIN,
        TONE_STRONG, /* bold */
        TONE_DIM,
        TONE_GOOD, /* green */
        TONE_WARN, /* yellow */
        TONE_BAD,  /* red */
        _TONE_MAX,
} Tone;

/* A line on standard output, but with --quiet; the newline is added. It is escaped (text_escape()),
 * but for newlines with which the format itself begins or ends. */
_printf_(3, 4) void output_line(const Context *context, Tone tone, const char *format, ...);

/* The same, but nothing with --json either: what was done, beside what was asked for. */
_printf_(3, 4) void output_say(const Context *context, Tone tone, const char *format, ...);

/* A command to be typed, in a line of its own behind `indent` blanks: not wrapped, since a shell
 * would take a part of it for the whole. */
void output_command(const Context *context, unsigned indent, const char *command);

/* A line could not even be asked for, for want of memory. */
void output_lacks(void);

/* Whether a line of either kind was lost for want of memory. */
bool output_is_missing(void);

/* A short mark before a line: a bullet where the charset has it, else "*". */
const char *output_bullet(const Context *context);

typedef enum ColumnFlag {
        COLUMN_RIGHT = 1 << 0, /* numbers */
        COLUMN_WRAP = 1 << 1,  /* words: go on in the next line where the table is too wide */
        COLUMN_NAME = 1 << 2, /* paths and names: go to a line of their own then; one column only */
} ColumnFlag;

typedef struct Column {
        const char *heading;
        unsigned flags; /* ColumnFlag bits */
} Column;

typedef struct Table Table;

/* An empty table with these columns, which are copied. -ENOMEM. */
_nodiscard_ int table_new(const Context *context, const Column *columns, size_t count, Table **ret);
void table_free(Table *table);
DEFINE_FREEP(Table, table_free);

/* Begins a row. */
void table_row(Table *table);

/* The next cell of the row, escaped. */
_printf_(3, 4) void table_cell(Table *table, Tone tone, const char *format, ...);

/* Prints it with its headings; nothing when it has no rows, or with --quiet. */
_nodiscard_ int table_print(Table *table);
