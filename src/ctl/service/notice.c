/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "ctl/service/notice.h"
#include "ctl/work/names.h"
#include "store/document.h"

/* A state that asks for a notification. */
static bool result_is_failure(const char *result)
{
        return text_equal(result, "refused") || text_equal(result, "failed") ||
               text_equal(result, "busy");
}

void notice_done(Notice *notice)
{
        free(notice->key);
        free(notice->summary);
        free(notice->body);
        *notice = (Notice){};
}

/* "VMware Workstation 17.6.1 (build 24319023), …" of all installations; "VMware" without any. */
static int titles_of(const Document *document, char **ret)
{
        _cleanup_free_ char *titles = NULL;
        Document *list;
        size_t count;
        int r = document_get_array(document, "installations", &list, &count);

        for (size_t i = 0; r >= 0 && i < count; i++) {
                const Document *item = document_item(list, i);
                _cleanup_free_ char *title = NULL;
                const char *product, *version, *number;

                r = document_get_optional_text(item, "product", &product);
                if (r >= 0)
                        r = document_get_optional_text(item, "version", &version);
                if (r >= 0)
                        r = document_get_optional_text(item, "build", &number);
                if (r < 0)
                        return r;
                r = build_title(&(Build){.product = (char *)(uintptr_t)product,
                                         .version = (char *)(uintptr_t)version,
                                         .build = (char *)(uintptr_t)number},
                                &title);
                if (r >= 0)
                        r = text_append(&titles, "%s%s", titles ? ", " : "", title);
        }
        return r < 0 ? r : text_escape(ret, titles ? titles : "VMware");
}

/* The first target of an installation that has this reason. 1 when there is one, else 0. */
static int target_of_reason(const Document *installation, const char *reason, const char **ret)
{
        Document *targets;
        size_t count;
        int r = document_get_array(installation, "targets", &targets, &count);

        for (size_t i = 0; r >= 0 && i < count; i++) {
                const Document *target = document_item(targets, i);
                const char *own;

                r = document_get_optional_text(target, "reason", &own);
                if (r >= 0 && own && text_equal(own, reason)) {
                        r = document_get_text(target, "role", ret);
                        return r < 0 ? r : 1;
                }
        }
        return r < 0 ? r : 0;
}

/* "vmx-debug: ", the target that the document's reason is of; "" where it is of none. */
static int subject_of(const Document *document, char **ret)
{
        Document *list;
        const char *reason, *role;
        size_t count;
        int r = document_get_optional_text(document, "reason", &reason);

        if (r >= 0)
                r = document_get_array(document, "installations", &list, &count);
        for (size_t i = 0; r >= 0 && reason && i < count; i++) {
                r = target_of_reason(document_item(list, i), reason, &role);
                if (r > 0)
                        return text_format(ret, "%s: ", role);
        }
        return r < 0 ? r : text_copy(ret, "");
}

static int notice_of_failure(const Document *document, const char *titles, const char *result,
                             Notice *notice)
{
        _cleanup_free_ char *subject = NULL;
        const char *why, *todo;
        int r = document_get_optional_text(document, "why", &why);

        if (r >= 0)
                r = document_get_optional_text(document, "todo", &todo);
        if (r >= 0)
                r = subject_of(document, &subject);
        if (r < 0)
                return r;
        r = text_format(&notice->key, "%s %s: %s", result, titles, why ? why : "");

        notice->critical = true;
        if (r >= 0)
                r = text_format(&notice->summary, "%s could not be patched", titles);
        if (r < 0)
                return r;
        return why ? text_format(&notice->body, "%s%s: %s, or run `unlockerctl report`.", subject,
                                 why, todo ? todo : "")
                   : text_format(&notice->body, "Run `unlockerctl report`.");
}

int notice_read(const char *text, Notice *ret)
{
        _cleanup_(document_freep) Document *document = NULL;
        _cleanup_(notice_done) Notice notice = {};
        const char *result;
        _cleanup_free_ char *titles = NULL;
        int r;

        if (!*text) {
                *ret = notice;
                return 0;
        }
        r = document_parse(text, strlen(text), &document);
        if (r >= 0)
                r = document_get_text(document, "result", &result);
        if (r >= 0)
                r = titles_of(document, &titles);
        if (r < 0)
                return r;
        if (result_is_failure(result))
                r = notice_of_failure(document, titles, result, &notice);
        else if (text_equal(result, "patched")) {
                r = text_format(&notice.key, "ready %s", titles);
                if (r >= 0)
                        r = text_format(&notice.summary, "%s: macOS guests are ready", titles);
                if (r >= 0)
                        r = text_copy(&notice.body, "");
        }
        if (r < 0)
                return r;
        *ret = notice;
        notice = (Notice){};
        return 0;
}
