/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/wrap.h"
#include "ctl/terminal/table-fit.h"

/* How wide a column is, and how narrow it can become. */
typedef struct Fit {
        bool wraps;
        unsigned width, least, heading;
} Fit;

static void fit_look(Fit *fit, const char *text)
{
        fit->width = MAX(fit->width, wrap_width(text));
        fit->least = MAX(fit->least, wrap_least(text));
}

static void fits_look(struct libscols_table *table, struct libscols_iter *lines, Fit *fits,
                      size_t count)
{
        struct libscols_line *line;

        for (size_t i = 0; i < count; i++) {
                struct libscols_column *column = scols_table_get_column(table, i);
                const char *heading = scols_cell_get_data(scols_column_get_header(column));

                fits[i].wraps = scols_column_get_flags(column) & SCOLS_FL_WRAP;
                fits[i].heading = wrap_width(heading);
                fits[i].width = fits[i].least = fits[i].heading;
        }
        scols_reset_iter(lines, SCOLS_ITER_FORWARD);
        while (scols_table_next_line(table, lines, &line) == 0)
                for (size_t i = 0; i < count; i++) {
                        const char *text = scols_cell_get_data(scols_line_get_cell(line, i));

                        fit_look(&fits[i], text ? text : "");
                }
}

/* The widest column that may become narrower; NULL when there is none. */
static Fit *fits_widest(Fit *fits, size_t count, bool within_words)
{
        Fit *widest = NULL;

        for (size_t i = 0; i < count; i++) {
                unsigned least = within_words ? fits[i].heading : fits[i].least;

                if (fits[i].wraps && fits[i].width > least &&
                    (!widest || fits[i].width > widest->width))
                        widest = &fits[i];
        }
        return widest;
}

static bool fits_shrink(Fit *fits, size_t count, unsigned limit)
{
        unsigned sum = (unsigned)count - 1;
        bool any = false;

        for (size_t i = 0; i < count; i++)
                sum += fits[i].width;
        for (; sum > limit; sum--) {
                Fit *widest = fits_widest(fits, count, false);

                if (!widest)
                        widest = fits_widest(fits, count, true);
                if (!widest)
                        break;
                widest->width--;
                any = true;
        }
        return any;
}

static int cell_wrap(struct libscols_cell *cell, unsigned width)
{
        const char *text = scols_cell_get_data(cell);
        char *wrapped;

        if (!text)
                return 0;
        if (wrap_cell(text, width, &wrapped) < 0)
                return -ENOMEM;
        if (scols_cell_refer_data(cell, wrapped) < 0) {
                free(wrapped);
                return -ENOMEM;
        }
        return 0;
}

static void iter_freep(struct libscols_iter **iter)
{
        scols_free_iter(*iter);
}

/* To ask for a line by its number would look at all before it. */
int table_fit(struct libscols_table *table, unsigned limit)
{
        _cleanup_(iter_freep) struct libscols_iter *lines = scols_new_iter(SCOLS_ITER_FORWARD);
        size_t count = scols_table_get_ncols(table);
        Fit fits[TABLE_COLUMNS_MAX] = {};
        struct libscols_line *line;

        if (!lines)
                return -ENOMEM;
        fits_look(table, lines, fits, count);
        if (!fits_shrink(fits, count, limit))
                return 0;
        scols_reset_iter(lines, SCOLS_ITER_FORWARD);
        while (scols_table_next_line(table, lines, &line) == 0)
                for (size_t i = 0; i < count; i++)
                        if (fits[i].wraps &&
                            cell_wrap(scols_line_get_cell(line, i), fits[i].width) < 0)
                                return -ENOMEM;
        return 0;
}
