/* SPDX-License-Identifier: MIT */
#pragma once

/* RelrTable: DT_RELR, the compact list of fields that only get the slide added.
 *
 * Each entry is a 64-bit word. An even one is the address of a field, and the next 63 words behind
 * that field are where a following odd one counts from: its bits 1 to 63 say which of them are
 * fields too; another odd one goes on with the 63 words behind those. Source: ELF gABI. */

#include "base/span.h"

#define RELR_ENTRY_SIZE 8U

typedef struct RelrTable {
        Span entries;         /* borrowed; a multiple of RELR_ENTRY_SIZE */
        uint64_t field_count; /* fields that it covers */
} RelrTable;

/* Decodes `entries` once. -ERANGE when they do not begin with an address or run over the end of
 * the address space. */
_nodiscard_ int relr_table_of(Span entries, RelrTable *ret);

/* How many fields of the table touch the eight bytes at `address`, counted up to 2; `*ret_exact`
 * says whether the one found is exactly there. One pass, no memory. */
unsigned relr_covering(const RelrTable *table, uint64_t address, bool *ret_exact);
