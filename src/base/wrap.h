/* SPDX-License-Identifier: MIT */
#pragma once

/* Wrap: lines no wider than a terminal, without a word broken in the middle. Widths are columns, as
 * the locale's characters take them. */

#include "base/macros.h"

/* Columns that `text` takes on one line. */
unsigned wrap_width(const char *text);

/* The widest part of a cell that is not broken. */
unsigned wrap_least(const char *text);

/* A sentence in a new string: newlines in place of blanks, later lines indented. What is in
 * backquotes stays together where it fits on one line; a longer word stays whole. -ENOMEM. */
_nodiscard_ int wrap_sentence(const char *text, unsigned columns, char **ret);

/* The same without indentation; a word that is wider than `columns` (not 0) is broken. -ENOMEM. */
_nodiscard_ int wrap_paragraph(const char *text, unsigned columns, char **ret);

/* The text of a cell, a path or a name: lines also end behind "/" and "-", and within a part that
 * is wider than `columns` (not 0). -ENOMEM. */
_nodiscard_ int wrap_cell(const char *text, unsigned columns, char **ret);
