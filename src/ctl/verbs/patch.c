/* SPDX-License-Identifier: MIT */

#include "ctl/frame/context.h"
#include "ctl/render/usage.h"
#include "ctl/service/auto.h"
#include "ctl/verbs/by-hand.h"
#include "ctl/verbs/time-option.h"
#include "ctl/verbs/verbs.h"
#include "ctl/work/run.h"
#include "settle/settle.h"

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
        if (options.limit_ms <= options.settle_ms)
                return usage_wrong(context, "--limit must be longer than --settle");
        return auto_run(context, &options);
}

static int run_patch(Context *context, int count, char **arguments)
{
        RunOptions options = {.kind = RUN_PATCH,
                              .dry_run = context_option(context, "dry-run") != NULL,
                              .word_count = (size_t)count,
                              .words = arguments};
        int r;

        if (usage_lacks(context, "settle", "auto", &r))
                return r;
        if (context_option(context, "auto"))
                return run_automatically(context, count);
        r = limit_option(context, &options.lock_timeout_ms);
        if (r != 0)
                return r;
        return run_do_and_show(context, &options);
}

static const Option patch_options[] = {
        {"dry-run", 'n', NULL, "Print the planned edits and change nothing"},
        {"auto", 0, NULL, "Run as the service does: wait for installations to finish"},
        {"settle", 0, "TIME", "With --auto: required time without changes (default 2s)"},
        {"limit", 0, "TIME", "Maximum time to wait (with --auto 15min, else no limit)"},
        {},
};

const Verb verb_patch = {
        .name = "patch",
        .arguments = "[TARGET...]",
        .summary = "Keep the originals, then patch what is not patched",
        .doing = "Looking for what to patch",
        .description =
                "Finds VMware, puts the originals of all its files into the store, then patches "
                "vmware-vmx, vmware-vmx-debug, vmware-vmx-stats and libvmwarebase.so. Each file is "
                "replaced in one step by a copy that was verified first; owner, mode, times and "
                "extended attributes stay.\n"
                "A TARGET is vmx, vmx-debug, vmx-stats, vmwarebase, or a path, also as "
                "`unlockerctl status` shows it (bin/vmware-vmx).\n"
                "Patching by hand ends a hold for all files: after `unlockerctl patch TARGET` the "
                "service patches the others too.",
        .options = patch_options,
        .maximum_arguments = SIZE_MAX,
        .changes = true,
        .run = run_patch,
};
