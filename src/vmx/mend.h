/* SPDX-License-Identifier: MIT */
#pragma once

/* Mend: what was meant by a line that VMware cannot read, or whose quotes are none, where
 * that is certain. */

#include <stdbool.h>

#include "base/span.h"
#include "vmx/dictionary.h"

/* What is wrong with the quotes around the value, where VMware reads them as a part of it or cannot
 * read the line: "typographic quotes" (in UTF-8, windows-125x or GBK), "single quotes", "two kinds
 * of quotes", "one quote only"; NULL when nothing is, or no more than the line's flaw tells. */
const char *line_quotes(const DictionaryLine *line);

/* The value that was meant, as bytes of the line for dictionary_set_raw(): the text after a quote
 * that is not closed, between quotes of another kind, before a stray ';' or quote, or several plain
 * words. False where another meaning is possible too. */
bool line_meant_value(const DictionaryLine *line, Span *ret);

/* What the value may be: the meant one, else the first word after a quote. Only to tell what the
 * line is about. */
Span line_likely_value(const DictionaryLine *line);
