/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"
#include "ctl/service/events.h"
#include "ctl/service/journal-ids.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/hint.h"
#include "ctl/work/names.h"

static unsigned automatic_sinks(void)
{
        return log_stderr_is_journal() ? LOG_SINK_JOURNAL : LOG_SINK_TERMINAL;
}

static const char *or_unknown(const char *text)
{
        return text ? text : "unknown";
}

/* A target that is there, patched or not. */
static bool is_there(const TargetResult *target)
{
        return state_is_of_file(target->after);
}

int result_text(const InstallationResult *result, char **ret)
{
        unsigned all = 0, patched = 0;

        for (Role role = 0; role < _ROLE_MAX; role++) {
                all += is_there(&result->targets[role]);
                patched += result->targets[role].after == STATE_PATCHED;
        }
        return text_format(ret, "%u of %u patched", patched, all);
}

typedef struct Kind {
        int level;
        sd_id128_t id;
        const char *what; /* did, or could not do */
        bool failed;
} Kind;

/* The kind of event that a target makes; its level is -1 when it makes none. */
static Kind event_kind_of(RunKind run, const TargetResult *target)
{
        switch (target->outcome) {
        case OUTCOME_PATCHED:
                return (Kind){LOG_NOTICE, JOURNAL_PATCHED, "Patched", false};
        case OUTCOME_COMPLETED:
                return (Kind){LOG_NOTICE, JOURNAL_PATCHED, "Completed what another tool began on",
                              false};
        case OUTCOME_RESTORED:
                return (Kind){LOG_NOTICE, JOURNAL_RESTORED, "Restored", false};
        case OUTCOME_REFUSED:
                if (run == RUN_PATCH)
                        return (Kind){LOG_ERR, JOURNAL_REFUSED, "Left unpatched", true};
                return (Kind){LOG_ERR, JOURNAL_FAILED, "Cannot restore", true};
        case OUTCOME_FAILED:
                return (Kind){LOG_ERR, JOURNAL_FAILED,
                              run == RUN_PATCH ? "Cannot patch" : "Cannot restore", true};
        default:
                break;
        }
        return (Kind){.level = -1};
}

static void event_target(unsigned sinks, const Run *run, const RunRoot *root,
                         const InstallationResult *result, const TargetResult *target)
{
        const Kind kind = event_kind_of(run->kind, target);
        const char *layout = kind.failed || run->kind != RUN_PATCH ? "" : target->layout;
        char before[DIGEST_HEX_SIZE] = "", after[DIGEST_HEX_SIZE] = "", edits[24];
        _cleanup_free_ char *path = NULL, *title = NULL, *sentence = NULL;

        if (kind.level < 0 || (run->dry_run && !kind.failed) ||
            path_in_root(root->path, target->path, &path) < 0 ||
            build_title(&result->build, &title) < 0)
                return;
        if (target->digests_known) {
                digest_to_hex(&target->digest_before, before);
                digest_to_hex(&target->digest_after, after);
        }
        (void)snprintf(edits, sizeof(edits), "%zu", target->edits.count);
        if (kind.failed ? complaint_text(&target->fault, -target->fault.error, path, kind.what,
                                         &sentence) < 0
                        : text_format(&sentence, "%s %s (%s)%s%s", kind.what, path, title,
                                      *layout ? "; layout not seen before: " : "", layout) < 0)
                return;
        const LogField fields[] = {
                {"UNLOCKER_ACTION", run_kind_name(run->kind)},
                {"UNLOCKER_PATH", path},
                {"UNLOCKER_ROLE", role_name(target->role)},
                {"UNLOCKER_STATE", state_name(target->after)},
                {"UNLOCKER_RESULT", outcome_name(target->outcome)},
                {"UNLOCKER_SHA256_BEFORE", *before ? before : NULL},
                {"UNLOCKER_SHA256_AFTER", *after ? after : NULL},
                {"UNLOCKER_EDITS", kind.failed ? NULL : edits},
                {"UNLOCKER_LAYOUT", *layout ? layout : NULL},
                {"UNLOCKER_PRODUCT", or_unknown(result->build.product)},
                {"UNLOCKER_VERSION", or_unknown(result->build.version)},
                {"UNLOCKER_BUILD", or_unknown(result->build.build)},
                {"UNLOCKER_REASON", kind.failed ? reason_text(target->fault.reason)->id : NULL},
        };
        log_event(sinks, kind.level, kind.id, fields, ARRAY_SIZE(fields), "%s", sentence);
}

static bool changed_anything(const InstallationResult *result)
{
        return result_has(result, OUTCOME_PATCHED) || result_has(result, OUTCOME_COMPLETED) ||
               result_has(result, OUTCOME_RESTORED);
}

