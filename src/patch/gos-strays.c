/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "patch/gos-find.h"

#define NEAR_SLOTS 16U /* of a lattice: so far apart two of its entries may well be */
#define NEXT_SLOTS 2U  /* the same of an array with another distance */
#define LOOK_AHEAD 16U /* strays behind one that it is compared with */

/* Whether some entry has such flags. A stray whose flags no entry has is another system's, wherever
 * it lies. */
static bool is_like_entries(const bool seen[static 256], unsigned flags)
{
        for (unsigned i = 0; i < 256; i++)
                if (seen[i] && gos_flags_agree(i, flags))
                        return true;
        return false;
}

/* Whether two entries of one array may well be so far apart. */
static bool is_distance(uint64_t distance, const GosLattice *lattices, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                uint64_t stride = lattices[i].stride;

                if (distance <= NEXT_SLOTS * stride ||
                    (distance % stride == 0 && distance / stride <= NEAR_SLOTS))
                        return true;
        }
        return false;
}

int gos_strays_judge(const GosMatches *matches, const GosLattice *lattices, size_t count,
                     size_t ret_readings[static 2])
{
        const GosEntry *items = matches->items;
        size_t recent[LOOK_AHEAD], strays = 0;
        bool seen[256] = {};

        for (size_t i = 0; i < matches->count; i++)
                if (items[i].kind == GOS_ENTRY)
                        seen[items[i].flags] = true;
        for (size_t i = 0; i < matches->count; i++) {
                if (items[i].kind != GOS_STRAY || !is_like_entries(seen, items[i].flags))
                        continue;
                for (size_t k = 0; k < MIN(strays, (size_t)LOOK_AHEAD); k++) {
                        const GosEntry *before = &items[recent[k]];

                        if (!gos_flags_agree(before->flags, items[i].flags) ||
                            !is_distance(items[i].offset - before->offset, lattices, count))
                                continue;
                        ret_readings[0] = recent[k];
                        ret_readings[1] = i;
                        return -ENOTUNIQ;
                }
                recent[strays++ % LOOK_AHEAD] = i;
        }
        return 0;
}
