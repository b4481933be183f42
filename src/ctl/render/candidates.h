/* SPDX-License-Identifier: MIT */
#pragma once

/* Finding: what a file holds that looks like tables or a guest list, believed or not, and the rule
 * that each breaks. `inspect` and `report` show it of a file that is not believed. */

#include <stdio.h>

#include "ctl/render/json.h"
#include "image/image.h"
#include "patch/gos-types.h"
#include "patch/smc.h"

#define FINDING_ROWS_MAX 16U

/* smc_candidates(), in the order in which people want them. */
_nodiscard_ int finding_candidates(const Image *image, SmcCandidates *ret);

/* The rows of a candidate that are worth a look: the first four, and OSK0 and OSK1 with the rows
 * beside them, ascending. Returns how many; `ret_table` is what smc_key() reads them with. */
size_t finding_rows(const Image *image, const SmcCandidate *candidate, SmcTable *ret_table,
                    uint32_t ret_rows[static FINDING_ROWS_MAX]);

/* Writes lines of at most 80 columns, all of them printable ASCII. -ENOMEM. */
_nodiscard_ int finding_write(FILE *out, const Image *image);

/* What a match is, as JSON says it. */
const char *finding_kind_name(GosKind kind);

/* The same as "findings" of a document; null without an image. -ENOMEM. */
_nodiscard_ int finding_json_add(Json *json, const Image *image);
