/* SPDX-License-Identifier: MIT */
#pragma once

/* Progress: one line on the terminal's standard error while something takes longer than a second,
 * erased at its end, and before anything else is printed. With --quiet or --json, in a pipe, and
 * where there is no terminal, it does nothing. */

#include "base/macros.h"
#include "ctl/frame/context.h"

/* Goes to the begin of the terminal's line and empties it. */
#define PROGRESS_ERASE "\r\033[K"

/* Says what is being done now; replaces what was said before. One line, cut where it is wider than
 * the terminal. */
_printf_(2, 3) void progress_say(const Context *context, const char *format, ...);

/* Erases the line. Harmless when there is none: whatever prints calls it. */
void progress_end(void);
