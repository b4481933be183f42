/* SPDX-License-Identifier: MIT */

/* The guest list: what is an entry, what only looks like one, and the edits that show them. */

#include <errno.h>
#include <stdlib.h>

#include "../lib/elf-builder.h"
#include "../lib/tap.h"
#include "patch/gos.h"

#define STRIDE 64U /* of the entries put into a file */
#define WIDE   96U /* the same, where another match fits between */

#define CONSTANTS      0x410000U
#define CONSTANTS_SIZE 0x4000U
#define VARIABLES      0x420000U
#define VARIABLES_SIZE 0x1000U
#define FIRST          0x400U /* where groups are put, in the constants */
#define SECOND         0x2000U

/* A file with two segments; entries are put into it once it is built. */
static void make(ElfBuilder *builder)
{
        *builder = ELF_BUILDER_NONE;
        (void)elf_builder_add_segment(builder, CONSTANTS, PF_R, CONSTANTS_SIZE);
        (void)elf_builder_add_segment(builder, VARIABLES, PF_R | PF_W, VARIABLES_SIZE);
        elf_builder_build(builder);
}

static uint8_t *place(const ElfBuilder *builder, uint64_t at)
{
        return builder->bytes + elf_builder_offset_of(builder, CONSTANTS + at);
}

/* Both variants of either word occur. */
static void put_entry(uint8_t *at, unsigned number, uint8_t flags)
{
        memset(at, 0, 32);
        at[0] = 0x10;
        at[4] = number % 2 ? 0x20 : 0x10;
        at[8] = number % 3 ? 1 : 2;
        at[GOS_FLAGS_AT] = flags;
}

static void put_group(const ElfBuilder *builder, uint64_t at, size_t count, uint8_t flags)
{
        for (unsigned i = 0; i < count; i++)
                put_entry(place(builder, at) + (size_t)i * STRIDE, i, flags);
}

static int find(const ElfBuilder *builder, GosList *ret, Fault *fault)
{
        _cleanup_(image_freep) Image *image = NULL;

        if (image_open(elf_builder_span(builder), &image, fault) < 0)
                abort();
        return gos_find(image, ret, fault);
}

/* The plan turns exactly the hidden entries' bit 0 on; then everything is shown and nothing left
 * to plan. */
static void check_plan(ElfBuilder *builder, const GosList *list)
{
        _cleanup_(edits_done) Edits plan = {}, again = {};
        _cleanup_(gos_list_done) GosList shown = {};
        size_t next = 0;

        REQUIRE(gos_plan(list, &plan, NULL) == 0);
        CHECK_EQUAL(plan.count, list->entry_count - list->shown_count);
        for (size_t i = 0; i < list->entry_count && next < plan.count; i++) {
                const Edit *edit = &plan.items[next];
                char why[64];

                if (list->entries[i].shown)
                        continue;
                CHECK_EQUAL(edit->offset, list->entries[i].offset + 32);
                CHECK_EQUAL(edit->size, 1);
                CHECK_EQUAL(edit->before[0], list->entries[i].flags);
                CHECK_EQUAL(edit->after[0], list->entries[i].flags | 1);
                (void)snprintf(why, sizeof(why), "guest entry %zu of %zu", i + 1,
                               list->entry_count);
                CHECK_TEXT(edit->why, why);
                next++;
        }
        REQUIRE(edits_match(&plan, elf_builder_span(builder)) == 0);
        edits_apply(&plan, builder->bytes, builder->size);
        REQUIRE(find(builder, &shown, NULL) == 0);
        CHECK_EQUAL(gos_state(&shown), STATE_PATCHED);
        CHECK_EQUAL(shown.entry_count, list->entry_count);
        CHECK_EQUAL(shown.shown_count, list->entry_count);
        CHECK_EQUAL(shown.stray_count, list->stray_count);
        REQUIRE(gos_plan(&shown, &again, NULL) == 0);
        CHECK_EQUAL(again.count, 0);
}

