/* SPDX-License-Identifier: MIT */

/* Readings: the matches with their rows apart, as the lattices have them, and joined. Where any row
 * is joined, the list is read both ways, and a join may only make entries of the row's own matches:
 * what else would differ is told as two readings. */

#include <errno.h>
#include <stdlib.h>

#include "patch/gos-find.h"

#define NO_LATTICE SIZE_MAX
#define SHOWN      1U /* bit 0 of the flags */
#define SEEN_LEAST 3U /* entries whose flags are no exception */

typedef struct Reading {
        GosMatches matches; /* its items are owned */
        GosLattice *lattices;
        size_t lattice_count;
} Reading;

static void reading_done(Reading *reading)
{
        free(reading->matches.items);
        free(reading->lattices);
}

static int reading_copy(const GosMatches *matches, const GosLattice *lattices, size_t count,
                        Reading *ret)
{
        ret->matches.items = reallocarray(NULL, matches->count, sizeof(*matches->items));
        ret->matches.count = matches->count;
        ret->lattices = reallocarray(NULL, matches->count, sizeof(*lattices));
        ret->lattice_count = count;
        if (!ret->matches.items || !ret->lattices)
                return -ENOMEM;
        memcpy(ret->matches.items, matches->items, matches->count * sizeof(*matches->items));
        if (count > 0)
                memcpy(ret->lattices, lattices, count * sizeof(*lattices));
        return 0;
}

/* The lattices that keep a match outside of the rows still tell which of the strays are none. */
static int reading_judge_strays(const Reading *apart, const bool *in_row,
                                size_t ret_readings[static 2])
{
        _cleanup_(reading_done) Reading rest = {};
        int r = reading_copy(&apart->matches, apart->lattices, apart->lattice_count, &rest);

        if (r < 0)
                return r;
        for (size_t i = 0; i < rest.matches.count; i++)
                if (in_row[i]) {
                        rest.matches.items[i].kind = GOS_ENTRY;
                        rest.matches.items[i].lattice = NO_LATTICE;
                }
        gos_lattices_compact(&rest.matches, rest.lattices, &rest.lattice_count);
        return gos_strays_judge(&rest.matches, rest.lattices, rest.lattice_count, ret_readings);
}

static int reading_compare(const Reading *apart, const GosMatches *joined, const bool *may_add,
                           size_t ret_readings[static 2])
{
        for (size_t i = 0; i < joined->count; i++) {
                bool was = apart->matches.items[i].kind == GOS_ENTRY,
                     is = joined->items[i].kind == GOS_ENTRY;

                if (was == is || (is && may_add && may_add[i]))
                        continue;
                ret_readings[0] = ret_readings[1] = i;
                return -ENOTUNIQ;
        }
        return 0;
}

/* Another system's match that has the flags of entries may be one of another lattice, or of an
 * array that only a join makes readable. */
static int matches_check_others(const GosMatches *matches, size_t ret_readings[static 2])
{
        size_t counts[256] = {};
        bool seen[256] = {};

        for (size_t i = 0; i < matches->count; i++)
                if (matches->items[i].kind == GOS_ENTRY &&
                    ++counts[matches->items[i].flags | SHOWN] >= SEEN_LEAST)
                        seen[matches->items[i].flags] = true;
        for (size_t i = 0; i < matches->count; i++) {
                const GosEntry *match = &matches->items[i];

                if (match->kind != GOS_OTHER || gos_flags_are_bare(match->flags) ||
                    !gos_flags_are_like(seen, match->flags))
                        continue;
                ret_readings[0] = ret_readings[1] = i;
                return -ENOTUNIQ;
        }
        return 0;
}

static int matches_judge(GosMatches *matches, const GosLattice *lattices, size_t count,
                         size_t ret_readings[static 2])
{
        int r = gos_flags_judge(matches, lattices, count, ret_readings);

        if (r >= 0)
                r = matches_check_others(matches, ret_readings);
        return r < 0 ? r : gos_strays_judge(matches, lattices, count, ret_readings);
}

/* Where the reading apart stands, the join must not change it. Where that is refused for its
 * strays, those in a row may become entries. */
static int readings_judge(Reading *apart, GosMatches *matches, const GosLattice *lattices,
                          size_t count, const bool *in_row, size_t ret_readings[static 2])
{
        int r = matches_judge(matches, lattices, count, ret_readings);

        if (r >= 0)
                r = gos_flags_judge(&apart->matches, apart->lattices, apart->lattice_count,
                                    ret_readings);
        if (r >= 0)
                r = reading_judge_strays(apart, in_row, ret_readings);
        if (r < 0)
                return r;
        r = gos_strays_judge(&apart->matches, apart->lattices, apart->lattice_count, ret_readings);
        if (r >= 0)
                return reading_compare(apart, matches, NULL, ret_readings);
        if (r != -ENOTUNIQ)
                return r;
        return reading_compare(apart, matches, in_row, ret_readings);
}

int gos_read(GosMatches *matches, GosLattice **ret_lattices, size_t *ret_count,
             size_t ret_readings[static 2])
{
        _cleanup_(reading_done) Reading apart = {};
        _cleanup_free_ bool *in_row = calloc(matches->count, sizeof(bool));
        int r = in_row ? gos_lattices_find(matches, ret_lattices, ret_count, ret_readings)
                       : -ENOMEM;

        if (r >= 0)
                r = reading_copy(matches, *ret_lattices, *ret_count, &apart);
        if (r >= 0)
                r = gos_rows_join(matches, *ret_lattices, ret_count, in_row);
        if (r < 0)
                return r;
        if (r == 0)
                return matches_judge(matches, *ret_lattices, *ret_count, ret_readings);
        gos_lattices_compact(matches, *ret_lattices, ret_count);
        return readings_judge(&apart, matches, *ret_lattices, *ret_count, in_row, ret_readings);
}
