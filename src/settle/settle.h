/* SPDX-License-Identifier: MIT */
#pragma once

/* Quiet: waiting until nobody works on VMware's files.
 *
 * They are quiet when nothing changed in their directories for the settle time and there is no
 * Obstacle. A change that lies back longer than that was waited for already: an installation that
 * is old is quiet at once. Both ways of seeing a change are used: inotify on the directories that
 * exist, added anew each round, and fingerprints, for file systems that tell inotify nothing. */

#include "settle/installer-activity.h"

#define QUIET_SETTLE_MS_DEFAULT 2000
#define QUIET_LIMIT_MS_DEFAULT  (15 * 60 * 1000)
#define QUIET_FRESH_MS_DEFAULT  (60 * 1000)

typedef struct QuietOptions {
        int64_t settle_ms; /* no change for so long */
        int64_t limit_ms;  /* at most so long is waited */
        int64_t fresh_ms;  /* see obstacle_find() */
        /* Called when what is waited for is another thing than before; may be NULL. */
        void (*waiting)(const Fault *why, void *context);
        void *context;
} QuietOptions;

/* 0 when it is quiet. -EBUSY when the limit came first, `fault` (not NULL) saying what it waited
 * for: an Obstacle, or REASON_CHANGED. The same when stop_is_asked() while it waits. */
_nodiscard_ int quiet_wait(const Root *root, const QuietOptions *options, Fault *fault);
