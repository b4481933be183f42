/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"
#include "ctl/service/auto-json.h"
#include "ctl/service/auto.h"
#include "ctl/service/crash-count.h"
#include "ctl/service/events.h"
#include "ctl/service/hold-news.h"
#include "ctl/service/state-file.h"
#include "ctl/service/status-line.h"
#include "ctl/terminal/errors.h"
#include "ctl/work/read-only.h"
#include "ctl/work/verification-words.h"
#include "host/run-note.h"
#include "settle/fingerprint.h"
#include "settle/settle.h"
#include "swap/session.h"

#define PASSES_MAX 20U /* over files that change each time they were judged */

typedef struct Auto {
        Context *context;
        const AutoOptions *options;
        Root root;
        int64_t end;        /* of the time limit, milliseconds, monotonic */
        Job done;           /* the last run that could change something */
        Job look;           /* the dry run after it */
        char *before;       /* fingerprints before `look`, and the same after it when it is over */
        Fault fault;        /* what stopped it */
        Fault vault;        /* what is wrong with an archive */
        char *verification; /* when the originals were last verified; NULL: never */
        bool followed;      /* it changed nothing, and another run begins at once */
        bool stopped;       /* the service manager asked for its end */
} Auto;

static void auto_done(Auto *run)
{
        root_done(&run->root);
        job_done(&run->done);
        job_done(&run->look);
        free(run->before);
        free(run->verification);
}

static int64_t left_ms(const Auto *run)
{
        return MAX(run->end - clock_now_ms(), (int64_t)0);
}

/* Notes are for the next run only, and a run without them does too much rather than too little. */
static void auto_note(const Auto *run, const char *name, const char *text)
{
        (void)run_note_write(&run->root, name, text, NULL);
}

static int wait_until_quiet(Auto *run, Fault *fault)
{
        const QuietOptions options = {.settle_ms = run->options->settle_ms,
                                      .limit_ms = left_ms(run),
                                      .fresh_ms = QUIET_FRESH_MS_DEFAULT,
                                      .waiting = auto_line_wait};

        return quiet_wait(&run->root, &options, fault);
}

static int run_job(Auto *run, bool dry_run, Job *ret)
{
        const JobOptions options = {.kind = JOB_PATCH,
                                    .dry_run = dry_run,
                                    .automatic = true,
                                    .lock_timeout_ms = (int)left_ms(run)};
        Job job = {};
        int r = job_run(run->context, &options, &job);

        if (r < 0)
                return r;
        job_done(ret);
        *ret = job;
        return 0;
}

static const Report *done_report(const Auto *run, const Report *look)
{
        for (size_t i = 0; run->done.root_count > 0 && i < run->done.roots[0].report_count; i++)
                if (text_equal(run->done.roots[0].reports[i].libdir, look->libdir))
                        return &run->done.roots[0].reports[i];
        return NULL;
}

