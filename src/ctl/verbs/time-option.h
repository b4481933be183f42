/* SPDX-License-Identifier: MIT */
#pragma once

/* Time options: --settle and --limit. */

#include <stdint.h>

#include "ctl/frame/context.h"

/* The row of --limit in the table of a verb that waits for another run. */
#define OPTION_LIMIT                                                                             \
        {                                                                                        \
                "limit", 0, "TIME", "Wait at most this long for another run (default: no limit)" \
        }

/* The option `name` in milliseconds, `default_ms` when it was not given. EXIT_USAGE when it is no
 * time, having said so. */
_nodiscard_ int time_option(const Context *context, const char *name, int64_t default_ms,
                            int64_t *ret_ms);

/* --limit as store_lock() takes it: milliseconds, -1 without one. EXIT_USAGE as above. */
_nodiscard_ int limit_option(const Context *context, int *ret_ms);
