/* SPDX-License-Identifier: MIT */
#pragma once

/* SmcRuns: rows of 72 bytes that follow each other, well-formed, with a #KEY, OSK0 or OSK1 among
 * them: where a table may be. A run is only the most that the rows bear out; where a table begins
 * and ends, its header says. Internal to the patch layer. */

#include "image/image.h"
#include "patch/smc-types.h"

typedef struct SmcRun {
        uint64_t offset, address; /* of its first row */
        uint64_t count;           /* rows */
        bool has_first, has_osk;  /* a #KEY; an OSK0 or OSK1 */
} SmcRun;

typedef struct SmcRuns {
        SmcRun *items; /* ascending by address modulo the size of a row, then by address */
        size_t count;
} SmcRuns;

/* Looks at every byte of every range, once. -ENOMEM; -E2BIG when there are more runs than any file
 * that is not made to be slow has. */
_nodiscard_ int smc_runs_find(const Image *image, SmcRuns *ret);
void smc_runs_done(SmcRuns *runs);

/* The run that has a row at `address`, and the row's number in it; NULL when none has. */
const SmcRun *smc_runs_at(const SmcRuns *runs, uint64_t address, uint64_t *ret_row);
