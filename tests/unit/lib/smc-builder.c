/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>

#include "smc-builder.h"

#define HEADER_SIZE 32U
#define ROW_SIZE    72U

const SmcShape smc_shape_usual = {
        .tables =
                {
                        {.version = 0,
                         .private_count = 12,
                         .public_count = 10,
                         .gap = 0x20,
                         .rows_at = SMC_VARIABLES + 0x1020},
                        {.version = 1,
                         .private_count = 18,
                         .public_count = 16,
                         .gap = 0x20,
                         .rows_at = SMC_VARIABLES + 0x3020},
                },
};

SmcShape smc_shape_of(SmcLink link)
{
        SmcShape shape = smc_shape_usual;

        shape.link = link;
        return shape;
}

const char *smc_haiku(unsigned gate)
{
        return gate == 0 ? "ourhardworkbythesewordsguardedpl" : "easedontsteal(c)AppleComputerInc";
}

uint64_t smc_row_at(const SmcBuilder *builder, unsigned table, uint32_t index)
{
        return builder->shape.tables[table].rows_at + (uint64_t)index * ROW_SIZE;
}

uint64_t smc_osk_at(const SmcBuilder *builder, unsigned table, unsigned gate)
{
        return smc_row_at(builder, table, builder->shape.tables[table].private_count - 2 + gate);
}

uint64_t smc_lks_at(const SmcBuilder *builder, unsigned table)
{
        const SmcTableShape *shape = &builder->shape.tables[table];

        return smc_row_at(builder, table, shape->version == 0 && !shape->alien ? 1 : 3);
}

/* In a segment, also before the file is built. */
uint8_t *smc_builder_bytes(const SmcBuilder *builder, uint64_t address)
{
        if (builder->elf.bytes)
                return builder->elf.bytes + elf_builder_offset_of(&builder->elf, address);
        for (size_t i = 0; i < builder->elf.segment_count; i++) {
                const ElfSegment *segment = &builder->elf.segments[i];

                if (address >= segment->address && address - segment->address < segment->size)
                        return segment->content + (address - segment->address);
        }
        abort();
}

uint8_t *smc_builder_rela(const SmcBuilder *builder, uint64_t address)
{
        for (size_t i = 0; i < builder->elf.rela_count; i++) {
                uint8_t *entry = builder->elf.bytes + builder->elf.rela_offset + i * 24;

                if (load_le64(entry) == address)
                        return entry;
        }
        return NULL;
}

void smc_builder_point(const SmcBuilder *builder, uint64_t address, uint64_t value)
{
        uint8_t *entry = smc_builder_rela(builder, address);

        if (builder->shape.link != SMC_LINK_LLD)
                store_le64(smc_builder_bytes(builder, address), value);
        if (entry)
                store_le64(entry + 16, value);
}

void smc_builder_set_handler(const SmcBuilder *builder, uint64_t row, uint64_t value)
{
        smc_builder_point(builder, row + 0x10, value);
}

static void store_le32(uint8_t *bytes, uint32_t value)
{
        for (unsigned i = 0; i < 4; i++)
                bytes[i] = (uint8_t)(value >> 8 * i);
}

void smc_builder_set_counts(const SmcBuilder *builder, unsigned table, uint32_t private_count,
                            uint32_t public_count)
{
        uint8_t *header = smc_builder_bytes(builder, builder->headers[table]);

        store_le32(header + 8, private_count);
        store_le32(header + 12, public_count);
}

static void store_name(uint8_t *bytes, const char *name)
{
        for (unsigned i = 0; i < 4; i++)
                bytes[i] = (uint8_t)name[3 - i];
}

void smc_builder_rename(const SmcBuilder *builder, uint64_t row, const char *name)
{
        store_name(smc_builder_bytes(builder, row), name);
}

/* While it is being built: a pointer, as the linker would write it. */
static void add_pointer(SmcBuilder *builder, uint64_t address, uint64_t value)
{
        SmcLink link = builder->shape.link;

        if (link != SMC_LINK_LLD)
                store_le64(smc_builder_bytes(builder, address), value);
        if (link == SMC_LINK_RELA || link == SMC_LINK_LLD)
                elf_builder_add_rela(&builder->elf, address, R_X86_64_RELATIVE, value);
        if (link == SMC_LINK_RELR)
                elf_builder_add_relr(&builder->elf, address);
}

