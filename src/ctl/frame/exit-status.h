/* SPDX-License-Identifier: MIT */
#pragma once

/* ExitStatus: what the program's exit status says; the man page lists the same. */

#include "base/fault.h"

typedef enum ExitStatus {
        EXIT_DONE = 0,      /* as asked */
        EXIT_FAILED = 1,    /* something went wrong */
        EXIT_USAGE = 2,     /* the command line makes no sense */
        EXIT_DEGRADED = 3,  /* something is left unpatched, or cannot be judged */
        EXIT_NO_VMWARE = 4, /* no VMware found */
        EXIT_BUSY = 5,      /* another run, an installer or a writer is at work */
} ExitStatus;

/* For the service manager's ExecCondition=: neither yes nor no, and the unit has failed. */
#define EXIT_NO_ANSWER 255

/* The one to end with when two things were done: failed before busy before degraded before no
 * VMware before done; a wrong command line before all. */
ExitStatus exit_status_worse(ExitStatus a, ExitStatus b);

/* What an operation that failed with `fault` (may be NULL) makes the program end with: EXIT_BUSY
 * when somebody else is at work, else EXIT_FAILED. */
ExitStatus exit_status_of(const Fault *fault);

/* The same of a single file: EXIT_DEGRADED when it was read and cannot be judged. */
ExitStatus exit_status_of_file(const Fault *fault);