static void finds_the_groups_of_all_versions_seen(void)
{
        static const uint8_t flags[] = {0x3E, 0xBE};
        static const size_t counts[] = {13, 17, 18, 21}; /* two groups of these */

        for (size_t i = 0; i < ARRAY_SIZE(counts) * ARRAY_SIZE(flags); i++) {
                _cleanup_(elf_builder_done) ElfBuilder builder;
                _cleanup_(gos_list_done) GosList list = {};
                size_t count = counts[i / 2];

                make(&builder);
                put_group(&builder, FIRST, count, flags[i % 2]);
                put_group(&builder, SECOND, count, flags[i % 2]);
                REQUIRE(find(&builder, &list, NULL) == 0);
                CHECK_EQUAL(list.entry_count, 2 * count);
                CHECK_EQUAL(list.shown_count, 0);
                CHECK_EQUAL(list.stray_count, 0);
                REQUIRE(list.group_count == 2);
                CHECK_EQUAL(list.groups[0].first, 0);
                CHECK_EQUAL(list.groups[0].count, count);
                CHECK_EQUAL(list.groups[1].first, count);
                CHECK_EQUAL(list.groups[1].count, count);
                CHECK_EQUAL(list.entries[0].offset,
                            elf_builder_offset_of(&builder, CONSTANTS + FIRST));
                CHECK_EQUAL(list.entries[count].offset,
                            elf_builder_offset_of(&builder, CONSTANTS + SECOND));
                CHECK_EQUAL(gos_state(&list), STATE_STOCK);
                check_plan(&builder, &list);
        }
}

static void tells_what_is_shown(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder;
        _cleanup_(gos_list_done) GosList list = {};

        make(&builder);
        put_group(&builder, FIRST, 5, 0x3E);
        put_group(&builder, SECOND, 4, 0xBF);
        place(&builder, FIRST)[2 * STRIDE + GOS_FLAGS_AT] = 0x3F;
        REQUIRE(find(&builder, &list, NULL) == 0);
        CHECK_EQUAL(gos_state(&list), STATE_PARTIAL);
        CHECK_EQUAL(list.entry_count, 9);
        CHECK_EQUAL(list.shown_count, 5);
        REQUIRE(list.group_count == 2);
        CHECK_EQUAL(list.groups[0].shown, 1);
        CHECK_EQUAL(list.groups[1].shown, 4);
        CHECK(list.entries[2].shown && !list.entries[1].shown);
        check_plan(&builder, &list);
}

/* Any byte of the pattern that is different makes it no entry, in every bit but the two that may
 * vary. */
static void the_pattern_is_exact(void)
{
        for (unsigned at = 0; at < GOS_FLAGS_AT; at++)
                for (unsigned bit = 0; bit < 8; bit++) {
                        _cleanup_(elf_builder_done) ElfBuilder builder;
                        _cleanup_(gos_list_done) GosList list = {};
                        uint8_t *entry;

                        make(&builder);
                        put_group(&builder, FIRST, 6, 0x3E);
                        entry = place(&builder, FIRST) + 2UL * STRIDE;
                        entry[at] ^= (uint8_t)(1U << bit);
                        REQUIRE(find(&builder, &list, NULL) == 0);
                        CHECK_EQUAL(list.entry_count, 5);
                        CHECK_EQUAL(list.group_count, 2);
                }
}

/* "|" stands in the published pattern's character classes by mistake. */
static void a_bar_is_no_part_of_it(void)
{
        static const unsigned places[] = {4, 8};

        for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
                _cleanup_(elf_builder_done) ElfBuilder builder;
                _cleanup_(edits_done) Edits plan = {};
                _cleanup_(gos_list_done) GosList list = {};

                make(&builder);
                put_group(&builder, FIRST, 3, 0x3E);
                place(&builder, FIRST)[2 * STRIDE + places[i]] = '|';
                REQUIRE(find(&builder, &list, NULL) == 0);
                CHECK_EQUAL(list.entry_count, 2);
                REQUIRE(gos_plan(&list, &plan, NULL) == 0);
                CHECK_EQUAL(plan.count, 2);
        }
}

