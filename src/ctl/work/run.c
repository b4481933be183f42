/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/text.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/progress.h"
#include "ctl/terminal/waiting.h"
#include "ctl/work/names.h"
#include "ctl/work/run.h"
#include "ctl/work/tools-directory.h"
#include "host/selection.h"
#include "settle/installer.h"
#include "swap/patch.h"
#include "swap/record.h"
#include "swap/recovery.h"
#include "swap/restore.h"
#include "swap/session-lock.h"
#include "tools/isoimages.h"

const char *run_kind_name(RunKind kind)
{
        return kind == RUN_PATCH ? "patch" : "restore";
}

static void reports_done(RunRoot *root)
{
        for (size_t i = 0; i < root->result_count; i++)
                result_done(&root->results[i]);
        free(root->results);
        root->results = NULL;
        root->result_count = 0;
}

void run_done(Run *run)
{
        for (size_t i = 0; i < run->root_count; i++) {
                RunRoot *root = &run->roots[i];

                reports_done(root);
                removals_done(&root->tools);
                strays_done(&root->strays);
                free(root->path);
        }
        free(run->roots);
        *run = (Run){};
}

/* What show_progress() is to know. */
typedef struct Shown {
        const Context *context;
        const char *root;
        bool dry_run;
} Shown;

static void show_progress(const char *step, const char *path, void *context)
{
        const Shown *shown = context;
        _cleanup_free_ char *whole = NULL;

        if (!path)
                progress_say(shown->context, "%s", step);
        else if (path_in_root(shown->root, path, &whole) >= 0)
                progress_say(shown->context, "%s %s", shown->dry_run ? "Reading" : step, whole);
}

static int run_installation(Context *context, const RunOptions *options, Session *session,
                            size_t index, const bool selected[static _ROLE_MAX], RunRoot *root)
{
        Shown shown = {context, root->path, options->dry_run};
        PatchOptions work = {
                .dry_run = options->dry_run, .progress = show_progress, .context = &shown};
        InstallationResult *result = &root->results[root->result_count];
        int r;

        memcpy(work.selected, selected, sizeof(work.selected));
        r = options->kind == RUN_PATCH ? patch_installation(session, index, &work, result)
                                       : restore_installation(session, index, &work, result);
        if (r < 0)
                return r;
        root->result_count++;
        return 0;
}

static bool any_selected(const Selected *selected)
{
        for (Role role = 0; role < _ROLE_MAX; role++)
                if (selected->roles[role])
                        return true;
        return false;
}

/* The receipts of what is restored are not needed any more. One that cannot be written is told, and
 * blocks nothing: a restore does without. */
static int rebuild_records(const RunOptions *options, const Session *session, size_t index,
                           const bool selected[static _ROLE_MAX], RunRoot *root)
{
        Fault fault = FAULT_NONE;
        int r;

        if (options->dry_run)
                return 0;
        r = records_rebuild(session, index, options->kind == RUN_RESTORE ? selected : NULL, &fault);
        if (r < 0 && r != -ENOMEM && root->error >= 0) {
                root->error = r;
                root->fault = fault;
        }
        return r == -ENOMEM ? r : 0;
}

static int run_installations(Context *context, const RunOptions *options, Session *session,
                             RunRoot *root)
{
        size_t count = session->installations.count;
        _cleanup_free_ Selected *selected = calloc(count, sizeof(*selected));

        root->results = calloc(count, sizeof(*root->results));
        if (!selected || !root->results)
                return -ENOMEM;
        root->error =
                installations_select(&session->installations, &session->root, options->word_count,
                                     options->words, selected, &root->fault);
        if (root->error < 0)
                return 0;
        for (size_t i = 0; i < count && i < session->installations.count; i++) {
                int r = rebuild_records(options, session, i, selected[i].roles, root);

                if (r < 0)
                        return r;
                r = any_selected(&selected[i]) ? run_installation(context, options, session, i,
                                                                  selected[i].roles, root)
                                               : 0;
                if (r < 0)
                        return r;
        }
        return 0;
}

/* A restore by hand would be undone by the next automatic run, so it sets the hold first; a patch
 * by hand is a clear wish, so it releases it. */
