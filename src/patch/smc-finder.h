/* SPDX-License-Identifier: MIT */
#pragma once

/* SmcFinder: what is found in a file while its SMC tables are looked for. Internal to the patch
 * layer. */

#include "patch/smc-header.h"
#include "patch/smc-runs.h"

/* A header that is none, or not yet believed. */
typedef struct SmcClaim {
        SmcHeader header;
        Fault fault;
        bool to_first; /* it leads to a #KEY row, */
        bool weighty;  /* which others follow: a table that is damaged */
} SmcClaim;

typedef struct SmcClaims {
        SmcClaim *items; /* owned */
        size_t count;
} SmcClaims;

typedef struct SmcFinder {
        const Image *image;
        SmcRuns runs;
        SmcClaims fitting; /* whose rows bear them out */
        SmcClaims refused; /* whose do not */
        SmcTables tables;
        uint64_t work; /* left */
} SmcFinder;

void smc_finder_done(SmcFinder *finder);

/* Fills in runs and claims. -E2BIG when it would take too long, -ENOMEM. */
_nodiscard_ int smc_claims_find(SmcFinder *finder);

/* Takes `cost` from the work that is left; false when there is not so much. */
bool smc_finder_can_afford(SmcFinder *finder, uint64_t cost);

/* The bytes of row `row` after the one at file offset `offset`. */
static inline const uint8_t *smc_row_bytes(const SmcFinder *finder, uint64_t offset, uint64_t row)
{
        return image_bytes(finder->image).bytes + offset + row * SMC_ROW_SIZE;
}
