/* SPDX-License-Identifier: MIT */
#pragma once

/* Progress: one line on the terminal's standard error while something takes longer than a second,
 * erased at its end. Anywhere else it does nothing. */

#include "base/macros.h"
#include "ctl/frame/context.h"

/* Says what is being done now; replaces what was said before. */
_printf_(2, 3) void progress_say(const Context *context, const char *format, ...);

/* Erases the line. Harmless when there is none; complain() and main() call it. */
void progress_end(void);