static int switch_hold(const RunOptions *options, Session *session, RunRoot *root)
{
        HoldWhy wanted = options->kind != RUN_RESTORE ? HOLD_NONE
                         : options->removal           ? HOLD_REMOVAL
                                                      : HOLD_RESTORE;
        bool was_held = store_is_held(session->store);
        int r;

        root->held = was_held;
        root->removal = options->removal;
        if (options->dry_run || options->automatic)
                return 0;
        r = store_set_hold(session->store, wanted, &root->fault);
        if (r < 0)
                return r;
        root->held = wanted != HOLD_NONE;
        root->hold_switched = root->held != was_held;
        return 0;
}

static int root_prepare(const RunOptions *options, Session *session, RunRoot *root)
{
        int r = installer_is_running(&session->root, &root->fault);

        if (r > 0)
                return fault_set(&root->fault, -EBUSY, REASON_INSTALLER_RUNS, "%s", root->path);
        if (r >= 0)
                r = session_demand_trust(session, &root->fault);
        if (r < 0 || options->dry_run)
                return r;
        r = session_lock(session, options->lock_timeout_ms, say_waiting, root->path, &root->fault);
        root->strays = session->strays;
        session->strays = (Strays){};
        if (r < 0)
                return r;
        if (options->automatic && store_is_held(session->store))
                return fault_set(&root->fault, -ECANCELED, REASON_HELD, "%s", root->path);
        return options->kind == RUN_RESTORE ? switch_hold(options, session, root) : 0;
}

static bool any_restored(const RunRoot *root)
{
        for (size_t i = 0; i < root->result_count; i++)
                if (result_has(&root->results[i], OUTCOME_RESTORED))
                        return true;
        return false;
}

/* A restore that failed or was refused, and gave nothing back, leaves the hold as it was: there is
 * nothing to keep from being patched again. One that found all original keeps it: who asks for the
 * originals wants them to stay. Where it cannot be undone, it is said that the hold is on. */
static void undo_hold(const RunOptions *options, Session *session, RunRoot *root)
{
        if (options->kind == RUN_PATCH || !root->hold_switched ||
            run_root_status(root) == EXIT_DONE || any_restored(root))
                return;
        if (store_set_hold(session->store, HOLD_NONE, NULL) < 0)
                return;
        root->hold_switched = false;
        root->held = false;
}

/* A patch that failed leaves the hold as it was, and so does one that found none of its targets to
 * be patched, now or before. */
static bool has_worked(const RunRoot *root)
{
        ExitStatus status = run_root_status(root);
        bool any = false;

        for (size_t i = 0; i < root->result_count; i++)
                any |= result_has(&root->results[i], OUTCOME_PATCHED) ||
                       result_has(&root->results[i], OUTCOME_COMPLETED) ||
                       result_has(&root->results[i], OUTCOME_UNCHANGED);
        return any && (status == EXIT_DONE || status == EXIT_DEGRADED);
}

/* Guest tools go with the originals, unless single targets were named. */
static int remove_tools(const RunOptions *options, const Session *session, RunRoot *root)
{
        Fault fault = FAULT_NONE;
        int r;

        if (options->kind != RUN_RESTORE || options->word_count > 0)
                return 0;
        r = removals_make(&session->root, options->dry_run, &root->tools, &fault);
        if (r < 0 && root->error >= 0) {
                root->error = r;
                root->fault = fault;
        }
        return r == -ENOMEM ? r : 0;
}

/* VMware may be gone, and what was added to it still there. */
static bool tools_are_left(const RunOptions *options, const Session *session)
{
        return options->kind == RUN_RESTORE && options->word_count == 0 &&
               removal_is_due(&session->root);
}

static bool needs_nothing(const RunRoot *root)
{
        for (size_t i = 0; i < root->result_count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++) {
                        Outcome outcome = root->results[i].targets[role].outcome;

                        if (root->results[i].targets[role].record_due ||
                            (outcome != OUTCOME_NONE && outcome != OUTCOME_UNCHANGED &&
                             outcome != OUTCOME_SKIPPED))
                                return false;
                }
        return root->error >= 0;
}

/* What a killed `tools` left: up to the size of an image. */
static int clear_tools(const Session *session, bool remove, bool *ret_any)
{
        *ret_any = false;
        for (size_t i = 0; i < session->installations.count; i++) {
                _cleanup_free_ char *directory = NULL;

                if (tools_directory(&session->installations.items[i], &directory) < 0)
                        return -ENOMEM;
                *ret_any |= isoimages_have_leftovers(&session->root, directory);
                if (remove)
                        isoimages_clear(&session->root, directory);
        }
        return 0;
}

