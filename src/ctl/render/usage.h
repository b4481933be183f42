/* SPDX-License-Identifier: MIT */
#pragma once

/* Usage: what is said of a command line that is wrong. It is found before anything is opened or
 * written. */

#include "base/macros.h"
#include "ctl/frame/context.h"

/* Says what is wrong and where the help is, with --json in a document as well. Returns EXIT_USAGE,
 * or a negative errno:
 *
 *     return usage_wrong(context, "--keep=%s: not a number", keep); */
_nodiscard_ _printf_(2, 3) int usage_wrong(const Context *context, const char *format, ...);

/* Whether the verb's option `name` was given without `other`, which it needs. Then says so, and
 * `*ret` is what usage_wrong() returned. */
_nodiscard_ bool usage_lacks(const Context *context, const char *name, const char *other, int *ret);
