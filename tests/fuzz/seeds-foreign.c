/* SPDX-License-Identifier: MIT */

/* The seeds that are no ELF: PE with both SMC tables and with a guest list, Mach-O with a guest
 * list and pointers of each kind. */

#include "../unit/lib/macho-builder.h"
#include "../unit/lib/pe-builder.h"
#include "seeds.h"

#define STRIDE 64U /* of the entries put into a file */

#define CODE      0x1000U
#define VARIABLES 0x2000U
#define ROWS      8U

static void put_row(uint8_t *row, const char *name, uint8_t length, const char *type,
                    uint8_t attributes, uint64_t handler)
{
        for (unsigned i = 0; i < 4; i++) {
                row[i] = (uint8_t)name[3 - i];
                row[5 + i] = (uint8_t)type[3 - i];
        }
        row[4] = length;
        row[9] = attributes;
        store_le64(row + 0x10, handler);
}

/* Header and rows from `place` on, as the public description has them. */
static void put_table(uint8_t *content, uint32_t place, unsigned version)
{
        uint64_t address = PE_BASE + VARIABLES + place, code = PE_BASE + CODE;
        uint8_t *row = content + place + SMC_HEADER_SIZE;
        uint8_t osk = version == 0 ? 0x80 : 0x90;

        store_le64(content + place, address + SMC_HEADER_SIZE);
        content[place + 8] = ROWS;
        content[place + 12] = ROWS - 2;
        put_row(row, "#KEY", 4, "ui32", 0x80, code + 0x80);
        for (unsigned i = 1; i < ROWS - 2; i++)
                put_row(row + i * SMC_ROW_SIZE, "T000", 1, "ui8 ", 0xC0, code);
        put_row(row + 1 * SMC_ROW_SIZE, version == 0 ? "+LKS" : "$Adr", 1, "flag", 0xD0, code);
        if (version == 1)
                put_row(row + 3 * SMC_ROW_SIZE, "+LKS", 1, "flag", 0xD0, code);
        put_row(row + (ROWS - 2) * SMC_ROW_SIZE, "OSK0", 32, "ch8*", osk, code + 0x40);
        put_row(row + (ROWS - 1) * SMC_ROW_SIZE, "OSK1", 32, "ch8*", osk, code + 0x40);
}

static void seed_pe_tables(void)
{
        PeBuilder builder = {.signature_size = 0x18};
        uint8_t *content;

        (void)pe_builder_add_section(&builder, CODE, PE_EXECUTABLE, 0x100, 0x200);
        content = pe_builder_add_section(&builder, VARIABLES, PE_WRITABLE, 0x600, 0x600);
        put_table(content, 0x10, 0);
        put_table(content, 0x300, 1);
        pe_builder_add_fixup(&builder, VARIABLES + 0x10, 10);
        pe_builder_add_fixup(&builder, VARIABLES + 0x300, 10);
        pe_builder_build(&builder);
        fuzz_seed_judged("pe-smc", pe_builder_span(&builder), STATE_STOCK);
        pe_builder_done(&builder);
}

static void put_guests(uint8_t *content)
{
        for (size_t i = 0; i < 4; i++) {
                uint8_t *entry = content + i * STRIDE;

                entry[0] = 0x10;
                entry[4] = 0x20;
                entry[8] = 1;
                entry[GOS_FLAGS_AT] = i == 2 ? 0xBF : 0x3E;
        }
}

static void seed_pe_guests(void)
{
        PeBuilder builder = {.no_checksum = true};

        put_guests(pe_builder_add_section(&builder, CODE, PE_CONSTANT, 0x180, 0x200));
        pe_builder_build(&builder);
        fuzz_seed_judged("pe-guests", pe_builder_span(&builder), STATE_PARTIAL);
        pe_builder_done(&builder);
}

/* Segment 2, offset 0x28: the symbol "_x"; then some by the other opcodes. */
static const uint8_t opcodes[] = {
        0x11, 0x40, '_',  'x',  0,    0x51, 0x60, 0x7F, 0x72, 0x28, 0x90, 0x80, 0xD0, 0x2F,
        0xC0, 2,    0x10, 0x80, 0x80, 0x01, 0x20, 5,    0xA0, 0x08, 0xB1, 0x00, 0,
};

static void seed_macho(const char *name, MachoFixups fixups, MachoWrap wrap)
{
        MachoBuilder builder = {.fixups = fixups,
                                .wrap = wrap,
                                .opcodes = opcodes,
                                .opcodes_size = sizeof(opcodes),
                                .starts = {0x10, 8}};
        bool chained = fixups == MACHO_TARGETS || fixups == MACHO_OFFSETS;
        uint64_t code = MACHO_TEXT + 0x800;
        uint8_t *content;

        macho_builder_build(&builder);
        content = macho_builder_at(&builder, MACHO_DATA);
        store_le64(content + 0x10, chained ? macho_chained(&builder, code, 0x10) : code);
        store_le64(content + 0x20, chained ? macho_chained(&builder, code + 8, 8) : code + 8);
        store_le64(content + 0x28, chained ? UINT64_C(1) << 63 : 0);
        store_le64(content + 0x1008, chained ? macho_chained(&builder, code, 0) : code);
        put_guests(content + 0x100);
        fuzz_seed_judged(name, macho_builder_span(&builder), STATE_PARTIAL);
        macho_builder_done(&builder);
}

void seeds_of_foreign_binaries(void)
{
        seed_pe_tables();
        seed_pe_guests();
        seed_macho("macho-plain", MACHO_PLAIN, MACHO_THIN);
        seed_macho("macho-opcodes", MACHO_OPCODES, MACHO_THIN);
        seed_macho("macho-targets", MACHO_TARGETS, MACHO_FAT);
        seed_macho("macho-offsets", MACHO_OFFSETS, MACHO_FAT_64);
}
