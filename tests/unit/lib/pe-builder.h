/* SPDX-License-Identifier: MIT */
#pragma once

/* PeBuilder: makes small PE32+ files in memory for tests, and lets them be damaged afterwards.
 *
 *     _cleanup_(pe_builder_done) PeBuilder builder = PE_BUILDER_NONE;
 *     uint8_t *content = pe_builder_add_section(&builder, 0x2000, PE_WRITABLE, 0x200, 0x180);
 *     store_le64(content + 0x10, PE_BASE + 0x1000);
 *     pe_builder_add_fixup(&builder, 0x2010, 10);
 *     pe_builder_build(&builder);
 *     image_open(pe_builder_span(&builder), …);
 *
 * Layout: MS-DOS header, PE header at 0x80, section headers, the sections at multiples of 0x200,
 * one for the base relocations where there are any, a signature if asked for. Places are addresses
 * less PE_BASE. What cannot be done, or a lack of memory, aborts the test. */

#include "base/span.h"

#define PE_BASE        UINT64_C(0x140000000)
#define PE_HEADER      0x80U
#define PE_COFF        (PE_HEADER + 4U)
#define PE_OPTIONAL    (PE_HEADER + 24U)
#define PE_CHECKSUM    (PE_OPTIONAL + 64U)
#define PE_DIRECTORIES (PE_OPTIONAL + 112U)
#define PE_SECTIONS    (PE_OPTIONAL + 240U)

#define PE_EXECUTABLE 0x60000020U
#define PE_CONSTANT   0x40000040U
#define PE_WRITABLE   0xC0000040U

#define PE_BUILDER_SECTIONS_MAX 6U
#define PE_BUILDER_FIXUPS_MAX   16U

typedef struct PeBuilderSection {
        uint32_t place, memory_size, flags;
        uint32_t file_size; /* a multiple of 0x200 */
        uint32_t offset;    /* in the file; known once built */
        uint8_t *content;   /* owned; file_size bytes */
} PeBuilderSection;

typedef struct PeBuilder {
        bool no_checksum;
        uint32_t signature_size; /* in bytes; 0: unsigned */
        PeBuilderSection sections[PE_BUILDER_SECTIONS_MAX];
        size_t section_count;
        struct {
                uint32_t place;
                unsigned kind;
        } fixups[PE_BUILDER_FIXUPS_MAX]; /* each change of page begins a block */
        size_t fixup_count;

        uint8_t *bytes; /* the file; owned; NULL until built */
        size_t size;
        uint64_t fixups_offset, signature_offset;
} PeBuilder;

#define PE_BUILDER_NONE ((PeBuilder){})

void pe_builder_done(PeBuilder *builder);

/* Before it is built. The content, zeroed, stays the builder's. */
uint8_t *pe_builder_add_section(PeBuilder *builder, uint32_t place, uint32_t flags,
                                uint32_t memory_size, uint32_t file_size);
void pe_builder_add_fixup(PeBuilder *builder, uint32_t place, unsigned kind);

void pe_builder_build(PeBuilder *builder);

/* Once it is built. */
Span pe_builder_span(const PeBuilder *builder);

/* Overwrites `size` bytes (at most 8) at file offset `offset` with `value`, little-endian. */
void pe_builder_poke(PeBuilder *builder, uint64_t offset, size_t size, uint64_t value);

/* The checksum of `bytes`, word by word as the convention is published, CheckSum taken as zero. */
uint32_t pe_checksum_of(Span bytes);
