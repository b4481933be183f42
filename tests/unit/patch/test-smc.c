/* SPDX-License-Identifier: MIT */

/* Which SMC tables are found, wherever they lie and however the file is linked. */

#include <stdlib.h>

#include "../lib/smc-builder.h"
#include "../lib/tap.h"
#include "patch/smc.h"

static int find(const SmcBuilder *builder, SmcTables *ret, Fault *fault)
{
        _cleanup_(image_freep) Image *image = NULL;

        if (image_open(smc_builder_span(builder), &image, fault) < 0)
                abort();
        smc_tables_done(ret);
        return smc_find(image, ret, fault);
}

/* One of the tables that was found against its shape. */
static void check_table(const SmcBuilder *builder, unsigned i, const SmcTable *table)
{
        const SmcTableShape *shape = &builder->shape.tables[i];

        CHECK_EQUAL(table->version, shape->version);
        CHECK_EQUAL(table->header_address, builder->headers[i]);
        CHECK_EQUAL(table->header_offset,
                    elf_builder_offset_of(&builder->elf, builder->headers[i]));
        CHECK_EQUAL(table->rows_address, shape->rows_at);
        CHECK_EQUAL(table->rows_offset, elf_builder_offset_of(&builder->elf, shape->rows_at));
        CHECK_EQUAL(table->private_count, shape->private_count);
        CHECK_EQUAL(table->public_count, shape->public_count);
        CHECK_EQUAL(table->lks.address, smc_lks_at(builder, i));
        CHECK_EQUAL(table->lks.handler.value, SMC_CODE_DEFAULT);
        for (SmcGate gate = 0; gate < _SMC_GATE_MAX; gate++) {
                CHECK_EQUAL(table->osk[gate].address, smc_osk_at(builder, i, gate));
                CHECK_EQUAL(table->osk[gate].handler.value, SMC_CODE_OSK);
                CHECK_EQUAL(table->gates[gate], GATE_CLOSED);
        }
}

static void check_found(const SmcShape *shape)
{
        _cleanup_(smc_builder_done) SmcBuilder builder;
        Fault fault = FAULT_NONE;
        _cleanup_(smc_tables_done) SmcTables tables = {};
        int r;

        smc_builder_make(&builder, shape);
        r = find(&builder, &tables, &fault);
        CHECK_EQUAL(r, 0);
        CHECK_EQUAL(fault.reason, REASON_NONE);
        if (r < 0)
                return;
        REQUIRE(tables.count == 2);
        for (unsigned i = 0; i < tables.count; i++)
                check_table(&builder, i, &tables.items[shape->tables[i].version]);
        CHECK_EQUAL(smc_state(&tables), STATE_STOCK);
        CHECK_EQUAL(smc_gates_open(&tables), 0);
}

#define V0    .version = 0, .private_count = 12, .public_count = 10
#define V1    .version = 1, .private_count = 18, .public_count = 16
#define AT(n) (SMC_VARIABLES + (n))

static const struct {
        const char *name;
        SmcTableShape tables[SMC_TABLES_MAX];
} shapes[] = {
        {"usual gaps",
         {{V0, .gap = 0x20, .rows_at = AT(0x20)}, {V1, .gap = 0x20, .rows_at = AT(0x1000)}}},
        {"a gap of 0x30",
         {{V0, .gap = 0x20, .rows_at = AT(0x20)}, {V1, .gap = 0x30, .rows_at = AT(0x1000)}}},
        {"V1 first",
         {{V1, .gap = 0x20, .rows_at = AT(0x20)}, {V0, .gap = 0x30, .rows_at = AT(0x1000)}}},
        {"V1 first in the shape, V0 in the file",
         {{V1, .gap = 0x20, .rows_at = AT(0x2000)}, {V0, .gap = 0x20, .rows_at = AT(0x1000)}}},
        {"odd gaps",
         {{V0, .gap = 0x28, .rows_at = AT(0x28)}, {V1, .gap = 0x100, .rows_at = AT(0x1000)}}},
        {"a gap too large to be near",
         {{V0, .gap = 0x108, .rows_at = AT(0x108)}, {V1, .gap = 0x20, .rows_at = AT(0x1000)}}},
        {"headers behind the rows",
         {{V0, .header_at = AT(0x4000), .rows_at = AT(0)},
          {V1, .header_at = AT(0x4020), .rows_at = AT(0x1000)}}},
        {"headers among each other's rows' places",
         {{V0, .header_at = AT(0x2000), .rows_at = AT(0x1000)},
          {V1, .header_at = AT(0x10), .rows_at = AT(0x3000)}}},
        {"rows right behind each other",
         {{V0, .gap = 0x20, .rows_at = AT(0x20)},
          {V1, .gap = 0x20, .rows_at = AT(0x20 + 12 * 72 + 0x20)}}},
        {"at both ends of the segment",
         {{V0, .gap = 0x20, .rows_at = AT(0x20)},
          {V1, .gap = 0x20, .rows_at = AT(SMC_VARIABLES_SIZE - 18 * 72)}}},
        {"the counts of all builds seen",
         {{.version = 0,
           .private_count = 242,
           .public_count = 240,
           .gap = 0x20,
           .rows_at = AT(0x1020)},
          {.version = 1,
           .private_count = 436,
           .public_count = 432,
           .gap = 0x20,
           .rows_at = AT(0x5450)}}},
        {"other counts",
         {{.version = 0, .private_count = 9, .public_count = 1, .gap = 0x20, .rows_at = AT(0x1020)},
          {.version = 1,
           .private_count = 600,
           .public_count = 598,
           .gap = 0x20,
           .rows_at = AT(0x2000)}}},
        {"a new second row, told apart by the attributes",
         {{V0, .alien = true, .gap = 0x20, .rows_at = AT(0x1020)},
          {V1, .alien = true, .gap = 0x20, .rows_at = AT(0x20)}}},
};

