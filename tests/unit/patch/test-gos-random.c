/* SPDX-License-Identifier: MIT */

/* Guest lists at random: arrays of any distance, with groups, slots of other systems, flags that
 * differ a little, and matches by chance. Each is read right or refused; never is an entry left
 * out, or a match changed that is none.
 *
 *     test-gos-random [COUNT [SEED]]     prints each list that is read wrong, and the counts */

#include <errno.h>
#include <stdlib.h>

#include "../lib/elf-builder.h"
#include "../lib/tap.h"
#include "patch/gos.h"

#define ADDRESS    0x10000U
#define SIZE       0x10000U
#define FIRST      0x40U
#define ARRAYS_MAX 2U
#define MOST       400U
#define FEW        4U /* entries of an array that may not be told from chance */

typedef struct Array {
        uint64_t start, stride, end;
        uint8_t flags;
        size_t count; /* of entries */
} Array;

typedef struct Place {
        uint64_t at;
        uint8_t flags;
        bool is_entry, is_doubtful; /* few of an array are what as many strays are */
} Place;

typedef struct Guests {
        uint64_t random;
        Array arrays[ARRAYS_MAX];
        size_t array_count;
        Place places[MOST];
        size_t count;
} Guests;

typedef enum Outcome {
        RIGHT,
        REFUSED,
        REFUSED_PLAIN, /* although every match is an entry */
        LEFT_OUT,      /* an entry is told as a stray */
        TOO_MANY,      /* a stray would be changed */
        _OUTCOME_MAX,
} Outcome;

/* SplitMix64, as its authors published it. */
static uint64_t guests_random(Guests *guests, uint64_t below)
{
        uint64_t value = guests->random += 0x9E3779B97F4A7C15;

        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
        value = (value ^ value >> 27) * 0x94D049BB133111EB;
        return (value ^ value >> 31) % below;
}

static uint8_t flags_at_random(Guests *guests)
{
        static const uint8_t common[] = {0x3E, 0xBE, 0x3E, 0x7E};

        return guests_random(guests, 4) > 0 ? common[guests_random(guests, 4)]
                                            : (uint8_t)(2 + 2 * guests_random(guests, 63));
}

static uint64_t stride_at_random(Guests *guests)
{
        static const uint64_t common[] = {64, 64, 64, 72, 48, 96, 36, 40, 80, 128};

        return guests_random(guests, 3) > 0 ? common[guests_random(guests, 10)]
                                            : 36 + 4 * guests_random(guests, 120);
}

static bool place_is_free(const Guests *guests, uint64_t at)
{
        if (at < FIRST || at + GOS_STRIDE_MIN > SIZE)
                return false;
        for (size_t i = 0; i < guests->count; i++)
                if (at < guests->places[i].at + GOS_STRIDE_MIN &&
                    guests->places[i].at < at + GOS_STRIDE_MIN)
                        return false;
        return guests->count < MOST;
}

static void place_add(Guests *guests, uint64_t at, uint8_t flags, bool is_entry)
{
        if (place_is_free(guests, at))
                guests->places[guests->count++] =
                        (Place){.at = at, .flags = flags, .is_entry = is_entry};
}

/* Seldom one or two bits of the flags are others. */
static uint8_t entry_flags(Guests *guests, uint8_t flags)
{
        uint8_t shown = guests_random(guests, 8) == 0;

        if (guests_random(guests, 30) == 0)
                flags ^= (uint8_t)(2U << guests_random(guests, 7));
        return flags | shown;
}

static void array_put_group(Guests *guests, Array *array, uint64_t size)
{
        for (uint64_t i = 0; i < size; i++) {
                if (guests_random(guests, 20) == 0)
                        array->end += array->stride; /* another system's slot */
                if (!place_is_free(guests, array->end))
                        return;
                place_add(guests, array->end, entry_flags(guests, array->flags), true);
                array->end += array->stride;
                array->count++;
        }
}

