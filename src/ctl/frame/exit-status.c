/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdbool.h>

#include "ctl/frame/exit-status.h"

static int exit_status_severity(ExitStatus status)
{
        switch (status) {
        case EXIT_DONE:
                return 0;
        case EXIT_NO_VMWARE:
                return 1;
        case EXIT_DEGRADED:
                return 2;
        case EXIT_BUSY:
                return 3;
        case EXIT_FAILED:
                return 4;
        case EXIT_USAGE:
                return 5;
        }
        return 4;
}

ExitStatus exit_status_worse(ExitStatus a, ExitStatus b)
{
        return exit_status_severity(a) >= exit_status_severity(b) ? a : b;
}

ExitStatus exit_status_of(const Fault *fault)
{
        if (!fault)
                return EXIT_FAILED;
        switch (fault->reason) {
        case REASON_STORE_BUSY:
        case REASON_INSTALLER_RUNS:
        case REASON_BUSY:
        case REASON_CHANGED:
                return EXIT_BUSY;
        default:
                return EXIT_FAILED;
        }
}

/* What was read is damaged or of an unknown kind (EBADMSG), or holds nothing of VMware's (ENOENT,
 * which is also what a name that leads nowhere is). */
ExitStatus exit_status_of_file(const Fault *fault)
{
        bool is_name = fault->reason == REASON_OPEN || fault->reason == REASON_NO_DIRECTORY ||
                       fault->reason == REASON_WRITE || fault->reason == REASON_DANGLING_LINK;

        return fault->error == EBADMSG || (fault->error == ENOENT && !is_name)
                       ? EXIT_DEGRADED
                       : exit_status_of(fault);
}
