/* SPDX-License-Identifier: MIT */
#pragma once

/* Auto: `unlockerctl patch --auto`, what the service runs: waits until VMware's files are quiet,
 * patches, and looks again until what it saw before and after is the same. */

#include <stdint.h>

#include "ctl/context.h"

/* Runs again at once: the service's view of the file system is older than VMware's directory, which
 * is therefore read-only to it. The unit restarts it for this status alone. */
#define EXIT_AGAIN 75

typedef struct AutoOptions {
        int64_t settle_ms; /* see quiet_wait() */
        int64_t limit_ms;  /* for the whole run */
} AutoOptions;

/* Returns an ExitStatus or EXIT_AGAIN. Nothing to do, no VMware, the hold and a read-only file
 * system are EXIT_DONE: nobody has to act. Says how things stand by sd_notify() as well. */
_nodiscard_ int auto_run(Context *context, const AutoOptions *options);

/* "2s", "500ms", "15min", or seconds without a unit, in milliseconds. -EINVAL, -ERANGE. */
_nodiscard_ int auto_parse_time(const char *text, int64_t *ret_ms);
