/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <systemd/sd-daemon.h>

#include "base/text.h"
#include "ctl/auto-line.h"
#include "ctl/complain.h"
#include "ctl/title.h"

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

/* Appends formatted text to `*text`. */
_printf_(2, 3) static int append(char **text, const char *format, ...)
{
        _cleanup_free_ char *more = NULL;
        char *longer = NULL;
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = vasprintf(&more, format, arguments);
        va_end(arguments);
        if (r < 0) {
                more = NULL;
                return -ENOMEM;
        }
        r = text_format(&longer, "%s%s", *text, more);
        if (r < 0)
                return r;
        free(*text);
        *text = longer;
        return 0;
}

static const Report *report_of(const Job *job, const char *libdir)
{
        for (size_t i = 0; job && i < job->roots[0].report_count; i++)
                if (text_equal(job->roots[0].reports[i].libdir, libdir))
                        return &job->roots[0].reports[i];
        return NULL;
}

/* ", vmx-debug: why" for each target that is there and not patched. */
static int append_targets(const Report *look, const Report *done, char **text)
{
        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetReport *target = &look->targets[role];
                const Fault *fault = &target->fault;

                if (target->before == STATE_PATCHED || target->before == STATE_ABSENT ||
                    target->before == STATE_EMPTY)
                        continue;
                if (fault->reason == REASON_NONE && done)
                        fault = &done->targets[role].fault;
                if (fault->reason != REASON_NONE &&
                    append(text, "; %s: %s", role_name(role), reason_text(fault->reason)->why) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int append_report(const Report *look, const Report *done, char **text)
{
        unsigned all = 0, patched = 0;
        _cleanup_free_ char *title = NULL;
        int r = build_title(&look->build, &title);

        if (r < 0)
                return r;
        for (Role role = 0; role < _ROLE_MAX; role++) {
                State state = look->targets[role].before;

                all += state != STATE_ABSENT && state != STATE_EMPTY;
                patched += state == STATE_PATCHED;
        }
        r = append(text, "%s%s: %u of %u patched", **text ? "; " : "", title, patched, all);
        return r < 0 ? r : append_targets(look, done, text);
}

int auto_line_of(const Job *look, const Job *done, char **ret)
{
        const JobRoot *root = &look->roots[0];
        _cleanup_free_ char *text = NULL;
        int r = text_copy(&text, "");

        if (root->fault.reason == REASON_NO_INSTALLATION)
                return text_copy(ret, "no VMware found");
        if (done && done->roots[0].error < 0)
                root = &done->roots[0];
        if (r >= 0 && root->error < 0)
                return complaint_text(&root->fault, root->error, NULL, "failed", ret);
        for (size_t i = 0; r >= 0 && i < look->roots[0].report_count; i++) {
                const Report *report = &look->roots[0].reports[i];

                r = append_report(report, report_of(done, report->libdir), &text);
        }
        if (r < 0)
                return r;
        *ret = TAKE_PTR(text);
        return 0;
}
