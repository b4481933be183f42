/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "ctl/frame/context.h"
#include "ctl/frame/exit-status.h"
#include "ctl/render/json.h"
#include "ctl/render/nagios.h"
#include "ctl/render/usage.h"

static int usage_show_json(const Context *context, const char *why, const char *todo)
{
        _cleanup_(json_freep) Json *document = json_new();

        json_add_text(document, "command", context->verb ? context->verb->name : NULL);
        json_add_text(document, "reason", "usage");
        json_add_text(document, "why", why);
        json_add_text(document, "todo", todo);
        json_add_number(document, "exit_status", EXIT_USAGE);
        return json_print(context, document);
}

int usage_wrong(const Context *context, const char *format, ...)
{
        const char *verb = context->verb ? context->verb->name : "";
        _cleanup_free_ char *why = NULL, *todo = NULL;
        va_list arguments;
        int r;

        va_start(arguments, format);
        if (vasprintf(&why, format, arguments) < 0)
                why = NULL;
        va_end(arguments);
        if (!why || text_format(&todo, "see `unlockerctl%s%s --help`", *verb ? " " : "", verb) < 0)
                return -ENOMEM;
        log_line(LOG_ERR, "unlockerctl: %s: %s", why, todo);
        if (context->is_plugin)
                return nagios_say_unknown(why);
        r = context->json ? usage_show_json(context, why, todo) : 0;
        return r < 0 ? r : EXIT_USAGE;
}

bool usage_lacks(const Context *context, const char *name, const char *other, int *ret)
{
        if (!context_option(context, name) || context_option(context, other))
                return false;
        *ret = usage_wrong(context, "--%s needs --%s", name, other);
        return true;
}
