/* SPDX-License-Identifier: MIT */

/* Which SMC tables are found, and why others are not believed. */

#include <stdlib.h>

#include "patch/smc.h"
#include "smc-builder.h"
#include "tap.h"

static int find(const SmcBuilder *builder, SmcTables *ret, Fault *fault)
{
        _cleanup_(image_freep) Image *image = NULL;

        if (image_open(smc_builder_span(builder), &image, fault) < 0)
                abort();
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
        SmcTables tables;
        int r;

        smc_builder_make(&builder, shape);
        r = find(&builder, &tables, &fault);
        CHECK_EQUAL(r, 0);
        CHECK_EQUAL(fault.reason, REASON_NONE);
        if (r < 0)
                return;
        for (unsigned i = 0; i < SMC_TABLE_COUNT; i++)
                check_table(&builder, i, &tables.tables[shape->tables[i].version]);
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
        SmcTables tables;
        Fault fault = FAULT_NONE;
        SmcKey key;

        smc_builder_make(&builder, &smc_shape_usual);
        REQUIRE(image_open(smc_builder_span(&builder), &image, NULL) == 0);
        REQUIRE(smc_find(image, &tables, NULL) == 0);
        REQUIRE(smc_key(image, &tables.tables[1], 0, &key, NULL) == 0);
        CHECK_TEXT(key.name, "#KEY");
        CHECK_TEXT(key.type, "ui32");
        CHECK_EQUAL(key.length, 4);
        CHECK_EQUAL(key.attributes, 0x80);
        CHECK_EQUAL(key.handler.value, SMC_CODE_NUM_KEYS);
        CHECK_EQUAL(key.address, smc_row_at(&builder, 1, 0));
        for (uint32_t i = 6; i < 8; i++) { /* padded with a NUL, with a space */
                REQUIRE(smc_key(image, &tables.tables[1], i, &key, NULL) == 0);
                CHECK_TEXT(key.type, "ui8 ");
                CHECK_EQUAL(key.index, i);
        }
        REQUIRE(smc_key(image, &tables.tables[1], 17, &key, NULL) == 0);
        CHECK_TEXT(key.name, "OSK1");
        CHECK_EQUAL(key.value[0], 0x5A);
        CHECK(key.value == smc_builder_bytes(&builder, key.address) + 0x18);
        CHECK_EQUAL(smc_key(image, &tables.tables[1], 18, &key, &fault), -EBADMSG);
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
                SmcTables tables;

                smc_builder_make(&builder, &shape);
                put_decoys(&builder);
                REQUIRE(find(&builder, &tables, &fault) == 0);
                check_table(&builder, 0, &tables.tables[0]);
                check_table(&builder, 1, &tables.tables[1]);
        }
}

/* Refusals --------------------------------------------------------------------------------------
 */

static void wipe(SmcBuilder *builder, unsigned table)
{
        memset(smc_builder_bytes(builder, builder->headers[table]), 0,
               32 + builder->shape.tables[table].private_count * 72UL);
}

static uint8_t *row(const SmcBuilder *builder, unsigned table, uint32_t index)
{
        return smc_builder_bytes(builder, smc_row_at(builder, table, index));
}

static void both_gone(SmcBuilder *builder)
{
        wipe(builder, 0);
        wipe(builder, 1);
}

static void v0_gone(SmcBuilder *builder)
{
        wipe(builder, 0);
}

/* A first row with nothing behind it is no sign of a table. */
static void v0_gone_but_its_signature(SmcBuilder *builder)
{
        uint8_t first[9];

        smc_builder_point(builder, builder->headers[0], 0);
        memcpy(first, row(builder, 0, 0), sizeof(first));
        wipe(builder, 0);
        memcpy(row(builder, 0, 0), first, sizeof(first));
}

static void first_type_changed(SmcBuilder *builder)
{
        row(builder, 0, 0)[6] = '4';
}

static void header_leads_nowhere(SmcBuilder *builder)
{
        smc_builder_point(builder, builder->headers[1], 0x7FFF00000000);
}

