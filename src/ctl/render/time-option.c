/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "ctl/render/time-option.h"
#include "ctl/render/usage.h"

#define TIME_MAX (24U * 3600U * 1000U) /* milliseconds */

/* "2s", "500ms", "15min", or seconds without a unit, in milliseconds. -EINVAL, -ERANGE. */
static int time_parse(const char *text, int64_t *ret_ms)
{
        static const struct {
                const char *name;
                uint64_t ms;
        } units[] = {{"", 1000}, {"s", 1000}, {"ms", 1}, {"min", 60 * 1000}, {"h", 3600 * 1000}};
        size_t digits = strspn(text, "0123456789");
        _cleanup_free_ char *number = strndup(text, digits);
        uint64_t value;
        int r;

        if (!number)
                return -ENOMEM;
        r = text_to_u64(number, &value);
        if (r < 0)
                return r;
        for (size_t i = 0; i < ARRAY_SIZE(units); i++)
                if (text_equal(text + digits, units[i].name)) {
                        if (__builtin_mul_overflow(value, units[i].ms, &value) || value > TIME_MAX)
                                return -ERANGE;
                        *ret_ms = (int64_t)value;
                        return 0;
                }
        return -EINVAL;
}

int time_option(const Context *context, const char *name, int64_t default_ms, int64_t *ret_ms)
{
        const char *text = context_option(context, name);

        *ret_ms = default_ms;
        if (!text || !*text || time_parse(text, ret_ms) >= 0)
                return 0;
        return usage_wrong(context, "--%s=%s: invalid time (examples: 500ms, 2s, 15min)", name,
                           text);
}
