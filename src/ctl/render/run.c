/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "ctl/render/edits-table.h"
#include "ctl/render/running-vms.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/hint.h"
#include "ctl/terminal/output.h"
#include "ctl/work/names.h"
#include "ctl/work/run.h"
#include "store/store.h"

static Tone tone_of_outcome(Outcome outcome)
{
        switch (outcome) {
        case OUTCOME_PATCHED:
        case OUTCOME_RESTORED:
                return TONE_GOOD;
        case OUTCOME_COMPLETED:
        case OUTCOME_BUSY:
                return TONE_WARN;
        case OUTCOME_REFUSED:
        case OUTCOME_FAILED:
                return TONE_BAD;
        case OUTCOME_SKIPPED:
                return TONE_DIM;
        default:
                return TONE_PLAIN;
        }
}

/* "stock, to be patched", "already patched", "not installed": what became of a target. */
static const char *outcome_text(const Run *run, const TargetResult *target)
{
        switch (target->outcome) {
        case OUTCOME_PATCHED:
                return run->dry_run ? "would be patched" : "patched";
        case OUTCOME_COMPLETED:
                return run->dry_run ? "would be completed" : "completed";
        case OUTCOME_RESTORED:
                return run->dry_run ? "would be restored" : "restored";
        case OUTCOME_UNCHANGED:
                return run->kind == RUN_PATCH ? "already patched" : "already original";
        case OUTCOME_SKIPPED:
                return target->before == STATE_EMPTY ? "skipped (0 bytes)" : "not installed";
        case OUTCOME_REFUSED:
                return "refused";
        case OUTCOME_FAILED:
                return "failed";
        case OUTCOME_BUSY:
                return "busy";
        default:
                return "";
        }
}

static int show_targets(const Context *context, const Run *run, const InstallationResult *result)
{
        static const Column columns[] = {
                {"TARGET", 0}, {"RESULT", 0}, {"EDITS", COLUMN_RIGHT}, {"FILE", COLUMN_NAME}};
        _cleanup_(table_freep) Table *table = NULL;
        size_t libdir = strlen(result->libdir);
        int r = table_new(context, columns, ARRAY_SIZE(columns), &table);

        if (r < 0)
                return r;
        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetResult *target = &result->targets[role];
                const char *path = target->path;

                if (target->outcome == OUTCOME_NONE)
                        continue;
                if (strncmp(path, result->libdir, libdir) == 0 && path[libdir] == '/')
                        path += libdir + 1;
                table_row(table);
                table_cell(table, TONE_STRONG, "%s", role_name(role));
                table_cell(table, tone_of_outcome(target->outcome), "%s",
                           outcome_text(run, target));
                if (target->edits.count > 0)
                        table_cell(table, TONE_PLAIN, "%zu", target->edits.count);
                else
                        table_cell(table, TONE_DIM, "-");
                table_cell(table, TONE_PLAIN, "%s", path);
        }
        return table_print(table);
}

static int show_plans(const Context *context, const InstallationResult *result)
{
        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetResult *target = &result->targets[role];
                int r;

                if (target->edits.count == 0)
                        continue;
                output_line(context, TONE_STRONG, "\n%s: %zu edit%s", role_name(role),
                            target->edits.count, target->edits.count == 1 ? "" : "s");
                r = edits_print(context, &target->edits);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Once: a run that has nothing to do says nothing of it. */
static void show_layout(const Context *context, const InstallationResult *result,
                        const TargetResult *target)
{
        const char *version = result->build.version;

        if (!*target->layout)
                return;
        output_say(context, TONE_WARN, "%s %s: layout not seen before: %s%s%s.",
                   output_bullet(context), role_name(target->role), version ? version : "",
                   version ? ", " : "", target->layout);
}

static int run_show_notes(const Context *context, const Run *run, const InstallationResult *result)
{
        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetResult *target = &result->targets[role];
                int r;

                if (target->outcome == OUTCOME_COMPLETED)
                        output_say(context, TONE_WARN,
                                   "%s %s: another tool had changed it before, so no original of "
                                   "it exists.",
                                   output_bullet(context), role_name(role));
                if (target->outcome != OUTCOME_PATCHED && target->outcome != OUTCOME_COMPLETED &&
                    target->outcome != OUTCOME_RESTORED)
                        continue;
                show_layout(context, result, target);
                if (target->links > 0)
                        output_say(context, TONE_WARN,
                                   "%s %s had %u more name%s (hard links), which keep%s the old "
                                   "content.",
                                   output_bullet(context), role_name(role), target->links,
                                   target->links == 1 ? "" : "s", target->links == 1 ? "s" : "");
                r = run->dry_run ? 0 : vms_text_say(context, role_name(role), &target->vms);
                if (r < 0)
                        return r;
        }
        return 0;
}

