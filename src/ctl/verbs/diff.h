/* SPDX-License-Identifier: MIT */
#pragma once

/* Diff: the lines of a configuration that change, old and new, for people to agree to. */

#include "ctl/frame/context.h"
#include "vmx/dictionary.h"

/* Prints them on standard output; nothing when they are the same. `after` began as a copy of
 * `before`: its lines have the numbers of those that they came from. */
void diff_print(const Context *context, const char *path, const Dictionary *before,
                const Dictionary *after);
