/* SPDX-License-Identifier: MIT */
#pragma once

/* PeFixups: the base relocations of a PE file, which only add the slide to what the file holds.
 *
 * Blocks, each of a page of 4096 bytes:
 *   0x00  4  the page, as an address less the image base
 *   0x04  4  size of the block in bytes, with these eight
 *   0x08  2  each: kind in the upper four bits, offset into the page in the lower twelve
 * Kind 0 is padding, 10 a 64-bit pointer. Source: Microsoft's description of the PE format. */

#include "image/format.h"

typedef struct PeBlock {
        uint32_t page;
        Span entries; /* of two bytes; borrowed */
} PeBlock;

typedef struct PeFixups {
        PeBlock *blocks; /* ascending by page; owned */
        size_t block_count;
} PeFixups;

/* Reads `table`. -EBADMSG with REASON_IMAGE_FIXUPS or REASON_IMAGE_RELOCATION, -ENOMEM. */
_nodiscard_ int pe_fixups_read(Span table, PeFixups *ret, Fault *fault);
void pe_fixups_done(PeFixups *fixups);

/* How many relocations touch the eight bytes at `place` (an address less the image base), counted
 * up to 2; `*ret_exact` says whether the one found is a 64-bit pointer exactly there. */
unsigned pe_fixups_covering(const PeFixups *fixups, uint64_t place, bool *ret_exact);

/* Visits those that are no 64-bit pointers, as ImageClass.each_relocation: what they write is not
 * what the file holds. */
_nodiscard_ int pe_fixups_each(const PeFixups *fixups, uint64_t image_base,
                               image_relocation_visit visit, void *context);
