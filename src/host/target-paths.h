/* SPDX-License-Identifier: MIT */
#pragma once

/* Spots: every path at which a target may lie, there or not: what is watched for changes. */

#include "host/installation.h"

typedef struct Spot {
        Role role;
        char *path;      /* from the root, no leading slash */
        char *directory; /* the one it lies in */
} Spot;

typedef struct Spots {
        Spot *items;
        size_t count;
} Spots;

/* Those of every libdir. REASON_CONFIG, REASON_NO_MEMORY. */
_nodiscard_ int spots_find(const Root *root, Spots *ret, Fault *fault);
void spots_done(Spots *spots);