/* Other flags: no entry, never edited, but the group goes on behind it. */
static void other_flags_do_not_break_a_group(void)
{
        for (unsigned flags = 0; flags < 256; flags++) {
                _cleanup_(elf_builder_done) ElfBuilder builder;
                _cleanup_(gos_list_done) GosList list = {};
                bool entry = __builtin_popcount((flags ^ 0x3EU) & 0xFEU) <= 2;

                make(&builder);
                put_group(&builder, FIRST, 3, 0x3E);
                place(&builder, FIRST)[STRIDE + GOS_FLAGS_AT] = (uint8_t)flags;
                REQUIRE(find(&builder, &list, NULL) == 0);
                CHECK_EQUAL(list.entry_count, entry ? 3 : 2);
                CHECK_EQUAL(list.stray_count, entry ? 0 : 1);
                CHECK_EQUAL(list.shown_count, entry ? flags & 1 : 0);
                CHECK_EQUAL(list.group_count, 1);
                check_plan(&builder, &list);
                CHECK_EQUAL(place(&builder, FIRST)[STRIDE + GOS_FLAGS_AT],
                            entry ? flags | 1 : flags);
        }
}

static void strays_and_other_systems_are_left_alone(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder;
        _cleanup_(gos_list_done) GosList list = {};

        make(&builder);
        put_entry(place(&builder, 0x108), 0, 0x3E);
        put_group(&builder, FIRST, 3, 0x3E);
        put_entry(place(&builder, FIRST) + 4UL * STRIDE, 0, 0xBE); /* one place further */
        put_entry(place(&builder, FIRST) + 5UL * STRIDE + 4, 0, 0x3F);
        put_entry(place(&builder, SECOND) + 20, 1, 0x3E);
        put_entry(place(&builder, SECOND) + STRIDE, 1, 0x80); /* on the lattice, another system's */
        REQUIRE(find(&builder, &list, NULL) == 0);
        CHECK_EQUAL(list.entry_count, 4);
        CHECK_EQUAL(list.stray_count, 4);
        CHECK_EQUAL(list.strays[3].kind, GOS_OTHER);
        CHECK_EQUAL(list.strays[2].kind, GOS_STRAY);
        REQUIRE(list.group_count == 2);
        CHECK_EQUAL(list.groups[0].count, 3);
        CHECK_EQUAL(list.groups[1].count, 1);
        CHECK_EQUAL(list.entries[0].offset, elf_builder_offset_of(&builder, CONSTANTS + FIRST));
        check_plan(&builder, &list);
        CHECK_EQUAL(place(&builder, 0x108)[GOS_FLAGS_AT], 0x3E);
        CHECK_EQUAL(place(&builder, FIRST)[4 * STRIDE + GOS_FLAGS_AT], 0xBF);
        CHECK_EQUAL(place(&builder, SECOND)[STRIDE + GOS_FLAGS_AT], 0x80);
}

/* The last place on the grid where an entry with its flags is whole. */
#define LAST (CONSTANTS_SIZE - 36U)

/* Groups lie in any segment, from its first to its last byte; what is not mapped, or off the grid
 * of four bytes, is none. */
static void looks_at_mapped_bytes_on_the_grid(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder;
        _cleanup_(gos_list_done) GosList list = {};
        uint8_t *variables, *unmapped;

        make(&builder);
        variables = builder.bytes + elf_builder_offset_of(&builder, VARIABLES);
        unmapped = place(&builder, 0) - 0x100;
        for (unsigned i = 0; i < 2; i++) {
                put_entry(variables + (size_t)i * STRIDE, i, 0x3E);
                put_entry(unmapped + (size_t)i * STRIDE, i, 0x3E);
        }
        put_group(&builder, 0, 2, 0x3E);
        put_group(&builder, LAST - STRIDE, 2, 0x3E);
        for (unsigned off = 1; off < 4; off++)
                put_entry(place(&builder, 0x1100UL * off + off), off, 0x3E);
        REQUIRE(find(&builder, &list, NULL) == 0);
        CHECK_EQUAL(list.entry_count, 6);
        CHECK_EQUAL(list.stray_count, 3);
        CHECK_EQUAL(list.group_count, 3);
        check_plan(&builder, &list);
        CHECK_EQUAL(unmapped[GOS_FLAGS_AT], 0x3E);
}

/* Its flag byte is the first byte of the next segment. */
static void an_entry_across_two_segments_is_one(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder;
        _cleanup_(gos_list_done) GosList list = {};

        make(&builder);
        put_group(&builder, LAST + 4 - 2 * STRIDE, 3, 0x3E);
        REQUIRE(find(&builder, &list, NULL) == 0);
        CHECK_EQUAL(list.entry_count, 3);
        CHECK_EQUAL(list.stray_count, 0);
        check_plan(&builder, &list);
}