static unsigned outcome_count(const InstallationResult *result, Outcome outcome)
{
        unsigned count = 0;

        for (Role role = 0; role < _ROLE_MAX; role++)
                count += result->targets[role].outcome == outcome;
        return count;
}

/* One closing sentence. */
static void show_sum(const Context *context, const Run *run, const InstallationResult *result)
{
        unsigned made = outcome_count(result, OUTCOME_PATCHED) +
                        outcome_count(result, OUTCOME_COMPLETED) +
                        outcome_count(result, OUTCOME_RESTORED);
        unsigned unchanged = outcome_count(result, OUTCOME_UNCHANGED);
        unsigned all = 0;
        const char *done = run->kind == RUN_PATCH ? "patched" : "restored";

        for (Role role = 0; role < _ROLE_MAX; role++)
                all += result->targets[role].outcome != OUTCOME_NONE;
        all -= outcome_count(result, OUTCOME_SKIPPED);
        if (made == 0 && unchanged == all)
                output_say(context, TONE_GOOD, "Nothing to do: %u of %u %s.", unchanged, all,
                           run->kind == RUN_PATCH ? "patched" : "original");
        else if (run->dry_run && unchanged > 0)
                output_say(context, TONE_STRONG,
                           "%u of %u would be %s, %u already %s. Nothing was changed.", made, all,
                           done, unchanged, run->kind == RUN_PATCH ? "patched" : "original");
        else if (run->dry_run)
                output_say(context, TONE_STRONG, "%u of %u would be %s. Nothing was changed.", made,
                           all, done);
        else
                output_say(context, made + unchanged == all ? TONE_GOOD : TONE_BAD, "%u of %u %s.",
                           made + unchanged, all, run->kind == RUN_PATCH ? "patched" : "original");
}

/* A target that was not asked for, and is not patched. */
static bool target_is_rest(const TargetResult *target)
{
        return target->outcome == OUTCOME_NONE &&
               (target->before == STATE_STOCK || target->before == STATE_PARTIAL);
}

/* After `patch vmx`: what of the rest is stock, and how it is patched. */
static int show_rest(const Context *context, const Run *run, const RunRoot *root,
                     const InstallationResult *result)
{
        _cleanup_free_ char *names = NULL, *todo = NULL;
        unsigned count = 0;

        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetResult *target = &result->targets[role];
                char *longer = NULL;

                if (run->kind != RUN_PATCH || !target_is_rest(target))
                        continue;
                if (text_format(&longer, "%s%s%s", names ? names : "", names ? ", " : "",
                                role_name(role)) < 0)
                        return -ENOMEM;
                free(names);
                names = longer;
                count++;
        }
        if (count == 0)
                return 0;
        if (hint_for_root(root->path, "Run `sudo unlockerctl patch` to patch", &todo) < 0)
                return -ENOMEM;
        output_say(context, TONE_WARN, "Not patched: %s.", names);
        output_say(context, TONE_PLAIN, "%s %s.", todo, count == 1 ? "it" : "them");
        return 0;
}

static int show_result(const Context *context, const Run *run, const RunRoot *root,
                       const InstallationResult *result)
{
        _cleanup_free_ char *title = NULL, *libdir = NULL;
        int r = build_title(&result->build, &title);

        if (r >= 0)
                r = path_in_root(root->path, result->libdir, &libdir);
        if (r < 0)
                return r;
        output_line(context, TONE_STRONG, "%s in %s\n", title, libdir);
        r = show_targets(context, run, result);
        if (r >= 0 && run->dry_run)
                r = show_plans(context, result);
        if (r < 0)
                return r;
        output_line(context, TONE_PLAIN, "%s", "");
        r = run_show_notes(context, run, result);
        if (r < 0)
                return r;
        if (result->archive) {
                _cleanup_free_ char *archive = NULL;

                r = path_in_root(root->path, STORE_PATH "/originals", &archive);
                if (r < 0)
                        return r;
                output_say(context, TONE_PLAIN, "Originals kept in %s as", archive);
                output_say(context, TONE_PLAIN, "  %s", result->archive);
        }
        show_sum(context, run, result);
        return show_rest(context, run, root, result);
}

