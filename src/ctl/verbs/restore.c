/* SPDX-License-Identifier: MIT */

#include "ctl/frame/context.h"
#include "ctl/verbs/by-hand.h"
#include "ctl/verbs/time-option.h"
#include "ctl/verbs/verbs.h"
#include "ctl/work/run.h"

static int run_restore(Context *context, int count, char **arguments)
{
        RunOptions options = {.kind = RUN_RESTORE,
                              .dry_run = context_option(context, "dry-run") != NULL,
                              .removal = context_option(context, "removal") != NULL,
                              .word_count = (size_t)count,
                              .words = arguments};
        int r = limit_option(context, &options.lock_timeout_ms);

        if (r != 0)
                return r;
        return run_do_and_show(context, &options);
}

static const Option restore_options[] = {
        {"dry-run", 'n', NULL, "Print what would be given back and change nothing"},
        OPTION_LIMIT,
        {"removal", 0, NULL, "Hold only until the package is installed again"},
        {},
};

const Verb verb_restore = {
        .name = "restore",
        .arguments = "[TARGET...]",
        .summary = "Give the originals back, and hold automatic patching",
        .doing = "Looking for what to restore",
        .description =
                "Puts the kept original over each patched file, with its owner, mode, times and "
                "extended attributes. Only the patched form of that very original is replaced: a "
                "newer file that an update brought is left alone. A TARGET is named as for "
                "`unlockerctl patch`.\n"
                "Without a TARGET, the images of guest tools that `unlockerctl tools` added are "
                "removed too, unless they were replaced since.\n"
                "Automatic patching is on hold afterwards, until `unlockerctl release` or a patch "
                "by hand: also if every file was original already, but not if no file could be "
                "given back.",
        .options = restore_options,
        .maximum_arguments = SIZE_MAX,
        .changes = true,
        .run = run_restore,
};
