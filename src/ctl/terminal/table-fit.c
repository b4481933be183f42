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

static void fits_look(struct libscols_table *table, Fit *fits, size_t count)
{
        struct libscols_line *line;

        for (size_t i = 0; i < count; i++) {
                struct libscols_column *column = scols_table_get_column(table, i);
                const char *heading = scols_cell_get_data(scols_column_get_header(column));

                fits[i].wraps = scols_column_get_flags(column) & SCOLS_FL_WRAP;
                fits[i].heading = wrap_width(heading);
                fits[i].width = fits[i].least = fits[i].heading;
                for (size_t k = 0; (line = scols_table_get_line(table, k)); k++) {
                        const char *text = scols_cell_get_data(scols_line_get_cell(line, i));

                        fit_look(&fits[i], text ? text : "");
                }
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

int table_fit(struct libscols_table *table, unsigned limit)
{
        size_t count = scols_table_get_ncols(table);
        Fit fits[TABLE_COLUMNS_MAX] = {};
        struct libscols_line *line;

        fits_look(table, fits, count);
        if (!fits_shrink(fits, count, limit))
                return 0;
        for (size_t k = 0; (line = scols_table_get_line(table, k)); k++)
                for (size_t i = 0; i < count; i++) {
                        struct libscols_cell *cell = scols_line_get_cell(line, i);
                        const char *text = scols_cell_get_data(cell);
                        char *wrapped;

                        if (!fits[i].wraps || !text)
                                continue;
                        if (wrap_cell(text, fits[i].width, &wrapped) < 0)
                                return -ENOMEM;
                        if (scols_cell_refer_data(cell, wrapped) < 0) {
                                free(wrapped);
                                return -ENOMEM;
                        }
                }
        return 0;
}
