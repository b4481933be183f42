/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "elf-builder.h"

#define PAGE        4096U
#define HEADER_SIZE 64U
#define PHDR_SIZE   56U
#define SHDR_SIZE   64U
#define RELA_SIZE   24U
#define RELR_SIZE   8U
#define DYN_SIZE    16U

static void require(bool condition)
{
        if (!condition)
                abort();
}

static void *grow(void *array, size_t size)
{
        void *larger = realloc(array, size);

        require(larger != NULL);
        return larger;
}

static void store(uint8_t *bytes, size_t size, uint64_t value)
{
        for (size_t i = 0; i < size; i++)
                bytes[i] = (uint8_t)(value >> 8 * i);
}

void elf_builder_done(ElfBuilder *builder)
{
        for (size_t i = 0; i < builder->segment_count; i++)
                free(builder->segments[i].content);
        free(builder->rela);
        free(builder->relr);
        free(builder->bytes);
        *builder = ELF_BUILDER_NONE;
}

uint8_t *elf_builder_add_segment(ElfBuilder *builder, uint64_t address, uint32_t flags, size_t size)
{
        ElfSegment *segment = &builder->segments[builder->segment_count++];

        require(builder->segment_count <= ELF_BUILDER_SEGMENTS_MAX && !builder->bytes);
        *segment =
                (ElfSegment){.address = address, .flags = flags, .size = size, .memory_size = size};
        segment->content = calloc(size + 1, 1);
        require(segment->content != NULL);
        return segment->content;
}

void elf_rela_store(uint8_t *bytes, uint64_t address, uint64_t kind, uint64_t addend)
{
        store(bytes, 8, address);
        store(bytes + 8, 8, kind);
        store(bytes + 16, 8, addend);
}

void elf_builder_add_rela(ElfBuilder *builder, uint64_t address, uint64_t kind, uint64_t addend)
{
        size_t used = builder->rela_count++ * RELA_SIZE;

        if ((builder->rela_count & (builder->rela_count - 1)) == 0) /* double it */
                builder->rela = grow(builder->rela, 2 * (used + RELA_SIZE));
        elf_rela_store(builder->rela + used, address, kind, addend);
}

void elf_builder_add_relr(ElfBuilder *builder, uint64_t entry)
{
        builder->relr = grow(builder->relr, (builder->relr_count + 1) * RELR_SIZE);
        store(builder->relr + builder->relr_count++ * RELR_SIZE, RELR_SIZE, entry);
}

void elf_builder_add_tag(ElfBuilder *builder, int64_t tag, uint64_t value)
{
        require(builder->tag_count < ELF_BUILDER_TAGS_MAX);
        builder->tags[builder->tag_count++] = (Elf64_Dyn){.d_tag = tag, .d_un.d_val = value};
}

/* Where the next content goes for its address to be congruent to it. */
static uint64_t place_for(uint64_t offset, uint64_t address)
{
        return offset + (address - offset) % PAGE;
}

/* The dynamic section, RELA and RELR, as one more segment; read-only, as linkers place RELA. */
static void add_tables(ElfBuilder *builder)
{
        size_t rela_size = builder->rela_count * RELA_SIZE;
        size_t relr_size = builder->relr_count * RELR_SIZE;
        size_t dynamic_size =
                (builder->tag_count + 3U * !!rela_size + 3U * !!relr_size + 1) * DYN_SIZE;
        uint64_t rela = builder->tables_address + dynamic_size, relr = rela + rela_size;
        uint8_t *content = elf_builder_add_segment(builder, builder->tables_address, PF_R,
                                                   dynamic_size + rela_size + relr_size);

        if (rela_size > 0) {
                elf_builder_add_tag(builder, DT_RELA, rela);
                elf_builder_add_tag(builder, DT_RELASZ, rela_size);
                elf_builder_add_tag(builder, DT_RELAENT, RELA_SIZE);
                memcpy(content + dynamic_size, builder->rela, rela_size);
        }
        if (relr_size > 0) {
                elf_builder_add_tag(builder, DT_RELR, relr);
                elf_builder_add_tag(builder, DT_RELRSZ, relr_size);
                elf_builder_add_tag(builder, DT_RELRENT, RELR_SIZE);
                memcpy(content + dynamic_size + rela_size, builder->relr, relr_size);
        }
        for (size_t i = 0; i < builder->tag_count; i++) {
                store(content + i * DYN_SIZE, 8, (uint64_t)builder->tags[i].d_tag);
                store(content + i * DYN_SIZE + 8, 8, builder->tags[i].d_un.d_val);
        }
}

