/* SPDX-License-Identifier: MIT */

/* The finder and the plan, with a whole file made from each input: the first bytes say how it is
 * laid out and linked, the rest are changes to it, CHANGE_SIZE bytes each. So every input is nearly
 * a file of VMware's, which plain bytes hardly ever are. */

#include "../unit/lib/smc-builder.h"
#include "fuzz.h"
#include "property.h"

#define LAYOUT_SIZE 16U
#define CHANGE_SIZE 12U
#define CHANGES_MAX 64U
#define ROWS_MAX    40U

/* Layout: linking, then of each table 5 bytes: rows, hidden rows, gap, place, kind. */
static SmcShape shape_from(const uint8_t *layout)
{
        SmcShape shape = {.link = layout[0] % _SMC_LINK_MAX,
                          .constants_size = 0x200,
                          .variables_size = 0x3000};

        for (unsigned i = 0; i < SMC_TABLES_MAX; i++) {
                const uint8_t *bytes = layout + 1 + 5 * i;
                SmcTableShape *table = &shape.tables[i];
                uint32_t hidden = bytes[1] % 4U;

                table->private_count = i == 2 && bytes[0] % 8 ? 0 : 6 + bytes[0] % (ROWS_MAX - 6);
                table->public_count =
                        table->private_count > hidden ? table->private_count - hidden : 1;
                table->gap = 0x10 + 8 * (bytes[2] % 0x20U);
                table->rows_at = SMC_VARIABLES + 0x1000 * i + 0x120 + 8 * (bytes[3] % 8U);
                if (bytes[2] & 0x80)
                        table->header_at = SMC_VARIABLES + 0x1000 * i + 0xE00;
                table->version = (bytes[4] ^ i) & 1;
                table->alien = bytes[4] % 16 == 15;
        }
        return shape;
}

static uint64_t value_from(const uint8_t *bytes)
{
        static const uint64_t places[] = {
                0,
                SMC_CODE_DEFAULT,
                SMC_CODE_OSK,
                SMC_CODE_NUM_KEYS,
                SMC_CODE + 0x1000,
                SMC_CONSTANTS,
                SMC_VARIABLES + 0x120,
                SMC_VARIABLES + 0x1120,
                UINT64_MAX - 7,
        };
        uint64_t value = load_le64(bytes);

        return bytes[7] == 0xFF ? places[bytes[0] % ARRAY_SIZE(places)] : value;
}

static void change_file(const SmcBuilder *builder, size_t at, size_t width, uint64_t value)
{
        uint8_t bytes[8];

        store_le64(bytes, value);
        if (range_fits(at, width, builder->elf.size))
                memcpy(builder->elf.bytes + at, bytes, width);
}

static void change_row(const SmcBuilder *builder, unsigned table, const uint8_t *change)
{
        static const char *const names[] = {"OSK0", "OSK1", "+LKS", "#KEY",
                                            "$Adr", "OSKX", "\1abc"};
        uint32_t rows = builder->shape.tables[table].private_count, row = change[2] % rows;
        uint64_t at = smc_row_at(builder, table, row), value = value_from(change + 4);
        uint8_t *bytes = smc_builder_bytes(builder, at);
        uint32_t other = change[3] % rows;

        switch (change[0] / 16) {
        case 0:
                smc_builder_set_handler(builder, at, value);
                break;
        case 1:
                smc_builder_rename(builder, at, names[change[3] % ARRAY_SIZE(names)]);
                break;
        case 2:
                memcpy(bytes + 0x18, smc_haiku(change[3] & 1), 32);
                break;
        case 3:
                store_le64(bytes + 0x10, value);
                break;
        case 4:
                bytes[change[3] % 72] = change[4];
                break;
        case 5:
                memmove(bytes, smc_builder_bytes(builder, smc_row_at(builder, table, other)), 72);
                break;
        default:
                smc_builder_set_counts(builder, table, change[2], change[3]);
        }
}

/* Anything that is not a row: headers of the file, segments, dynamic section, relocations. */
static void change_other(const SmcBuilder *builder, const uint8_t *change)
{
        const ElfBuilder *elf = &builder->elf;
        size_t into = change[2] | (size_t)change[3] << 8, width = (size_t)1 << change[1] % 4;
        uint64_t value = value_from(change + 4);
        size_t starts[] = {0,
                           0x40,
                           elf->dynamic_offset,
                           elf->rela_offset,
                           elf->relr_offset,
                           elf_builder_offset_of(elf, SMC_VARIABLES)};
        size_t start = starts[change[1] / 4 % ARRAY_SIZE(starts)];
        uint8_t *entry;

        if (change[0] & 16) {
                change_file(builder, start + into, width, value);
                return;
        }
        /* The relocation of one handler: where it points to, or its kind, or what it writes. */
        entry = smc_builder_rela(builder, smc_osk_at(builder, change[1] & 1, change[2] & 1) + 0x10);
        if (entry)
                store_le64(entry + change[3] % 3 * 8U, value);
}