static void refuses_lists_that_are_none(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder;
        GosList list = {.stray_count = 77};
        Fault fault = FAULT_NONE;

        make(&builder);
        CHECK_EQUAL(find(&builder, &list, &fault), -ENOENT);
        CHECK_EQUAL(fault.reason, REASON_GOS_NONE);
        put_entry(place(&builder, FIRST), 0, 0x3E);
        CHECK_EQUAL(find(&builder, &list, &fault), -ENOENT);
        CHECK_EQUAL(fault.reason, REASON_GOS_STRAY);
        CHECK_EQUAL(list.stray_count, 77);
}

/* Then one match is where the readings part, and it is named once. */
static void refuses_flags_without_a_majority(void)
{
        static const uint8_t flags[] = {0x02, 0x18, 0x44, 0x88, 0x22, 0xE0};
        _cleanup_(elf_builder_done) ElfBuilder builder;
        _cleanup_(gos_list_done) GosList list = {};
        Fault fault = FAULT_NONE;

        make(&builder);
        for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
                put_entry(place(&builder, FIRST + i * STRIDE), (unsigned)i, flags[i]);
        CHECK_EQUAL(find(&builder, &list, &fault), -EBADMSG);
        CHECK_EQUAL(fault.reason, REASON_GOS_READINGS);
        CHECK_TEXT(fault.subject, "guest list");
}

/* Two matches off the lattice are no strays where they may be a small array of their own. */
static void refuses_strays_that_are_not_alone(void)
{
        static const struct {
                uint64_t distance;
                uint8_t flags, other; /* of the two */
                int wanted;
        } cases[] = {
                {5 * STRIDE, 0x3E, 0x3F, -EBADMSG}, {16 * STRIDE, 0xBE, 0x3E, -EBADMSG},
                {72, 0x3E, 0x3E, -EBADMSG},         {90 * STRIDE, 0x3E, 0x3E, -EBADMSG},
                {5 * STRIDE + 4, 0x3E, 0x3E, 0},    {5 * STRIDE, 0x3E, 0x80, 0},
                {5 * STRIDE, 0x80, 0x80, 0},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(elf_builder_done) ElfBuilder builder;
                _cleanup_(gos_list_done) GosList list = {};
                Fault fault = FAULT_NONE;

                make(&builder);
                put_group(&builder, FIRST, 13, 0x3E);
                put_entry(place(&builder, SECOND + 20), 0, cases[i].flags);
                put_entry(place(&builder, SECOND + 20 + cases[i].distance), 0, cases[i].other);
                CHECK_EQUAL(find(&builder, &list, &fault), cases[i].wanted);
                if (cases[i].wanted < 0)
                        CHECK_EQUAL(fault.reason, REASON_GOS_READINGS);
                else
                        CHECK_EQUAL(list.stray_count, 2);
        }
}

#define LARGE 0x40000U

/* An entry is on the lattice however far away it is; three off its phase are an array of their own,
 * with other systems' slots between them. Among matches without flags there are none. */
static void distance_hides_no_entry(void)
{
        static const struct {
                uint64_t first, distance; /* behind a group */
                size_t count;
                uint8_t flags;
                size_t entries, strays;
        } cases[] = {
                {1100UL * STRIDE, 0, 1, 0x3E, 14, 0},
                {3000UL * STRIDE, 700UL * STRIDE, 2, 0x3F, 15, 0},
                {40UL * STRIDE + 20, 33UL * STRIDE, 3, 0xBE, 16, 0},
                {40UL * STRIDE + 20, 200UL * STRIDE, 4, 0x3E, 17, 0},
                {40UL * STRIDE, STRIDE, 9, 0x80, 13, 9},
                {40UL * STRIDE + 20, 99, 1, 0x3E, 13, 1},
                {40UL * STRIDE + 20, 4UL * 77, 400, 0x81, 13, 400},
                {50UL * STRIDE, 8 * STRIDE, 300, 0, 13, 300},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(elf_builder_done) ElfBuilder builder = ELF_BUILDER_NONE;
                _cleanup_(gos_list_done) GosList list = {};

                (void)elf_builder_add_segment(&builder, CONSTANTS, PF_R, LARGE);
                elf_builder_build(&builder);
                put_group(&builder, FIRST, 13, 0x3E);
                for (unsigned k = 0; k < cases[i].count; k++)
                        put_entry(place(&builder, FIRST + cases[i].first + k * cases[i].distance),
                                  k, cases[i].flags);
                REQUIRE(find(&builder, &list, NULL) == 0);
                CHECK_EQUAL(list.entry_count, cases[i].entries);
                CHECK_EQUAL(list.stray_count, cases[i].strays);
                check_plan(&builder, &list);
        }
}

