/* SPDX-License-Identifier: MIT */

/* unlockerctl adopt: the originals that another patcher put aside. */

#include <errno.h>

#include "ctl/frame/context.h"
#include "ctl/render/failure.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/hint.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/progress.h"
#include "ctl/terminal/waiting.h"
#include "ctl/verbs/time-option.h"
#include "ctl/verbs/verbs.h"
#include "ctl/work/names.h"
#include "swap/adopt.h"
#include "swap/session-lock.h"

static void adopt_add_json(Json *list, const Session *session, const BackupFile *file,
                           const AdoptResult *result)
{
        Json *item = json_add_object(list, NULL);

        json_add_text(item, "path", file->path);
        json_add_text(item, "role", role_name(file->role));
        json_add_path(item, "target", session->root.path, result->target);
        json_add_text(item, "outcome", adopt_outcome_name(result->outcome));
        json_add_text(item, "archive", result->archive);
        json_add_fault(item, &result->fault, file->path);
}

/* Where nothing is lacking, a file that is no original is no failure, and nothing is to be done. */
static int adopt_say_refused(const Context *context, const BackupFile *file,
                             const AdoptResult *result, unsigned lacking)
{
        _cleanup_free_ char *why = NULL;

        if (lacking > 0 || result->outcome == ADOPT_FAILED) {
                complain(&result->fault, -result->fault.error, file->path, "cannot adopt");
                return 0;
        }
        if (complaint_why(&result->fault, -result->fault.error, file->path, &why) < 0)
                return -ENOMEM;
        output_say(context, TONE_PLAIN, "Passed over: %s: %s.", file->path, why);
        return 0;
}

static int adopt_say(const Context *context, const Session *session, const BackupFile *file,
                     const AdoptResult *result, unsigned lacking)
{
        _cleanup_free_ char *target = NULL;

        if (result->target && path_in_root(session->root.path, result->target, &target) < 0)
                return -ENOMEM;
        switch (result->outcome) {
        case ADOPT_KEPT:
                output_say(context, TONE_GOOD, "%s is kept as the original of %s.", file->path,
                           target);
                break;
        case ADOPT_THERE:
                output_say(context, TONE_PLAIN, "%s is not needed: the original of %s is kept.",
                           file->path, target);
                break;
        case ADOPT_NOT_NEEDED:
                output_say(context, TONE_PLAIN, "%s is not needed: no installed %s is patched.",
                           file->path, role_name(file->role));
                break;
        default:
                return adopt_say_refused(context, file, result, lacking);
        }
        return 0;
}

/* What is left to do. */
static int adopt_say_next(const Context *context, const Session *session,
                          const AdoptResult *results, size_t count, unsigned lacking)
{
        _cleanup_free_ char *todo = NULL;
        bool kept = false;

        for (size_t i = 0; i < count; i++)
                kept |= results[i].outcome == ADOPT_KEPT;
        if (hint_for_root(session->root.path, "`sudo unlockerctl restore`", &todo) < 0)
                return -ENOMEM;
        if (lacking > 0)
                output_say(context, TONE_WARN,
                           "%u patched file%s still without an original: reinstall VMware, or "
                           "name another backup.",
                           lacking, lacking == 1 ? " is" : "s are");
        else if (kept)
                output_say(context, TONE_GOOD, "%s gives the originals back.", todo);
        return 0;
}

static ExitStatus adopt_status(const AdoptResult *results, size_t count, unsigned lacking)
{
        ExitStatus status = lacking > 0 ? EXIT_DEGRADED : EXIT_DONE;

        for (size_t i = 0; i < count; i++)
                if (results[i].outcome == ADOPT_FAILED)
                        status = exit_status_worse(status, exit_status_of(&results[i].fault));
        return status;
}

