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

int report_init(Report *report, const Installation *installation)
{
        const Build build = {.product = installation->product,
                             .version = installation->version,
                             .build = installation->build};
        _cleanup_(report_done) Report made = {.fault = FAULT_NONE};

        if (build_copy(&build, &made.build) < 0 ||
            text_copy(&made.libdir, installation->libdir) < 0)
                return -ENOMEM;
        for (Role role = 0; role < _ROLE_MAX; role++) {
                TargetReport *target = &made.targets[role];

                target->role = role;
                target->fault = FAULT_NONE;
                if (text_copy(&target->path, installation->targets[role].path) < 0)
                        return -ENOMEM;
        }
        *report = made;
        made = (Report){};
        return 0;
}

void report_failure(TargetReport *target, int error, const Fault *fault)
{
        target->fault = *fault;
        edits_done(&target->edits); /* none was made */
        target->outcome = error == -EBUSY || error == -EAGAIN ? OUTCOME_BUSY : OUTCOME_FAILED;
}

bool report_has(const Report *report, Outcome outcome)
{
        for (Role role = 0; role < _ROLE_MAX; role++)
                if (report->targets[role].outcome == outcome)
                        return true;
        return false;
}

void report_done(Report *report)
{
        build_done(&report->build);
        free(report->libdir);
        for (Role role = 0; role < _ROLE_MAX; role++) {
                free(report->targets[role].path);
                edits_done(&report->targets[role].edits);
                running_vms_done(&report->targets[role].vms);
        }
        free(report->archive);
        *report = (Report){};
}
