/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

#include "base/macros.h"
#include "ctl/frame/context.h"

/* The time that the verb's option `name` was given ("2s", "500ms", "15min", or seconds), in
 * milliseconds; without one, the default. EXIT_USAGE when it is no time, having said so. */
_nodiscard_ int time_option(const Context *context, const char *name, int64_t default_ms,
                            int64_t *ret_ms);