/* Flags of 0x10 are the first byte of a match, which would be lost if they were changed. */
static void put_row(const ElfBuilder *builder, uint64_t at, uint64_t stride, size_t count)
{
        for (unsigned i = 0; i < count; i++)
                put_entry(place(builder, at) + (size_t)i * stride, i, 0x3E);
}

static void check_counts(ElfBuilder *builder, size_t entries, size_t strays)
{
        _cleanup_(gos_list_done) GosList list = {};
        Fault fault = FAULT_NONE;

        CHECK_EQUAL(find(builder, &list, &fault), 0);
        CHECK_EQUAL(list.entry_count, entries);
        CHECK_EQUAL(list.stray_count, strays);
        if (list.entry_count > 0)
                check_plan(builder, &list);
}

static void check_readings(const ElfBuilder *builder)
{
        _cleanup_(gos_list_done) GosList list = {};
        Fault fault = FAULT_NONE;

        CHECK_EQUAL(find(builder, &list, &fault), -EBADMSG);
        CHECK_EQUAL(fault.reason, REASON_GOS_READINGS);
}

/* One match is on the lattice of both: whichever has it, all are entries, and that is one reading.
 */
static void arrays_that_meet_are_one_reading(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder;

        make(&builder);
        put_row(&builder, 0x400, STRIDE, 3);
        put_row(&builder, 0x740, STRIDE, 3);
        put_row(&builder, 0xC90, 1008, 5);
        check_counts(&builder, 11, 0);
}

/* Each second entry of the later array lies on the lattice of the earlier one. The rest is a
 * lattice of twice the stride, and the last match lies on one of half the earlier stride: neither
 * is. Of a short array, two are left, a whole number of strides apart. */
static void an_array_on_the_lattice_of_another_is_one(void)
{
        _cleanup_(elf_builder_done) ElfBuilder many, few;

        make(&many);
        put_row(&many, 0x404, STRIDE, 20);
        put_row(&many, 0xA04, 736, 9);
        put_row(&many, 0xA04 + 8 * 736 + 1312, STRIDE, 1);
        check_counts(&many, 29, 1);

        make(&few);
        put_row(&few, 0x404, STRIDE, 20);
        put_row(&few, 0xA04, 736, 5);
        check_counts(&few, 25, 0);
}

static void put_places(const ElfBuilder *builder, const uint64_t *places, size_t count,
                       uint8_t flags)
{
        for (unsigned i = 0; i < count; i++)
                put_entry(place(builder, places[i]), i, flags);
}

/* A row may meet an array with other flags, whose entry stays where it was. */
static void a_row_takes_no_entry_of_another_array(void)
{
        static const uint64_t places[] = {0x600, 0x698, 0x730, 0x860, 0x8F8,
                                          0x990, 0xAC0, 0xB58, 0xBF0, 0xC88};
        _cleanup_(elf_builder_done) ElfBuilder builder;

        make(&builder);
        put_places(&builder, places, ARRAY_SIZE(places), 0x41);
        for (unsigned i = 0; i < 5; i++)
                put_entry(place(&builder, 0x798 + 40UL * i), i, 0x3E);
        check_counts(&builder, 15, 0);
}

/* The row of 36 has each third of its entries on the lattice of 108, which would then have the
 * stray, too, however far away: without the row the stray is one of two readings. */
