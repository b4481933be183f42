/* SPDX-License-Identifier: MIT */
#pragma once

/* Target: a file of VMware's that is patched: where it should be, and what is there. */

#include <sys/stat.h>

#include "base/fault.h"
#include "file/root.h"
#include "host/role.h"

typedef enum Presence {
        PRESENCE_FILE,
        PRESENCE_EMPTY,  /* 0 bytes */
        PRESENCE_ABSENT, /* not there */
        PRESENCE_WRONG,  /* a directory, device, FIFO, dangling link, or not to be looked up */
} Presence;

typedef struct Target {
        Role role;
        char *path;    /* as configured, from the root, no leading slash */
        char *wrapper; /* the path of what starts it, which is in its place; NULL when nothing is */
        Place place;   /* where it really is; PLACE_NONE when absent or wrong */
        Presence presence;
        Fault fault;      /* PRESENCE_WRONG: why */
        struct stat stat; /* PRESENCE_FILE, PRESENCE_EMPTY; when it was found */
} Target;

void target_done(Target *target);

/* Looks at what is at `target->path`, and fills place, presence, fault and status. Never opens what
 * it finds: that may be a FIFO or a device. -ENOMEM. */
_nodiscard_ int target_look(const Root *root, Target *target);

/* What is there is no file to be patched: PRESENCE_WRONG, and why. */
void target_refuse(Target *target, int error, Reason reason, const char *subject);
