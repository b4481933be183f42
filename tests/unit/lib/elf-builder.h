/* SPDX-License-Identifier: MIT */
#pragma once

/* ElfBuilder: makes small ELF files in memory for tests, and lets them be damaged afterwards.
 *
 *     _cleanup_(elf_builder_done) ElfBuilder builder = ELF_BUILDER_NONE;
 *     uint8_t *content = elf_builder_add_segment(&builder, 0x3000, PF_R | PF_W, 0x200);
 *     store_le64(content + 0x10, 0x1000);
 *     elf_builder_add_rela(&builder, 0x3010, R_X86_64_RELATIVE, 0x1000);
 *     elf_builder_build(&builder);
 *     image_open(elf_builder_span(&builder), …);
 *
 * Layout: ELF header, program headers (one PT_LOAD per segment in the order added, one for the
 * tables, PT_DYNAMIC), the segments, the tables segment (dynamic section, RELA, RELR) and, if asked
 * for, section headers. Offsets are congruent to addresses modulo 4096, as a loader wants them.
 * What cannot be done, or a lack of memory, aborts the test. */

#include <elf.h>

#include "base/span.h"

#ifndef DT_RELR /* glibc has them since 2.36 */
#define DT_RELRSZ  35
#define DT_RELR    36
#define DT_RELRENT 37
#endif

#define ELF_BUILDER_SEGMENTS_MAX 8U
#define ELF_BUILDER_TAGS_MAX     24U

typedef struct ElfSegment {
        uint64_t address;
        uint32_t flags;       /* PF_… */
        size_t size;          /* bytes in the file */
        uint64_t memory_size; /* set it to add zero-filled memory */
        uint8_t *content;     /* owned */
        uint64_t offset;      /* in the file; known once built */
} ElfSegment;

typedef struct ElfBuilder {
        uint16_t type;           /* ET_DYN or ET_EXEC */
        bool no_dynamic;         /* neither PT_DYNAMIC nor the tables segment */
        bool section_headers;    /* two of them at the end, and e_shoff */
        uint64_t tables_address; /* of the tables segment */

        ElfSegment segments[ELF_BUILDER_SEGMENTS_MAX];
        size_t segment_count;
        uint8_t *rela, *relr; /* encoded; owned */
        size_t rela_count, relr_count;
        Elf64_Dyn
                tags[ELF_BUILDER_TAGS_MAX]; /* those of DT_RELA and DT_RELR come with the tables */
        size_t tag_count;

        uint8_t *bytes; /* the file; owned; NULL until built */
        size_t size;
        uint64_t dynamic_offset, rela_offset, relr_offset, section_offset;
} ElfBuilder;

#define ELF_BUILDER_NONE ((ElfBuilder){.type = ET_DYN, .tables_address = 0x700000})

void elf_builder_done(ElfBuilder *builder);

/* Before it is built. The content, zeroed, stays the builder's; fill it in any time before. */
uint8_t *elf_builder_add_segment(ElfBuilder *builder, uint64_t address, uint32_t flags,
                                 size_t size);
/* `kind` is r_info: the type, and a symbol in the high half. */
void elf_builder_add_rela(ElfBuilder *builder, uint64_t address, uint64_t kind, uint64_t addend);
void elf_builder_add_relr(ElfBuilder *builder, uint64_t entry);
void elf_builder_add_tag(ElfBuilder *builder, int64_t tag, uint64_t value);

void elf_builder_build(ElfBuilder *builder);

/* Once it is built. Offsets are file offsets. */
Span elf_builder_span(const ElfBuilder *builder);
uint64_t elf_builder_offset_of(const ElfBuilder *builder,
                               uint64_t address);                        /* in a segment added */
uint64_t elf_builder_header_at(const ElfBuilder *builder, size_t index); /* program header */
uint64_t elf_builder_tag_at(const ElfBuilder *builder, int64_t tag);     /* the tag's value */

/* Overwrites `size` bytes (at most 8) at `offset` with `value`, little-endian. */
void elf_builder_poke(ElfBuilder *builder, uint64_t offset, size_t size, uint64_t value);

/* Stores one Elf64_Rela at `bytes`, 24 of them. */
void elf_rela_store(uint8_t *bytes, uint64_t address, uint64_t kind, uint64_t addend);
