/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "patch/gos-find.h"

#define SHOWN       0x01U
#define DISTANT     0x80U /* with bit 0, all that other systems' matches were seen to have */
#define APART       2U    /* bits that the flags of two entries may differ in, beside bit 0 */
#define GROUP_LEAST 3U    /* matches that have a say of their own */

bool gos_flags_agree(unsigned a, unsigned b)
{
        return (unsigned)__builtin_popcount((a ^ b) & 0xFFU & ~SHOWN) <= APART;
}

bool gos_flags_are_like(const bool seen[static 256], unsigned flags)
{
        for (unsigned i = 0; i < 256; i++)
                if (seen[i] && gos_flags_agree(i, flags))
                        return true;
        return false;
}

bool gos_flags_are_bare(unsigned flags)
{
        return (flags & ~(SHOWN | DISTANT)) == 0;
}

/* The flags that most matches of a stretch have, or hardly differ from. */
typedef struct Majority {
        unsigned flags;
        size_t with, without;
} Majority;

/* Of the flags that are bare as well, or only of those that are not. */
static Majority majority_among(const size_t counts[static 256], bool bare)
{
        size_t most = 0;
        Majority majority = {};

        for (unsigned i = 0; i < 256; i++) {
                /* Of equals, the one that says more. */
                if (counts[i] > 0 && counts[i] >= most && (bare || !gos_flags_are_bare(i))) {
                        most = counts[i];
                        majority.flags = i;
                }
        }
        for (unsigned i = 0; i < 256; i++) {
                if (!bare && gos_flags_are_bare(i))
                        continue;
                if (gos_flags_agree(i, majority.flags))
                        majority.with += counts[i];
                else
                        majority.without += counts[i];
        }
        return majority;
}

/* Bare ones have no say where enough others agree. */
static Majority majority_of(const size_t counts[static 256])
{
        Majority majority = majority_among(counts, false);

        if (majority.with >= GOS_MARKED && !gos_flags_agree(majority.flags, 0) &&
            !gos_flags_agree(majority.flags, DISTANT))
                return majority;
        return majority_among(counts, true);
}

size_t gos_flags_most(const GosMatches *matches, const size_t *items, size_t count,
                      unsigned *ret_flags)
{
        size_t counts[256] = {};
        Majority majority;

        for (size_t i = 0; i < count; i++)
                counts[matches->items[items[i]].flags & ~SHOWN]++;
        majority = majority_of(counts);
        *ret_flags = majority.flags;
        return majority.with;
}

/* Of the matches `first` to `last` those of `lattice`. */
static Majority majority_between(const GosMatches *matches, size_t first, size_t last,
                                 size_t lattice)
{
        size_t counts[256] = {};

        for (size_t i = first; i <= last; i++)
                if (matches->items[i].kind != GOS_STRAY && matches->items[i].lattice == lattice)
                        counts[matches->items[i].flags & ~SHOWN]++;
        return majority_of(counts);
}

/* Matches of one lattice, one stride apart: where most of them agree, they are a group with flags
 * of its own, but one without any flags among others that have some. */
static unsigned flags_of_group(const GosMatches *matches, size_t first, size_t last,
                               const Majority *all)
{
        Majority group = majority_between(matches, first, last, matches->items[first].lattice);

        if (group.with + group.without < GROUP_LEAST || group.with <= group.without ||
            (gos_flags_are_bare(group.flags) && !gos_flags_are_bare(all->flags)))
                return all->flags;
        return group.flags;
}

/* The index of the last match that is in the group of `first`. */
static size_t group_last(const GosMatches *matches, size_t first, uint64_t stride)
{
        const GosEntry *items = matches->items;
        size_t last = first;

        for (size_t i = first + 1; i < matches->count; i++) {
                if (items[i].offset - items[last].offset > stride)
                        break;
                if (items[i].kind != GOS_STRAY && items[i].lattice == items[first].lattice)
                        last = i;
        }
        return last;
}

/* Two kinds of flags, and no more of one than of the other: either could be the entries'. */
static bool is_undecided(const Majority *all)
{
        return all->with <= all->without || (gos_flags_are_bare(all->flags) && all->without > 1);
}

/* Other systems' matches were seen with bare flags. So many that say more, and the same, may be an
 * array that lies on the lattice of another one, too. */
static bool lattice_has_rival(const GosMatches *matches, size_t lattice,
                              size_t ret_readings[static 2])
{
        size_t counts[256] = {}, first[256];

        for (size_t i = 0; i < matches->count; i++) {
                const GosEntry *match = &matches->items[i];
                unsigned flags = match->flags & ~SHOWN;

                if (match->kind != GOS_OTHER || match->lattice != lattice ||
                    gos_flags_are_bare(flags))
                        continue;
                if (counts[flags]++ == 0)
                        first[flags] = i;
                if (counts[flags] < GROUP_LEAST)
                        continue;
                ret_readings[0] = first[flags];
                ret_readings[1] = i;
                return true;
        }
        return false;
}

static int judge_lattice(GosMatches *matches, size_t lattice, uint64_t stride,
                         size_t ret_readings[static 2])
{
        Majority all = majority_between(matches, 0, matches->count - 1, lattice);
        size_t last;

        for (size_t i = 0; i < matches->count; i = last + 1) {
                unsigned flags;

                last = i;
                if (matches->items[i].kind == GOS_STRAY || matches->items[i].lattice != lattice)
                        continue;
                last = group_last(matches, i, stride);
                flags = flags_of_group(matches, i, last, &all);
                for (size_t k = i; k <= last; k++) {
                        GosEntry *match = &matches->items[k];

                        if (match->kind == GOS_STRAY || match->lattice != lattice ||
                            gos_flags_agree(match->flags, flags) ||
                            (gos_flags_agree(flags, all.flags) &&
                             gos_flags_agree(match->flags, all.flags)))
                                continue;
                        match->kind = GOS_OTHER;
                        if (!is_undecided(&all))
                                continue;
                        ret_readings[0] = i;
                        ret_readings[1] = k;
                        return -ENOTUNIQ;
                }
        }
        return lattice_has_rival(matches, lattice, ret_readings) ? -ENOTUNIQ : 0;
}

int gos_flags_judge(GosMatches *matches, const GosLattice *lattices, size_t count,
                    size_t ret_readings[static 2])
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < count; i++)
                r = judge_lattice(matches, i, lattices[i].stride, ret_readings);
        return r;
}
