/* SPDX-License-Identifier: MIT */
#pragma once

/* Unit: whether systemd starts a unit at boot, and whether it is active now. */

#include <stdbool.h>

#include "file/root.h"

typedef struct UnitState {
        bool known; /* systemd was asked, or its links were read */
        bool installed;
        bool masked;
        bool enabled; /* at boot */
        bool active;  /* now; false where systemd does not run on this root */
        bool running; /* systemd runs on this root */
} UnitState;

/* Asks the service manager where it runs on this very root, else looks for the link that `enable`
 * makes. Needs no privilege. */
UnitState unit_state(const Root *root, const char *unit);
