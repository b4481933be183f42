/* SPDX-License-Identifier: MIT */

#include <elf.h>

#include "elf/rela.h"

#define FIELD_SIZE 8U

/* How many bytes a relocation of that type writes. What the psABI does not say is taken for a
 * pointer. R_X86_64_COPY writes a whole symbol, but only into zero-filled memory, which is in no
 * file. */
static uint64_t written_size(uint32_t type)
{
        switch (type) {
        case R_X86_64_NONE:
                return 0;
        case R_X86_64_8:
        case R_X86_64_PC8:
                return 1;
        case R_X86_64_16:
        case R_X86_64_PC16:
                return 2;
        case R_X86_64_32:
        case R_X86_64_32S:
        case R_X86_64_PC32:
        case R_X86_64_SIZE32:
                return 4;
        case R_X86_64_TLSDESC:
                return 16;
        default:
                return FIELD_SIZE;
        }
}

RelaEntry rela_entry(const RelaTable *table, size_t index)
{
        const uint8_t *bytes = table->entries.bytes + index * RELA_ENTRY_SIZE;
        uint64_t kind = load_le64(bytes + 8);

        return (RelaEntry){
                .address = load_le64(bytes),
                .size = written_size((uint32_t)kind),
                .relative = kind == R_X86_64_RELATIVE,
                .addend = load_le64(bytes + RELA_ADDEND_AT),
        };
}

RelaTable rela_table_of(Span entries, uint64_t offset)
{
        RelaTable table = {
                .entries = entries,
                .offset = offset,
                .count = entries.size / RELA_ENTRY_SIZE,
        };
        uint64_t previous = 0;

        for (; table.ascending < table.count; table.ascending++) {
                RelaEntry entry = rela_entry(&table, table.ascending);

                if (!entry.relative || (table.ascending > 0 && entry.address <= previous))
                        break;
                previous = entry.address;
        }
        return table;
}

/* Differences only, since sums near the end of the address space would overflow. */
static bool rela_overlaps(const RelaEntry *entry, uint64_t address)
{
        if (entry->size == 0)
                return false;
        return entry->address >= address ? entry->address - address < FIELD_SIZE
                                         : address - entry->address < entry->size;
}

/* The first entry of the ascending part that writes to `address` or behind it. */
static size_t first_reaching(const RelaTable *table, uint64_t address)
{
        uint64_t lowest = address < FIELD_SIZE - 1 ? 0 : address - (FIELD_SIZE - 1);
        size_t low = 0, high = table->ascending;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (rela_entry(table, middle).address < lowest)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

unsigned rela_covering(const RelaTable *table, uint64_t address, size_t *ret_index)
{
        unsigned found = 0;

        for (size_t i = first_reaching(table, address); i < table->count && found < 2; i++) {
                RelaEntry entry = rela_entry(table, i);

                if (rela_overlaps(&entry, address)) {
                        found++;
                        *ret_index = i;
                } else if (i < table->ascending)
                        i = table->ascending - 1; /* the rest of that part lies behind the field */
        }
        return found;
}

int rela_each(const RelaTable *table, AddressRange within, image_relocation_visit visit,
              void *context)
{
        for (size_t i = first_reaching(table, within.first); i < table->count; i++) {
                RelaEntry entry = rela_entry(table, i);
                ImageRelocation relocation = {
                        .address = entry.address,
                        .size = entry.size,
                        .is_pointer = entry.relative,
                        .value = entry.addend,
                };
                int r;

                if (i < table->ascending && entry.address > within.last) {
                        i = table->ascending - 1; /* the rest of that part lies behind it */
                        continue;
                }
                r = entry.size > 0 ? visit(&relocation, context) : 0;
                if (r < 0)
                        return r;
        }
        return 0;
}
