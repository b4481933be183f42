/* SPDX-License-Identifier: MIT */

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <libsmartcols.h>

#include "base/wrap.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/progress.h"
#include "ctl/terminal/table-fit.h"

static const char *const tone_starts[] = {
        [TONE_PLAIN] = "",        [TONE_STRONG] = "\033[1m", [TONE_DIM] = "\033[2m",
        [TONE_GOOD] = "\033[32m", [TONE_WARN] = "\033[33m",  [TONE_BAD] = "\033[1;31m",
};

_Static_assert(ARRAY_SIZE(tone_starts) == _TONE_MAX, "every tone has its sequence");

#define TONE_END "\033[0m"

const char *output_bullet(const Context *context)
{
        return context->utf8 ? "\u25cf" : "*";
}

/* A line could not be made: what was printed is not all. */
static bool lines_are_missing;

/* `text` in a new string, escaped, but for the newlines with which `format` begins and ends; NULL
 * without memory. */
_printf_(1, 0) static char *line_make(const char *format, va_list arguments)
{
        size_t before = strspn(format, "\n"), size = strlen(format), after = 0;
        _cleanup_free_ char *text = NULL, *escaped = NULL;
        char *line = NULL;

        while (after < size - before && format[size - 1 - after] == '\n')
                after++;
        if (vasprintf(&text, format, arguments) < 0) {
                text = NULL;
                return NULL;
        }
        text[strlen(text) - after] = '\0';
        if (text_escape(&escaped, text + before) < 0 ||
            text_format(&line, "%.*s%s%.*s", (int)before, format, escaped, (int)after,
                        format + size - after) < 0)
                return NULL;
        return line;
}

/* Newlines at the beginning and the end stay. */
static int line_wrap(const Context *context, const char *whole, char **ret)
{
        size_t before = strspn(whole, "\n");
        const char *text = whole + before, *after = strchr(text, '\n');
        _cleanup_free_ char *sentence = NULL, *wrapped = NULL;
        int r = text_format(&sentence, "%.*s", after ? (int)(after - text) : (int)strlen(text),
                            text);

        if (r < 0 || context->columns == 0)
                return r < 0 ? r : text_copy(ret, whole);
        r = wrap_sentence(sentence, context->columns, &wrapped);
        if (r < 0)
                return r;
        return text_format(ret, "%.*s%s%s", (int)before, whole, wrapped, after ? after : "");
}

_printf_(3, 0) static void print_line(const Context *context, Tone tone, const char *format,
                                      va_list arguments)
{
        _cleanup_free_ char *whole = line_make(format, arguments), *line = NULL;
        bool toned = context->colour && tone != TONE_PLAIN;

        if (!whole || line_wrap(context, whole, &line) < 0) {
                lines_are_missing = true;
                return;
        }
        progress_end();
        (void)printf("%s%s%s\n", toned ? tone_starts[tone] : "", line, toned ? TONE_END : "");
}

void output_lacks(void)
{
        lines_are_missing = true;
}

bool output_is_missing(void)
{
        return lines_are_missing;
}

void output_line(const Context *context, Tone tone, const char *format, ...)
{
        va_list arguments;

        if (context->quiet)
                return;
        va_start(arguments, format);
        print_line(context, tone, format, arguments);
        va_end(arguments);
}

void output_say(const Context *context, Tone tone, const char *format, ...)
{
        va_list arguments;

        if (context->quiet || context->json)
                return;
        va_start(arguments, format);
        print_line(context, tone, format, arguments);
        va_end(arguments);
}

void output_command(const Context *context, unsigned indent, const char *command)
{
        Context unlimited = *context;

        unlimited.columns = 0;
        output_say(&unlimited, TONE_PLAIN, "%*s%s", (int)indent, "", command);
}

