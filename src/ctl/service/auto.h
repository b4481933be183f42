/* SPDX-License-Identifier: MIT */
#pragma once

/* Auto: `unlockerctl patch --auto`, what the service runs: waits until VMware's files are quiet,
 * patches, and looks again until what it saw before and after is the same. */

#include <stdint.h>

#include "ctl/frame/context.h"

typedef struct AutoOptions {
        int64_t settle_ms; /* see quiet_wait() */
        int64_t limit_ms;  /* for the whole run */
} AutoOptions;

/* Returns an ExitStatus. Nothing to do, no VMware, the hold and a read-only file
 * system are EXIT_DONE: nobody has to act. Says how things stand by sd_notify() as well. */
_nodiscard_ int auto_run(Context *context, const AutoOptions *options);