static void header_leads_into_rows(SmcBuilder *builder)
{
        smc_builder_point(builder, builder->headers[1], smc_row_at(builder, 1, 1));
}

static void header_is_zero(SmcBuilder *builder)
{
        smc_builder_point(builder, builder->headers[1], 0);
}

static void header_tail_not_zero(SmcBuilder *builder)
{
        smc_builder_bytes(builder, builder->headers[1])[31] = 1;
}

static void counts_zero(SmcBuilder *builder)
{
        smc_builder_set_counts(builder, 1, 0, 0);
}

static void counts_none_public(SmcBuilder *builder)
{
        smc_builder_set_counts(builder, 1, 18, 0);
}

static void counts_none_hidden(SmcBuilder *builder)
{
        smc_builder_set_counts(builder, 1, 18, 18);
}

static void counts_crossed(SmcBuilder *builder)
{
        smc_builder_set_counts(builder, 1, 16, 18);
}

static void counts_huge(SmcBuilder *builder)
{
        smc_builder_set_counts(builder, 1, UINT32_MAX, UINT32_MAX - 2);
}

static void counts_beyond_the_segment(SmcBuilder *builder)
{
        smc_builder_set_counts(builder, 1, 1000, 998);
}

static void counts_one_too_many(SmcBuilder *builder)
{
        smc_builder_set_counts(builder, 1, 19, 16);
}

static void counts_one_short(SmcBuilder *builder)
{
        smc_builder_set_counts(builder, 1, 17, 16);
}

static void second_row_unprintable(SmcBuilder *builder)
{
        row(builder, 1, 1)[2] = 7;
}

static void name_unprintable(SmcBuilder *builder)
{
        row(builder, 1, 9)[3] = 0x7F;
}

static void type_unprintable(SmcBuilder *builder)
{
        row(builder, 1, 9)[7] = 0x80;
}

static void type_only_padding(SmcBuilder *builder)
{
        memset(row(builder, 1, 9) + 5, ' ', 4);
}

static void length_too_large(SmcBuilder *builder)
{
        row(builder, 1, 9)[4] = 49;
}

static void osk0_missing(SmcBuilder *builder)
{
        smc_builder_rename(builder, smc_osk_at(builder, 1, 0), "OSKX");
}

static void osk1_missing(SmcBuilder *builder)
{
        smc_builder_rename(builder, smc_osk_at(builder, 1, 1), "OSKX");
}

static void lks_missing(SmcBuilder *builder)
{
        smc_builder_rename(builder, smc_lks_at(builder, 1), "+LKX");
}

static void osk0_twice(SmcBuilder *builder)
{
        smc_builder_rename(builder, smc_osk_at(builder, 1, 1), "OSK0");
}

static void lks_twice(SmcBuilder *builder)
{
        smc_builder_rename(builder, smc_row_at(builder, 1, 9), "+LKS");
}

static void osk_public(SmcBuilder *builder)
{
        smc_builder_set_counts(builder, 1, 18, 17);
}

static void osk_length(SmcBuilder *builder)
{
        row(builder, 1, 17)[4] = 31;
}

static void number_of_keys_into_data(SmcBuilder *builder)
{
        smc_builder_set_handler(builder, smc_row_at(builder, 1, 0), SMC_VARIABLES + 8);
}

static void default_nowhere(SmcBuilder *builder)
{
        smc_builder_set_handler(builder, smc_lks_at(builder, 1), 0x7FFF00000000);
}

static void default_is_number_of_keys(SmcBuilder *builder)
{
        smc_builder_set_handler(builder, smc_lks_at(builder, 1), SMC_CODE_NUM_KEYS);
}

static void osk0_behind_the_code(SmcBuilder *builder)
{
        smc_builder_set_handler(builder, smc_osk_at(builder, 1, 0), SMC_CODE + 0x1000);
}

static void osk1_zero(SmcBuilder *builder)
{
        smc_builder_set_handler(builder, smc_osk_at(builder, 1, 1), 0);
}

