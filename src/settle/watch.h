/* SPDX-License-Identifier: MIT */
#pragma once

/* Watch: being told by inotify that something changed in VMware's directories, or on the way to
 * them. A directory that is not there yet is told of by the one it will come into. */

#include <stdbool.h>

#include "host/target-paths.h"

typedef struct Watch Watch;

/* Watches nothing yet. -ENOMEM, or negative errno where the kernel gives no inotify. */
_nodiscard_ int watch_new(Watch **ret);
void watch_free(Watch *watch);
DEFINE_FREEP(Watch, watch_free);

/* Also watches what exists by now of the directories of `spots`, and those above them. */
void watch_add(Watch *watch, const Root *root, const Spots *spots);

/* Takes what there is to tell: whether any of it is about VMware. */
bool watch_take(Watch *watch);

/* Waits until there is something to tell, `timeout_ms` milliseconds at most. */
void watch_wait(const Watch *watch, int64_t timeout_ms);
