/* SPDX-License-Identifier: MIT */

/* Why SMC tables are not believed: each reason provoked, in files linked in each way. */

#include <stdlib.h>

#include "../lib/smc-builder.h"
#include "../lib/tap.h"
#include "patch/smc.h"

#define V1    .version = 1, .private_count = 18, .public_count = 16
#define AT(n) (SMC_VARIABLES + (n))

static int find(const SmcBuilder *builder, SmcTables *ret, Fault *fault)
{
        _cleanup_(image_freep) Image *image = NULL;

        if (image_open(smc_builder_span(builder), &image, fault) < 0)
                abort();
        smc_tables_done(ret);
        return smc_find(image, ret, fault);
}

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

static void counts_zero(SmcBuilder *builder)
{
        smc_builder_set_counts(builder, 1, 0, 0);
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

static void osk0_twice(SmcBuilder *builder)
{
        smc_builder_rename(builder, smc_osk_at(builder, 1, 1), "OSK0");
}

static void osk_length(SmcBuilder *builder)
{
        row(builder, 1, 17)[4] = 31;
}

static void default_nowhere(SmcBuilder *builder)
{
        smc_builder_set_handler(builder, smc_lks_at(builder, 1), 0x7FFF00000000);
}

static void default_is_osk(SmcBuilder *builder)
{
        smc_builder_set_handler(builder, smc_lks_at(builder, 1), SMC_CODE_OSK);
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

/* The loader would write into the value. */
static void relocation_in_a_value(SmcBuilder *builder)
{
        uint8_t *entry = smc_builder_rela(builder, smc_row_at(builder, 1, 9) + 0x10);

        elf_rela_store(entry, smc_osk_at(builder, 1, 1) + 0x18 + 24, R_X86_64_RELATIVE, SMC_CODE);
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
        {"header nowhere", header_leads_nowhere, -EBADMSG, REASON_SMC_NO_HEADER, "rows at 0x"},
        {"header into rows", header_leads_into_rows, -EBADMSG, REASON_SMC_ROW, "table at 0x"},
        {"header zero", header_is_zero, -EBADMSG, REASON_SMC_NO_HEADER, "rows at 0x"},
        {"counts zero", counts_zero, -EBADMSG, REASON_SMC_COUNTS, NAMES_V1},
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
        {"OSK0 twice", osk0_twice, -EBADMSG, REASON_SMC_KEY_TWICE, NAMES_V1},
        {"OSK length", osk_length, -EBADMSG, REASON_SMC_ROW, NAMES_V1},
        {"+LKS nowhere", default_nowhere, -EBADMSG, REASON_SMC_HANDLER, NAMES_V1},
        {"+LKS as #KEY", default_is_number_of_keys, -EBADMSG, REASON_SMC_HANDLER, NAMES_V1},
        {"+LKS as OSK0", default_is_osk, -EBADMSG, REASON_SMC_HANDLER, NAMES_V1},
        {"OSK0 behind code", osk0_behind_the_code, -EBADMSG, REASON_SMC_HANDLER, NAMES_V1},
        {"OSK1 zero", osk1_zero, -EBADMSG, REASON_SMC_HANDLER, NAMES_V1},
        {"relocation in a value", relocation_in_a_value, -EBADMSG, REASON_IMAGE_RELOCATION,
         NAMES_V1},
        {"symbol's relocation", relocation_of_a_symbol, -EBADMSG, REASON_IMAGE_RELOCATION,
         "address 0x"},
};

static void check_refused(SmcBuilder *builder, size_t i)
{
        Fault fault = FAULT_NONE;
        _cleanup_(smc_tables_done) SmcTables tables = {};

        CHECK_EQUAL(find(builder, &tables, &fault), refusals[i].error);
        CHECK_TEXT(reason_text(fault.reason)->id, reason_text(refusals[i].reason)->id);
        CHECK(strncmp(fault.subject, refusals[i].subject, strlen(refusals[i].subject)) == 0);
        CHECK_EQUAL(tables.count, 0);
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

/* Where the header of one table lies in an OSK row of one: in its value, or behind that. */
typedef struct Intrusion {
        unsigned header, row;
        uint64_t into;
        SmcLink link;
} Intrusion;

static void make_intrusion(SmcBuilder *builder, const Intrusion *intrusion)
{
        SmcShape shape = smc_shape_of(intrusion->link);
        SmcTableShape *table = &shape.tables[intrusion->header];

        table->header_at =
                smc_osk_at(&(SmcBuilder){.shape = shape}, intrusion->row, 1) + intrusion->into;
        smc_builder_make(builder, &shape);
        /* The row was written over it, perhaps. */
        memset(smc_builder_bytes(builder, table->header_at), 0, 32);
        smc_builder_point(builder, table->header_at, table->rows_at);
        smc_builder_set_counts(builder, intrusion->header, table->private_count,
                               table->public_count);
}

/* To open the gate would be to lose the table. */
static void refuses_a_header_within_rows(void)
{
        static const Intrusion intrusions[] = {
                {0, 0, 0x20, SMC_LINK_FIXED}, {0, 1, 0x20, SMC_LINK_FIXED},
                {1, 0, 0x20, SMC_LINK_FIXED}, {1, 1, 0x20, SMC_LINK_FIXED},
                {0, 1, 0x38, SMC_LINK_RELA},  {1, 0, 0x38, SMC_LINK_LLD},
                {1, 1, 0x38, SMC_LINK_RELR},
        };

        for (size_t i = 0; i < ARRAY_SIZE(intrusions); i++) {
                _cleanup_(smc_builder_done) SmcBuilder builder;
                Fault fault = FAULT_NONE;
                _cleanup_(smc_tables_done) SmcTables tables = {};

                make_intrusion(&builder, &intrusions[i]);
                CHECK_EQUAL(find(&builder, &tables, &fault), -EBADMSG);
                CHECK_TEXT(reason_text(fault.reason)->id, reason_text(REASON_SMC_OVERLAP)->id);
        }
}

/* Many first rows and many pointers to one refuse nothing; rows that nothing but such pointers lead
 * to do. */
static void strays_are_no_reason(void)
{
        _cleanup_(smc_builder_done) SmcBuilder builder;
        _cleanup_(smc_tables_done) SmcTables tables = {};
        SmcShape shape = smc_shape_of(SMC_LINK_FIXED);
        Fault fault = FAULT_NONE;

        smc_builder_make(&builder, &shape);
        for (uint64_t i = 0; i < 100; i++)
                memcpy(smc_builder_bytes(&builder, AT(0x8000 + i * 72)), row(&builder, 0, 0), 72);
        for (uint64_t i = 0; i < 2000; i++)
                store_le64(smc_builder_bytes(&builder, AT(0xA000 + i * 8)),
                           smc_row_at(&builder, 1, 0));
        CHECK_EQUAL(find(&builder, &tables, &fault), 0);
        CHECK_EQUAL(tables.count, 2);
        smc_builder_point(&builder, builder.headers[1], 0);
        CHECK_EQUAL(find(&builder, &tables, &fault), -EBADMSG);
        CHECK_EQUAL(fault.reason, REASON_SMC_COUNTS);
}

/* However many headers say the same, they are one; what takes too long is refused. */
static void gives_up_on_too_much_work(void)
{
        _cleanup_(smc_builder_done) SmcBuilder builder;
        _cleanup_(smc_tables_done) SmcTables tables = {}, none = {};
        SmcShape shape = smc_shape_of(SMC_LINK_FIXED);
        Fault fault = FAULT_NONE;

        shape.variables_size = 0x80000;
        smc_builder_make(&builder, &shape);
        for (uint64_t i = 0; i < 5000; i++)
                memcpy(smc_builder_bytes(&builder, AT(0x8000 + i * 16)),
                       smc_builder_bytes(&builder, builder.headers[1]), 16);
        CHECK_EQUAL(find(&builder, &tables, &fault), 0);
        CHECK_EQUAL(tables.count, 2);
        for (uint64_t i = 0; i < 25000; i++)
                memcpy(smc_builder_bytes(&builder, AT(0x8000 + i * 16)),
                       smc_builder_bytes(&builder, builder.headers[1]), 16);
        CHECK_EQUAL(find(&builder, &none, &fault), -EBADMSG);
        CHECK_EQUAL(fault.reason, REASON_SMC_TOO_MANY);
}

/* +LKS decides which handler is Default, whatever the other rows have. */
static void the_handler_of_lks_decides(void)
{
        _cleanup_(smc_builder_done) SmcBuilder builder;
        _cleanup_(smc_tables_done) SmcTables tables = {};
        SmcShape shape = smc_shape_of(SMC_LINK_RELA);

        smc_builder_make(&builder, &shape);
        smc_builder_set_handler(&builder, smc_lks_at(&builder, 1), SMC_CODE + 0x200);
        REQUIRE(find(&builder, &tables, NULL) == 0);
        CHECK_EQUAL(tables.items[1].default_handler, SMC_CODE + 0x200);
        CHECK(tables.items[1].lks_differs);
        CHECK_EQUAL(tables.items[0].default_handler, SMC_CODE_DEFAULT);
        CHECK(!tables.items[0].lks_differs);
}

/* A header that leads to a part of a table with both gates, or hides other keys, opens nothing
 * more. One whose rows begin in a table and end behind it has a table of its own. */
static void views_of_a_table_are_no_tables(void)
{
        _cleanup_(smc_builder_done) SmcBuilder builder;
        _cleanup_(smc_tables_done) SmcTables tables = {}, views = {}, none = {};
        SmcShape shape = smc_shape_of(SMC_LINK_FIXED);
        Fault fault = FAULT_NONE;
        uint32_t count;
        uint8_t *copy;

        smc_builder_make(&builder, &shape);
        copy = smc_builder_bytes(&builder, AT(0x9000));
        memcpy(copy, smc_builder_bytes(&builder, builder.headers[1]), 16);
        CHECK_EQUAL(find(&builder, &tables, &fault), 0);
        CHECK_EQUAL(tables.count, 2);
        count = load_le32(copy + 8);

        copy[12]--;
        smc_builder_point(&builder, AT(0x9010), smc_row_at(&builder, 1, 3));
        store_le64(smc_builder_bytes(&builder, AT(0x9018)), count - 3);
        CHECK_EQUAL(find(&builder, &views, &fault), 0);
        CHECK_EQUAL(views.count, 2);
        CHECK_EQUAL(views.items[1].private_count, count);

        memcpy(smc_builder_bytes(&builder, smc_row_at(&builder, 1, count)), row(&builder, 1, 1),
               SMC_ROW_SIZE);
        store_le64(smc_builder_bytes(&builder, AT(0x9018)), count - 2);
        CHECK_EQUAL(find(&builder, &none, &fault), -EBADMSG);
        CHECK_EQUAL(fault.reason, REASON_SMC_OVERLAP);
}

int main(void)
{
        CASE(refuses_each_with_its_reason);
        CASE(refuses_a_header_within_rows);
        CASE(views_of_a_table_are_no_tables);
        CASE(strays_are_no_reason);
        CASE(gives_up_on_too_much_work);
        CASE(the_handler_of_lks_decides);
        return tap_end();
}
