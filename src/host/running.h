/* SPDX-License-Identifier: MIT */
#pragma once

/* RunningVm: a process that executes a target, or an earlier content of it ("(deleted)"). Replacing
 * a target by rename takes effect when the VM starts next. */

#include <stdbool.h>
#include <sys/types.h>

#include "host/installation.h"

typedef struct RunningVm {
        pid_t pid;
        char *vmx;     /* the .vmx file of its command line; NULL when it names none */
        bool outdated; /* executes an earlier content of the target, not the present one */
} RunningVm;

typedef struct RunningVms {
        RunningVm *items;
        size_t count;
        bool is_partial; /* a process may run it that the caller may not look at */
} RunningVms;

/* Processes whose executable is `target`. What the caller may not look at is not
 * listed, but noted where its name is the target's, or where processes are hidden. Without
 * /proc the list is empty. */
_nodiscard_ int running_vms_find(const Target *target, RunningVms *ret);
void running_vms_done(RunningVms *vms);
