/* SPDX-License-Identifier: MIT */

/* What the guest list makes of a few matches, each example as small as shows it. */

#include <errno.h>
#include <stdlib.h>

#include "../lib/elf-builder.h"
#include "../lib/tap.h"
#include "patch/gos.h"

#define ADDRESS 0x10000U
#define SIZE    0x20000U
#define MOST    40U /* matches of an example */

typedef struct Match {
        uint64_t at; /* from the start of the segment, and not 0 */
        uint8_t flags;
} Match;

typedef struct Example {
        Match matches[MOST]; /* ascending */
        const char *wanted;  /* a letter for each match, or the id of the reason */
} Example;

static void put_match(uint8_t *at, uint8_t flags)
{
        memset(at, 0, GOS_FLAGS_AT);
        at[0] = at[4] = 0x10;
        at[8] = 1;
        at[GOS_FLAGS_AT] = flags;
}

static char letter_of(const GosEntry *match)
{
        static const char letters[] = {
                [GOS_ENTRY] = 'e', [GOS_OTHER] = 'o', [GOS_STRAY] = 's', [GOS_UNEVEN] = 'u'};

        return letters[match->kind];
}

/* Entries and the rest, in the order of the file. */
static void list_spell(const GosList *list, char ret[static MOST + 1])
{
        size_t entry = 0, stray = 0;

        while (entry + stray < list->entry_count + list->stray_count) {
                bool is_entry = stray == list->stray_count ||
                                (entry < list->entry_count &&
                                 list->entries[entry].offset < list->strays[stray].offset);
                const GosEntry *match = is_entry ? &list->entries[entry] : &list->strays[stray];

                ret[entry + stray] = letter_of(match);
                if (is_entry)
                        entry++;
                else
                        stray++;
        }
        ret[entry + stray] = 0;
}

static void example_check(const Example *example)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = ELF_BUILDER_NONE;
        _cleanup_(image_freep) Image *image = NULL;
        _cleanup_(gos_list_done) GosList list = {};
        uint8_t *content = elf_builder_add_segment(&builder, ADDRESS, PF_R, SIZE);
        char found[MOST + 1];
        Fault fault = FAULT_NONE;

        builder.no_dynamic = true;
        for (size_t i = 0; i < MOST && example->matches[i].at > 0; i++)
                put_match(content + example->matches[i].at, example->matches[i].flags);
        elf_builder_build(&builder);
        REQUIRE(image_open(elf_builder_span(&builder), &image, NULL) >= 0);
        if (gos_find(image, &list, &fault) < 0) {
                CHECK_TEXT(reason_text(fault.reason)->id, example->wanted);
                return;
        }
        list_spell(&list, found);
        CHECK_TEXT(found, example->wanted);
}

#define CHECK_EXAMPLES(examples)                             \
        for (size_t _i = 0; _i < ARRAY_SIZE(examples); _i++) \
        example_check(&(examples)[_i])

/* On no multiple of 4: one is told, two that an array may have side by side are refused. */
static void uneven_ones_are_told_or_refused(void)
{
        static const Example examples[] = {
                {{{0x401, 0x3E}}, "gos-stray"},
                {{{0x400, 0x3E}, {0x441, 0x3E}}, "gos-stray"},
                {{{0x401, 0x3E}, {0x441, 0x3E}}, "gos-readings"},
                {{{0x400, 0x3E}, {0x440, 0x3E}, {0x801, 0x3E}}, "eeu"},
                {{{0x400, 0x3E}, {0x440, 0x3E}, {0x801, 0x3E}, {0x842, 0x3E}}, "gos-readings"},
                {{{0x400, 0x3E}, {0x440, 0x3E}, {0x801, 0x3E}, {0x1801, 0x3F}}, "gos-readings"},
                {{{0x400, 0x3E}, {0x440, 0x3E}, {0x801, 0x3E}, {0x1802, 0x3E}}, "eeuu"},
                /* A second one in its zeros. */
                {{{0x400, 0x3E}, {0x440, 0x3E}, {0x801, 0x10}, {0x821, 0x3E}}, "eeuu"},
        };

        CHECK_EXAMPLES(examples);
}

