/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/text.h"
#include "swap/result.h"

const char *outcome_name(Outcome outcome)
{
        static const char *const names[] = {
                [OUTCOME_NONE] = "none",           [OUTCOME_PATCHED] = "patched",
                [OUTCOME_COMPLETED] = "completed", [OUTCOME_RESTORED] = "restored",
                [OUTCOME_UNCHANGED] = "unchanged", [OUTCOME_SKIPPED] = "skipped",
                [OUTCOME_REFUSED] = "refused",     [OUTCOME_FAILED] = "failed",
                [OUTCOME_BUSY] = "busy",
        };

        _Static_assert(ARRAY_SIZE(names) == _OUTCOME_MAX, "every outcome has a name");
        return names[(unsigned)outcome < _OUTCOME_MAX ? outcome : OUTCOME_NONE];
}

int result_init(InstallationResult *result, const Installation *installation)
{
        const Build build = {.product = installation->product,
                             .version = installation->version,
                             .build = installation->build};
        _cleanup_(result_done) InstallationResult made = {.fault = FAULT_NONE};

        if (build_copy(&build, &made.build) < 0 ||
            text_copy(&made.libdir, installation->libdir) < 0)
                return -ENOMEM;
        for (Role role = 0; role < _ROLE_MAX; role++) {
                TargetResult *target = &made.targets[role];

                target->role = role;
                target->fault = FAULT_NONE;
                if (text_copy(&target->path, installation->targets[role].path) < 0)
                        return -ENOMEM;
        }
        *result = made;
        made = (InstallationResult){};
        return 0;
}

void target_result_fail(TargetResult *target, int error, const Fault *fault)
{
        target->fault = *fault;
        edits_done(&target->edits); /* none was made */
        target->outcome = error == -EBUSY || error == -EAGAIN ? OUTCOME_BUSY : OUTCOME_FAILED;
}

bool result_has(const InstallationResult *result, Outcome outcome)
{
        for (Role role = 0; role < _ROLE_MAX; role++)
                if (result->targets[role].outcome == outcome)
                        return true;
        return false;
}

void result_done(InstallationResult *result)
{
        build_done(&result->build);
        free(result->libdir);
        for (Role role = 0; role < _ROLE_MAX; role++) {
                free(result->targets[role].path);
                edits_done(&result->targets[role].edits);
                running_vms_done(&result->targets[role].vms);
        }
        free(result->archive);
        *result = (InstallationResult){};
}