static void a_row_makes_no_entry_of_a_stray(void)
{
        static const uint64_t row[] = {0x14EC, 0x1510, 0x1534, 0x1558};
        static const uint64_t places[] = {0x4060, 0x40CC, 0x4138, 0x41A4,
                                          0x4210, 0x42E8, 0x4354, 0x43C0};
        _cleanup_(elf_builder_done) ElfBuilder builder = ELF_BUILDER_NONE;

        (void)elf_builder_add_segment(&builder, CONSTANTS, PF_R, 0x10000);
        elf_builder_build(&builder);
        put_places(&builder, row, ARRAY_SIZE(row), 0xBE);
        put_places(&builder, places, ARRAY_SIZE(places), 0x1E);
        put_entry(place(&builder, 0xFAFC), 0, 0x7E);
        check_readings(&builder);
}

/* The row's own lattice has none left when the other one takes all of it. */
static void no_lattice_is_left_without_a_match(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder;
        _cleanup_(gos_list_done) GosList list = {};

        make(&builder);
        put_row(&builder, 0x884, 48, 4);
        put_row(&builder, 0x2E04, 96, 6);
        put_row(&builder, 0x2E04 + 7UL * 96, 96, 2);
        REQUIRE(find(&builder, &list, NULL) == 0);
        CHECK_EQUAL(list.entry_count, 12);
        for (size_t i = 0; i < list.lattice_count; i++)
                CHECK(list.lattices[i].count > 0);
}

/* Some or all of its entries are on no multiple of 4. */
static void refuses_an_array_without_padding(void)
{
        static const uint64_t strides[] = {65, 66, 70, 71};

        for (size_t i = 0; i < 2 * ARRAY_SIZE(strides); i++) {
                _cleanup_(elf_builder_done) ElfBuilder builder;
                _cleanup_(gos_list_done) GosList list = {};
                Fault fault = FAULT_NONE;

                make(&builder);
                put_row(&builder, 0x400, strides[i / 2], 20);
                if (i % 2)
                        put_row(&builder, 0x1002, STRIDE, 20);
                CHECK_EQUAL(find(&builder, &list, &fault), -EBADMSG);
                CHECK_EQUAL(fault.reason, REASON_GOS_READINGS);
        }
}

/* One match of each group is on a lattice of 36 bytes, too, with the whole second array. */
static void a_small_stride_hides_no_group(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder;

        make(&builder);
        put_row(&builder, 0x1A0, WIDE, 3);
        put_row(&builder, 0x920, WIDE, 3);
        put_row(&builder, 0xD88, 900, 5);
        check_counts(&builder, 11, 0);
}

/* Behind many slots of others, and of an array that is not the largest one. */
static void an_entry_far_away_is_on_its_lattice(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder;

        make(&builder);
        put_row(&builder, 0x100, STRIDE, 20);
        put_row(&builder, 0x704, 36, 1);
        put_row(&builder, 0x704 + 170UL * 36, 36, 1);
        put_row(&builder, 0x704 + 350UL * 36, 36, 9);
        check_counts(&builder, 31, 0);
}

/* A whole number of strides is no sign where they are many: of two matches anywhere, one pair in
 * sixteen has it. Nor is it one of three far apart that some number divides their distances. */
static void strays_far_apart_are_alone(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder, three;

        make(&builder);
        put_row(&builder, FIRST, STRIDE, 18);
        put_entry(place(&builder, 0x88), 0, 0x3E);
        put_entry(builder.bytes + elf_builder_offset_of(&builder, VARIABLES) + 0xF08, 0, 0x3E);
        check_counts(&builder, 18, 2);
        make(&three);
        put_row(&three, FIRST, STRIDE, 18);
        put_entry(place(&three, 0x1004), 0, 0x3E);
        put_entry(place(&three, 0x1004 + 2000), 0, 0x3E);
        put_entry(place(&three, 0x1004 + 4700), 0, 0x3E);
        check_counts(&three, 18, 3);
}

/* Flags that say nothing, beside the lattice. */
static void a_whole_row_without_flags_is_no_stray(void)
{
        for (unsigned apart = 1; apart <= 2; apart++) {
                _cleanup_(elf_builder_done) ElfBuilder builder;
                _cleanup_(gos_list_done) GosList list = {};
                Fault fault = FAULT_NONE;
                int r;

                make(&builder);
                put_row(&builder, FIRST, STRIDE, 18);
                for (unsigned i = 0; i < 3; i++)
                        put_entry(place(&builder, 0x2008 + (uint64_t)i * apart * STRIDE), i, 0x80);
                r = find(&builder, &list, &fault);
                CHECK_EQUAL(r, apart == 1 ? -EBADMSG : 0);
                CHECK_EQUAL(fault.reason, apart == 1 ? REASON_GOS_READINGS : REASON_NONE);
                CHECK_EQUAL(list.stray_count, apart == 1 ? 0 : 3);
        }
}