/* Flags of other systems alone, or of another kind than the first one's. */
static void uneven_ones_have_flags_of_entries(void)
{
        static const Example examples[] = {
                {{{0x400, 0x3E}, {0x440, 0x3E}, {0x801, 0x80}, {0x842, 0x80}}, "eeuu"},
                {{{0x400, 0x3E}, {0x440, 0x3E}, {0x801, 0x3E}, {0x842, 0xBC}}, "gos-readings"},
                {{{0x400, 0x3E}, {0x440, 0x3E}, {0x801, 0x3E}, {0x842, 0x80}}, "eeuu"},
                {{{0x400, 0x3E}, {0x440, 0x3E}, {0x801, 0}, {0x841, 0}, {0x881, 0}},
                 "gos-readings"},
        };

        CHECK_EXAMPLES(examples);
}

/* Of three entries 66 bytes apart. */
static void an_uneven_one_between_two_is_refused(void)
{
        static const Example examples[] = {
                {{{0x400, 0x3E}, {0x442, 0x3E}, {0x484, 0x3E}}, "gos-readings"},
                {{{0x400, 0x3E}, {0x442, 0x80}, {0x484, 0x3E}}, "eue"},
                {{{0x400, 0x3E}, {0x441, 0x3E}, {0x484, 0x3E}}, "eue"},
        };

        CHECK_EXAMPLES(examples);
}

#define ROW4(at, stride, flags)                                                \
        {(at), flags}, {(at) + (stride), flags}, {(at) + 2 * (stride), flags}, \
        {                                                                      \
                (at) + 3 * (stride), flags                                     \
        }
#define ARRAY ROW4(0x400, 64, 0x3E), ROW4(0x500, 64, 0x3E)

/* On the lattice of an array, with flags of another kind that say something: an array, too. */
static void others_that_are_alike_are_refused(void)
{
        static const Example examples[] = {
                {{ARRAY, {0x800, 0xF6}, {0x900, 0xF6}}, "eeeeeeeeoo"},
                {{ARRAY, {0x800, 0xF6}, {0x900, 0xF6}, {0xA00, 0xF7}}, "gos-readings"},
                {{ARRAY, {0x800, 0x80}, {0x900, 0x80}, {0xA00, 0x81}}, "eeeeeeeeooo"},
        };

        CHECK_EXAMPLES(examples);
}

/* The third of seven lies on the lattice of the array before. */
static void an_entry_on_the_lattice_of_others_is_none_of_them(void)
{
        static const Example examples[] = {
                {{ARRAY, {0x1030, 0xF6}, {0x1078, 0xF6}, {0x10C0, 0xF6}, ROW4(0x1150, 72, 0xF6)},
                 "gos-readings"},
                {{ARRAY, {0x1034, 0xF6}, {0x107C, 0xF6}, {0x10C4, 0xF6}, ROW4(0x1154, 72, 0xF6)},
                 "eeeeeeeeeeeeeee"},
        };

        CHECK_EXAMPLES(examples);
}

/* The first of three lies on the lattice of the array before, and the others on none. */
static void two_behind_an_entry_at_one_distance_are_refused(void)
{
        static const Example examples[] = {
                {{ARRAY, {0x1000, 0x3E}, {0x10CC, 0x3E}, {0x1198, 0x3E}}, "gos-readings"},
                {{ARRAY, {0x10CC, 0x3E}, {0x1198, 0x3E}, {0x1264, 0x3E}}, "eeeeeeeeeee"},
                {{ARRAY, {0x1000, 0x3E}, {0x10D0, 0x3E}, {0x1198, 0x3E}}, "eeeeeeeeess"},
        };

        CHECK_EXAMPLES(examples);
}