static void show_tools(const Context *context, const Run *run, const RunRoot *root)
{
        for (size_t i = 0; i < root->tools.count; i++) {
                const Removal *removal = &root->tools.items[i];
                _cleanup_free_ char *path = NULL;

                (void)path_in_root(root->path, removal->path, &path);
                if (removal->outcome == REMOVAL_REMOVED)
                        output_say(context, TONE_GOOD, "%s %s.", path ? path : removal->path,
                                   run->dry_run ? "would be removed" : "removed");
                if (removal->outcome == REMOVAL_OTHERS)
                        output_say(context, TONE_PLAIN, "%s is not what was put there, and stays.",
                                   path ? path : removal->path);
        }
}

static void complain_of_tools(const RunRoot *root)
{
        for (size_t i = 0; i < root->tools.count; i++) {
                const Removal *removal = &root->tools.items[i];
                _cleanup_free_ char *path = NULL;

                if (removal->fault.reason == REASON_NONE)
                        continue;
                (void)path_in_root(root->path, removal->path, &path);
                complain(&removal->fault, -removal->fault.error, path,
                         removal->outcome == REMOVAL_FAILED ? "cannot remove" : "cannot give back");
        }
}

static bool root_has_rest(const RunRoot *root)
{
        for (size_t i = 0; i < root->result_count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++)
                        if (target_is_rest(&root->results[i].targets[role]))
                                return true;
        return false;
}

static int show_hold(const Context *context, const Run *run, const RunRoot *root)
{
        _cleanup_free_ char *todo = NULL;
        bool restores = run->kind == RUN_RESTORE && root->held;

        if (run->dry_run || (!restores && !root->hold_switched))
                return 0;
        if (hint_for_root(root->path, "`sudo unlockerctl release`", &todo) < 0)
                return -ENOMEM;
        if (restores && root->removal && root->hold_switched)
                output_say(context, TONE_PLAIN,
                           "Automatic patching is now on hold, until the package is installed "
                           "again; run %s to resume before.",
                           todo);
        else if (restores)
                output_say(context, TONE_PLAIN,
                           "Automatic patching is %s on hold; run %s to resume.",
                           root->hold_switched ? "now" : "still", todo);
        else
                output_say(context, TONE_PLAIN, "Automatic patching resumed%s.",
                           root_has_rest(root) ? ", also for the files that are not patched yet"
                                               : "");
        return 0;
}

static void complain_of_strays(const RunRoot *root)
{
        for (size_t i = 0; i < root->strays.count; i++) {
                const Stray *stray = &root->strays.items[i];
                _cleanup_free_ char *path = NULL;

                (void)path_in_root(root->path, stray->path, &path);
                if (stray->put_back)
                        log_line(LOG_NOTICE,
                                 "unlockerctl: %s: newer than what an interrupted run put there: "
                                 "it is back",
                                 path ? path : stray->path);
                else
                        complain(&stray->fault, -stray->fault.error, path, "left alone");
        }
}

void run_complain(const Run *run)
{
        const char *verb = run_kind_name(run->kind);

        for (size_t i = 0; i < run->root_count; i++) {
                const RunRoot *root = &run->roots[i];

                complain_in_root(root->path);
                if (root->error < 0)
                        complain(&root->fault, root->error, NULL, "cannot %s", verb);
                complain_of_strays(root);
                complain_of_tools(root);
                for (size_t k = 0; k < root->result_count; k++)
                        for (Role role = 0; role < _ROLE_MAX; role++) {
                                const TargetResult *target = &root->results[k].targets[role];
                                _cleanup_free_ char *path = NULL;

                                if (target->fault.reason == REASON_NONE)
                                        continue;
                                (void)path_in_root(root->path, target->path, &path);
                                complain(&target->fault, -target->fault.error, path, "cannot %s",
                                         verb);
                        }
        }
}

int run_show(const Context *context, const Run *run)
{
        if (context->json) {
                run_complain(run);
                return run_show_json(context, run);
        }
        for (size_t i = 0; i < run->root_count; i++) {
                const RunRoot *root = &run->roots[i];

                for (size_t k = 0; k < root->result_count; k++) {
                        int r = show_result(context, run, root, &root->results[k]);

                        if (r < 0)
                                return r;
                }
                show_tools(context, run, root);
                if (show_hold(context, run, root) < 0)
                        return -ENOMEM;
        }
        (void)fflush(stdout);
        run_complain(run);
        return 0;
}
