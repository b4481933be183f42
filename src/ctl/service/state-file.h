/* SPDX-License-Identifier: MIT */
#pragma once

/* StateFile: how the last run of the service left VMware, for other programs:
 * /run/vmware-unlocker/state.json, as unlockerctl-json(5) shows it, and, while a person has to act,
 * one line at /run/motd.d/60-vmware-unlocker. Everybody may read them: there is no path in them. */

#include "ctl/work/run.h"
#include "file/root.h"

/* How a run of the service ended. */
typedef struct RunEnd {
        const Run *done, *look; /* the last run and the dry run after it; either may have no root */
        const Fault *fault;     /* what stopped it */
        const Fault *vault;     /* what is wrong with an archive */
        ExitStatus status;
        bool held, read_only;
} RunEnd;

/* Writes both, or removes the line; a failure changes nothing that a run is for. */
void state_file_write(const Root *root, const RunEnd *end);
