/* SPDX-License-Identifier: MIT */
#pragma once

/* Pager: long output goes through $UNLOCKER_PAGER, $PAGER or less(1), on a terminal only.
 *
 * "" or "cat" mean none. less runs with LESSSECURE=1, so that it opens and starts nothing; under
 * sudo and pkexec, where the variables may be another user's, nothing but less is started. */

#include "ctl/context.h"

/* From here on standard output goes to the pager, where one is wanted and can be started. */
void pager_open(const Context *context);

/* Ends the output and waits until the reader is done. main() calls it; harmless without a pager. */
void pager_close(void);
