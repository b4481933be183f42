/* SPDX-License-Identifier: MIT */
#pragma once

/* Seals: what a file carries that speaks for its content, and whether it needs a patch at all. */

#include "ctl/frame/context.h"
#include "ctl/render/json.h"
#include "patch/verdict.h"

/* A line for each that the file has: checksum, signature, "needs no patch". */
void seals_print(const Context *context, const Verdict *verdict);

/* "checksum", "signature" and "needs_no_patch"; null where the file has none, or cannot be judged.
 */
void seals_json_add(Json *json, const Verdict *verdict);
