/* SPDX-License-Identifier: MIT */
#pragma once

/* Fits a table into the columns of a terminal: words go on in the next line, between blanks; a name
 * (a path, an archive) is never broken, so that it can be copied: one that has no room in its row
 * gets a line of its own. */

#include <libsmartcols.h>

#include "base/macros.h"

#define TABLE_COLUMNS_MAX 8U

/* Wraps the cells of the columns that wrap, and takes the names that have no room out of the column
 * `names` (SIZE_MAX: there is none). `*ret_asides` is what was taken out, in
 * the order of the rows, with NULL for each other row; NULL when the table fits. -ENOMEM. */
_nodiscard_ int table_fit(struct libscols_table *table, size_t names, unsigned limit,
                          char ***ret_asides);

/* Prints a table. A name that was taken out is printed whole: above its row where names are the
 * first column, else below. -ENOMEM. */
_nodiscard_ int table_write(struct libscols_table *table, size_t names, char *const *asides);
