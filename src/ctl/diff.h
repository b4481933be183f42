/* SPDX-License-Identifier: MIT */
#pragma once

/* Diff: two texts as a unified diff of one hunk each change, for people to agree to. */

#include "base/macros.h"
#include "ctl/context.h"

/* Prints it on standard output; nothing when they are the same. -ENOMEM. */
_nodiscard_ int diff_print(const Context *context, const char *path, const char *before,
                           const char *after);
