/* SPDX-License-Identifier: MIT */
#pragma once

/* GosLook: every match of the guest list's pattern in a file, also in one that is not believed. For
 * people: it decides nothing. */

#include "image/image.h"
#include "patch/gos-types.h"

typedef struct GosLook {
        GosEntry *matches; /* ascending by offset; lattice counts when `judged`,
                              and kind then, or when it is GOS_UNEVEN */
        size_t match_count;
        GosLattice *lattices;
        size_t lattice_count;
        bool judged;     /* lattices were looked for to the end */
        bool has_others; /* and there is more than one reading: kinds and lattices are the first */
} GosLook;

/* -ENOMEM. */
_nodiscard_ int gos_look(const Image *image, GosLook *ret);
void gos_look_done(GosLook *look);
