/* SPDX-License-Identifier: MIT */
#pragma once

/* Wrap: lines no wider than a terminal, without a word broken in the middle. Widths are columns, as
 * the locale's characters take them. */

#include "base/macros.h"

/* Columns that `text` takes on one line. */
unsigned wrap_width(const char *text);

/* The widest word or command of a text. */
unsigned wrap_least(const char *text);

/* A sentence in a new string: newlines in place of blanks, later lines indented. A command in
 * backquotes stays in one line, and a word stays whole, however wide they are. -ENOMEM. */
_nodiscard_ int wrap_sentence(const char *text, unsigned columns, char **ret);

/* The same without indentation; a word outside of commands that is wider than `columns` (not 0) is
 * broken. -ENOMEM. */
_nodiscard_ int wrap_paragraph(const char *text, unsigned columns, char **ret);