static void relocation_of_a_symbol(SmcBuilder *builder)
{
        uint8_t *entry = smc_builder_rela(builder, smc_osk_at(builder, 1, 0) + 0x10);

        elf_rela_store(entry, load_le64(entry), R_X86_64_64 | 3ULL << 32, SMC_CODE_OSK);
}

#define NAMES_V1 "V1 at 0x"

static const struct {
        const char *name;
        void (*damage)(SmcBuilder *builder);
        int error;
        Reason reason;
        const char *subject; /* what it begins with */
} refusals[] = {
        {"both gone", both_gone, -ENOENT, REASON_SMC_NONE, "SMC tables"},
        {"V0 gone", v0_gone, -EBADMSG, REASON_SMC_ONE, NAMES_V1},
        {"V0 gone but its signature", v0_gone_but_its_signature, -EBADMSG, REASON_SMC_ONE,
         NAMES_V1},
        {"first type", first_type_changed, -EBADMSG, REASON_SMC_ONE, NAMES_V1},
        {"header nowhere", header_leads_nowhere, -EBADMSG, REASON_SMC_NO_HEADER, "rows at 0x"},
        {"header into rows", header_leads_into_rows, -EBADMSG, REASON_SMC_NO_HEADER, "rows at 0x"},
        {"header zero", header_is_zero, -EBADMSG, REASON_SMC_NO_HEADER, "rows at 0x"},
        {"header's tail", header_tail_not_zero, -EBADMSG, REASON_SMC_NO_HEADER, "rows at 0x"},
        {"counts zero", counts_zero, -EBADMSG, REASON_SMC_COUNTS, NAMES_V1},
        {"none public", counts_none_public, -EBADMSG, REASON_SMC_COUNTS, NAMES_V1},
        {"none hidden", counts_none_hidden, -EBADMSG, REASON_SMC_COUNTS, NAMES_V1},
        {"counts crossed", counts_crossed, -EBADMSG, REASON_SMC_COUNTS, NAMES_V1},
        {"counts huge", counts_huge, -EBADMSG, REASON_SMC_COUNTS, NAMES_V1},
        {"counts too large", counts_beyond_the_segment, -EBADMSG, REASON_SMC_TRUNCATED, NAMES_V1},
        {"a row too many", counts_one_too_many, -EBADMSG, REASON_SMC_ROW, NAMES_V1},
        {"a row short", counts_one_short, -EBADMSG, REASON_SMC_KEY_MISSING, NAMES_V1},
        {"second row", second_row_unprintable, -EBADMSG, REASON_SMC_ROW, "table at 0x"},
        {"name", name_unprintable, -EBADMSG, REASON_SMC_ROW, NAMES_V1},
        {"type", type_unprintable, -EBADMSG, REASON_SMC_ROW, NAMES_V1},
        {"empty type", type_only_padding, -EBADMSG, REASON_SMC_ROW, NAMES_V1},
        {"length", length_too_large, -EBADMSG, REASON_SMC_ROW, NAMES_V1},
        {"no OSK0", osk0_missing, -EBADMSG, REASON_SMC_KEY_MISSING, NAMES_V1},
        {"no OSK1", osk1_missing, -EBADMSG, REASON_SMC_KEY_MISSING, NAMES_V1},
        {"no +LKS", lks_missing, -EBADMSG, REASON_SMC_KEY_MISSING, NAMES_V1},
        {"OSK0 twice", osk0_twice, -EBADMSG, REASON_SMC_KEY_TWICE, NAMES_V1},
        {"+LKS twice", lks_twice, -EBADMSG, REASON_SMC_KEY_TWICE, NAMES_V1},
        {"OSK public", osk_public, -EBADMSG, REASON_SMC_KEY_PLACE, NAMES_V1},
        {"OSK length", osk_length, -EBADMSG, REASON_SMC_ROW, NAMES_V1},
        {"#KEY into data", number_of_keys_into_data, -EBADMSG, REASON_SMC_HANDLER, NAMES_V1},
        {"+LKS nowhere", default_nowhere, -EBADMSG, REASON_SMC_HANDLER, NAMES_V1},
        {"+LKS as #KEY", default_is_number_of_keys, -EBADMSG, REASON_SMC_HANDLER, NAMES_V1},
        {"OSK0 behind code", osk0_behind_the_code, -EBADMSG, REASON_SMC_HANDLER, NAMES_V1},
        {"OSK1 zero", osk1_zero, -EBADMSG, REASON_SMC_HANDLER, NAMES_V1},
        {"symbol's relocation", relocation_of_a_symbol, -EBADMSG, REASON_IMAGE_RELOCATION,
         "address 0x"},
};

