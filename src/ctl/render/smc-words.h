/* SPDX-License-Identifier: MIT */
#pragma once

/* The words and JSON members for SMC tables, and rows, as inspect and dump-smc use them. */

#include "ctl/render/json.h"
#include "patch/smc.h"

const char *gate_name(GateState state);                /* "closed", "open", "half" */
const char *pointer_source_name(PointerSource source); /* "field", "rela", "relr" */

/* The gate that a row is; NULL when it is none. */
const GateState *smc_gate_of(const SmcTable *table, const SmcKey *key);

/* Appends an object for `table` without its rows, and returns it, borrowed from `list`. */
Json *json_add_smc_table(Json *list, const SmcTable *table);
void json_add_smc_key(Json *list, const SmcTable *table, const SmcKey *key);
