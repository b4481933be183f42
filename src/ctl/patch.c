/* SPDX-License-Identifier: MIT */

#include "ctl/job.h"
#include "ctl/verb.h"

static int run_patch(Context *context, int count, char **arguments)
{
        const JobOptions options = {.kind = JOB_PATCH,
                                    .dry_run = context_option(context, "dry-run") != NULL,
                                    .lock_timeout_ms = -1,
                                    .word_count = (size_t)count,
                                    .words = arguments};

        return job_run_and_show(context, &options);
}

static const Option patch_options[] = {
        {"dry-run", 'n', NULL, "Print the planned edits and change nothing"},
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