static void make_changes(const SmcBuilder *builder, const uint8_t *bytes, size_t size)
{
        for (unsigned i = 0; i < CHANGES_MAX && size >= CHANGE_SIZE; i++) {
                unsigned table = bytes[1] % 2;

                if (bytes[0] % 4 == 3)
                        change_other(builder, bytes);
                else
                        change_row(builder, table, bytes);
                bytes += CHANGE_SIZE;
                size -= CHANGE_SIZE;
        }
}

static void check_key(const Image *image, const SmcKey *key)
{
        MUST(range_fits(key->offset, SMC_ROW_SIZE, image_bytes(image).size));
        MUST(key->length <= SMC_VALUE_MAX && strlen(key->name) == 4);
        MUST(key->value == image_bytes(image).bytes + key->offset + 0x18);
}

static void check_table(const Image *image, const SmcTable *table)
{
        MUST(table->version < _SMC_VERSION_MAX && table->public_count <= table->private_count);
        for (uint32_t i = 0; i < table->private_count; i++) {
                SmcKey key;
                int r = smc_key(image, table, i, &key, NULL);

                MUST(r == 0 || r == -EBADMSG);
                if (r == 0)
                        check_key(image, &key);
        }
        if (table->has_lks)
                check_key(image, &table->lks);
        MUST(table->default_handler != 0);
        for (SmcGate gate = 0; gate < _SMC_GATE_MAX; gate++)
                check_key(image, &table->osk[gate]);
}

/* Whether the tables are found. */
static bool check_finder(Span file)
{
        _cleanup_(image_freep) Image *image = NULL;
        Fault fault = FAULT_NONE;
        _cleanup_(smc_tables_done) SmcTables tables = {};
        int r = image_open(file, &image, NULL);

        if (r < 0)
                return false;
        r = smc_find(image, &tables, &fault);
        if (r < 0) {
                MUST((r == -ENOENT && fault.reason == REASON_SMC_NONE) ||
                     (r == -EBADMSG && fault.reason != REASON_NONE));
                return false;
        }
        MUST(tables.count > 0);
        for (size_t i = 0; i < tables.count; i++)
                check_table(image, &tables.items[i]);
        return true;
}

/* Inputs whose tables were found; the seeds must be among them. */
static unsigned found_count;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        uint8_t layout[LAYOUT_SIZE] = {};
        SmcBuilder builder;
        SmcShape shape;

        if (size > 0)
                memcpy(layout, bytes, MIN(size, sizeof(layout)));
        shape = shape_from(layout);
        smc_builder_make(&builder, &shape);
        if (size > sizeof(layout))
                make_changes(&builder, bytes + sizeof(layout), size - sizeof(layout));
        if (check_finder(smc_builder_span(&builder)))
                found_count++;
        check_plan(smc_builder_span(&builder), SUBJECT_SMC);
        smc_builder_done(&builder);
        return 0;
}

void fuzz_seeds(void)
{
        static const char *const names[] = {"rela", "lld", "relr", "fixed"};
        uint8_t seed[LAYOUT_SIZE + 2 * CHANGE_SIZE] = {0, 6, 2, 0, 0, 0, 12, 2, 1, 1, 0, 1};

        for (uint8_t link = 0; link < _SMC_LINK_MAX; link++) {
                seed[0] = link;
                MUST(LLVMFuzzerTestOneInput(seed, LAYOUT_SIZE) == 0 && found_count == link + 1U);
                fuzz_seed(names[link], (Span){seed, LAYOUT_SIZE});
                found_count = link + 1U;
        }
        seed[3] = 0x80; /* a header far from its rows */
        seed[LAYOUT_SIZE] = 2 * 16;
        seed[LAYOUT_SIZE + 2] = 6;
        seed[LAYOUT_SIZE + CHANGE_SIZE] = 3;
        seed[LAYOUT_SIZE + CHANGE_SIZE + 11] = 0xFF;
        fuzz_seed("changed", (Span){seed, sizeof(seed)});
        seed[11] = 0; /* three tables */
        fuzz_seed("three", (Span){seed, sizeof(seed)});
}
