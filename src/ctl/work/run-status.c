/* SPDX-License-Identifier: MIT */

#include "ctl/work/run.h"

ExitStatus result_exit_status(const InstallationResult *result)
{
        ExitStatus status = EXIT_DONE;

        if (result->fault.reason != REASON_NONE)
                status = exit_status_of(&result->fault);
        for (Role role = 0; role < _ROLE_MAX; role++) {
                ExitStatus target = EXIT_DONE;

                switch (result->targets[role].outcome) {
                case OUTCOME_FAILED:
                        target = exit_status_of(&result->targets[role].fault);
                        break;
                case OUTCOME_BUSY:
                        target = EXIT_BUSY;
                        break;
                case OUTCOME_REFUSED:
                        target = EXIT_DEGRADED;
                        break;
                default:
                        break;
                }
                status = exit_status_worse(status, target);
        }
        return status;
}

ExitStatus run_root_own_status(const RunRoot *root)
{
        ExitStatus status = EXIT_DONE;

        if (root->fault.reason == REASON_NO_INSTALLATION)
                return EXIT_NO_VMWARE;
        if (root->fault.reason == REASON_NO_SUCH_TARGET)
                return EXIT_USAGE;
        if (root->error < 0)
                status = exit_status_of(&root->fault);
        for (size_t i = 0; i < root->strays.count; i++)
                if (!root->strays.items[i].put_back)
                        status = exit_status_worse(status, EXIT_DEGRADED);
        for (size_t i = 0; i < root->tools.count; i++)
                if (root->tools.items[i].outcome == REMOVAL_FAILED)
                        status = exit_status_worse(status, EXIT_FAILED);
                else if (root->tools.items[i].outcome == REMOVAL_UNKNOWN)
                        status = exit_status_worse(status, EXIT_DEGRADED);
        return status;
}

ExitStatus run_root_status(const RunRoot *root)
{
        ExitStatus status = run_root_own_status(root);

        if (status == EXIT_NO_VMWARE || status == EXIT_USAGE)
                return status;
        for (size_t i = 0; i < root->result_count; i++)
                status = exit_status_worse(status, result_exit_status(&root->results[i]));
        return status;
}
