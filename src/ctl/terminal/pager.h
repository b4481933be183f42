/* SPDX-License-Identifier: MIT */
#pragma once

/* Pager: output that is higher than the screen goes through $UNLOCKER_PAGER, $PAGER or less(1), on
 * a terminal only.
 *
 * "" or "cat" mean none. less runs with LESSSECURE=1, so that it opens and starts nothing; under
 * sudo and pkexec, where the variables may be another user's, nothing but less is started. */

#include "ctl/frame/context.h"

/* From here on standard output is collected, where a pager is wanted. */
void pager_open(const Context *context);

/* Shows what was collected, and waits until the reader is done. main() calls it; harmless without a
 * pager. */
void pager_close(void);