static void check_refused(SmcBuilder *builder, size_t i)
{
        Fault fault = FAULT_NONE;
        SmcTables tables = {.tables[1].version = 77};

        CHECK_EQUAL(find(builder, &tables, &fault), refusals[i].error);
        CHECK_TEXT(reason_text(fault.reason)->id, reason_text(refusals[i].reason)->id);
        CHECK(strncmp(fault.subject, refusals[i].subject, strlen(refusals[i].subject)) == 0);
        CHECK_EQUAL(tables.tables[1].version, 77);
        if (fault.reason != REASON_SMC_NONE && fault.reason != REASON_IMAGE_RELOCATION)
                CHECK(fault.offset < smc_builder_span(builder).size);
}

static void refuses_each_with_its_reason(void)
{
        for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
                for (SmcLink link = 0; link < _SMC_LINK_MAX; link++) {
                        _cleanup_(smc_builder_done) SmcBuilder builder;
                        SmcShape shape = smc_shape_of(link);
                        bool failed = tap.failed;

                        if (refusals[i].reason == REASON_IMAGE_RELOCATION && link > SMC_LINK_LLD)
                                continue; /* no entries to damage */
                        smc_builder_make(&builder, &shape);
                        refusals[i].damage(&builder);
                        check_refused(&builder, i);
                        if (tap.failed && !failed)
                                printf("# with %s, link %d\n", refusals[i].name, (int)link);
                }
}

static void check_shape_refused(const SmcShape *shape, Reason reason)
{
        _cleanup_(smc_builder_done) SmcBuilder builder;
        Fault fault = FAULT_NONE;
        SmcTables tables;

        smc_builder_make(&builder, shape);
        CHECK_EQUAL(find(&builder, &tables, &fault), -EBADMSG);
        CHECK_TEXT(reason_text(fault.reason)->id, reason_text(reason)->id);
}

static void refuses_other_numbers_of_tables(void)
{
        SmcShape twice = smc_shape_usual, thrice = smc_shape_usual, far;

        twice.tables[0].version = 1;
        check_shape_refused(&twice, REASON_SMC_VERSIONS);

        thrice.tables[2] = (SmcTableShape){V1, .gap = 0x20, .rows_at = AT(0x8020)};
        check_shape_refused(&thrice, REASON_SMC_TOO_MANY);
        far = thrice;
        far.tables[2].header_at = AT(0xA000);
        check_shape_refused(&far, REASON_SMC_TOO_MANY);
}

/* OSK rows with attributes of neither version, and a second row of neither. */
static void refuses_a_table_of_no_known_version(void)
{
        for (unsigned which = 0; which < 3; which++) {
                _cleanup_(smc_builder_done) SmcBuilder builder;
                SmcShape shape = smc_shape_usual;
                Fault fault = FAULT_NONE;
                SmcTables tables;

                shape.tables[1].alien = true;
                smc_builder_make(&builder, &shape);
                if (which != 0) /* the two disagree, or agree on something new */
                        row(&builder, 1, 16)[9] = 0xA0;
                if (which == 2)
                        row(&builder, 1, 17)[9] = 0xA0;
                CHECK_EQUAL(find(&builder, &tables, &fault), which == 0 ? 0 : -EBADMSG);
                CHECK_EQUAL(fault.reason, which == 0 ? REASON_NONE : REASON_SMC_UNKNOWN_VERSION);
        }
}

