/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <systemd/sd-daemon.h>

#include "base/text.h"
#include "ctl/service/status-line.h"
#include "ctl/terminal/errors.h"
#include "ctl/work/names.h"

void auto_line_say(const char *format, ...)
{
        _cleanup_free_ char *text = NULL, *escaped = NULL;
        va_list arguments;

        va_start(arguments, format);
        if (vasprintf(&text, format, arguments) < 0)
                text = NULL;
        va_end(arguments);
        /* A newline would begin another message. */
        if (text && text_escape(&escaped, text) >= 0)
                (void)sd_notifyf(0, "STATUS=%s", escaped);
}

void auto_line_wait(const Fault *why, void *context)
{
        /* Of files that are only new it cannot be said that they keep changing. */
        auto_line_say("waiting: %s", why->reason == REASON_CHANGED
                                             ? "VMware's files are new, or change"
                                             : reason_text(why->reason)->why);
}

void auto_line_fail(const Fault *fault, int error)
{
        _cleanup_free_ char *text = NULL;

        if (complaint_text(fault, error, NULL, "failed", &text) >= 0)
                auto_line_say("%s", text);
}

static const InstallationResult *result_of_libdir(const Run *run, const char *libdir)
{
        for (size_t i = 0; run && i < run->roots[0].result_count; i++)
                if (text_equal(run->roots[0].results[i].libdir, libdir))
                        return &run->roots[0].results[i];
        return NULL;
}

static bool is_unpatched(const TargetResult *target)
{
        return target->before != STATE_PATCHED && state_is_of_file(target->before);
}

/* "does not fit on the disk: free some space, then run the command again" of a target that is there
 * and not patched; NULL where nothing is known. A new string. */
static int target_why(const InstallationResult *look, const InstallationResult *done, Role role,
                      char **ret)
{
        const TargetResult *target = &look->targets[role];
        const Fault *fault = &target->fault;
        _cleanup_free_ char *why = NULL, *todo = NULL;
        int r;

        *ret = NULL;
        if (!is_unpatched(target))
                return 0;
        if (fault->reason == REASON_NONE && done)
                fault = &done->targets[role].fault;
        if (fault->reason == REASON_NONE)
                return 0;
        r = complaint_why(fault, -fault->error, target->path, &why);
        if (r >= 0)
                r = complaint_todo(fault, &todo);
        return r < 0 ? r : text_format(ret, "%s: %s", why, todo);
}

/* "; vmx, vmx-debug: why: what to do" for the targets that are not patched; what is the same for
 * several is said once. */
static int append_targets(const InstallationResult *look, const InstallationResult *done,
                          char **text)
{
        _cleanup_(texts_done) Texts whys = {};
        int r = 0;

        for (Role role = 0; r >= 0 && role < _ROLE_MAX; role++) {
                _cleanup_free_ char *why = NULL, *roles = NULL;

                r = target_why(look, done, role, &why);
                if (r < 0 || !why || texts_contain(&whys, why))
                        continue;
                r = text_copy(&roles, role_name(role));
                for (Role other = role + 1; r >= 0 && other < _ROLE_MAX; other++) {
                        _cleanup_free_ char *same = NULL;

                        r = target_why(look, done, other, &same);
                        if (r >= 0 && same && text_equal(same, why))
                                r = text_append(&roles, ", %s", role_name(other));
                }
                if (r >= 0)
                        r = text_append(text, "; %s: %s", roles, why);
                if (r >= 0)
                        r = texts_add(&whys, why);
        }
        return r;
}

static int append_result(const InstallationResult *look, const InstallationResult *done,
                         char **text)
{
        unsigned all = 0, patched = 0;
        _cleanup_free_ char *title = NULL;
        int r = build_title(&look->build, &title);

        if (r < 0)
                return r;
        for (Role role = 0; role < _ROLE_MAX; role++) {
                State state = look->targets[role].before;

                all += state_is_of_file(state);
                patched += state == STATE_PATCHED;
        }
        r = text_append(text, "%s%s: %u of %u patched", **text ? "; " : "", title, patched, all);
        return r < 0 ? r : append_targets(look, done, text);
}

int auto_line_of(const Run *look, const Run *done, char **ret)
{
        const RunRoot *root = &look->roots[0];
        _cleanup_free_ char *text = NULL;
        int r = text_copy(&text, "");

        if (root->fault.reason == REASON_NO_INSTALLATION)
                return text_copy(ret, "no VMware found");
        if (done && done->roots[0].error < 0)
                root = &done->roots[0];
        if (r >= 0 && root->error < 0)
                return complaint_text(&root->fault, root->error, NULL, "failed", ret);
        for (size_t i = 0; r >= 0 && i < look->roots[0].result_count; i++) {
                const InstallationResult *result = &look->roots[0].results[i];

                r = append_result(result, result_of_libdir(done, result->libdir), &text);
        }
        if (r < 0)
                return r;
        *ret = TAKE_PTR(text);
        return 0;
}