/* In a word: what was not done counts more than what was. */
static Outcome report_outcome(const InstallationResult *result)
{
        static const Outcome order[] = {OUTCOME_FAILED,  OUTCOME_REFUSED,   OUTCOME_BUSY,
                                        OUTCOME_PATCHED, OUTCOME_COMPLETED, OUTCOME_RESTORED};

        for (size_t i = 0; i < ARRAY_SIZE(order); i++)
                if (result_has(result, order[i]))
                        return order[i];
        return OUTCOME_UNCHANGED;
}

static void event_run(unsigned sinks, const Run *run, const RunRoot *root,
                      const InstallationResult *result)
{
        _cleanup_free_ char *title = NULL, *ending = NULL, *libdir = NULL;

        if (!changed_anything(result) || build_title(&result->build, &title) < 0 ||
            result_text(result, &ending) < 0 ||
            path_in_root(root->path, result->libdir, &libdir) < 0)
                return;
        const LogField fields[] = {
                {"UNLOCKER_ACTION", run_kind_name(run->kind)},
                {"UNLOCKER_PATH", libdir},
                {"UNLOCKER_RESULT", outcome_name(report_outcome(result))},
                {"UNLOCKER_PRODUCT", or_unknown(result->build.product)},
                {"UNLOCKER_VERSION", or_unknown(result->build.version)},
                {"UNLOCKER_BUILD", or_unknown(result->build.build)},
        };
        log_event(sinks, LOG_NOTICE, JOURNAL_RUN, fields, ARRAY_SIZE(fields), "%s: %s", title,
                  ending);
}

/* What stopped a root before any target: the store, the configuration. */
static void event_root(unsigned sinks, RunKind kind, const RunRoot *root)
{
        _cleanup_free_ char *sentence = NULL;

        switch (root->fault.reason) {
        case REASON_NO_INSTALLATION:
        case REASON_INSTALLER_RUNS:
        case REASON_STORE_BUSY:
        case REASON_NO_SUCH_TARGET:
        case REASON_HELD:
                return;
        default:
                break;
        }
        if (root->error >= 0 ||
            complaint_text(&root->fault, root->error, NULL, "Cannot go on", &sentence) < 0)
                return;
        const LogField fields[] = {
                {"UNLOCKER_ACTION", run_kind_name(kind)},
                {"UNLOCKER_PATH", *root->fault.subject ? root->fault.subject : root->path},
                {"UNLOCKER_RESULT", outcome_name(OUTCOME_FAILED)},
                {"UNLOCKER_REASON", reason_text(root->fault.reason)->id},
        };
        log_event(sinks, LOG_ERR, JOURNAL_FAILED, fields, ARRAY_SIZE(fields), "%s", sentence);
}

static void event_stray(unsigned sinks, RunKind kind, const RunRoot *root, const Stray *stray)
{
        _cleanup_free_ char *path = NULL;

        if (path_in_root(root->path, stray->path, &path) < 0)
                return;
        const LogField fields[] = {
                {"UNLOCKER_ACTION", run_kind_name(kind)},
                {"UNLOCKER_PATH", path},
                {"UNLOCKER_RESULT", stray->put_back ? "put-back" : "left-alone"},
                {"UNLOCKER_REASON", reason_text(stray->fault.reason)->id},
        };
        log_event(sinks, LOG_WARNING, JOURNAL_LEFTOVER, fields, ARRAY_SIZE(fields),
                  stray->put_back ? "%s is newer than what an interrupted run put there: it is back"
                                  : "%s was left by an interrupted run and is not known: it stays",
                  path);
}

static void events_of_root(unsigned sinks, const Run *run, const RunRoot *root)
{
        event_root(sinks, run->kind, root);
        for (size_t i = 0; i < root->strays.count; i++)
                event_stray(sinks, run->kind, root, &root->strays.items[i]);
        for (size_t i = 0; i < root->result_count; i++) {
                const InstallationResult *result = &root->results[i];

                for (Role role = 0; role < _ROLE_MAX; role++)
                        event_target(sinks, run, root, result, &result->targets[role]);
                if (!run->dry_run)
                        event_run(sinks, run, root, result);
        }
}

void events_of_changes(const Run *run)
{
        const RunRoot *root = run->root_count > 0 ? &run->roots[0] : NULL;

        for (size_t i = 0; root && i < root->strays.count; i++)
                event_stray(automatic_sinks(), run->kind, root, &root->strays.items[i]);
        for (size_t i = 0; root && i < root->result_count; i++) {
                const InstallationResult *result = &root->results[i];

                for (Role role = 0; role < _ROLE_MAX; role++)
                        if (!event_kind_of(run->kind, &result->targets[role]).failed)
                                event_target(automatic_sinks(), run, root, result,
                                             &result->targets[role]);
                event_run(automatic_sinks(), run, root, result);
        }
}

void event_root_failure(const RunRoot *root)
{
        event_root(automatic_sinks(), RUN_PATCH, root);
}

void events_of_failures(const Run *run, const RunRoot *root, const InstallationResult *result)
{
        for (Role role = 0; role < _ROLE_MAX; role++)
                if (event_kind_of(run->kind, &result->targets[role]).failed)
                        event_target(automatic_sinks(), run, root, result, &result->targets[role]);
}

