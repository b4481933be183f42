/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wrap.h"
#include "ctl/service/state-file.h"
#include "ctl/work/names.h"
#include "file/fd.h"
#include "host/run-note.h"
#include "store/document.h"

#define MOTD_COLUMNS   80U
#define MOTD_DIRECTORY "run/motd.d"
#define MOTD_NAME      "60-vmware-unlocker"
#define MOTD_LEADS_TO  "../vmware-unlocker/" RUN_NOTE_MOTD

/* How it stands, in one word and the first thing that has to be done. */
typedef struct Outline {
        const char *word;
        Reason reason;
        const InstallationResult *result; /* whose reason it is; else the first; NULL without any */
        const char *target;               /* whose reason it is; NULL: of more than one file */
        bool alerts;                      /* a person has to act */
} Outline;

/* The root of a run that has one. */
static const RunRoot *run_only_root(const Run *run)
{
        return run->root_count > 0 ? &run->roots[0] : NULL;
}

/* The dry run knows best how the files are; it did not take place when something stopped the run.
 */
static const RunRoot *end_root(const RunEnd *end)
{
        const RunRoot *look = run_only_root(end->look);

        return look && look->result_count > 0 ? look : run_only_root(end->done);
}

static State target_state_now(const RunEnd *end, const RunRoot *root, const TargetResult *target)
{
        return root == run_only_root(end->look) ? target->before : target->after;
}

static bool target_lacks_patch(State state)
{
        return state != STATE_PATCHED && state_is_of_file(state);
}

/* Why a target is not patched; the run before the look may be the one that knows. */
static Reason target_reason(const RunEnd *end, const RunRoot *root, size_t result, Role role)
{
        const TargetResult *target = &root->results[result].targets[role];
        const RunRoot *done = run_only_root(end->done);

        if (!target_lacks_patch(target_state_now(end, root, target)))
                return REASON_NONE;
        if (target->fault.reason != REASON_NONE)
                return target->fault.reason;
        for (size_t i = 0; done && i < done->result_count; i++)
                if (text_equal(done->results[i].libdir, root->results[result].libdir) &&
                    done->results[i].targets[role].fault.reason != REASON_NONE)
                        return done->results[i].targets[role].fault.reason;
        if (root->results[result].fault.reason != REASON_NONE)
                return root->results[result].fault.reason;
        return end->held ? REASON_HELD : REASON_NONE;
}

static unsigned report_count_targets(const RunEnd *end, const RunRoot *root,
                                     const InstallationResult *result, unsigned *ret_patched)
{
        unsigned count = 0;

        *ret_patched = 0;
        for (Role role = 0; role < _ROLE_MAX; role++) {
                State state = target_state_now(end, root, &result->targets[role]);

                count += state == STATE_PATCHED || target_lacks_patch(state);
                *ret_patched += state == STATE_PATCHED;
        }
        return count;
}

/* What stopped the run, or the first file that could not be patched; else what stands in the way of
 * the rest. */
static void outline_find_reason(const RunEnd *end, const RunRoot *root, Outline *outline)
{
        const RunRoot *done = run_only_root(end->done);

        outline->result = root && root->result_count > 0 ? &root->results[0] : NULL;
        outline->reason = end->fault->reason;
        for (size_t i = 0; root && outline->reason == REASON_NONE && i < root->result_count; i++)
                for (Role role = 0; role < _ROLE_MAX && outline->reason == REASON_NONE; role++) {
                        outline->reason = target_reason(end, root, i, role);
                        if (outline->reason == REASON_NONE)
                                continue;
                        outline->result = &root->results[i];
                        outline->target = outline->reason == outline->result->fault.reason ||
                                                          outline->reason == REASON_HELD
                                                  ? NULL
                                                  : role_name(role);
                }
        if (outline->reason == REASON_NONE && done)
                outline->reason = done->fault.reason;
        if (outline->reason == REASON_NONE)
                outline->reason = end->vault->reason;
}

static bool end_lacks_patches(const RunEnd *end, const RunRoot *root)
{
        for (size_t i = 0; root && i < root->result_count; i++) {
                unsigned patched;

                if (report_count_targets(end, root, &root->results[i], &patched) > patched)
                        return true;
        }
        return false;
}

static Outline outline_of(const RunEnd *end)
{
        const RunRoot *root = end_root(end);
        Outline outline = {.alerts = true};

        outline_find_reason(end, root, &outline);
        if (end->status == EXIT_BUSY)
                outline.word = "busy";
        else if (end->status == EXIT_FAILED)
                outline.word = "failed";
        else if (end->status != EXIT_DONE)
                outline.word = "refused";
        else if (end->held && end_lacks_patches(end, root))
                outline.word = "held";
        else
                outline = (Outline){.result = outline.result,
                                    .reason = end->read_only ? REASON_READ_ONLY : REASON_NONE,
                                    .word = end->read_only    ? "read-only"
                                            : !outline.result ? "no-vmware"
                                                              : "patched"};
        return outline;
}

static int document_set_reason(Document *object, Reason reason)
{
        const ReasonText *text = reason == REASON_NONE ? NULL : reason_text(reason);
        int r = document_set_text(object, "reason", text ? text->id : NULL);

        if (r >= 0)
                r = document_set_text(object, "why", text ? text->why : NULL);
        return r < 0 ? r : document_set_text(object, "todo", text ? text->todo : NULL);
}

