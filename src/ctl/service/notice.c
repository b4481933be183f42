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

static int notice_of_failure(const char *titles, const char *result, const char *why,
                             const char *todo, Notice *notice)
{
        int r = text_format(&notice->key, "%s %s: %s", result, titles, why ? why : "");

        notice->critical = true;
        if (r >= 0)
                r = text_format(&notice->summary, "%s could not be patched", titles);
        if (r < 0)
                return r;
        return why ? text_format(&notice->body, "%s: %s, or run `unlockerctl report`.", why,
                                 todo ? todo : "")
                   : text_format(&notice->body, "Run `unlockerctl report`.");
}

int notice_read(const char *text, Notice *ret)
{
        _cleanup_(document_freep) Document *document = NULL;
        _cleanup_(notice_done) Notice notice = {};
        const char *result, *why, *todo;
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
                r = document_get_optional_text(document, "why", &why);
        if (r >= 0)
                r = document_get_optional_text(document, "todo", &todo);
        if (r >= 0)
                r = titles_of(document, &titles);
        if (r < 0)
                return r;
        if (result_is_failure(result))
                r = notice_of_failure(titles, result, why, todo, &notice);
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
