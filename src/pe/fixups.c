/* SPDX-License-Identifier: MIT */

#include "pe/fixups.h"

#define BLOCK_HEADER  8U
#define ENTRY_SIZE    2U
#define PAGE_SIZE     4096U
#define SAME_PAGE_MAX 4U /* blocks; linkers write one */

#define KIND_PADDING 0U
#define KIND_DIR64   10U

/* Bytes that a relocation of each kind changes; 0: not one of x86-64. */
static const uint8_t widths[16] = {
        [1] = 2, /* HIGH */
        [2] = 2, /* LOW */
        [3] = 4, /* HIGHLOW */
        [KIND_DIR64] = 8,
};

static int fixups_damaged(Fault *fault, const char *what)
{
        return fault_set(fault, -EBADMSG, REASON_IMAGE_FIXUPS, "%s", what);
}

static int entries_check(const PeBlock *block, Fault *fault)
{
        for (size_t at = 0; at < block->entries.size; at += ENTRY_SIZE) {
                unsigned kind = load_le16(block->entries.bytes + at) >> 12;

                if (kind != KIND_PADDING && widths[kind] == 0)
                        return fault_set(fault, -EBADMSG, REASON_IMAGE_RELOCATION,
                                         "base relocation of kind %u", kind);
        }
        return 0;
}

/* The block at the start of `rest`. */
static int block_read(Span rest, PeBlock *ret, Fault *fault)
{
        uint32_t size;

        if (rest.size < BLOCK_HEADER)
                return fixups_damaged(fault, "end of the base relocations");
        ret->page = load_le32(rest.bytes);
        size = load_le32(rest.bytes + 4);
        if (size < BLOCK_HEADER || size > rest.size || size % ENTRY_SIZE != 0 ||
            size > BLOCK_HEADER + ENTRY_SIZE * (PAGE_SIZE + 1))
                return fixups_damaged(fault, "size of a block of base relocations");
        if (ret->page % PAGE_SIZE != 0)
                return fixups_damaged(fault, "page of a block of base relocations");
        ret->entries = (Span){rest.bytes + BLOCK_HEADER, size - BLOCK_HEADER};
        return 0;
}

static int compare_blocks(const void *a, const void *b)
{
        uint32_t left = ((const PeBlock *)a)->page, right = ((const PeBlock *)b)->page;

        return (left > right) - (left < right);
}

/* So that a look-up stays short. */
static int pages_check(const PeFixups *fixups, Fault *fault)
{
        for (size_t i = SAME_PAGE_MAX; i < fixups->block_count; i++)
                if (fixups->blocks[i].page == fixups->blocks[i - SAME_PAGE_MAX].page)
                        return fixups_damaged(fault, "base relocations of one page in many blocks");
        return 0;
}

static int blocks_read(Span table, PeFixups *fixups, Fault *fault)
{
        size_t room = 0;

        for (Span rest = table; rest.size > 0 && !span_is_zero(rest);) {
                PeBlock block;
                int r = block_read(rest, &block, fault);

                if (r >= 0)
                        r = entries_check(&block, fault);
                if (r < 0)
                        return r;
                if (fixups->block_count == room) {
                        PeBlock *larger;

                        room = room ? room * 2 : 256;
                        larger = reallocarray(fixups->blocks, room, sizeof(*larger));
                        if (!larger)
                                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY,
                                                 "base relocations");
                        fixups->blocks = larger;
                }
                fixups->blocks[fixups->block_count++] = block;
                rest.bytes += block.entries.size + BLOCK_HEADER;
                rest.size -= block.entries.size + BLOCK_HEADER;
        }
        return 0;
}

int pe_fixups_read(Span table, PeFixups *ret, Fault *fault)
{
        _cleanup_(pe_fixups_done) PeFixups fixups = {};
        int r = blocks_read(table, &fixups, fault);

        if (r >= 0 && fixups.block_count > 0) {
                qsort(fixups.blocks, fixups.block_count, sizeof(PeBlock), compare_blocks);
                r = pages_check(&fixups, fault);
        }
        if (r < 0)
                return r;
        *ret = fixups;
        fixups = (PeFixups){};
        return 0;
}

void pe_fixups_done(PeFixups *fixups)
{
        free(fixups->blocks);
        *fixups = (PeFixups){};
}

/* Index of the first block whose page is not below `page`. */
static size_t first_block(const PeFixups *fixups, uint64_t page)
{
        size_t low = 0, high = fixups->block_count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (fixups->blocks[middle].page < page)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static unsigned block_covering(const PeBlock *block, uint64_t place, bool *exact)
{
        unsigned count = 0;

        for (size_t at = 0; at < block->entries.size; at += ENTRY_SIZE) {
                uint16_t entry = load_le16(block->entries.bytes + at);
                uint64_t start = (uint64_t)block->page + entry % PAGE_SIZE;
                uint64_t width = widths[entry >> 12];

                if (width == 0 || start >= place + 8 || place >= start + width)
                        continue;
                count++;
                *exact = entry >> 12 == KIND_DIR64 && start == place;
        }
        return count;
}

unsigned pe_fixups_covering(const PeFixups *fixups, uint64_t place, bool *ret_exact)
{
        uint64_t first = (place < 8 ? 0 : place - 7) & ~(uint64_t)(PAGE_SIZE - 1);
        unsigned count = 0;

        *ret_exact = false;
        for (size_t i = first_block(fixups, first);
             i < fixups->block_count && fixups->blocks[i].page < place + 8; i++)
                count += block_covering(&fixups->blocks[i], place, ret_exact);
        return count > 2 ? 2 : count;
}

int pe_fixups_each(const PeFixups *fixups, uint64_t image_base, image_relocation_visit visit,
                   void *context)
{
        for (size_t i = 0; i < fixups->block_count; i++) {
                const PeBlock *block = &fixups->blocks[i];

                for (size_t at = 0; at < block->entries.size; at += ENTRY_SIZE) {
                        uint16_t entry = load_le16(block->entries.bytes + at);
                        ImageRelocation relocation = {.address = image_base + block->page +
                                                                 entry % PAGE_SIZE,
                                                      .size = widths[entry >> 12]};
                        int r;

                        if (relocation.size == 0 || relocation.size == 8)
                                continue;
                        r = visit(&relocation, context);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}