struct Table {
        struct libscols_table *table;
        unsigned limit;            /* columns of the terminal; 0: none */
        size_t names;              /* the column of names; SIZE_MAX: none */
        char **asides;             /* names that were taken out of the rows; NULL: none */
        struct libscols_line *row; /* the last one */
        size_t column;             /* of the next cell */
        bool coloured;
        bool utf8;
        bool quiet;
        bool failed; /* a step lacked memory */
};

void table_free(Table *table)
{
        if (!table)
                return;
        for (size_t i = 0; table->asides && i < scols_table_get_nlines(table->table); i++)
                free(table->asides[i]);
        free(table->asides);
        scols_unref_table(table->table);
        free(table);
}

static int flags_of(unsigned flags)
{
        int result = 0;

        if (flags & COLUMN_RIGHT)
                result |= SCOLS_FL_RIGHT;
        if (flags & COLUMN_WRAP)
                result |= SCOLS_FL_WRAP;
        return result;
}

int table_new(const Context *context, const Column *columns, size_t count, Table **ret)
{
        _cleanup_(table_freep) Table *table = calloc(1, sizeof(*table));
        struct libscols_column *column;

        if (!table)
                return -ENOMEM;
        table->table = scols_new_table();
        if (!table->table)
                return -ENOMEM;
        table->coloured = context->colour;
        table->utf8 = context->utf8;
        table->quiet = context->quiet;
        table->limit = context->columns;
        table->names = SIZE_MAX;
        /* table_print() fits it into the terminal. Cells are escaped already, by table_cell(). The
         * library would escape them once more; told not to, it never ends where a byte is no
         * character of the locale. */
        if (scols_table_set_termforce(table->table, SCOLS_TERMFORCE_NEVER) < 0 ||
            scols_table_enable_noencoding(table->table, true) < 0 ||
            scols_table_enable_colors(table->table, context->colour) < 0)
                return -ENOMEM;
        assert(count <= TABLE_COLUMNS_MAX);
        for (size_t i = 0; i < count; i++) {
                column = scols_table_new_column(table->table, columns[i].heading, 0,
                                                flags_of(columns[i].flags));
                if (columns[i].flags & COLUMN_NAME)
                        table->names = i;
                if (!column || scols_column_set_safechars(column, "\n") < 0 ||
                    scols_column_set_wrapfunc(column, scols_wrapnl_chunksize,
                                              scols_wrapnl_nextchunk, NULL) < 0)
                        return -ENOMEM;
                if (context->colour &&
                    scols_cell_set_color(scols_column_get_header(column), "\033[2m") < 0)
                        return -ENOMEM;
        }
        *ret = TAKE_PTR(table);
        return 0;
}

void table_row(Table *table)
{
        table->row = scols_table_new_line(table->table, NULL);
        table->column = 0;
        table->failed |= !table->row;
}

static int cell_escape(const Table *table, const char *text, char **ret)
{
        return table->utf8 ? text_escape(ret, text) : text_escape_ascii(ret, text);
}

void table_cell(Table *table, Tone tone, const char *format, ...)
{
        _cleanup_free_ char *text = NULL, *escaped = NULL;
        va_list arguments;
        size_t column = table->column++;

        if (!table->row)
                return;
        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);
        if (!text || cell_escape(table, text, &escaped) < 0 ||
            scols_line_refer_data(table->row, column, escaped) < 0) {
                table->failed = true;
                return;
        }
        escaped = NULL; /* the row's now */
        if (table->coloured && tone != TONE_PLAIN)
                table->failed |= scols_cell_set_color(scols_line_get_cell(table->row, column),
                                                      tone_starts[tone]) < 0;
}

int table_print(Table *table)
{
        if (table->failed || (table->limit > 0 && table_fit(table->table, table->names,
                                                            table->limit, &table->asides) < 0))
                return -ENOMEM;
        if (table->quiet || scols_table_is_empty(table->table))
                return 0;
        progress_end();
        return table_write(table->table, table->names, table->asides);
}