void events_of_look(const Run *look)
{
        for (size_t i = 0; i < look->root_count; i++)
                events_of_root(automatic_sinks(), look, &look->roots[i]);
}

/* Only this machine's own journal is at hand. "/" may be spelt in many ways. */
static bool path_is_of_host(const char *path)
{
        _cleanup_(root_done) Root root = ROOT_NONE;

        return root_open(path, &root, NULL) >= 0 && root_is_host(&root);
}

static void event_hold(unsigned sinks, const char *root, const char *action, bool held)
{
        const LogField fields[] = {{"UNLOCKER_ACTION", action}};
        _cleanup_free_ char *todo = NULL;

        if (hint_for_root(root, "run `sudo unlockerctl release` to resume", &todo) < 0)
                return;
        if (held)
                log_event(sinks, LOG_NOTICE, JOURNAL_HELD, fields, ARRAY_SIZE(fields),
                          "Automatic patching is on hold; %s", todo);
        else
                log_event(sinks, LOG_NOTICE, JOURNAL_RELEASED, fields, ARRAY_SIZE(fields),
                          "Automatic patching is no longer on hold");
}

void events_of_run_by_hand(const Run *run)
{
        for (size_t i = 0; !run->dry_run && i < run->root_count; i++) {
                const RunRoot *root = &run->roots[i];

                if (!path_is_of_host(root->path))
                        continue;
                events_of_root(LOG_SINK_JOURNAL, run, root);
                if (root->hold_switched)
                        event_hold(LOG_SINK_JOURNAL, "/", run_kind_name(run->kind), root->held);
        }
}

void event_held_by_hand(const char *path, bool held)
{
        if (path_is_of_host(path))
                event_hold(LOG_SINK_JOURNAL, "/", held ? "hold" : "release", held);
}

void event_pruned(const Root *root, const Archive *archive)
{
        _cleanup_free_ char *title = NULL, *path = NULL;

        if (!root_is_host(root) || build_title(&archive->build, &title) < 0 ||
            text_format(&path, "/" STORE_PATH "/originals/%s", archive->name) < 0)
                return;
        const LogField fields[] = {
                {"UNLOCKER_ACTION", "prune"},
                {"UNLOCKER_PATH", path},
                {"UNLOCKER_RESULT", "removed"},
                {"UNLOCKER_PRODUCT", or_unknown(archive->build.product)},
                {"UNLOCKER_VERSION", or_unknown(archive->build.version)},
                {"UNLOCKER_BUILD", or_unknown(archive->build.build)},
        };
        log_event(LOG_SINK_JOURNAL, LOG_NOTICE, JOURNAL_PRUNED, fields, ARRAY_SIZE(fields),
                  "Removed %s, originals of %s that no installed file needs", path, title);
}

static void event_fault(int level, sd_id128_t id, const Fault *why, const char *what)
{
        _cleanup_free_ char *sentence = NULL;
        const LogField fields[] = {
                {"UNLOCKER_PATH", why->subject},
                {"UNLOCKER_REASON", reason_text(why->reason)->id},
        };

        if (complaint_text(why, -why->error, NULL, what, &sentence) >= 0)
                log_event(automatic_sinks(), level, id, fields, ARRAY_SIZE(fields), "%s", sentence);
}

void event_failed(const Fault *why)
{
        event_fault(LOG_ERR, JOURNAL_FAILED, why, "Cannot go on");
}

void event_busy(const Fault *why)
{
        event_fault(LOG_ERR, JOURNAL_BUSY, why, "Gave up waiting");
}

void event_vault(const Fault *why)
{
        event_fault(LOG_ERR, JOURNAL_VAULT, why, "Cannot give originals back");
}

void event_held(const Root *root, bool held)
{
        event_hold(automatic_sinks(), root->path, NULL, held);
}

void event_read_only(const RunRoot *root, const InstallationResult *result)
{
        _cleanup_free_ char *title = NULL, *libdir = NULL;

        if (build_title(&result->build, &title) < 0 ||
            path_in_root(root->path, result->libdir, &libdir) < 0)
                return;
        const LogField fields[] = {
                {"UNLOCKER_PATH", libdir},
                {"UNLOCKER_PRODUCT", or_unknown(result->build.product)},
                {"UNLOCKER_VERSION", or_unknown(result->build.version)},
                {"UNLOCKER_BUILD", or_unknown(result->build.build)},
        };
        log_event(automatic_sinks(), LOG_WARNING, JOURNAL_READ_ONLY, fields, ARRAY_SIZE(fields),
                  "%s in %s is on a read-only file system and cannot be patched there", title,
                  libdir);
}

void event_crashed(unsigned runs)
{
        log_event(automatic_sinks(), LOG_ERR, JOURNAL_CRASHED, NULL, 0,
                  "%u consecutive runs did not finish; giving up until a file changes", runs);
}
