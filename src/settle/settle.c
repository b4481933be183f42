/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"
#include "settle/fingerprint.h"
#include "settle/installer.h"
#include "settle/settle.h"
#include "settle/watch.h"

#define POLL_MS 500 /* what inotify does not tell is looked at so often */

typedef struct Quiet {
        const Root *root;
        const QuietOptions *options;
        Watch *watch;
        char *fingerprints;     /* when it was looked last */
        int64_t begun, changed; /* milliseconds, monotonic */
        Reason told;            /* what `waiting` was called for last */
} Quiet;

static void quiet_done(Quiet *quiet)
{
        watch_free(quiet->watch);
        free(quiet->fingerprints);
}

static void changed_before(Quiet *quiet, int64_t age)
{
        if (age < quiet->options->settle_ms)
                quiet->changed = MAX(quiet->changed, quiet->begun - age);
}

/* When the last change was, from the times of files and directories. */
static void look_back(Quiet *quiet, const Spots *spots)
{
        quiet->changed = quiet->begun - quiet->options->settle_ms;
        changed_before(quiet, path_age(quiet->root, INSTALLER_LOCK_PATH));
        for (size_t i = 0; i < spots->count; i++) {
                changed_before(quiet, path_age(quiet->root, spots->items[i].path));
                changed_before(quiet, path_age(quiet->root, spots->items[i].directory));
        }
}

/* Looks once, and notes when something changed since. */
static int quiet_look(Quiet *quiet, Fault *fault)
{
        _cleanup_(spots_done) Spots spots = {};
        _cleanup_free_ char *fingerprints = NULL;
        bool first = !quiet->fingerprints, told;
        int r = spots_find(quiet->root, &spots, fault);

        if (r < 0)
                return r;
        watch_add(quiet->watch, quiet->root, &spots);
        told = watch_take(quiet->watch);
        r = fingerprints_take(quiet->root, &fingerprints, fault);
        if (r < 0)
                return r;
        if (first)
                look_back(quiet, &spots);
        if (told || (!first && !text_equal(fingerprints, quiet->fingerprints)))
                quiet->changed = clock_now_ms();
        free(quiet->fingerprints);
        quiet->fingerprints = TAKE_PTR(fingerprints);
        return 0;
}

/* 0 when it is quiet; 1 when it is to be waited for `*ret_ms` milliseconds, for what `fault` says.
 */
static int quiet_judge(Quiet *quiet, int64_t *ret_ms, Fault *fault)
{
        int64_t left;
        int r = quiet_look(quiet, fault);

        if (r < 0)
                return r;
        *ret_ms = POLL_MS;
        r = obstacle_find(quiet->root, quiet->options->fresh_ms, fault);
        if (r != 0)
                return r;
        if (watch_take(quiet->watch))
                quiet->changed = clock_now_ms();
        left = quiet->options->settle_ms - (clock_now_ms() - quiet->changed);
        if (left <= 0)
                return 0;
        (void)fault_set(fault, -EBUSY, REASON_CHANGED, "VMware");
        *ret_ms = MIN(left, (int64_t)POLL_MS);
        return 1;
}

static void quiet_tell(Quiet *quiet, const Fault *why)
{
        if (quiet->options->waiting && quiet->told != why->reason)
                quiet->options->waiting(why, quiet->options->context);
        quiet->told = why->reason;
}

int quiet_wait(const Root *root, const QuietOptions *options, Fault *fault)
{
        _cleanup_(quiet_done)
                Quiet quiet = {.root = root, .options = options, .begun = clock_now_ms()};
        int r = watch_new(&quiet.watch);

        if (r < 0)
                return fault_set(fault, r, REASON_READ, "inotify");
        for (;;) {
                int64_t wait = 0, left;

                r = quiet_judge(&quiet, &wait, fault);
                if (r <= 0)
                        return r;
                left = options->limit_ms - (clock_now_ms() - quiet.begun);
                if (left <= 0 || stop_is_asked())
                        return -EBUSY;
                quiet_tell(&quiet, fault);
                watch_wait(quiet.watch, MIN(wait, left));
        }
}
