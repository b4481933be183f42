/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wrap.h"
#include "ctl/terminal/table-fit.h"

/* How wide a column is, and how narrow it can become. */
typedef struct Fit {
        bool wraps;
        unsigned width, least;
} Fit;

typedef struct Fits {
        Fit items[TABLE_COLUMNS_MAX];
        size_t count;
} Fits;

static void iter_freep(struct libscols_iter **iter)
{
        scols_free_iter(*iter);
}

static const char *cell_text(const struct libscols_cell *cell)
{
        const char *text = scols_cell_get_data(cell);

        return text ? text : "";
}

/* To ask for a line by its number would look at all before it. */
static void fits_look(Fits *fits, struct libscols_table *table, struct libscols_iter *lines)
{
        struct libscols_line *line;

        for (size_t i = 0; i < fits->count; i++) {
                struct libscols_column *column = scols_table_get_column(table, i);

                fits->items[i].wraps = scols_column_get_flags(column) & SCOLS_FL_WRAP;
                fits->items[i].width = fits->items[i].least =
                        wrap_width(cell_text(scols_column_get_header(column)));
        }
        scols_reset_iter(lines, SCOLS_ITER_FORWARD);
        while (scols_table_next_line(table, lines, &line) == 0)
                for (size_t i = 0; i < fits->count; i++) {
                        const char *text = cell_text(scols_line_get_cell(line, i));
                        Fit *fit = &fits->items[i];

                        fit->width = MAX(fit->width, wrap_width(text));
                        fit->least = MAX(fit->least, wrap_least(text));
                }
}

/* Of all columns, with a blank between them. */
static unsigned fits_width(const Fits *fits)
{
        unsigned sum = (unsigned)fits->count - 1;

        for (size_t i = 0; i < fits->count; i++)
                sum += fits->items[i].width;
        return sum;
}

/* By how much columns that wrap can become narrower. */
static unsigned fits_slack(const Fits *fits)
{
        unsigned sum = 0;

        for (size_t i = 0; i < fits->count; i++)
                sum += fits->items[i].wraps ? fits->items[i].width - fits->items[i].least : 0;
        return sum;
}

/* The widest column that may become narrower; NULL when there is none. */
static Fit *fits_widest(Fits *fits)
{
        Fit *widest = NULL;

        for (size_t i = 0; i < fits->count; i++) {
                Fit *fit = &fits->items[i];

                if (fit->wraps && fit->width > fit->least &&
                    (!widest || fit->width > widest->width))
                        widest = fit;
        }
        return widest;
}

static void fits_shrink(Fits *fits, unsigned limit)
{
        for (unsigned width = fits_width(fits); width > limit; width--) {
                Fit *widest = fits_widest(fits);

                if (!widest)
                        return;
                widest->width--;
        }
}

static int cell_wrap(struct libscols_cell *cell, unsigned width)
{
        char *wrapped;

        if (wrap_paragraph(cell_text(cell), width, &wrapped) < 0)
                return -ENOMEM;
        if (scols_cell_refer_data(cell, wrapped) < 0) {
                free(wrapped);
                return -ENOMEM;
        }
        return 0;
}

static int cells_wrap(const Fits *fits, struct libscols_table *table, struct libscols_iter *lines)
{
        struct libscols_line *line;

        scols_reset_iter(lines, SCOLS_ITER_FORWARD);
        while (scols_table_next_line(table, lines, &line) == 0)
                for (size_t i = 0; i < fits->count; i++)
                        if (fits->items[i].wraps &&
                            cell_wrap(scols_line_get_cell(line, i), fits->items[i].width) < 0)
                                return -ENOMEM;
        return 0;
}

/* Takes the names out that are wider than `room`; the heading alone does not stay. */
static int names_take_out(struct libscols_table *table, struct libscols_iter *lines, size_t names,
                          unsigned room, char ***ret)
{
        struct libscols_column *column = scols_table_get_column(table, names);
        bool has_room = wrap_width(cell_text(scols_column_get_header(column))) <= room;
        char **asides = calloc(scols_table_get_nlines(table), sizeof(*asides));
        struct libscols_line *line;
        bool stays = false;

        *ret = asides;
        if (!asides)
                return -ENOMEM;
        scols_reset_iter(lines, SCOLS_ITER_FORWARD);
        for (size_t i = 0; scols_table_next_line(table, lines, &line) == 0; i++) {
                struct libscols_cell *cell = scols_line_get_cell(line, names);

                if (has_room && wrap_width(cell_text(cell)) <= room) {
                        stays = true;
                        continue;
                }
                asides[i] = strdup(cell_text(cell));
                if (!asides[i] || scols_cell_set_data(cell, "") < 0)
                        return -ENOMEM;
        }
        return stays ? 0 : scols_column_set_flags(column, SCOLS_FL_HIDDEN);
}

/* What the other columns leave for the names. */
static unsigned names_room(const Fits *fits, size_t names, unsigned limit)
{
        unsigned others = fits_width(fits) - fits->items[names].width;

        return others < limit ? limit - others : 0;
}

int table_fit(struct libscols_table *table, size_t names, unsigned limit, char ***ret_asides)
{
        _cleanup_(iter_freep) struct libscols_iter *lines = scols_new_iter(SCOLS_ITER_FORWARD);
        Fits fits = {.count = scols_table_get_ncols(table)};
        int r = 0;

        if (!lines)
                return -ENOMEM;
        fits_look(&fits, table, lines);
        if (fits_width(&fits) <= limit)
                return 0;
        if (names < fits.count && fits_width(&fits) - fits_slack(&fits) > limit) {
                unsigned room = names_room(&fits, names, limit);

                r = names_take_out(table, lines, names, room, ret_asides);
                fits.items[names].width = MIN(fits.items[names].width, room);
        }
        if (r < 0)
                return -ENOMEM;
        fits_shrink(&fits, limit);
        return cells_wrap(&fits, table, lines);
}

/* The lines that a row takes, or the headings do. */
static size_t row_height(struct libscols_line *line, size_t columns)
{
        size_t height = 1;

        for (size_t i = 0; line && i < columns; i++) {
                size_t lines = 1;

                for (const char *at = cell_text(scols_line_get_cell(line, i));
                     (at = strchr(at, '\n')); at++)
                        lines++;
                height = MAX(height, lines);
        }
        return height;
}

/* Prints as many lines of `text`; returns what is behind them. */
static const char *lines_write(const char *text, size_t count)
{
        for (; count > 0 && *text; count--) {
                size_t size = strcspn(text, "\n");

                (void)printf("%.*s\n", (int)size, text);
                text += size + (text[size] == '\n');
        }
        return text;
}

int table_write(struct libscols_table *table, size_t names, char *const *asides)
{
        _cleanup_(iter_freep) struct libscols_iter *lines = scols_new_iter(SCOLS_ITER_FORWARD);
        size_t columns = scols_table_get_ncols(table);
        _cleanup_free_ char *text = NULL;
        struct libscols_line *line;
        const char *at;

        if (!asides)
                return scols_print_table(table) < 0 ? -ENOMEM : 0;
        if (!lines || scols_print_table_to_string(table, &text) < 0)
                return -ENOMEM;
        at = lines_write(text, row_height(NULL, columns));
        for (size_t i = 0; scols_table_next_line(table, lines, &line) == 0; i++) {
                if (asides[i] && names == 0)
                        (void)printf("%s\n", asides[i]);
                at = lines_write(at, row_height(line, columns));
                if (asides[i] && names > 0)
                        (void)printf("  %s\n", asides[i]);
        }
        return 0;
}
