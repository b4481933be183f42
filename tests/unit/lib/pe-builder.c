/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "pe-builder.h"

#define FILE_ALIGNMENT    0x200U
#define SECTION_ALIGNMENT 0x1000U
#define HEADERS_SIZE      0x400U
#define SECTION_SIZE      40U
#define PAGE              0x1000U

static void put(uint8_t *bytes, size_t size, uint64_t value)
{
        for (size_t i = 0; i < size; i++)
                bytes[i] = (uint8_t)(value >> 8 * i);
}

void pe_builder_done(PeBuilder *builder)
{
        for (size_t i = 0; i < builder->section_count; i++)
                free(builder->sections[i].content);
        free(builder->bytes);
        *builder = PE_BUILDER_NONE;
}

uint8_t *pe_builder_add_section(PeBuilder *builder, uint32_t place, uint32_t flags,
                                uint32_t memory_size, uint32_t file_size)
{
        PeBuilderSection *section = &builder->sections[builder->section_count];

        if (builder->section_count == PE_BUILDER_SECTIONS_MAX || file_size % FILE_ALIGNMENT != 0)
                abort();
        *section = (PeBuilderSection){.place = place,
                                      .flags = flags,
                                      .memory_size = memory_size,
                                      .file_size = file_size,
                                      .content = calloc(1, file_size + 1U)};
        if (!section->content)
                abort();
        builder->section_count++;
        return section->content;
}

void pe_builder_add_fixup(PeBuilder *builder, uint32_t place, unsigned kind)
{
        if (builder->fixup_count == PE_BUILDER_FIXUPS_MAX)
                abort();
        builder->fixups[builder->fixup_count].place = place;
        builder->fixups[builder->fixup_count++].kind = kind;
}

/* One block for each page, padded to four bytes. Returns the size of the table. */
static uint32_t fixups_write(const PeBuilder *builder, uint8_t *table)
{
        uint8_t *at = table, *block = NULL;
        uint32_t page = UINT32_MAX;

        for (size_t i = 0; i < builder->fixup_count; i++) {
                uint32_t place = builder->fixups[i].place;

                if (place / PAGE != page) {
                        page = place / PAGE;
                        at += (size_t)(at - table) % 4;
                        if (block)
                                put(block + 4, 4, (uint64_t)(at - block));
                        block = at;
                        put(block, 4, (uint64_t)page * PAGE);
                        at += 8;
                }
                put(at, 2, builder->fixups[i].kind << 12 | place % PAGE);
                at += 2;
        }
        at += (size_t)(at - table) % 4;
        if (block)
                put(block + 4, 4, (uint64_t)(at - block));
        return (uint32_t)(at - table);
}

static void headers_write(PeBuilder *builder, uint32_t fixups_place, uint32_t fixups_size)
{
        uint8_t *optional = builder->bytes + PE_OPTIONAL, *section = builder->bytes + PE_SECTIONS;
        const PeBuilderSection *last = &builder->sections[builder->section_count - 1];

        memcpy(builder->bytes, "MZ", 2);
        put(builder->bytes + 0x3C, 4, PE_HEADER);
        memcpy(builder->bytes + PE_HEADER, "PE\0\0", 4);
        put(builder->bytes + PE_COFF, 2, 0x8664);
        put(builder->bytes + PE_COFF + 2, 2, builder->section_count);
        put(builder->bytes + PE_COFF + 16, 2, 240);
        put(builder->bytes + PE_COFF + 18, 2, 0x22);
        put(optional, 2, 0x20B);
        put(optional + 24, 8, PE_BASE);
        put(optional + 32, 4, SECTION_ALIGNMENT);
        put(optional + 36, 4, FILE_ALIGNMENT);
        put(optional + 56, 4, (last->place + last->memory_size + 0xFFFU) & ~0xFFFU);
        put(optional + 60, 4, HEADERS_SIZE);
        put(optional + 108, 4, 16);
        put(optional + 112 + 4 * 8, 4, builder->signature_size ? builder->signature_offset : 0);
        put(optional + 112 + 4 * 8 + 4, 4, builder->signature_size);
        put(optional + 112 + 5 * 8, 4, fixups_place);
        put(optional + 112 + 5 * 8 + 4, 4, fixups_size);
        for (size_t i = 0; i < builder->section_count; i++, section += SECTION_SIZE) {
                const PeBuilderSection *from = &builder->sections[i];

                memcpy(section, ".section", 8);
                put(section + 8, 4, from->memory_size);
                put(section + 12, 4, from->place);
                put(section + 16, 4, from->file_size);
                put(section + 20, 4, from->file_size ? from->offset : 0);
                put(section + 36, 4, from->flags);
        }
}

uint32_t pe_checksum_of(Span bytes)
{
        uint32_t sum = 0;

        for (size_t at = 0; at < bytes.size; at += 2) {
                uint32_t word = bytes.bytes[at];

                if (at + 1 < bytes.size)
                        word |= (uint32_t)bytes.bytes[at + 1] << 8;
                if (at == PE_CHECKSUM || at == PE_CHECKSUM + 2)
                        word = 0;
                sum += word;
                sum = (sum >> 16) + (sum & 0xFFFF);
        }
        return sum + (uint32_t)bytes.size;
}

void pe_builder_build(PeBuilder *builder)
{
        uint32_t fixups_place = 0, fixups_size = 0;
        size_t at = HEADERS_SIZE;

        if (builder->fixup_count > 0) {
                const PeBuilderSection *last = &builder->sections[builder->section_count - 1];
                uint8_t *table;

                fixups_place = (last->place + last->memory_size + 0xFFFU) & ~0xFFFU;
                table = pe_builder_add_section(builder, fixups_place, 0x42000040, 0x200, 0x200);
                fixups_size = fixups_write(builder, table);
        }
        for (size_t i = 0; i < builder->section_count; i++) {
                builder->sections[i].offset = (uint32_t)at;
                at += builder->sections[i].file_size;
        }
        builder->signature_offset = at;
        builder->size = at + builder->signature_size;
        builder->bytes = calloc(1, builder->size);
        if (!builder->bytes)
                abort();
        for (size_t i = 0; i < builder->section_count; i++) {
                const PeBuilderSection *section = &builder->sections[i];

                if (section->place == fixups_place)
                        builder->fixups_offset = section->offset;
                memcpy(builder->bytes + section->offset, section->content, section->file_size);
        }
        memset(builder->bytes + builder->signature_offset, 0x30, builder->signature_size);
        headers_write(builder, fixups_place, fixups_size);
        if (!builder->no_checksum)
                put(builder->bytes + PE_CHECKSUM, 4, pe_checksum_of(pe_builder_span(builder)));
}

Span pe_builder_span(const PeBuilder *builder)
{
        return (Span){builder->bytes, builder->size};
}

void pe_builder_poke(PeBuilder *builder, uint64_t offset, size_t size, uint64_t value)
{
        if (!range_fits(offset, size, builder->size))
                abort();
        put(builder->bytes + offset, size, value);
}
