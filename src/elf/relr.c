/* SPDX-License-Identifier: MIT */

#include "elf/relr.h"

#define FIELD_SIZE  8U
#define BITMAP_BITS 63U

static uint64_t relr_entry(const RelrTable *table, size_t index)
{
        return load_le64(table->entries.bytes + index * RELR_ENTRY_SIZE);
}

static size_t relr_entry_count(const RelrTable *table)
{
        return table->entries.size / RELR_ENTRY_SIZE;
}

static bool is_bitmap(uint64_t entry)
{
        return entry & 1;
}

int relr_table_of(Span entries, RelrTable *ret)
{
        RelrTable table = {.entries = entries};
        uint64_t next = 0;

        for (size_t i = 0; i < relr_entry_count(&table); i++) {
                uint64_t entry = relr_entry(&table, i);

                if (!is_bitmap(entry)) {
                        if (__builtin_add_overflow(entry, FIELD_SIZE, &next))
                                return -ERANGE;
                        table.field_count++;
                        continue;
                }
                if (i == 0 || __builtin_add_overflow(next, BITMAP_BITS * FIELD_SIZE, &next))
                        return -ERANGE;
                table.field_count += (uint64_t)__builtin_popcountll(entry >> 1);
        }
        *ret = table;
        return 0;
}

/* Whether bit `index` of a bitmap, bit 0 its first field, is set. */
static bool bitmap_has(uint64_t bitmap, uint64_t index)
{
        return index < BITMAP_BITS && bitmap >> (index + 1) & 1;
}

/* The same as relr_covering() for one bitmap that counts from `start`. */
static unsigned bitmap_covering(uint64_t bitmap, uint64_t start, uint64_t address, bool *ret_exact)
{
        uint64_t distance = address - start;
        unsigned found;

        if (address < start) {
                *ret_exact = false;
                return start - address < FIELD_SIZE && bitmap_has(bitmap, 0);
        }
        *ret_exact = distance % FIELD_SIZE == 0;
        found = bitmap_has(bitmap, distance / FIELD_SIZE);
        if (!*ret_exact)
                found += bitmap_has(bitmap, distance / FIELD_SIZE + 1);
        return found;
}

unsigned relr_covering(const RelrTable *table, uint64_t address, bool *ret_exact)
{
        uint64_t next = 0;
        unsigned found = 0;

        for (size_t i = 0; i < relr_entry_count(table) && found < 2; i++) {
                uint64_t entry = relr_entry(table, i);
                bool exact = entry == address;
                unsigned more;

                if (is_bitmap(entry)) {
                        more = bitmap_covering(entry, next, address, &exact);
                        next += BITMAP_BITS * FIELD_SIZE;
                } else {
                        more = entry >= address ? entry - address < FIELD_SIZE
                                                : address - entry < FIELD_SIZE;
                        next = entry + FIELD_SIZE;
                }
                if (more > 0)
                        *ret_exact = exact;
                found += more;
        }
        return found > 2 ? 2 : found;
}