#define CROWD 3000U

/* Matches everywhere, with the same flags and at any distance: of so many, some lie on a lattice by
 * chance. Believed only when all are entries, so that none is left out; so does a tool that knows
 * of no distance. */
static void of_a_crowd_none_is_left_out(void)
{
        for (unsigned seed = 1; seed <= 3; seed++) {
                _cleanup_(elf_builder_done) ElfBuilder builder = ELF_BUILDER_NONE;
                _cleanup_(gos_list_done) GosList list = {};
                uint8_t *content = elf_builder_add_segment(&builder, 0x10000, PF_R, 0x100000);
                uint64_t random = seed, at = 0;
                Fault fault = FAULT_NONE;
                int r;

                for (unsigned i = 0; i < CROWD; i++) {
                        random = random * 6364136223846793005U + 1442695040888963407U;
                        at += 36 + 4 * (random >> 33) % 300;
                        put_entry(content + at, i, 0x3E);
                }
                elf_builder_build(&builder);
                r = find(&builder, &list, &fault);
                CHECK(r == -EBADMSG ? fault.reason == REASON_GOS_READINGS
                                    : r == 0 && list.entry_count == CROWD);
        }
}

static void refuses_entries_that_share_a_byte(void)
{
        static const struct {
                uint64_t distance;
                int wanted;
        } cases[] = {{GOS_FLAGS_AT, -EBADMSG}, {GOS_STRIDE_MIN, 0}};

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                _cleanup_(elf_builder_done) ElfBuilder builder;
                _cleanup_(gos_list_done) GosList list = {};
                Fault fault = FAULT_NONE;

                make(&builder);
                for (unsigned k = 0; k < 8; k++)
                        put_entry(place(&builder, FIRST + k * WIDE), k, 0x10);
                put_entry(place(&builder, FIRST + 3 * WIDE + cases[i].distance), 0, 0x3E);
                CHECK_EQUAL(find(&builder, &list, &fault), cases[i].wanted);
                if (cases[i].wanted < 0) {
                        CHECK_EQUAL(fault.reason, REASON_GOS_READINGS);
                        CHECK_EQUAL(fault.offset,
                                    elf_builder_offset_of(&builder, CONSTANTS + FIRST + 3 * WIDE));
                }
        }
}

/* What the search must find: every slot of the grid, whatever lies around it. */
static size_t count_slots(const ElfBuilder *builder)
{
        static const uint8_t zeros[20];
        size_t count = 0;

        for (uint64_t at = 0; at + GOS_FLAGS_AT < CONSTANTS_SIZE; at += 4) {
                const uint8_t *slot = place(builder, at);

                count += load_le32(slot) == 0x10 &&
                         (load_le32(slot + 4) == 0x10 || load_le32(slot + 4) == 0x20) &&
                         (load_le32(slot + 8) == 1 || load_le32(slot + 8) == 2) &&
                         memcmp(slot + 12, zeros, sizeof(zeros)) == 0;
        }
        return count;
}

static void put_variables(const ElfBuilder *builder, uint64_t at, size_t count)
{
        uint8_t *variables = builder->bytes + elf_builder_offset_of(builder, VARIABLES + at);

        for (unsigned i = 0; i < count; i++)
                put_entry(variables + (size_t)i * STRIDE, i, 0x3E);
}