/* Gives every segment its offset and returns the size of the file. */
static size_t lay_out(ElfBuilder *builder, size_t header_count)
{
        uint64_t at = HEADER_SIZE + header_count * PHDR_SIZE;

        for (size_t i = 0; i < builder->segment_count; i++) {
                ElfSegment *segment = &builder->segments[i];

                segment->offset = place_for(at, segment->address);
                at = segment->offset + segment->size;
        }
        if (!builder->no_dynamic) {
                const ElfSegment *tables = &builder->segments[builder->segment_count - 1];

                builder->dynamic_offset = tables->offset;
                builder->relr_offset = at - builder->relr_count * RELR_SIZE;
                builder->rela_offset = builder->relr_offset - builder->rela_count * RELA_SIZE;
        }
        builder->section_offset = (at + 7) / 8 * 8;
        return builder->section_headers ? builder->section_offset + 2 * SHDR_SIZE : at;
}

static void write_header(ElfBuilder *builder, size_t header_count)
{
        uint8_t *header = builder->bytes;

        memcpy(header, ELFMAG, SELFMAG);
        header[EI_CLASS] = ELFCLASS64;
        header[EI_DATA] = ELFDATA2LSB;
        header[EI_VERSION] = EV_CURRENT;
        store(header + 16, 2, builder->type);
        store(header + 18, 2, EM_X86_64);
        store(header + 20, 4, EV_CURRENT);
        store(header + 32, 8, HEADER_SIZE);
        store(header + 52, 2, HEADER_SIZE);
        store(header + 54, 2, PHDR_SIZE);
        store(header + 56, 2, header_count);
        store(header + 58, 2, SHDR_SIZE);
        if (builder->section_headers) {
                store(header + 40, 8, builder->section_offset);
                store(header + 60, 2, 2);
        }
}

static void write_program_header(ElfBuilder *builder, size_t index, uint32_t type,
                                 const ElfSegment *segment)
{
        uint8_t *header = builder->bytes + elf_builder_header_at(builder, index);

        store(header, 4, type);
        store(header + 4, 4, segment->flags);
        store(header + 8, 8, segment->offset);
        store(header + 16, 8, segment->address);
        store(header + 24, 8, segment->address);
        store(header + 32, 8, segment->size);
        store(header + 40, 8, segment->memory_size);
        store(header + 48, 8, PAGE);
}

void elf_builder_build(ElfBuilder *builder)
{
        size_t header_count;

        if (!builder->no_dynamic)
                add_tables(builder);
        header_count = builder->segment_count + !builder->no_dynamic;
        builder->size = lay_out(builder, header_count);
        builder->bytes = calloc(builder->size, 1);
        require(builder->bytes != NULL);
        write_header(builder, header_count);
        for (size_t i = 0; i < builder->segment_count; i++) {
                const ElfSegment *segment = &builder->segments[i];

                write_program_header(builder, i, PT_LOAD, segment);
                memcpy(builder->bytes + segment->offset, segment->content, segment->size);
        }
        if (!builder->no_dynamic) {
                ElfSegment dynamic = builder->segments[builder->segment_count - 1];

                dynamic.size = dynamic.memory_size = (builder->tag_count + 1) * DYN_SIZE;
                write_program_header(builder, builder->segment_count, PT_DYNAMIC, &dynamic);
        }
}

Span elf_builder_span(const ElfBuilder *builder)
{
        require(builder->bytes != NULL);
        return (Span){.bytes = builder->bytes, .size = builder->size};
}

uint64_t elf_builder_offset_of(const ElfBuilder *builder, uint64_t address)
{
        for (size_t i = 0; i < builder->segment_count; i++) {
                const ElfSegment *segment = &builder->segments[i];

                if (address >= segment->address && address - segment->address < segment->size)
                        return segment->offset + (address - segment->address);
        }
        abort();
}

uint64_t elf_builder_header_at(const ElfBuilder *builder, size_t index)
{
        require(index < builder->segment_count + !builder->no_dynamic);
        return HEADER_SIZE + index * PHDR_SIZE;
}

uint64_t elf_builder_tag_at(const ElfBuilder *builder, int64_t tag)
{
        for (size_t i = 0; i < builder->tag_count; i++)
                if (builder->tags[i].d_tag == tag)
                        return builder->dynamic_offset + i * DYN_SIZE + 8;
        abort();
}

void elf_builder_poke(ElfBuilder *builder, uint64_t offset, size_t size, uint64_t value)
{
        require(size <= 8 && range_fits(offset, size, builder->size));
        store(builder->bytes + offset, size, value);
}