/* Nearly always all is patched and nothing is left to repair or to release. Then it is 1, told in
 * `root`, without a lock, without a word in the store, and without reading the archives. */
static int try_nothing(Context *context, const RunOptions *options, Session *session, RunRoot *root)
{
        RunOptions look = *options;
        bool leftovers;
        int r = clear_tools(session, false, &leftovers);

        if (r < 0)
                return r;
        look.dry_run = true;
        if (leftovers || options->kind != RUN_PATCH || options->dry_run ||
            store_is_held(session->store) || installer_is_running(&session->root, NULL) != 0 ||
            recovery_is_due(session))
                return 0;
        r = run_installations(context, &look, session, root);
        if (r < 0)
                return r;
        if (needs_nothing(root))
                return 1;
        reports_done(root);
        root->error = 0;
        root->fault = FAULT_NONE;
        return 0;
}

static int run_root(Context *context, const RunOptions *options, RunRoot *root)
{
        _cleanup_(session_freep) Session *session = NULL;
        bool leftovers;
        int r;

        root->error = session_open_bare(root->path, &session, &root->fault);
        if (root->error < 0)
                return 0;
        if (session->installations.count == 0 && !tools_are_left(options, session)) {
                root->error =
                        fault_set(&root->fault, -ENOENT, REASON_NO_INSTALLATION, "%s", root->path);
                return 0;
        }
        r = try_nothing(context, options, session, root);
        if (r != 0)
                return MIN(r, 0);
        root->error = session_demand_trust(session, &root->fault);
        if (root->error < 0)
                return 0;
        /* Only now for writing: a machine without VMware gets no store. */
        session_free(TAKE_PTR(session));
        root->error = session_open(root->path, options->dry_run ? STORE_READ : STORE_WRITE,
                                   &session, &root->fault);
        if (root->error < 0)
                return 0;
        root->error = root_prepare(options, session, root);
        if (root->error < 0)
                return 0;
        r = options->dry_run ? 0 : clear_tools(session, true, &leftovers);
        if (r < 0)
                return r;
        r = session->installations.count > 0 ? run_installations(context, options, session, root)
                                             : 0;
        if (r >= 0)
                r = remove_tools(options, session, root);
        if (r < 0)
                return r;
        undo_hold(options, session, root);
        if (root->error < 0)
                return 0;
        root->held = store_is_held(session->store);
        if (options->kind == RUN_PATCH && has_worked(root))
                root->error = switch_hold(options, session, root);
        return 0;
}

/* A word that means nothing in one of the roots stops them all before anything is written. */
static int check_words(const RunOptions *options, Run *run)
{
        for (size_t i = 0; options->word_count > 0 && i < run->root_count; i++) {
                _cleanup_(session_freep) Session *session = NULL;
                _cleanup_free_ Selected *selected = NULL;
                RunRoot *root = &run->roots[i];

                /* What keeps it from being opened is told when its turn comes. */
                if (session_open_bare(root->path, &session, NULL) < 0 ||
                    session->installations.count == 0)
                        continue;
                selected = calloc(session->installations.count, sizeof(*selected));
                if (!selected)
                        return -ENOMEM;
                root->error = installations_select(&session->installations, &session->root,
                                                   options->word_count, options->words, selected,
                                                   &root->fault);
                if (root->error < 0)
                        return root->error == -ENOMEM ? -ENOMEM : 1;
        }
        return 0;
}

int run_do(Context *context, const RunOptions *options, Run *ret)
{
        _cleanup_(run_done) Run run = {.kind = options->kind, .dry_run = options->dry_run};
        int r = 0, wrong;

        run.roots = calloc(context->roots.count, sizeof(*run.roots));
        if (!run.roots)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < context->roots.count; i++) {
                RunRoot *root = &run.roots[run.root_count++];

                root->fault = FAULT_NONE;
                r = text_copy(&root->path, context->roots.items[i]);
        }
        if (r < 0)
                return r;
        wrong = check_words(options, &run);
        for (size_t i = 0; wrong >= 0 && i < run.root_count; i++) {
                r = wrong ? 0 : run_root(context, options, &run.roots[i]);
                if (r < 0)
                        return r;
                run.status = exit_status_worse(run.status, run_root_status(&run.roots[i]));
        }
        if (wrong < 0)
                return wrong;
        *ret = run;
        run = (Run){};
        return 0;
}
