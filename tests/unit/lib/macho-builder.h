/* SPDX-License-Identifier: MIT */
#pragma once

/* MachoBuilder: makes small Mach-O files in memory for tests, and lets them be damaged afterwards.
 *
 *     _cleanup_(macho_builder_done) MachoBuilder builder = MACHO_BUILDER_NONE;
 *     macho_builder_build(&builder);
 *     store_le64(macho_builder_at(&builder, MACHO_DATA), MACHO_BASE + 0x800);
 *     image_open(macho_builder_span(&builder), …);
 *
 * Always the same four segments: __PAGEZERO, __TEXT, __DATA with zero-filled memory behind it, and
 * __LINKEDIT with what dyld needs. A universal file has a slice for another machine before this. */

#include "base/span.h"

#define MACHO_BASE          UINT64_C(0x100000000)
#define MACHO_TEXT          MACHO_BASE /* 0x1000 bytes, with the headers */
#define MACHO_DATA          (MACHO_BASE + 0x2000)
#define MACHO_DATA_SIZE     0x2000U /* in the file */
#define MACHO_DATA_MEMORY   0x3000U
#define MACHO_LINKEDIT      0x3000U /* offset in the slice */
#define MACHO_LINKEDIT_SIZE 0x200U

/* Offsets in the slice: header, four commands of 72 bytes, that of the fixups, the signature's. */
#define MACHO_SEGMENT(i) (32U + 72U * (i))
#define MACHO_FIXUPS     MACHO_SEGMENT(4)

typedef enum MachoFixups {
        MACHO_PLAIN,   /* none at all */
        MACHO_OPCODES, /* LC_DYLD_INFO_ONLY */
        MACHO_TARGETS, /* chained, format 2 */
        MACHO_OFFSETS, /* chained, format 6 */
} MachoFixups;

typedef enum MachoWrap {
        MACHO_THIN,
        MACHO_FAT,
        MACHO_FAT_64,
} MachoWrap;

typedef struct MachoBuilder {
        MachoFixups fixups;
        MachoWrap wrap;
        const uint8_t *opcodes; /* MACHO_OPCODES: those that bind */
        size_t opcodes_size;
        uint16_t starts[2]; /* chained: where the chains of the data's two pages begin */

        uint8_t *bytes; /* the file; owned; NULL until built */
        size_t size;
        uint64_t slice; /* file offset of the x86_64 one */
} MachoBuilder;

#define MACHO_BUILDER_NONE ((MachoBuilder){.starts = {0xFFFF, 0xFFFF}})

void macho_builder_build(MachoBuilder *builder);
void macho_builder_done(MachoBuilder *builder);
Span macho_builder_span(const MachoBuilder *builder);

/* The bytes at `address` in __TEXT or __DATA. */
uint8_t *macho_builder_at(const MachoBuilder *builder, uint64_t address);

/* A pointer in its chained form: `next` bytes to the next one, 0 for the last. */
uint64_t macho_chained(const MachoBuilder *builder, uint64_t address, uint64_t next);

/* Overwrites `size` bytes (at most 8) at `offset` in the file, little-endian. */
void macho_builder_poke(MachoBuilder *builder, uint64_t offset, size_t size, uint64_t value);
