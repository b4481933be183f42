/* SPDX-License-Identifier: MIT */
#pragma once

/* Paragraph: text in lines that fit a page. A command in it is never broken: where the terminal
 * does that, it is still one line when it is copied. */

#include <stddef.h>

#include "ctl/terminal/output.h"

/* Columns of a page: the terminal's, 80 in a pipe. */
unsigned page_width(const Context *context);

/* Prints `text` from column `indent` on, behind `head` (of that width or less), in lines of `width`
 * columns. */
void paragraph_print(const Context *context, Tone tone, const char *head, unsigned indent,
                     const char *text, unsigned width);

/* How many lines that takes on a terminal. */
size_t paragraph_height(const char *text, unsigned width);

/* A sentence no wider than the page, and how many lines it takes. */
_printf_(3, 4) void paragraph_say(const Context *context, Tone tone, const char *format, ...);
size_t paragraph_lines(const Context *context, const char *text);