static void array_put(Guests *guests, uint64_t start, uint64_t stride, uint8_t flags, size_t first)
{
        Array *array = &guests->arrays[guests->array_count++];
        uint64_t groups = 1 + guests_random(guests, 3), least = 1 + guests_random(guests, 3);
        size_t before = guests->count;

        *array = (Array){.start = start, .stride = stride, .end = start, .flags = flags};
        for (uint64_t i = 0; i < groups; i++) {
                array_put_group(guests, array,
                                (i == 0 ? first : least) + guests_random(guests, 18));
                array->end += array->stride * guests_random(guests, 30);
        }
        for (size_t i = before; i < guests->count; i++)
                guests->places[i].is_doubtful = array->count < FEW;
}

static void strays_put(Guests *guests)
{
        uint64_t count = guests_random(guests, guests_random(guests, 4) ? 5 : 20);

        for (uint64_t i = 0; i < count; i++) {
                uint8_t flags = guests_random(guests, 3) > 0 ? guests->arrays[0].flags : 0x80;

                if (guests_random(guests, 6) == 0)
                        flags = (uint8_t)guests_random(guests, 256);
                place_add(guests, 4 * guests_random(guests, SIZE / 4), flags, false);
        }
        if (guests_random(guests, 10) == 0)
                place_add(guests, 1 + 4 * guests_random(guests, SIZE / 4), guests->arrays[0].flags,
                          false);
}

static bool places_are_alike(const Place *a, const Place *b)
{
        return __builtin_popcount((a->flags ^ b->flags) & 0xFE) <= 2;
}

/* Three that lie as entries of an array do, or two side by side. */
static void strays_doubt(Guests *guests, size_t first, uint64_t stride)
{
        for (size_t i = first; i < guests->count; i++) {
                const Place *place = &guests->places[i];
                size_t like = 0;
                bool beside = false;

                for (size_t k = first; k < guests->count; k++) {
                        const Place *other = &guests->places[k];

                        if (!places_are_alike(place, other) ||
                            other->at % stride != place->at % stride)
                                continue;
                        like++;
                        beside = beside || other->at == place->at + stride ||
                                 place->at == other->at + stride;
                }
                if (like >= 3 || beside)
                        guests->places[i].is_doubtful = true;
        }
}

static void guests_make(Guests *guests, uint64_t seed)
{
        uint8_t flags;
        size_t first;

        *guests = (Guests){.random = seed};
        flags = flags_at_random(guests);
        array_put(guests, FIRST + 4 * guests_random(guests, 2000), stride_at_random(guests), flags,
                  6);
        if (guests_random(guests, 3) == 0) {
                uint64_t start = guests->arrays[0].end + 4 * guests_random(guests, 2000);

                array_put(guests, start,
                          guests_random(guests, 2) ? guests->arrays[0].stride
                                                   : stride_at_random(guests),
                          guests_random(guests, 4) ? flags : flags_at_random(guests), 1);
        }
        first = guests->count;
        strays_put(guests);
        for (size_t i = 0; i < guests->array_count; i++)
                strays_doubt(guests, first, guests->arrays[i].stride);
}

static uint64_t divisor_of(uint64_t a, uint64_t b)
{
        return b == 0 ? a : divisor_of(b, a % b);
}

/* What lies where an entry would, with its flags, is one as far as the file tells: on the lattice
 * of an array, or on the largest one that has both. */
static bool place_may_be_entry(const Guests *guests, const Place *place)
{
        const Array *first = &guests->arrays[0], *last = &guests->arrays[guests->array_count - 1];
        uint64_t both =
                divisor_of(divisor_of(first->stride, last->stride), last->start - first->start);

        if (place->is_doubtful ||
            (both >= GOS_STRIDE_MIN && place->at % both == first->start % both))
                return true;
        for (size_t i = 0; i < guests->array_count; i++) {
                const Array *array = &guests->arrays[i];

                if (place->at % array->stride == array->start % array->stride &&
                    __builtin_popcount((place->flags ^ array->flags) & 0xFE) <= 4)
                        return true;
        }
        return false;
}

static const Place *place_at(const Guests *guests, uint64_t at)
{
        for (size_t i = 0; i < guests->count; i++)
                if (guests->places[i].at == at)
                        return &guests->places[i];
        abort();
}