static int state_add_target(Document *list, const RunEnd *end, const RunRoot *root, size_t result,
                            Role role)
{
        const TargetResult *target = &root->results[result].targets[role];
        Document *item;
        int r = document_append_object(list, &item);

        if (r >= 0)
                r = document_set_text(item, "role", role_name(role));
        if (r >= 0)
                r = document_set_text(item, "state",
                                      state_name(target_state_now(end, root, target)));
        return r < 0 ? r : document_set_reason(item, target_reason(end, root, result, role));
}

static int state_add_installation(Document *list, const RunEnd *end, const RunRoot *root,
                                  size_t index)
{
        const InstallationResult *result = &root->results[index];
        Document *item, *targets;
        unsigned patched, count = report_count_targets(end, root, result, &patched);
        int r = document_append_object(list, &item);

        if (r >= 0)
                r = document_set_text(item, "product", result->build.product);
        if (r >= 0)
                r = document_set_text(item, "version", result->build.version);
        if (r >= 0)
                r = document_set_text(item, "build", result->build.build);
        if (r >= 0)
                r = document_set_number(item, "patched", patched);
        if (r >= 0)
                r = document_set_number(item, "present", count);
        if (r >= 0)
                r = document_set_array(item, "targets", &targets);
        for (Role role = 0; r >= 0 && role < _ROLE_MAX; role++)
                r = state_add_target(targets, end, root, index, role);
        return r;
}

static int state_document(const RunEnd *end, const Outline *outline, Document **ret)
{
        _cleanup_(document_freep) Document *document = NULL;
        const RunRoot *root = end_root(end);
        Document *installations;
        int r = document_new(&document);

        if (r >= 0)
                r = document_set_number(document, "version", 1);
        if (r >= 0)
                r = document_set_text(document, "result", outline->word);
        if (r >= 0)
                r = document_set_reason(document, outline->reason);
        if (r >= 0)
                r = document_set_flag(document, "hold", end->held);
        if (r >= 0)
                r = document_set_number(document, "time", (uint64_t)time(NULL));
        if (r >= 0)
                r = document_set_array(document, "installations", &installations);
        for (size_t i = 0; r >= 0 && root && i < root->result_count; i++)
                r = state_add_installation(installations, end, root, i);
        if (r >= 0)
                r = document_set_number(document, "exit_status", (uint64_t)end->status);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(document);
        return 0;
}

static int state_write_document(const Root *root, const RunEnd *end, const Outline *outline)
{
        _cleanup_(document_freep) Document *document = NULL;
        _cleanup_free_ char *text = NULL;
        int r = state_document(end, outline, &document);

        if (r >= 0)
                r = document_text(document, &text);
        return r < 0 ? r : run_note_write(root, RUN_NOTE_STATE, text, NULL);
}

/* "VMware Workstation 17.6.1 (build 24319023): 2 of 4 files patched: vmx: why: what to do" */
static int motd_line(const RunEnd *end, const Outline *outline, char **ret)
{
        const ReasonText *why = reason_text(outline->reason);
        _cleanup_free_ char *title = NULL, *line = NULL, *escaped = NULL;
        int r;

        if (outline->result) {
                unsigned patched,
                        count = report_count_targets(end, end_root(end), outline->result, &patched);

                r = build_title(&outline->result->build, &title);
                if (r >= 0)
                        r = text_append(&line, "%s: %u of %u files patched", title, patched, count);
        } else {
                r = text_append(&line, "vmware-unlocker failed");
        }
        if (r >= 0 && outline->reason != REASON_NONE)
                r = text_append(&line, "%s%s: %s: %s", outline->target ? ": " : "",
                                outline->target ? outline->target : "", why->why, why->todo);
        else if (r >= 0)
                r = text_append(&line, ": run `unlockerctl status`");
        if (r >= 0)
                r = text_escape(&escaped, line);
        return r < 0 ? r : wrap_sentence(escaped, MOTD_COLUMNS, ret);
}

/* A link, so that nothing half-written is ever shown at a login. */
static int motd_show(const Root *root, const RunEnd *end, const Outline *outline)
{
        _cleanup_free_ char *escaped = NULL, *line = NULL;
        _cleanup_close_ int dir_fd = -EBADF;
        int r = motd_line(end, outline, &escaped);

        if (r >= 0)
                r = text_format(&line, "%s\n", escaped);
        if (r >= 0)
                r = run_note_write(root, RUN_NOTE_MOTD, line, NULL);
        if (r < 0)
                return r;
        dir_fd = root_make_directory(root, MOTD_DIRECTORY);
        if (dir_fd < 0)
                return dir_fd;
        return symlinkat(MOTD_LEADS_TO, dir_fd, MOTD_NAME) < 0 && errno != EEXIST ? -errno : 0;
}

static int motd_remove(const Root *root)
{
        _cleanup_close_ int dir_fd = root_open_at(root, MOTD_DIRECTORY, O_RDONLY | O_DIRECTORY, 0);

        if (dir_fd >= 0)
                (void)unlinkat(dir_fd, MOTD_NAME, 0);
        return run_note_write(root, RUN_NOTE_MOTD, NULL, NULL);
}

void state_file_write(const Root *root, const RunEnd *end)
{
        const Outline outline = outline_of(end);

        (void)(outline.alerts ? motd_show(root, end, &outline) : motd_remove(root));
        (void)state_write_document(root, end, &outline);
}
