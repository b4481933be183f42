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
static const char *outcome_text(const Job *job, const TargetReport *target)
{
        switch (target->outcome) {
        case OUTCOME_PATCHED:
                return job->dry_run ? "would be patched" : "patched";
        case OUTCOME_COMPLETED:
                return job->dry_run ? "would be completed" : "completed";
        case OUTCOME_RESTORED:
                return job->dry_run ? "would be restored" : "restored";
        case OUTCOME_UNCHANGED:
                return job->kind == JOB_PATCH ? "already patched" : "already original";
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

static int show_targets(const Context *context, const Job *job, const Report *report)
{
        static const Column columns[] = {
                {"TARGET", 0}, {"RESULT", 0}, {"EDITS", COLUMN_RIGHT}, {"FILE", COLUMN_NAME}};
        _cleanup_(table_freep) Table *table = NULL;
        size_t libdir = strlen(report->libdir);
        int r = table_new(context, columns, ARRAY_SIZE(columns), &table);

        if (r < 0)
                return r;
        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetReport *target = &report->targets[role];
                const char *path = target->path;

                if (target->outcome == OUTCOME_NONE)
                        continue;
                if (strncmp(path, report->libdir, libdir) == 0 && path[libdir] == '/')
                        path += libdir + 1;
                table_row(table);
                table_cell(table, TONE_STRONG, "%s", role_name(role));
                table_cell(table, tone_of_outcome(target->outcome), "%s",
                           outcome_text(job, target));
                if (target->edits.count > 0)
                        table_cell(table, TONE_PLAIN, "%zu", target->edits.count);
                else
                        table_cell(table, TONE_DIM, "-");
                table_cell(table, TONE_PLAIN, "%s", path);
        }
        return table_print(table);
}

static int show_plans(const Context *context, const Report *report)
{
        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetReport *target = &report->targets[role];
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
static void show_layout(const Context *context, const Report *report, const TargetReport *target)
{
        const char *version = report->build.version;

        if (!*target->layout)
                return;
        output_say(context, TONE_WARN, "%s %s: layout not seen before: %s%s%s.",
                   output_bullet(context), role_name(target->role), version ? version : "",
                   version ? ", " : "", target->layout);
}

static int run_show_notes(const Context *context, const Job *job, const Report *report)
{
        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetReport *target = &report->targets[role];
                int r;

                if (target->outcome == OUTCOME_COMPLETED)
                        output_say(context, TONE_WARN,
                                   "%s %s: another tool had changed it before, so no original of "
                                   "it exists.",
                                   output_bullet(context), role_name(role));
                if (target->outcome != OUTCOME_PATCHED && target->outcome != OUTCOME_COMPLETED &&
                    target->outcome != OUTCOME_RESTORED)
                        continue;
                show_layout(context, report, target);
                if (target->links > 0)
                        output_say(context, TONE_WARN,
                                   "%s %s had %u more name%s (hard links), which keep%s the old "
                                   "content.",
                                   output_bullet(context), role_name(role), target->links,
                                   target->links == 1 ? "" : "s", target->links == 1 ? "s" : "");
                r = job->dry_run ? 0 : vms_text_say(context, role_name(role), &target->vms);
                if (r < 0)
                        return r;
        }
        return 0;
}

static unsigned outcome_count(const Report *report, Outcome outcome)
{
        unsigned count = 0;

        for (Role role = 0; role < _ROLE_MAX; role++)
                count += report->targets[role].outcome == outcome;
        return count;
}

/* One closing sentence. */
static void show_sum(const Context *context, const Job *job, const Report *report)
{
        unsigned made = outcome_count(report, OUTCOME_PATCHED) +
                        outcome_count(report, OUTCOME_COMPLETED) +
                        outcome_count(report, OUTCOME_RESTORED);
        unsigned unchanged = outcome_count(report, OUTCOME_UNCHANGED);
        unsigned all = 0;
        const char *done = job->kind == JOB_PATCH ? "patched" : "restored";

        for (Role role = 0; role < _ROLE_MAX; role++)
                all += report->targets[role].outcome != OUTCOME_NONE;
        all -= outcome_count(report, OUTCOME_SKIPPED);
        if (made == 0 && unchanged == all)
                output_say(context, TONE_GOOD, "Nothing to do: %u of %u %s.", unchanged, all,
                           job->kind == JOB_PATCH ? "patched" : "original");
        else if (job->dry_run && unchanged > 0)
                output_say(context, TONE_STRONG,
                           "%u of %u would be %s, %u already %s. Nothing was changed.", made, all,
                           done, unchanged, job->kind == JOB_PATCH ? "patched" : "original");
        else if (job->dry_run)
                output_say(context, TONE_STRONG, "%u of %u would be %s. Nothing was changed.", made,
                           all, done);
        else
                output_say(context, made + unchanged == all ? TONE_GOOD : TONE_BAD, "%u of %u %s.",
                           made + unchanged, all, job->kind == JOB_PATCH ? "patched" : "original");
}

/* After `patch vmx`: what of the rest is stock, and how it is patched. */
static int show_rest(const Context *context, const Job *job, const JobRoot *root,
                     const Report *report)
{
        _cleanup_free_ char *names = NULL, *todo = NULL;
        unsigned count = 0;

        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetReport *target = &report->targets[role];
                char *longer = NULL;

                if (job->kind != JOB_PATCH || target->outcome != OUTCOME_NONE ||
                    (target->before != STATE_STOCK && target->before != STATE_PARTIAL))
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

static int show_report(const Context *context, const Job *job, const JobRoot *root,
                       const Report *report)
{
        _cleanup_free_ char *title = NULL, *libdir = NULL;
        int r = build_title(&report->build, &title);

        if (r >= 0)
                r = path_in_root(root->path, report->libdir, &libdir);
        if (r < 0)
                return r;
        output_line(context, TONE_STRONG, "%s in %s\n", title, libdir);
        r = show_targets(context, job, report);
        if (r >= 0 && job->dry_run)
                r = show_plans(context, report);
        if (r < 0)
                return r;
        output_line(context, TONE_PLAIN, "%s", "");
        r = run_show_notes(context, job, report);
        if (r < 0)
                return r;
        if (report->archive) {
                _cleanup_free_ char *archive = NULL;

                r = path_in_root(root->path, STORE_PATH "/originals", &archive);
                if (r < 0)
                        return r;
                output_say(context, TONE_PLAIN, "Originals kept in %s as", archive);
                output_say(context, TONE_PLAIN, "  %s", report->archive);
        }
        show_sum(context, job, report);
        return show_rest(context, job, root, report);
}

static void show_tools(const Context *context, const Job *job, const JobRoot *root)
{
        for (size_t i = 0; i < root->tools.count; i++) {
                const Removal *removal = &root->tools.items[i];
                _cleanup_free_ char *path = NULL;

                (void)path_in_root(root->path, removal->path, &path);
                if (removal->outcome == REMOVAL_REMOVED)
                        output_say(context, TONE_GOOD, "%s %s.", path ? path : removal->path,
                                   job->dry_run ? "would be removed" : "removed");
                if (removal->outcome == REMOVAL_OTHERS)
                        output_say(context, TONE_PLAIN, "%s is not what was put there, and stays.",
                                   path ? path : removal->path);
        }
}

static void complain_of_tools(const JobRoot *root)
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

static int show_hold(const Context *context, const Job *job, const JobRoot *root)
{
        _cleanup_free_ char *todo = NULL;

        /* The package goes, and its hold with it. */
        if (!root->hold_switched || root->removal)
                return 0;
        if (hint_for_root(root->path, "`sudo unlockerctl release`", &todo) < 0)
                return -ENOMEM;
        if (job->kind == JOB_RESTORE)
                output_say(context, TONE_PLAIN, "On hold now; run %s to resume.", todo);
        else
                output_say(context, TONE_PLAIN, "Automatic patching resumed.");
        return 0;
}

static void complain_of_strays(const JobRoot *root)
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

void job_complain(const Job *job)
{
        const char *verb = job_kind_name(job->kind);

        for (size_t i = 0; i < job->root_count; i++) {
                const JobRoot *root = &job->roots[i];

                complain_in_root(root->path);
                if (root->error < 0)
                        complain(&root->fault, root->error, NULL, "cannot %s", verb);
                complain_of_strays(root);
                complain_of_tools(root);
                for (size_t k = 0; k < root->report_count; k++)
                        for (Role role = 0; role < _ROLE_MAX; role++) {
                                const TargetReport *target = &root->reports[k].targets[role];
                                _cleanup_free_ char *path = NULL;

                                if (target->fault.reason == REASON_NONE)
                                        continue;
                                (void)path_in_root(root->path, target->path, &path);
                                complain(&target->fault, -target->fault.error, path, "cannot %s",
                                         verb);
                        }
        }
}

int job_show(const Context *context, const Job *job)
{
        if (context->json) {
                job_complain(job);
                return job_show_json(context, job);
        }
        for (size_t i = 0; i < job->root_count; i++) {
                const JobRoot *root = &job->roots[i];

                for (size_t k = 0; k < root->report_count; k++) {
                        int r = show_report(context, job, root, &root->reports[k]);

                        if (r < 0)
                                return r;
                }
                show_tools(context, job, root);
                if (show_hold(context, job, root) < 0)
                        return -ENOMEM;
        }
        (void)fflush(stdout);
        job_complain(job);
        return 0;
}
