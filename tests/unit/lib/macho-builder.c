/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "macho-builder.h"

#define SLICE_SIZE (MACHO_LINKEDIT + MACHO_LINKEDIT_SIZE)
#define SIGNATURE  (MACHO_LINKEDIT_SIZE - 0x80U) /* where it is in __LINKEDIT */
#define OTHER_AT   0x1000U                       /* the other slice of a universal file */
#define SLICE_AT   0x2000U

static void put(uint8_t *bytes, size_t size, uint64_t value)
{
        for (size_t i = 0; i < size; i++)
                bytes[i] = (uint8_t)(value >> 8 * i);
}

static void put_big(uint8_t *bytes, size_t size, uint64_t value)
{
        for (size_t i = 0; i < size; i++)
                bytes[i] = (uint8_t)(value >> 8 * (size - 1 - i));
}

static void segment_write(uint8_t *slice, unsigned index, uint64_t address, uint64_t memory,
                          uint64_t offset, uint64_t size, unsigned protection)
{
        uint8_t *command = slice + MACHO_SEGMENT(index);

        put(command, 4, 0x19);
        put(command + 4, 4, 72);
        memcpy(command + 8, "__SEGMENT", 9);
        put(command + 24, 8, address);
        put(command + 32, 8, memory);
        put(command + 40, 8, offset);
        put(command + 48, 8, size);
        put(command + 56, 4, 7);
        put(command + 60, 4, protection);
}

static void opcodes_write(const MachoBuilder *builder, uint8_t *slice)
{
        uint8_t *command = slice + MACHO_FIXUPS;

        put(command, 4, 0x80000022);
        put(command + 4, 4, 48);
        put(command + 16, 4, MACHO_LINKEDIT);
        put(command + 20, 4, builder->opcodes_size);
        if (builder->opcodes_size > 0)
                memcpy(slice + MACHO_LINKEDIT, builder->opcodes, builder->opcodes_size);
}

/* Header of 28 bytes, starts at 32: four segments, of which __DATA has chains. */
static void chains_write(const MachoBuilder *builder, uint8_t *slice)
{
        uint8_t *command = slice + MACHO_FIXUPS, *table = slice + MACHO_LINKEDIT;
        uint8_t *starts = table + 32 + 24;

        put(command, 4, 0x80000034);
        put(command + 4, 4, 16);
        put(command + 8, 4, MACHO_LINKEDIT);
        put(command + 12, 4, 32 + 24 + 26);
        put(table + 4, 4, 32);
        put(table + 32, 4, 4);
        put(table + 32 + 4 + 4 * 2, 4, 24);
        put(starts, 4, 26);
        put(starts + 4, 2, 0x1000);
        put(starts + 6, 2, builder->fixups == MACHO_TARGETS ? 2 : 6);
        put(starts + 8, 8, MACHO_DATA - MACHO_BASE);
        put(starts + 20, 2, 2);
        put(starts + 22, 2, builder->starts[0]);
        put(starts + 24, 2, builder->starts[1]);
}

static void slice_write(const MachoBuilder *builder, uint8_t *slice)
{
        bool fixups = builder->fixups != MACHO_PLAIN;
        unsigned size = builder->fixups == MACHO_OPCODES ? 48 : fixups ? 16 : 0;
        uint8_t *signature = slice + MACHO_FIXUPS + size;

        put(slice, 4, 0xFEEDFACF);
        put(slice + 4, 4, 0x01000007);
        put(slice + 8, 4, 3);
        put(slice + 12, 4, 2);
        put(slice + 16, 4, fixups ? 6 : 5);
        put(slice + 20, 4, 4 * 72 + size + 16);
        put(slice + 24, 4, 0x200085);
        segment_write(slice, 0, 0, MACHO_BASE, 0, 0, 0);
        segment_write(slice, 1, MACHO_TEXT, 0x1000, 0, 0x1000, 5);
        segment_write(slice, 2, MACHO_DATA, MACHO_DATA_MEMORY, 0x1000, MACHO_DATA_SIZE, 3);
        segment_write(slice, 3, MACHO_BASE + 0x6000, 0x1000, MACHO_LINKEDIT, MACHO_LINKEDIT_SIZE,
                      1);
        if (builder->fixups == MACHO_OPCODES)
                opcodes_write(builder, slice);
        else if (fixups)
                chains_write(builder, slice);
        put(signature, 4, 0x1D);
        put(signature + 4, 4, 16);
        put(signature + 8, 4, MACHO_LINKEDIT + SIGNATURE);
        put(signature + 12, 4, MACHO_LINKEDIT_SIZE - SIGNATURE);
}

static void universal_write(const MachoBuilder *builder)
{
        bool wide = builder->wrap == MACHO_FAT_64;
        size_t number = wide ? 8 : 4, step = wide ? 32 : 20;
        uint8_t *entry = builder->bytes + 8;

        put_big(builder->bytes, 4, wide ? 0xCAFEBABF : 0xCAFEBABE);
        put_big(builder->bytes + 4, 4, 2);
        put_big(entry, 4, 0x0100000C);
        put_big(entry + 8, number, OTHER_AT);
        put_big(entry + 8 + number, number, 0x100);
        put_big(entry + step, 4, 0x01000007);
        put_big(entry + step + 4, 4, 0x80000003);
        put_big(entry + step + 8, number, SLICE_AT);
        put_big(entry + step + 8 + number, number, SLICE_SIZE);
}

void macho_builder_build(MachoBuilder *builder)
{
        builder->slice = builder->wrap == MACHO_THIN ? 0 : SLICE_AT;
        builder->size = builder->slice + SLICE_SIZE;
        builder->bytes = calloc(1, builder->size);
        if (!builder->bytes)
                abort();
        if (builder->wrap != MACHO_THIN)
                universal_write(builder);
        slice_write(builder, builder->bytes + builder->slice);
}

void macho_builder_done(MachoBuilder *builder)
{
        free(builder->bytes);
        *builder = MACHO_BUILDER_NONE;
}

Span macho_builder_span(const MachoBuilder *builder)
{
        return (Span){builder->bytes, builder->size};
}

uint8_t *macho_builder_at(const MachoBuilder *builder, uint64_t address)
{
        uint8_t *slice = builder->bytes + builder->slice;

        if (address >= MACHO_DATA && address - MACHO_DATA < MACHO_DATA_SIZE)
                return slice + 0x1000 + (address - MACHO_DATA);
        if (address >= MACHO_TEXT && address - MACHO_TEXT < 0x1000)
                return slice + (address - MACHO_TEXT);
        abort();
}

uint64_t macho_chained(const MachoBuilder *builder, uint64_t address, uint64_t next)
{
        return (builder->fixups == MACHO_TARGETS ? address : address - MACHO_BASE) | next / 4 << 51;
}

void macho_builder_poke(MachoBuilder *builder, uint64_t offset, size_t size, uint64_t value)
{
        if (!range_fits(offset, size, builder->size))
                abort();
        put(builder->bytes + offset, size, value);
}
