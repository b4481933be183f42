/* SPDX-License-Identifier: MIT */
#pragma once

/* Variant: what another patcher made of an original. Others write what smc_plan() and gos_plan()
 * do, or less of it, and may hit more: every pointer to the OSK handler, and every guest-OS match,
 * a stray one or one of the published pattern's slip (0x7C) among them. */

#include "base/fault.h"
#include "file/edit.h"
#include "patch/verdict.h"

/* The edits that turn `original` into `changed`, where each byte that differs lies where the plan
 * of `original` would edit, holds the Default handler in place of the OSK handler, or is the flags
 * of a guest-OS match with bit 0 set. `verdict` is that of `original`, which must be stock. -EILSEQ
 * with REASON_STAGED_DIFFERS, and where, for any other byte or size; -ENOMEM. */
_nodiscard_ int variant_edits(const Verdict *verdict, Span original, Span changed, Edits *ret,
                              Fault *fault);