static int adopt_in(Context *context, Session *session, const BackupFiles *files,
                    AdoptResult *results, Json *json)
{
        unsigned lacking = 0;
        Json *list;
        int r = 0;

        progress_say(context, "Comparing the files of the backup");
        for (size_t i = 0; r >= 0 && i < session->installations.count; i++)
                r = adopt_for_installation(session, i, files, results, &lacking);
        if (r < 0)
                return r;
        failure_add_root(json, session->root.path, &FAULT_NONE);
        list = json_add_array(json_last(json), "files");
        for (size_t i = 0; r >= 0 && i < files->count; i++) {
                adopt_add_json(list, session, &files->items[i], &results[i]);
                r = adopt_say(context, session, &files->items[i], &results[i], lacking);
        }
        if (r >= 0)
                r = adopt_say_next(context, session, results, files->count, lacking);
        return r < 0 ? r : (int)adopt_status(results, files->count, lacking);
}

/* A root without VMware gets no store. */
static int adopt_open(const char *root, int limit_ms, Session **ret, Fault *fault)
{
        _cleanup_(session_freep) Session *session = NULL;
        int r = session_open(root, STORE_READ, &session, fault);

        if (r >= 0 && session->installations.count == 0)
                r = fault_set(fault, -ENOENT, REASON_NO_INSTALLATION, "%s", root);
        if (r < 0)
                return r;
        session_free(TAKE_PTR(session));
        r = session_open(root, STORE_WRITE, &session, fault);
        if (r >= 0)
                r = session_lock(session, limit_ms, say_waiting, session->root.path, fault);
        if (r >= 0)
                *ret = TAKE_PTR(session);
        return r;
}

static int adopt_on_root(Context *context, const char *root, int limit_ms, const BackupFiles *files,
                         Json *json)
{
        _cleanup_(session_freep) Session *session = NULL;
        AdoptResult *results = calloc(files->count, sizeof(*results));
        Fault fault = FAULT_NONE;
        int r = results ? adopt_open(root, limit_ms, &session, &fault) : -ENOMEM;

        if (r < 0 && r != -ENOMEM) {
                complain_in_root(root);
                complain(&fault, r, NULL, "cannot adopt");
                failure_add_root(json, root, &fault);
                r = fault.reason == REASON_NO_INSTALLATION ? EXIT_NO_VMWARE
                                                           : (int)exit_status_of(&fault);
        } else if (r >= 0) {
                complain_in_root(root);
                r = adopt_in(context, session, files, results, json);
        }
        for (size_t i = 0; results && i < files->count; i++)
                adopt_result_done(&results[i]);
        free(results);
        return r;
}

static int run_adopt(Context *context, int count, char **arguments)
{
        _cleanup_(json_freep) Json *json = json_new();
        _cleanup_(backup_files_done) BackupFiles files = {};
        Json *roots = json_add_array(json, "roots");
        Fault fault = FAULT_NONE;
        int status = EXIT_DONE, limit_ms, r = limit_option(context, &limit_ms);

        (void)count;
        if (r != 0)
                return r;
        r = backup_find(arguments[0], &files, &fault);
        if (r < 0)
                return failure_tell(context, arguments[0], &fault, r, "cannot adopt",
                                    exit_status_of(&fault));
        for (size_t i = 0; i < context->roots.count; i++) {
                r = adopt_on_root(context, context->roots.items[i], limit_ms, &files, roots);
                if (r < 0)
                        return r;
                status = (int)exit_status_worse((ExitStatus)status, (ExitStatus)r);
        }
        if (!context->json)
                return status;
        return json_finish(context, json, status);
}

static const Option adopt_options[] = {OPTION_LIMIT, {}};

const Verb verb_adopt = {
        .name = "adopt",
        .arguments = "DIR",
        .summary = "Keep the originals that another patcher put aside",
        .doing = "Reading the backup",
        .description =
                "Looks below DIR, a backup, for files named like VMware's, also with an ending "
                "such as .bak. If an installed file is patched and no original of it is kept, a "
                "stock file from which the installed one differs only in bytes that patches change "
                "becomes its original, with the owner and mode of the installed file. Then "
                "`unlockerctl restore` works. DIR stays as it is.",
        .minimum_arguments = 1,
        .maximum_arguments = 1,
        .options = adopt_options,
        .changes = true,
        .run = run_adopt,
};
