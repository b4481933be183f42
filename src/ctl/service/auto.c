/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"
#include "ctl/service/auto-json.h"
#include "ctl/service/auto-pass.h"
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
#include "swap/session.h"

static void auto_done(Auto *run)
{
        root_done(&run->root);
        run_done(&run->done);
        run_done(&run->look);
        free(run->before);
        free(run->verification);
}

static const RunRoot *done_root(const Auto *run)
{
        return run->done.root_count > 0 ? &run->done.roots[0] : NULL;
}

/* The store could not be made, on the read-only file system that the targets are on. */
static bool store_is_read_only(const Auto *run)
{
        const RunRoot *root = done_root(run);

        return root && run->look.root_count > 0 &&
               read_only_is_why_of_store(&run->root, root, &run->look.roots[0]);
}

static bool is_read_only(const Auto *run)
{
        const RunRoot *root = done_root(run);

        if (store_is_read_only(run))
                return true;
        for (size_t i = 0; root && i < root->result_count; i++)
                if (read_only_is_why(&run->root, &root->results[i]))
                        return true;
        return false;
}

/* What the last run could not do; only now it is certain that no other pass follows. */
static void tell_failures(const Auto *run)
{
        const RunRoot *root = done_root(run);

        if (!root || store_is_read_only(run))
                return;
        event_root_failure(root);
        for (size_t i = 0; i < root->result_count; i++)
                if (!read_only_is_why(&run->root, &root->results[i]))
                        events_of_failures(&run->done, root, &root->results[i]);
}

static ExitStatus auto_status(const Auto *run, bool held)
{
        const RunRoot *root = done_root(run);
        ExitStatus status = run->look.status;

        if (root && !store_is_read_only(run))
                status = exit_status_worse(status, run_root_own_status(root));
        for (size_t i = 0; root && i < root->result_count; i++)
                if (!read_only_is_why(&run->root, &root->results[i]))
                        status = exit_status_worse(status, result_exit_status(&root->results[i]));
        return held || status == EXIT_NO_VMWARE ? EXIT_DONE : status;
}

/* An installation on a read-only file system is told of once; no action is needed. What else failed
 * is a failure all the same. */
static void tell_read_only(const Auto *run, ReadOnlyNews news)
{
        bool all = store_is_read_only(run);
        const RunRoot *root = all ? &run->look.roots[0] : done_root(run);

        for (size_t i = 0; news != READ_ONLY_TOLD && i < root->result_count; i++)
                if (all || read_only_is_why(&run->root, &root->results[i]))
                        event_read_only(root, &root->results[i]);
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
                      : read_only ? "read-only file system (once it is writable, run `sudo "
                                    "unlockerctl patch`): "
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
                                         .settle_ms = options->settle_ms,
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
        r = auto_passes(&run, &run.fault);
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
