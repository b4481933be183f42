/* SPDX-License-Identifier: MIT */
#pragma once

/* Mend: what was meant by a line that VMware cannot read, or that has typographic quotes, where
 * that is certain. */

#include <stdbool.h>

#include "base/span.h"
#include "vmx/dictionary.h"

/* Whether the value begins and ends with typographic quotes, in UTF-8, windows-125x or GBK: VMware
 * reads them as a part of it. */
bool line_has_typographic_quotes(const DictionaryLine *line);

/* The value that was meant, as bytes of the line for dictionary_set_raw(): the text after a quote
 * that is not closed, between typographic quotes, before a stray ';' or quote, or several plain
 * words. False where another meaning is possible too. */
bool line_meant_value(const DictionaryLine *line, Span *ret);