/* Two are an array side by side, three where no two slots are left out between them. */
static void a_few_that_are_apart_are_refused(void)
{
        static const Example examples[] = {
                {{ARRAY, {0x1008, 0x3E}, {0x1048, 0x3E}}, "eeeeeeeeee"},
                {{ARRAY, {0x1008, 0x3E}, {0x1088, 0x3E}}, "gos-readings"},
                {{ARRAY, {0x1008, 0x3E}, {0x10D4, 0x3E}, {0x126C, 0x3E}}, "eeeeeeeeeee"},
                {{ARRAY, {0x1008, 0x3E}, {0x10D4, 0x3E}, {0x1338, 0x3E}}, "gos-readings"},
        };

        CHECK_EXAMPLES(examples);
}

/* As many strays as the array has matches. */
static void a_few_in_a_crowd_are_refused(void)
{
        static const Example examples[] = {
                {{ARRAY, {0x1008, 0x3E}, {0x1048, 0x3E}, {0x9010, 0x3E}}, "eeeeeeeeees"},
                {{ARRAY, {0x1008, 0x3E}, {0x1048, 0x3E}, {0x9010, 0x3E}, {0xF01C, 0x3E}},
                 "gos-readings"},
                {{ARRAY, {0x1008, 0x3E}, {0x1048, 0x3E}, {0x9010, 0x80}, {0xF01C, 0x80}},
                 "eeeeeeeeeess"},
        };

        CHECK_EXAMPLES(examples);
}

#define TWO_PHASES                                                               \
        ROW4(0x500, 160, 0x3E), ROW4(0x780, 160, 0x3E), ROW4(0x1090, 160, 0x3E), \
                ROW4(0x1310, 160, 0x3E)

/* Without it the entries are multiples of 80 bytes apart, with it of 40. */
static void one_makes_no_stride_smaller(void)
{
        static const Example examples[] = {
                {{TWO_PHASES, {0x9038, 0x3E}}, "eeeeeeeeeeeeeeees"},
                {{TWO_PHASES, {0x2008, 0x3E}}, "gos-readings"},
                {{TWO_PHASES, {0x9060, 0x3E}}, "eeeeeeeeeeeeeeeee"},
        };

        CHECK_EXAMPLES(examples);
}

/* Flags of their own, the second of three on the lattice of the array before. */
static void a_row_with_flags_of_its_own_is_refused(void)
{
        static const Example examples[] = {
                {{ARRAY, {0x1020, 0xF6}, {0x1080, 0xF6}, {0x10E0, 0xF6}}, "gos-readings"},
                {{ARRAY, {0x1020, 0xF6}, {0x1080, 0xF6}, {0x10E4, 0xF6}}, "eeeeeeeesos"},
                {{ARRAY, {0x1020, 0x80}, {0x1080, 0x80}, {0x10E0, 0x80}}, "eeeeeeeesos"},
        };

        CHECK_EXAMPLES(examples);
}

/* Two groups of two, each with one on the lattice of the array before. */
static void two_beside_remote_entries_are_refused(void)
{
        static const Example examples[] = {
                {{ARRAY, {0x1034, 0x3E}, {0x10C0, 0x3E}, {0x2240, 0x3E}, {0x22CC, 0x3E}},
                 "gos-readings"},
                {{ARRAY, {0x1034, 0x3E}, {0x10C0, 0x3E}, {0x2240, 0x3E}, {0x22D0, 0x3E}},
                 "eeeeeeeesees"},
        };

        CHECK_EXAMPLES(examples);
}

int main(void)
{
        CASE(uneven_ones_are_told_or_refused);
        CASE(uneven_ones_have_flags_of_entries);
        CASE(an_uneven_one_between_two_is_refused);
        CASE(others_that_are_alike_are_refused);
        CASE(an_entry_on_the_lattice_of_others_is_none_of_them);
        CASE(two_behind_an_entry_at_one_distance_are_refused);
        CASE(a_few_that_are_apart_are_refused);
        CASE(a_few_in_a_crowd_are_refused);
        CASE(one_makes_no_stride_smaller);
        CASE(a_row_with_flags_of_its_own_is_refused);
        CASE(two_beside_remote_entries_are_refused);
        return tap_end();
}
