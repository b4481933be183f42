/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "ctl/frame/context.h"
#include "ctl/render/usage.h"
#include "ctl/service/auto.h"
#include "ctl/terminal/errors.h"
#include "ctl/verbs/by-hand.h"
#include "ctl/verbs/verbs.h"
#include "ctl/work/run.h"
#include "settle/settle.h"

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

/* The option `name` in milliseconds; EXIT_USAGE when it is no time, having said so. */
static int time_option(const Context *context, const char *name, int64_t default_ms,
                       int64_t *ret_ms)
{
        const char *text = context_option(context, name);

        *ret_ms = default_ms;
        if (!text || time_parse(text, ret_ms) >= 0)
                return 0;
        return usage_wrong(context, "--%s=%s: invalid time (examples: 500ms, 2s, 15min)", name,
                           text);
}

static int run_automatically(Context *context, int count)
{
        AutoOptions options;

        int r = time_option(context, "settle", QUIET_SETTLE_MS_DEFAULT, &options.settle_ms);

        if (r == 0)
                r = time_option(context, "limit", QUIET_LIMIT_MS_DEFAULT, &options.limit_ms);
        if (r != 0)
                return r;
        if (count > 0 || context->roots.count != 1 || context_option(context, "dry-run"))
                return usage_wrong(context,
                                   "--auto takes no target, no --dry-run and one --root at most");
        return auto_run(context, &options);
}

static int run_patch(Context *context, int count, char **arguments)
{
        const JobOptions options = {.kind = JOB_PATCH,
                                    .dry_run = context_option(context, "dry-run") != NULL,
                                    .lock_timeout_ms = -1,
                                    .word_count = (size_t)count,
                                    .words = arguments};

        int r;

        if (usage_lacks(context, "settle", "auto", &r) || usage_lacks(context, "limit", "auto", &r))
                return r;
        if (context_option(context, "auto"))
                return run_automatically(context, count);
        return job_run_and_show(context, &options);
}

static const Option patch_options[] = {
        {"dry-run", 'n', NULL, "Print the planned edits and change nothing"},
        {"auto", 0, NULL, "Do it as the service does: wait until no installation goes on"},
        {"settle", 0, "TIME", "With --auto: no change for so long (2s)"},
        {"limit", 0, "TIME", "With --auto: wait at most so long (15min)"},
        {},
};

const Verb verb_patch = {
        .name = "patch",
        .arguments = "[TARGET...]",
        .summary = "Keep the originals, then patch what is not patched",
        .description =
                "Finds VMware, puts the originals of all its files into the store, then patches "
                "vmware-vmx, vmware-vmx-debug, vmware-vmx-stats and libvmwarebase.so. Each file is "
                "replaced in one step by a copy that was verified first; owner, mode, times and "
                "extended attributes stay.\n"
                "A TARGET is vmx, vmx-debug, vmx-stats, vmwarebase, or a path. Patching by hand "
                "ends a hold.",
        .options = patch_options,
        .maximum_arguments = SIZE_MAX,
        .run = run_patch,
};
