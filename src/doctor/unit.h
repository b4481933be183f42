/* SPDX-License-Identifier: MIT */
#pragma once

/* Unit: whether systemd starts a unit at boot, and whether it is active now. */

#include <stdbool.h>

#include "file/root.h"

#define PATH_UNIT "vmware-unlocker.path" /* starts the service when VMware's files change */

typedef struct UnitState {
        bool known; /* systemd answered, or its links were read */
        bool installed;
        bool masked;
        bool enabled; /* at boot */
        bool running; /* systemd runs on this root */
        bool asked;   /* and it answered: a user cannot ask it where there is no system bus */
        bool active;  /* now; false where it was not asked */
} UnitState;

/* Asks the service manager where it runs on this very root, else looks for the link that `enable`
 * makes. Needs no privilege. */
UnitState unit_state(const Root *root, const char *unit);

/* Whether it is enabled and, on a root that systemd runs on, not known to be inactive. Another
 * root's units run when it is booted. */
bool unit_works(const Root *root, const UnitState *state);