/* Whether a target could be patched that was not tried as it is now. */
static bool any_pending(const Auto *run)
{
        const JobRoot *root = &run->look.roots[0];

        if (run->done.root_count == 0 || run->done.roots[0].error < 0)
                return false;
        for (size_t i = 0; i < root->report_count; i++) {
                const Report *look = &root->reports[i], *done = done_report(run, look);

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

        job_done(&run->done);
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

static int pass_until_quiet(Auto *run, Fault *fault)
{
        for (unsigned i = 0; i < PASSES_MAX; i++) {
                int r = auto_pass(run, fault);

                if (r != 0)
                        return r;
        }
        return fault_set(fault, -EBUSY, REASON_CHANGED, "VMware");
}

static const JobRoot *done_root(const Auto *run)
{
        return run->done.root_count > 0 ? &run->done.roots[0] : NULL;
}

/* The store could not be made, on the read-only file system that the targets are on. */
static bool store_is_read_only(const Auto *run)
{
        const JobRoot *root = done_root(run);

        return root && run->look.root_count > 0 &&
               read_only_is_why_of_store(&run->root, root, &run->look.roots[0]);
}

static bool is_read_only(const Auto *run)
{
        const JobRoot *root = done_root(run);

        if (store_is_read_only(run))
                return true;
        for (size_t i = 0; root && i < root->report_count; i++)
                if (read_only_is_why(&run->root, &root->reports[i]))
                        return true;
        return false;
}

/* What the last run could not do; only now it is certain that no other pass follows. */
static void tell_failures(const Auto *run)
{
        const JobRoot *root = done_root(run);

        if (!root || store_is_read_only(run))
                return;
        event_root_failure(root);
        for (size_t i = 0; i < root->report_count; i++)
                if (!read_only_is_why(&run->root, &root->reports[i]))
                        events_of_failures(&run->done, root, &root->reports[i]);
}

static ExitStatus auto_status(const Auto *run, bool held)
{
        const JobRoot *root = done_root(run);
        ExitStatus status = run->look.status;

        if (root && !store_is_read_only(run))
                status = exit_status_worse(status, job_root_own_status(root));
        for (size_t i = 0; root && i < root->report_count; i++)
                if (!read_only_is_why(&run->root, &root->reports[i]))
                        status = exit_status_worse(status, report_exit_status(&root->reports[i]));
        return held || status == EXIT_NO_VMWARE ? EXIT_DONE : status;
}

/* An installation on a read-only file system is told of once; no action is needed. What else failed
 * is a failure all the same. */
static void tell_read_only(const Auto *run, ReadOnlyNews news)
{
        bool all = store_is_read_only(run);
        const JobRoot *root = all ? &run->look.roots[0] : done_root(run);

        for (size_t i = 0; news != READ_ONLY_TOLD && i < root->report_count; i++)
                if (all || read_only_is_why(&run->root, &root->reports[i]))
                        event_read_only(root, &root->reports[i]);
}

/* A clean end that differs from what any look will find, so that vmware-unlocker-missed.service
 * starts another run. Without that note none would follow. */
static bool let_another_follow(Auto *run)
{
        auto_note(run, RUN_NOTE_ASKED, NULL);
        if (run_note_write(&run->root, RUN_NOTE_SEEN, "another run is due\n", NULL) < 0)
                return false;
        run->followed = true;
        auto_line_say("starting again: VMware's directory is new");
        return true;
}

/* A damaged original needs a person, however well all else went. */
static ExitStatus look_at_vault(Auto *run)
{
        _cleanup_(session_freep) Session *session = NULL;
        _cleanup_(verification_done) Verification verification = {};

        if (session_open(run->root.path, STORE_READ, &session, NULL) < 0)
                return EXIT_DONE;
        if (verification_read(session->store, &verification) >= 0)
                (void)verification_words(&verification, &run->verification);
        if (!session_lacks_archives(session))
                return EXIT_DONE;
        run->vault = session->archive_fault;
        event_vault(&run->vault);
        return EXIT_FAILED;
}

/* The run finished: says how things are, and remembers what was judged. */
static int auto_end(Auto *run)
{
        _cleanup_free_ char *line = NULL;
        ExitStatus vault;
        bool held = hold_look_and_tell(&run->root), read_only = !held && is_read_only(run);
        int r = auto_line_of(&run->look,
                             held || !done_root(run) || store_is_read_only(run) ? NULL : &run->done,
                             &line);

        if (r < 0)
                return r;
        if (read_only) {
                ReadOnlyNews news = read_only_news(&run->root, run->before);

                if (news == READ_ONLY_ONCE && let_another_follow(run))
                        return EXIT_DONE;
                tell_read_only(run, news);
        } else {
                read_only_forget(&run->root);
        }
        if (!held)
                tell_failures(run);
        /* What failed only now, nobody has been told of. */
        if (!held && exit_status_worse(run->done.status, run->look.status) != run->done.status)
                events_of_look(&run->look);
        vault = look_at_vault(run);
        auto_note(run, RUN_NOTE_SEEN, run->before);
        auto_line_say("%s%s%s%s",
                      held        ? "on hold (run `sudo unlockerctl release` to resume): "
                      : read_only ? "read-only file system: "
                                  : "",
                      line, run->verification ? "; " : "",
                      run->verification ? run->verification : "");
        return (int)exit_status_worse(vault, auto_status(run, held));
}

/* It did not: says why, and remembers what is there now, so that it is not tried again before
 * something changes. */
static int end_early(Auto *run, int error, const Fault *fault)
{
        read_only_forget(&run->root);
        tell_failures(run);
        free(TAKE_PTR(run->before));
        if (fingerprints_take(&run->root, &run->before, NULL) >= 0)
                auto_note(run, RUN_NOTE_SEEN, run->before);
        if (error == -EBUSY) {
                event_busy(fault);
                auto_line_say("not patched, gave up waiting: %s: %s",
                              reason_text(fault->reason)->why, reason_text(fault->reason)->todo);
                return EXIT_BUSY;
        }
        event_failed(fault);
        auto_line_fail(fault, error);
        return EXIT_FAILED;
}

/* A person, or the machine that goes down, stopped the service while it waited. No note of what was
 * seen is left: vmware-unlocker-missed.service would start it again. */
static int end_stopped(Auto *run)
{
        run->fault = FAULT_NONE;
        run->stopped = true;
        auto_line_say("stopped before it was done: run `sudo systemctl start "
                      "vmware-unlocker.service` to patch VMware");
        return EXIT_DONE;
}

static int end_crashed(Auto *run)
{
        event_crashed(CRASHES_MAX);
        auto_line_say("failed: %u consecutive runs did not finish: see "
                      "`journalctl -u vmware-unlocker`",
                      CRASHES_MAX);
        run->fault.reason = REASON_CRASHED;
        crash_count_reset(&run->root);
        auto_note(run, RUN_NOTE_SEEN, NULL);
        return EXIT_FAILED;
}

/* The last words of a run: for other programs, and the document. */
static int auto_finish(Auto *run, int status)
{
        const RunEnd run_end = {.done = &run->done,
                                .look = &run->look,
                                .fault = &run->fault,
                                .vault = &run->vault,
                                .status = (ExitStatus)status,
                                .held = hold_is_set(&run->root),
                                .read_only = is_read_only(run)};

        if (run_is_of_service() && !run->followed && !run->stopped)
                state_file_write(&run->root, &run_end);
        return auto_show_json(run->context, &run->done, &run->look, &run->fault, status);
}

int auto_run(Context *context, const AutoOptions *options)
{
        _cleanup_(auto_done) Auto run = {.context = context,
                                         .options = options,
                                         .root = ROOT_NONE,
                                         .end = clock_now_ms() + options->limit_ms,
                                         .fault = FAULT_NONE,
                                         .vault = FAULT_NONE};
        int r;

        r = root_open(context->roots.items[0], &run.root, &run.fault);
        if (r < 0) {
                complain(&run.fault, r, NULL, "cannot patch");
                return auto_show_json(context, &run.done, &run.look, &run.fault, EXIT_FAILED);
        }
        (void)run_notes_clean(&run.root, NULL);
        if (run_is_of_service())
                stop_listen();
        if (crash_count_exceeded(&run.root))
                return auto_finish(&run, end_crashed(&run));
        auto_note(&run, RUN_NOTE_SEEN, NULL);
        r = pass_until_quiet(&run, &run.fault);
        if (r == -ENOMEM)
                return r;
        if (r >= 0)
                run.fault = FAULT_NONE; /* it may say what was waited for */
        if (r == -EBUSY && stop_is_asked())
                r = end_stopped(&run);
        else
                r = r < 0 ? end_early(&run, r, &run.fault) : auto_end(&run);
        crash_count_reset(&run.root);
        return auto_finish(&run, r);
}
