/* SPDX-License-Identifier: MIT */
#pragma once

/* SmcBuilder: ELF files with SMC tables, linked in each of the ways that linkers have.
 *
 *     _cleanup_(smc_builder_done) SmcBuilder builder;
 *     smc_builder_make(&builder, &smc_shape_usual);
 *     smc_builder_set_handler(&builder, smc_row_at(&builder, 0, 11), SMC_CODE_OSK);
 *     image_open(smc_builder_span(&builder), …);
 *
 * Addresses say where things are; smc_builder_bytes() leads to the bytes of one. Nothing of the
 * program's own decoding is used here, so the two can disagree. */

#include "elf-builder.h"

typedef enum SmcLink {
        SMC_LINK_RELA,  /* position-independent, addend in the entry and in the field */
        SMC_LINK_LLD,   /* the same, fields zero */
        SMC_LINK_RELR,  /* position-independent, fields only */
        SMC_LINK_FIXED, /* fixed address, no relocations */
        _SMC_LINK_MAX,
} SmcLink;

/* Segments; addresses differ from offsets. At address 0 is code too, as where everything lies in
 * one segment that begins with the ELF header. */
#define SMC_CODE      0x401000U
#define SMC_CONSTANTS 0x410000U
#define SMC_VARIABLES 0x420000U

#define SMC_CONSTANTS_SIZE 0x8000U
#define SMC_VARIABLES_SIZE 0x12000U

/* The handlers. */
#define SMC_CODE_DEFAULT  (SMC_CODE + 0x100)
#define SMC_CODE_OSK      (SMC_CODE + 0x170)
#define SMC_CODE_NUM_KEYS (SMC_CODE + 0x300)
#define SMC_CODE_NTOK     (SMC_CODE + 0x400)

#define SMC_TABLES_MAX 3U

typedef struct SmcTableShape {
        unsigned version;
        uint32_t private_count, public_count; /* private_count 0: no such table */
        uint64_t gap;     /* from header to rows, unless header_at says where it is */
        uint64_t rows_at; /* address of the first row */
        uint64_t header_at;
        bool alien; /* its second row is of neither version */
} SmcTableShape;

typedef struct SmcShape {
        SmcLink link;
        size_t constants_size, variables_size; /* of the segments; 0: as above */
        SmcTableShape tables[SMC_TABLES_MAX];
} SmcShape;

typedef struct SmcBuilder {
        ElfBuilder elf;
        SmcShape shape;
        uint64_t headers[SMC_TABLES_MAX]; /* addresses */
} SmcBuilder;

/* V0 with 12 keys and V1 with 18, two of each hidden, in that order. */
extern const SmcShape smc_shape_usual;

/* The usual shape, linked as `link`. */
SmcShape smc_shape_of(SmcLink link);

void smc_builder_make(SmcBuilder *builder, const SmcShape *shape);
void smc_builder_done(SmcBuilder *builder);
Span smc_builder_span(const SmcBuilder *builder);

/* Table `table` (index into the shape): addresses of a row and of the OSK row `gate`, 0 or 1. */
uint64_t smc_row_at(const SmcBuilder *builder, unsigned table, uint32_t index);
uint64_t smc_osk_at(const SmcBuilder *builder, unsigned table, unsigned gate);
uint64_t smc_lks_at(const SmcBuilder *builder, unsigned table);

/* The bytes at `address`, to be changed. */
uint8_t *smc_builder_bytes(const SmcBuilder *builder, uint64_t address);

/* The entry of DT_RELA for the field at `address`, 24 bytes; NULL when there is none. */
uint8_t *smc_builder_rela(const SmcBuilder *builder, uint64_t address);

/* Makes the pointer at `address` be `value`, in field and relocation as the linker would. */
void smc_builder_point(const SmcBuilder *builder, uint64_t address, uint64_t value);
void smc_builder_set_handler(const SmcBuilder *builder, uint64_t row, uint64_t value);
void smc_builder_set_counts(const SmcBuilder *builder, unsigned table, uint32_t private_count,
                            uint32_t public_count);

/* Names a row; `name` in reading order. */
void smc_builder_rename(const SmcBuilder *builder, uint64_t row, const char *name);

/* The half of the haiku that belongs to `gate`. */
const char *smc_haiku(unsigned gate);