static Outcome list_compare(const Guests *guests, const GosList *list, uint64_t base,
                            const Place **ret)
{
        for (size_t i = 0; i < list->stray_count; i++) {
                *ret = place_at(guests, list->strays[i].offset - base);
                if ((*ret)->is_entry && !(*ret)->is_doubtful)
                        return LEFT_OUT;
        }
        for (size_t i = 0; i < list->entry_count; i++) {
                *ret = place_at(guests, list->entries[i].offset - base);
                if (!(*ret)->is_entry && !place_may_be_entry(guests, *ret))
                        return TOO_MANY;
        }
        return list->entry_count + list->stray_count == guests->count ? RIGHT : LEFT_OUT;
}

static bool guests_are_plain(const Guests *guests)
{
        for (size_t i = 0; i < guests->count; i++)
                if (!guests->places[i].is_entry)
                        return false;
        return true;
}

static Outcome guests_read(const Guests *guests, const Place **ret)
{
        _cleanup_(elf_builder_done) ElfBuilder builder = ELF_BUILDER_NONE;
        _cleanup_(image_freep) Image *image = NULL;
        _cleanup_(gos_list_done) GosList list = {};
        uint8_t *content = elf_builder_add_segment(&builder, ADDRESS, PF_R, SIZE);

        builder.no_dynamic = true;
        for (size_t i = 0; i < guests->count; i++) {
                uint8_t *at = content + guests->places[i].at;

                at[0] = at[4] = 0x10;
                at[8] = 1;
                at[GOS_FLAGS_AT] = guests->places[i].flags;
        }
        elf_builder_build(&builder);
        if (image_open(elf_builder_span(&builder), &image, NULL) < 0)
                abort();
        if (gos_find(image, &list, NULL) < 0)
                return guests_are_plain(guests) ? REFUSED_PLAIN : REFUSED;
        return list_compare(guests, &list, elf_builder_offset_of(&builder, ADDRESS), ret);
}

static int compare_places(const void *a, const void *b)
{
        const Place *left = a, *right = b;

        return (left->at > right->at) - (left->at < right->at);
}

static void guests_print(Guests *guests, uint64_t seed, Outcome outcome, const Place *place)
{
        printf("# %s, seed %llu, at 0x%llx flags %02x\n",
               outcome == LEFT_OUT ? "left out" : "too many", (unsigned long long)seed,
               (unsigned long long)place->at, place->flags);
        for (size_t i = 0; i < guests->array_count; i++)
                printf("#   array 0x%llx stride %llu phase %llu flags %02x, %zu entries\n",
                       (unsigned long long)guests->arrays[i].start,
                       (unsigned long long)guests->arrays[i].stride,
                       (unsigned long long)(guests->arrays[i].start % guests->arrays[i].stride),
                       guests->arrays[i].flags, guests->arrays[i].count);
        qsort(guests->places, guests->count, sizeof(*guests->places), compare_places);
        for (size_t i = 0; i < guests->count; i++)
                printf("#   0x%llx flags %02x%s%s\n", (unsigned long long)guests->places[i].at,
                       guests->places[i].flags, guests->places[i].is_entry ? "" : ", chance",
                       place_may_be_entry(guests, &guests->places[i]) ? "" : ", on no array");
}

static size_t outcomes[_OUTCOME_MAX];

static void guests_try(uint64_t seed, uint64_t count)
{
        for (uint64_t i = seed; i < seed + count; i++) {
                Guests guests;
                const Place *place = NULL;
                Place wrong;
                Outcome outcome;

                guests_make(&guests, i);
                outcome = guests_read(&guests, &place);
                outcomes[outcome]++;
                if (outcome < LEFT_OUT)
                        continue;
                wrong = place ? *place : (Place){};
                guests_print(&guests, i, outcome, &wrong);
        }
        printf("# %llu lists: %zu right, %zu refused, %zu more though all are entries, %zu with an "
               "entry left out, %zu with a stray changed\n",
               (unsigned long long)count, outcomes[RIGHT], outcomes[REFUSED],
               outcomes[REFUSED_PLAIN], outcomes[LEFT_OUT], outcomes[TOO_MANY]);
}

static void no_list_is_read_wrong(void)
{
        CHECK_EQUAL(outcomes[LEFT_OUT] + outcomes[TOO_MANY], 0);
}

int main(int argc, char *argv[])
{
        guests_try(argc > 2 ? strtoull(argv[2], NULL, 10) : 1,
                   argc > 1 ? strtoull(argv[1], NULL, 10) : 2000);
        CASE(no_list_is_read_wrong);
        return tap_end();
}