static void add_row(SmcBuilder *builder, uint64_t address, const char *name, uint8_t length,
                    const char *type, uint8_t attributes, uint64_t handler)
{
        uint8_t *row = smc_builder_bytes(builder, address);

        store_name(row, name);
        row[4] = length;
        store_name(row + 5, type);
        row[9] = attributes;
        memset(row + 0x18, 0x5A, 48);
        add_pointer(builder, address + 0x10, handler);
}

/* Short types are padded with a space, as VMware does, or with a NUL. */
static void add_filler(SmcBuilder *builder, uint64_t address, uint32_t index)
{
        char name[16];

        (void)snprintf(name, sizeof(name), "T%03u", index % 1000);
        add_row(builder, address, name, 1, index % 2 ? "ui8 " : "ui8\0", 0xC0, SMC_CODE_DEFAULT);
}

static void add_rows(SmcBuilder *builder, unsigned table)
{
        const SmcTableShape *shape = &builder->shape.tables[table];
        uint8_t attributes = shape->version == 0 ? 0x80 : 0x90;

        for (uint32_t i = 0; i < shape->private_count; i++) {
                uint64_t at = smc_row_at(builder, table, i);

                if (i == 0)
                        add_row(builder, at, "#KEY", 4, "ui32", 0x80, SMC_CODE_NUM_KEYS);
                else if (at == smc_lks_at(builder, table))
                        add_row(builder, at, "+LKS", 1, "flag", 0xD0, SMC_CODE_DEFAULT);
                else if (i == 1)
                        add_row(builder, at, shape->alien ? "$Xyz" : "$Adr", 4, "ui32", 0x80,
                                SMC_CODE_DEFAULT);
                else if (i == 5)
                        add_row(builder, at, "NTOK", 1, "ui8 ", 0x50, SMC_CODE_NTOK);
                else if (i + 2 < shape->private_count)
                        add_filler(builder, at, i);
                else
                        add_row(builder, at, i + 2 == shape->private_count ? "OSK0" : "OSK1", 32,
                                "ch8*", attributes, SMC_CODE_OSK);
        }
}

static void add_header(SmcBuilder *builder, unsigned table)
{
        const SmcTableShape *shape = &builder->shape.tables[table];

        builder->headers[table] = shape->header_at ? shape->header_at : shape->rows_at - shape->gap;
        smc_builder_set_counts(builder, table, shape->private_count, shape->public_count);
        add_pointer(builder, builder->headers[table], shape->rows_at);
}

void smc_builder_make(SmcBuilder *builder, const SmcShape *shape)
{
        *builder = (SmcBuilder){.elf = ELF_BUILDER_NONE, .shape = *shape};
        builder->elf.type = shape->link == SMC_LINK_FIXED ? ET_EXEC : ET_DYN;
        (void)elf_builder_add_segment(&builder->elf, 0, PF_R | PF_X, 0x100);
        (void)elf_builder_add_segment(&builder->elf, SMC_CODE, PF_R | PF_X, 0x1000);
        (void)elf_builder_add_segment(&builder->elf, SMC_CONSTANTS, PF_R,
                                      shape->constants_size ? shape->constants_size
                                                            : SMC_CONSTANTS_SIZE);
        (void)elf_builder_add_segment(&builder->elf, SMC_VARIABLES, PF_R | PF_W,
                                      shape->variables_size ? shape->variables_size
                                                            : SMC_VARIABLES_SIZE);
        for (unsigned i = 0; i < SMC_TABLES_MAX; i++) {
                if (shape->tables[i].private_count == 0)
                        continue;
                add_header(builder, i);
                add_rows(builder, i);
        }
        elf_builder_build(&builder->elf);
}

void smc_builder_done(SmcBuilder *builder)
{
        elf_builder_done(&builder->elf);
}

Span smc_builder_span(const SmcBuilder *builder)
{
        return elf_builder_span(&builder->elf);
}