static void finds_any_shape_however_linked(void)
{
        for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
                for (SmcLink link = 0; link < _SMC_LINK_MAX; link++) {
                        SmcShape shape = {.link = link};
                        bool failed = tap.failed;

                        memcpy(shape.tables, shapes[i].tables, sizeof(shape.tables));
                        check_found(&shape);
                        if (tap.failed && !failed)
                                printf("# with %s, link %d\n", shapes[i].name, (int)link);
                }
}

/* Where nothing is relocated, tables may be constants; RELR and RELA write only to variables, so
 * one there is found by its near header. */
static void finds_tables_among_constants(void)
{
        SmcShape shape = smc_shape_of(SMC_LINK_FIXED);

        shape.tables[0].rows_at = SMC_CONSTANTS + 0x1000;
        check_found(&shape);
        shape.tables[1].rows_at = SMC_CONSTANTS + 0x3000;
        check_found(&shape);
        shape.tables[1].header_at = SMC_CONSTANTS + 0x6000;
        check_found(&shape);
        shape.tables[0].header_at = SMC_VARIABLES + 0x6000;
        check_found(&shape);
        shape.tables[0].header_at = 0;
        shape.link = SMC_LINK_RELA;
        check_found(&shape);
}

static void decodes_rows(void)
{
        _cleanup_(smc_builder_done) SmcBuilder builder;
        _cleanup_(image_freep) Image *image = NULL;
        _cleanup_(smc_tables_done) SmcTables tables = {};
        Fault fault = FAULT_NONE;
        SmcKey key;

        smc_builder_make(&builder, &smc_shape_usual);
        REQUIRE(image_open(smc_builder_span(&builder), &image, NULL) == 0);
        REQUIRE(smc_find(image, &tables, NULL) == 0);
        REQUIRE(smc_key(image, &tables.items[1], 0, &key, NULL) == 0);
        CHECK_TEXT(key.name, "#KEY");
        CHECK_TEXT(key.type, "ui32");
        CHECK_EQUAL(key.length, 4);
        CHECK_EQUAL(key.attributes, 0x80);
        CHECK_EQUAL(key.handler.value, SMC_CODE_NUM_KEYS);
        CHECK_EQUAL(key.address, smc_row_at(&builder, 1, 0));
        for (uint32_t i = 6; i < 8; i++) { /* padded with a NUL, with a space */
                REQUIRE(smc_key(image, &tables.items[1], i, &key, NULL) == 0);
                CHECK_TEXT(key.type, "ui8 ");
                CHECK_EQUAL(key.index, i);
        }
        REQUIRE(smc_key(image, &tables.items[1], 17, &key, NULL) == 0);
        CHECK_TEXT(key.name, "OSK1");
        CHECK_EQUAL(key.value[0], 0x5A);
        CHECK(key.value == smc_builder_bytes(&builder, key.address) + 0x18);
        CHECK_EQUAL(smc_key(image, &tables.items[1], 18, &key, &fault), -EBADMSG);
        CHECK_EQUAL(fault.reason, REASON_SMC_TRUNCATED);
        CHECK_TEXT(key.name, "OSK1");
}

