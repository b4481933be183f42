/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"
#include "ctl/service/auto-pass.h"
#include "ctl/service/events.h"
#include "ctl/service/hold-news.h"
#include "ctl/service/status-line.h"
#include "host/run-note.h"
#include "settle/fingerprint.h"
#include "settle/settle.h"

#define PASSES_MAX 20U /* over files that change each time they were judged */

static int64_t left_ms(const Auto *run)
{
        return MAX(run->end - clock_now_ms(), (int64_t)0);
}

void auto_note(const Auto *run, const char *name, const char *text)
{
        (void)run_note_write(&run->root, name, text, NULL);
}

static int wait_until_quiet(Auto *run, Fault *fault)
{
        const QuietOptions options = {.settle_ms = run->settle_ms,
                                      .limit_ms = left_ms(run),
                                      .fresh_ms = QUIET_FRESH_MS_DEFAULT,
                                      .waiting = auto_line_wait};

        return quiet_wait(&run->root, &options, fault);
}

static int run_job(Auto *run, bool dry_run, Run *ret)
{
        const RunOptions options = {.kind = RUN_PATCH,
                                    .dry_run = dry_run,
                                    .automatic = true,
                                    .lock_timeout_ms = (int)left_ms(run)};
        Run one = {};
        int r = run_do(run->context, &options, &one);

        if (r < 0)
                return r;
        run_done(ret);
        *ret = one;
        return 0;
}

static const InstallationResult *done_result(const Auto *run, const InstallationResult *look)
{
        for (size_t i = 0; run->done.root_count > 0 && i < run->done.roots[0].result_count; i++)
                if (text_equal(run->done.roots[0].results[i].libdir, look->libdir))
                        return &run->done.roots[0].results[i];
        return NULL;
}

/* Whether a target could be patched that was not tried as it is now. */
static bool any_pending(const Auto *run)
{
        const RunRoot *root = &run->look.roots[0];

        if (run->done.root_count == 0 || run->done.roots[0].error < 0)
                return false;
        for (size_t i = 0; i < root->result_count; i++) {
                const InstallationResult *look = &root->results[i], *done = done_result(run, look);

                for (Role role = 0; role < _ROLE_MAX; role++) {
                        Outcome outcome = look->targets[role].outcome;

                        if ((outcome == OUTCOME_PATCHED || outcome == OUTCOME_COMPLETED) &&
                            (!done || done->targets[role].outcome != OUTCOME_FAILED))
                                return true;
                }
        }
        return false;
}

/* Looks once more, without changing anything: 1 when nothing is left to do and nothing changed
 * while it looked, so that `before` is what was judged; else 0. */
static int look_again(Auto *run, Fault *fault)
{
        _cleanup_free_ char *after = NULL;
        int r;

        free(TAKE_PTR(run->before));
        r = fingerprints_take(&run->root, &run->before, fault);
        if (r >= 0)
                r = run_job(run, true, &run->look);
        if (r >= 0)
                r = fingerprints_take(&run->root, &after, fault);
        if (r < 0)
                return r;
        return text_equal(run->before, after) && !any_pending(run);
}

static int wait_and_patch(Auto *run, Fault *fault)
{
        int r = wait_until_quiet(run, fault);

        if (r < 0)
                return r;
        auto_line_say("patching");
        r = run_job(run, false, &run->done);
        if (r < 0)
                return r;
        events_of_changes(&run->done);
        if (run->done.status == EXIT_BUSY && (left_ms(run) == 0 || stop_is_asked())) {
                *fault = run->done.roots[0].fault;
                return fault->reason == REASON_NONE
                               ? fault_set(fault, -EBUSY, REASON_BUSY, "VMware")
                               : -EBUSY;
        }
        return 0;
}

/* Under a hold nothing is patched, but how things stand is said when they do. */
static int pass_held(Auto *run, Fault *fault)
{
        int r;

        auto_line_say("on hold (run `sudo unlockerctl release` to resume)");
        r = wait_until_quiet(run, fault);
        if (r < 0 && r != -EBUSY)
                return r;
        r = look_again(run, fault);
        return r < 0 ? r : hold_is_set(&run->root);
}

/* 1 when it was the last one. */
static int auto_pass(Auto *run, Fault *fault)
{
        int r;

        run_done(&run->done);
        if (hold_is_set(&run->root))
                return pass_held(run, fault);
        r = wait_and_patch(run, fault);
        if (r >= 0)
                r = look_again(run, fault);
        if (r <= 0)
                return r;
        /* Somebody came between: an installer, a writer, a person with another run. */
        return run->done.status != EXIT_BUSY && run->look.status != EXIT_BUSY;
}

int auto_passes(Auto *run, Fault *fault)
{
        for (unsigned i = 0; i < PASSES_MAX; i++) {
                int r = auto_pass(run, fault);

                if (r != 0)
                        return r;
        }
        return fault_set(fault, -EBUSY, REASON_CHANGED, "VMware");
}
