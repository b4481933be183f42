/* SPDX-License-Identifier: MIT */
#pragma once

/* Breaks the cells of a table that is too wide, in the columns that may be, between words. */

#include <libsmartcols.h>

#include "base/macros.h"

#define TABLE_COLUMNS_MAX 8U

/* -ENOMEM. */
_nodiscard_ int table_fit(struct libscols_table *table, unsigned limit);
