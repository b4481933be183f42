/* SPDX-License-Identifier: MIT */
#pragma once

/* The key tables of the virtual SMC: found, judged, planned. */

#include "base/fault.h"
#include "file/edit.h"
#include "image/image.h"
#include "patch/smc-types.h"
#include "patch/state.h"

const char *smc_version_name(SmcVersion version); /* "V0", "V1", "V?" */

/* Finds the tables. -ENOENT with REASON_SMC_NONE when there is no sign of any, -EBADMSG with
 * another SMC reason when something in the file looks like a table and contradicts itself. */
_nodiscard_ int smc_find(const Image *image, SmcTables *ret, Fault *fault);
void smc_tables_done(SmcTables *tables);

/* For people: what in the file leads to rows as a header would, believed or not, at most
 * SMC_CANDIDATES_LIMIT of them. -ENOMEM. */
#define SMC_CANDIDATES_LIMIT 32U
_nodiscard_ int smc_candidates(const Image *image, SmcCandidates *ret);
void smc_candidates_done(SmcCandidates *candidates);

/* Row `index` of `table`, decoded; index < private_count. -EBADMSG. */
_nodiscard_ int smc_key(const Image *image, const SmcTable *table, uint32_t index, SmcKey *ret,
                        Fault *fault);

/* Gates: two for each table. */
unsigned smc_gates_open(const SmcTables *tables);
State smc_state(const SmcTables *tables);

/* The edits that open what is not open: values of the OSK rows, handler fields that are not zero,
 * addends of the RELA entries that cover the handler fields. Nothing when all is open.
 * -EBADMSG with REASON_PLAN_CONFLICT, -ENOMEM. */
_nodiscard_ int smc_plan(const SmcTables *tables, Edits *ret, Fault *fault);
