/* SPDX-License-Identifier: MIT */
#pragma once

/* RelaTable: Elf64_Rela entries, read where they are in the file.
 *
 *   0x00  8  r_offset, the address that the loader writes to
 *   0x08  8  r_info, the type in the low half, a symbol in the high one
 *   0x10  8  r_addend
 *
 * Linkers put R_X86_64_RELATIVE entries first, in ascending order of r_offset, and there may be
 * hundreds of thousands. A look-up is a binary search of that part and one pass over the rest; a
 * table in any other order is merely slower. Source: ELF gABI, x86-64 psABI. */

#include "base/span.h"
#include "image/format.h"

#define RELA_ENTRY_SIZE 24U
#define RELA_ADDEND_AT  16U

typedef struct RelaTable {
        Span entries;     /* borrowed; a multiple of RELA_ENTRY_SIZE */
        uint64_t offset;  /* file offset of `entries` */
        size_t count;     /* of entries */
        size_t ascending; /* the first so many are RELATIVE, r_offset strictly ascending */
} RelaTable;

typedef struct RelaEntry {
        uint64_t address; /* r_offset */
        uint64_t size;    /* bytes written there; 0 for R_X86_64_NONE */
        bool relative;    /* R_X86_64_RELATIVE without a symbol */
        uint64_t addend;
} RelaEntry;

/* Looks through `entries` (at file offset `offset`) once, to learn how far they ascend. */
RelaTable rela_table_of(Span entries, uint64_t offset);

/* Entry `index`, which must be less than count, decoded. */
RelaEntry rela_entry(const RelaTable *table, size_t index);

/* The number of entries that write to any of the eight bytes at `address`, counted up to 2;
 * `*ret_index` is one of them when there is any. */
unsigned rela_covering(const RelaTable *table, uint64_t address, size_t *ret_index);

/* Visits the entries of the ascending part that write within `within`, and all of the rest, as
 * ImageClass.each_relocation. */
_nodiscard_ int rela_each(const RelaTable *table, AddressRange within, image_relocation_visit visit,
                          void *context);