/* What looks like a part of a table but is none. */
static void put_decoys(const SmcBuilder *builder)
{
        static const uint8_t first_row[] = {'Y', 'E', 'K', '#', 4, '2', '3', 'i', 'u'};
        static const uint8_t counts[] = {242, 0, 0, 0, 240, 0, 0, 0, 0xB4, 1, 0, 0, 0xB0, 1, 0, 0};
        const uint8_t *rows = smc_builder_bytes(builder, smc_row_at(builder, 0, 0));

        /* The signature alone, before and behind the tables, and in code and constants. */
        memcpy(smc_builder_bytes(builder, AT(0x100)), first_row, sizeof(first_row));
        memcpy(smc_builder_bytes(builder, AT(0x8001)), first_row, sizeof(first_row));
        memcpy(smc_builder_bytes(builder, AT(SMC_VARIABLES_SIZE - 9)), first_row, 9);
        memcpy(smc_builder_bytes(builder, SMC_CODE + 0x500), first_row, sizeof(first_row));
        memcpy(smc_builder_bytes(builder, SMC_CONSTANTS), first_row, sizeof(first_row));
        /* Rows without a header; a header without rows; names; counts. */
        memcpy(smc_builder_bytes(builder, AT(0x9000)), rows, 12UL * 72);
        memcpy(smc_builder_bytes(builder, AT(0xA008)), counts, 8);
        memcpy(smc_builder_bytes(builder, AT(0xA100)), counts, sizeof(counts));
        memcpy(smc_builder_bytes(builder, AT(0xA200)), "0KSO1KSOOSK0OSK1SKL+", 20);
        memcpy(smc_builder_bytes(builder, SMC_CONSTANTS + 0x100), "OSK0\0OSK1\0+LKS\0#KEY", 20);
        /* The OSK handler's address, as in a symbol table, and a pointer to the first row. */
        store_le64(smc_builder_bytes(builder, SMC_CONSTANTS + 0x200), SMC_CODE_OSK);
        store_le64(smc_builder_bytes(builder, AT(0xB000)), SMC_CODE_OSK);
        store_le64(smc_builder_bytes(builder, AT(0xB100)), smc_row_at(builder, 0, 0));
        store_le64(smc_builder_bytes(builder, AT(0xB110)), 1);
}

static void decoys_change_nothing(void)
{
        for (SmcLink link = 0; link < _SMC_LINK_MAX; link++) {
                _cleanup_(smc_builder_done) SmcBuilder builder;
                SmcShape shape = smc_shape_of(link);
                Fault fault = FAULT_NONE;
                _cleanup_(smc_tables_done) SmcTables tables = {};

                smc_builder_make(&builder, &shape);
                put_decoys(&builder);
                REQUIRE(find(&builder, &tables, &fault) == 0);
                check_table(&builder, 0, &tables.items[0]);
                check_table(&builder, 1, &tables.items[1]);
        }
}

/* What only points to the rows from near by does not hide the header that is elsewhere. */
static void finds_a_far_header_behind_a_false_near_one(void)
{
        _cleanup_(smc_builder_done) SmcBuilder builder;
        SmcShape shape = smc_shape_of(SMC_LINK_FIXED);
        Fault fault = FAULT_NONE;
        _cleanup_(smc_tables_done) SmcTables tables = {};

        shape.tables[0].header_at = AT(0x8000);
        smc_builder_make(&builder, &shape);
        store_le64(smc_builder_bytes(&builder, AT(0x1000)), smc_row_at(&builder, 0, 0));
        REQUIRE(find(&builder, &tables, &fault) == 0);
        check_table(&builder, 0, &tables.items[0]);
        smc_builder_rename(&builder, smc_osk_at(&builder, 0, 0), "OSKX");
        CHECK_EQUAL(find(&builder, &tables, &fault), -EBADMSG);
        CHECK_EQUAL(fault.reason, REASON_SMC_KEY_MISSING); /* not the false one's counts */

        /* Nor where it is looked at before the false one. */
        smc_builder_point(&builder, builder.headers[0], 0);
        memset(smc_builder_bytes(&builder, AT(0x1000)), 0, 32);
        smc_builder_point(&builder, AT(0x1000), smc_row_at(&builder, 0, 0));
        smc_builder_bytes(&builder, AT(0x1000))[8] = 12;
        smc_builder_bytes(&builder, AT(0x1000))[12] = 10;
        smc_builder_point(&builder, AT(0x9000), smc_row_at(&builder, 0, 0));
        CHECK_EQUAL(find(&builder, &tables, &fault), -EBADMSG);
        CHECK_EQUAL(fault.reason, REASON_SMC_KEY_MISSING);
}

/* The attributes count only where the second row does not tell. */
static void the_second_row_decides(void)
{
        _cleanup_(smc_builder_done) SmcBuilder builder;
        _cleanup_(smc_tables_done) SmcTables tables = {};

        smc_builder_make(&builder, &smc_shape_usual);
        for (unsigned table = 0; table < 2; table++)
                for (unsigned gate = 0; gate < 2; gate++) /* those of the other version */
                        smc_builder_bytes(&builder, smc_osk_at(&builder, table, gate))[9] =
                                table == 0 ? 0x90 : 0x80;
        REQUIRE(find(&builder, &tables, NULL) == 0);
        check_table(&builder, 0, &tables.items[0]);
        check_table(&builder, 1, &tables.items[1]);
}

int main(void)
{
        CASE(finds_any_shape_however_linked);
        CASE(finds_tables_among_constants);
        CASE(decodes_rows);
        CASE(decoys_change_nothing);
        CASE(the_second_row_decides);
        CASE(finds_a_far_header_behind_a_false_near_one);
        return tap_end();
}
