/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "doctor/check.h"

const char *check_level_name(CheckLevel level)
{
        static const char *const names[] = {
                [CHECK_OK] = "ok",
                [CHECK_WARNING] = "warning",
                [CHECK_PROBLEM] = "problem",
        };

        _Static_assert(ARRAY_SIZE(names) == _CHECK_LEVEL_MAX, "every level has a name");
        return names[level];
}

int checks_add(Checks *checks, const char *id, CheckLevel level, const char *todo,
               const char *format, ...)
{
        Check *larger = reallocarray(checks->items, checks->count + 1, sizeof(*larger));
        char *fact;
        va_list arguments;
        int r;

        if (!larger)
                return -ENOMEM;
        checks->items = larger;
        va_start(arguments, format);
        r = vasprintf(&fact, format, arguments);
        va_end(arguments);
        if (r < 0)
                return -ENOMEM;
        larger[checks->count++] = (Check){.id = id, .level = level, .fact = fact, .todo = todo};
        return 0;
}

CheckLevel checks_worst(const Checks *checks)
{
        CheckLevel worst = CHECK_OK;

        for (size_t i = 0; i < checks->count; i++)
                worst = MAX(worst, checks->items[i].level);
        return worst;
}

void checks_done(Checks *checks)
{
        for (size_t i = 0; i < checks->count; i++)
                free(checks->items[i].fact);
        free(checks->items);
        *checks = (Checks){};
}