/* A second header that leads to the same rows: both near, or both far from them. */
static void refuses_rows_with_two_headers(void)
{
        static const struct {
                uint64_t first, second;
        } places[] = {
                {AT(0x1020 - 0x20), AT(0x1020 - 0x40)},
                {AT(0x1020 - 0x20), AT(0x1020 - 0x98)},
                {AT(0x8000), AT(0x9000)},
        };

        for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
                _cleanup_(smc_builder_done) SmcBuilder builder;
                SmcShape shape = smc_shape_of(SMC_LINK_FIXED);
                Fault fault = FAULT_NONE;
                SmcTables tables;

                shape.tables[0].header_at = places[i].first;
                smc_builder_make(&builder, &shape);
                CHECK_EQUAL(find(&builder, &tables, &fault), 0);
                memcpy(smc_builder_bytes(&builder, places[i].second),
                       smc_builder_bytes(&builder, builder.headers[0]), 32);
                CHECK_EQUAL(find(&builder, &tables, &fault), -EBADMSG);
                CHECK_EQUAL(fault.reason, REASON_SMC_TOO_MANY);
        }
}

/* What only points to the rows from near by does not hide the header that is elsewhere. */
static void finds_a_far_header_behind_a_false_near_one(void)
{
        _cleanup_(smc_builder_done) SmcBuilder builder;
        SmcShape shape = smc_shape_of(SMC_LINK_FIXED);
        Fault fault = FAULT_NONE;
        SmcTables tables;

        shape.tables[0].header_at = AT(0x8000);
        smc_builder_make(&builder, &shape);
        store_le64(smc_builder_bytes(&builder, AT(0x1000)), smc_row_at(&builder, 0, 0));
        REQUIRE(find(&builder, &tables, &fault) == 0);
        check_table(&builder, 0, &tables.tables[0]);
        smc_builder_rename(&builder, smc_osk_at(&builder, 0, 0), "OSKX");
        CHECK_EQUAL(find(&builder, &tables, &fault), -EBADMSG);
        CHECK_EQUAL(fault.reason, REASON_SMC_KEY_MISSING); /* not the false one's counts */
}

/* Many first rows, many pointers to one: given up, not worked through. */
static void gives_up_on_too_many(void)
{
        _cleanup_(smc_builder_done) SmcBuilder many_rows, many_pointers;
        SmcShape shape = smc_shape_of(SMC_LINK_FIXED);
        Fault fault = FAULT_NONE;
        SmcTables tables;

        smc_builder_make(&many_rows, &shape);
        for (uint64_t i = 0; i < 100; i++)
                memcpy(smc_builder_bytes(&many_rows, AT(0x8000 + i * 72)), row(&many_rows, 0, 0),
                       72);
        CHECK_EQUAL(find(&many_rows, &tables, &fault), -EBADMSG);
        CHECK_EQUAL(fault.reason, REASON_SMC_TOO_MANY);

        fault = FAULT_NONE;
        smc_builder_make(&many_pointers, &shape);
        smc_builder_point(&many_pointers, many_pointers.headers[1], 0);
        for (uint64_t i = 0; i < 2000; i++)
                store_le64(smc_builder_bytes(&many_pointers, AT(0x8000 + i * 8)),
                           smc_row_at(&many_pointers, 1, 0));
        CHECK_EQUAL(find(&many_pointers, &tables, &fault), -EBADMSG);
        CHECK_EQUAL(fault.reason, REASON_SMC_TOO_MANY);
}

int main(void)
{
        CASE(finds_any_shape_however_linked);
        CASE(finds_tables_among_constants);
        CASE(decodes_rows);
        CASE(decoys_change_nothing);
        CASE(refuses_each_with_its_reason);
        CASE(refuses_other_numbers_of_tables);
        CASE(refuses_a_table_of_no_known_version);
        CASE(refuses_rows_with_two_headers);
        CASE(finds_a_far_header_behind_a_false_near_one);
        CASE(gives_up_on_too_many);
        return tap_end();
}