/* Whatever was found among the variables, the constants are looked through too. */
static void looks_everywhere(void)
{
        static const struct {
                size_t first, second, third, constants; /* sizes of groups */
                size_t wanted;
        } cases[] = {
                {13, 13, 0, 20, 46}, {18, 18, 0, 2, 38}, {12, 12, 0, 12, 36}, {13, 14, 0, 20, 47},
                {13, 0, 0, 13, 26},  {0, 0, 0, 26, 26},  {13, 13, 2, 4, 32},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                _cleanup_(elf_builder_done) ElfBuilder builder;
                _cleanup_(gos_list_done) GosList list = {};

                make(&builder);
                put_variables(&builder, 0, cases[i].first);
                put_variables(&builder, 0x500, cases[i].second);
                put_variables(&builder, 0xA00, cases[i].third);
                put_group(&builder, FIRST, cases[i].constants, 0x3E);
                REQUIRE(find(&builder, &list, NULL) == 0);
                CHECK_EQUAL(list.entry_count, cases[i].wanted);
                for (size_t k = 1; k < list.entry_count; k++)
                        CHECK(list.entries[k].offset > list.entries[k - 1].offset);
                check_plan(&builder, &list);
        }
}

/* Constants among the code, as old linkers put them. */
static void looks_at_code(void)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = ELF_BUILDER_NONE;
        _cleanup_(gos_list_done) GosList list = {};

        (void)elf_builder_add_segment(&builder, CONSTANTS, PF_R | PF_X, CONSTANTS_SIZE);
        (void)elf_builder_add_segment(&builder, VARIABLES, PF_R | PF_W, VARIABLES_SIZE);
        elf_builder_build(&builder);
        put_group(&builder, FIRST, 17, 0x3E);
        put_group(&builder, SECOND, 17, 0x3E);
        REQUIRE(find(&builder, &list, NULL) == 0);
        CHECK_EQUAL(list.entry_count, 34);
        check_plan(&builder, &list);
}

static void finds_every_slot(void)
{
        static const uint8_t others[] = {0, 0, 0, 0, 0, 0, 1, 2, 0x10, 0x20, 0x3E, 0x3F, 0xFF};

        srand(1);
        for (unsigned round = 0; round < 300; round++) {
                _cleanup_(elf_builder_done) ElfBuilder builder;
                _cleanup_(gos_list_done) GosList list = {};
                size_t slots;
                int r;

                make(&builder);
                if (round % 3 > 0)
                        for (uint64_t at = 0; at < CONSTANTS_SIZE; at++)
                                *place(&builder, at) =
                                        others[(size_t)rand() %
                                               (round % 3 == 1 ? sizeof(others) : 5)];
                for (unsigned i = 0; i < 40; i++)
                        put_entry(place(&builder, (uint64_t)rand() % (CONSTANTS_SIZE - STRIDE)), i,
                                  rand() % 8 ? 0x3E : 0x42);
                put_group(&builder, FIRST + (round % 16), 5, 0x3E);
                slots = count_slots(&builder);
                r = find(&builder, &list, NULL);
                if (r >= 0)
                        CHECK_EQUAL(list.entry_count + list.stray_count, slots);
                else
                        CHECK(r == -EBADMSG || (r == -ENOENT && round % 16 % 4 != 0));
        }
}

int main(void)
{
        CASE(finds_every_slot);
        CASE(looks_everywhere);
        CASE(looks_at_code);
        CASE(finds_the_groups_of_all_versions_seen);
        CASE(tells_what_is_shown);
        CASE(the_pattern_is_exact);
        CASE(a_bar_is_no_part_of_it);
        CASE(other_flags_do_not_break_a_group);
        CASE(strays_and_other_systems_are_left_alone);
        CASE(looks_at_mapped_bytes_on_the_grid);
        CASE(an_entry_across_two_segments_is_one);
        CASE(refuses_lists_that_are_none);
        CASE(refuses_flags_without_a_majority);
        CASE(refuses_strays_that_are_not_alone);
        CASE(distance_hides_no_entry);
        CASE(arrays_that_meet_are_one_reading);
        CASE(an_array_on_the_lattice_of_another_is_one);
        CASE(refuses_an_array_without_padding);
        CASE(a_row_takes_no_entry_of_another_array);
        CASE(a_row_makes_no_entry_of_a_stray);
        CASE(no_lattice_is_left_without_a_match);
        CASE(a_small_stride_hides_no_group);
        CASE(an_entry_far_away_is_on_its_lattice);
        CASE(strays_far_apart_are_alone);
        CASE(a_whole_row_without_flags_is_no_stray);
        CASE(of_a_crowd_none_is_left_out);
        CASE(refuses_entries_that_share_a_byte);
        return tap_end();
}
