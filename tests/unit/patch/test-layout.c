/* SPDX-License-Identifier: MIT */

#include "../lib/tap.h"
#include "base/text.h"
#include "patch/layout.h"

/* A file as it was seen, to be changed by one step. */
typedef struct Sample {
        SmcTable tables[3];
        GosEntry entries[36];
        GosGroup groups[3];
        GosLattice lattices[1];
        Verdict verdict;
} Sample;

static SmcTable seen_table(SmcVersion version, uint32_t all, uint32_t public, uint8_t attributes)
{
        return (SmcTable){
                .version = version,
                .header_offset = 0x1000,
                .rows_offset = 0x1020,
                .private_count = all,
                .public_count = public,
                .has_lks = true,
                .lks = {.index = version == SMC_V0 ? 1 : 3, .name = "+LKS"},
                .osk = {{.index = all - 2, .name = "OSK0", .attributes = attributes},
                        {.index = all - 1, .name = "OSK1", .attributes = attributes}},
        };
}

static void make_tables(Sample *sample)
{
        *sample = (Sample){.verdict = {.state = STATE_STOCK, .subject = SUBJECT_SMC}};
        sample->tables[0] = seen_table(SMC_V0, 242, 240, 0x80);
        sample->tables[1] = seen_table(SMC_V1, 436, 432, 0x90);
        sample->tables[2] = seen_table(SMC_V1, 436, 432, 0x90);
        sample->verdict.smc = (SmcTables){.items = sample->tables, .count = 2};
}

static void make_guests(Sample *sample)
{
        *sample = (Sample){.verdict = {.state = STATE_STOCK, .subject = SUBJECT_GOS}};
        for (size_t i = 0; i < ARRAY_SIZE(sample->entries); i++)
                sample->entries[i].flags = 0x3E;
        sample->groups[0] = (GosGroup){.count = 18};
        sample->groups[1] = (GosGroup){.first = 18, .count = 18};
        sample->lattices[0] = (GosLattice){.stride = 64, .count = 36};
        sample->verdict.gos = (GosList){.entries = sample->entries,
                                        .entry_count = 36,
                                        .groups = sample->groups,
                                        .group_count = 2,
                                        .lattices = sample->lattices,
                                        .lattice_count = 1};
}

static const char *differences(const Sample *sample)
{
        static char text[LAYOUT_SIZE];

        layout_differences(&sample->verdict, text);
        return text;
}

static void what_was_seen_says_nothing(void)
{
        static const size_t counts[] = {26, 34, 36};
        Sample sample;

        make_tables(&sample);
        CHECK_TEXT(differences(&sample), "");
        sample.tables[1].rows_offset = 0x1030;
        CHECK_TEXT(differences(&sample), "");
        for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
                make_guests(&sample);
                sample.verdict.gos.entry_count = counts[i];
                CHECK_TEXT(differences(&sample), "");
        }
        for (size_t i = 0; i < 36; i++)
                sample.entries[i].flags = i % 2 ? 0xBF : 0xBE;
        CHECK_TEXT(differences(&sample), "");
        sample.verdict.subject = SUBJECT_VMKCTL;
        CHECK_TEXT(differences(&sample), "");
}

static void each_step_of_tables_is_told(void)
{
        Sample sample;

        make_tables(&sample);
        sample.verdict.smc.count = 3;
        CHECK_TEXT(differences(&sample), "3 tables");
        sample.verdict.smc.count = 1;
        CHECK_TEXT(differences(&sample), "1 table");
        make_tables(&sample);
        sample.tables[0] = sample.tables[1];
        CHECK_TEXT(differences(&sample), "two V1");
        make_tables(&sample);
        sample.tables[0].version = SMC_VERSION_UNKNOWN;
        CHECK_TEXT(differences(&sample), "V?");
        make_tables(&sample);
        sample.tables[0].lks_differs = true;
        CHECK_TEXT(differences(&sample), "V0 +LKS has a handler of its own");
        make_tables(&sample);
        sample.tables[0].public_count = 242;
        CHECK_TEXT(differences(&sample), "V0 242/242 keys");
        make_tables(&sample);
        sample.tables[0].rows_offset = 0x1030;
        CHECK_TEXT(differences(&sample), "V0 gap 0x30");
        sample.tables[0].rows_offset = 0x400;
        CHECK_TEXT(differences(&sample), "V0 header behind the rows");
        make_tables(&sample);
        sample.tables[0].has_lks = false;
        sample.tables[1].lks.index = 1;
        CHECK_TEXT(differences(&sample), "V0 without +LKS, V1 +LKS in row 1");
        make_tables(&sample);
        sample.tables[1].osk[1].handler.value = 0x70;
        CHECK_TEXT(differences(&sample), "V1 OSK0 and OSK1 with two handlers");
        sample.tables[1].gates[1] = GATE_OPEN;
        CHECK_TEXT(differences(&sample), "");
        make_tables(&sample);
        sample.tables[1].osk[0].index = 7;
        sample.tables[1].osk[1].attributes = 0x80;
        CHECK_TEXT(differences(&sample), "V1 OSK0 in row 7, V1 OSK1 flag 0x80");
}

static void each_step_of_guests_is_told(void)
{
        Sample sample;

        make_guests(&sample);
        sample.lattices[0].stride = 72;
        CHECK_TEXT(differences(&sample), "stride 72");
        make_guests(&sample);
        sample.verdict.gos.group_count = 1;
        CHECK_TEXT(differences(&sample), "1 group");
        make_guests(&sample);
        sample.groups[0].count = 17;
        sample.groups[1].count = 19;
        CHECK_TEXT(differences(&sample), "groups of 17 and 19");
        make_guests(&sample);
        sample.verdict.gos.entry_count = 35;
        CHECK_TEXT(differences(&sample), "35 guest entries");
        make_guests(&sample);
        sample.entries[4].flags = 0x7E;
        CHECK_TEXT(differences(&sample), "flags 0x7e");
}

static void many_steps_are_cut(void)
{
        Sample sample;

        make_tables(&sample);
        for (size_t i = 0; i < 2; i++) {
                sample.tables[i].private_count = UINT32_MAX;
                sample.tables[i].rows_offset = UINT64_MAX;
                sample.tables[i].osk[0].index = sample.tables[i].osk[1].index = 12345678;
        }
        CHECK(strlen(differences(&sample)) == LAYOUT_SIZE - 1);
}

int main(void)
{
        CASE(what_was_seen_says_nothing);
        CASE(each_step_of_tables_is_told);
        CASE(each_step_of_guests_is_told);
        CASE(many_steps_are_cut);
        return tap_end();
}
