/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include "patch/gos-find.h"

#define NEXT_SLOTS 2U   /* of a lattice: so near, two may be an array with another distance */
#define FAR_SLOTS  256U /* of a lattice: so near, what has its distance may be on it */
#define ROW_SLOTS  16U  /* of its own distance: so near, three may be an array */
#define REMOTE_SLOTS                                                                             \
        4U             /* of a lattice: further from all others, an entry may be another array's \
                        */
#define ROW_LEAST   3U /* matches without flags that are no chance */
#define CHANCE_MOST 4U /* matches of a lattice that may be chance */

/* Strays with flags like an entry's, by index. One whose flags no entry has is another system's,
 * wherever it lies. */
typedef struct Strays {
        const GosEntry *matches;
        size_t *items; /* ascending; owned */
        size_t count;
} Strays;

static void gos_strays_done(Strays *strays)
{
        free(strays->items);
}

static int strays_collect(const GosMatches *matches, Strays *ret)
{
        bool seen[256] = {};

        ret->matches = matches->items;
        ret->items = reallocarray(NULL, matches->count, sizeof(*ret->items));
        if (!ret->items)
                return -ENOMEM;
        for (size_t i = 0; i < matches->count; i++)
                if (matches->items[i].kind == GOS_ENTRY)
                        seen[matches->items[i].flags] = true;
        for (size_t i = 0; i < matches->count; i++)
                if (matches->items[i].kind == GOS_STRAY &&
                    gos_flags_are_like(seen, matches->items[i].flags))
                        ret->items[ret->count++] = i;
        return 0;
}

static const GosEntry *stray_at(const Strays *strays, size_t index)
{
        return &strays->matches[strays->items[index]];
}

/* Two that are a whole number of strides apart, or next to each other. Of two at any distance, one
 * in `stride / 4` pairs has such a distance by chance: what is further apart than an array may
 * reach is alone, as one match is. */
static bool is_pair(const GosEntry *a, const GosEntry *b, const GosLattice *lattice)
{
        uint64_t distance = b->offset - a->offset;

        return gos_flags_agree(a->flags, b->flags) && distance <= FAR_SLOTS * lattice->stride &&
               (distance % lattice->stride == 0 || distance <= NEXT_SLOTS * lattice->stride);
}

/* Among more strays than a stride has places two have the same: no file has the time taken. */
static bool find_pair(const Strays *strays, const GosLattice *lattice,
                      size_t ret_readings[static 2])
{
        for (size_t i = 0; i < strays->count; i++)
                for (size_t k = i; k-- > 0;) {
                        if (!is_pair(stray_at(strays, k), stray_at(strays, i), lattice))
                                continue;
                        ret_readings[0] = strays->items[k];
                        ret_readings[1] = strays->items[i];
                        return true;
                }
        return false;
}

/* Three on one lattice of their own, and so near that chance seldom makes it. */
static bool find_three(const Strays *strays, uint64_t stride, size_t ret_readings[static 2])
{
        struct {
                size_t last, count;
        } places[GOS_STRIDE_MAX / GOS_STRIDE_STEP] = {};

        for (size_t i = 0; i < strays->count; i++) {
                uint64_t offset = stray_at(strays, i)->offset;
                size_t place = offset % stride / GOS_STRIDE_STEP, last = places[place].last;

                if (places[place].count == 0 ||
                    offset - stray_at(strays, last)->offset > ROW_SLOTS * stride)
                        places[place].count = 0;
                places[place].last = i;
                if (++places[place].count < 3)
                        continue;
                ret_readings[0] = strays->items[last];
                ret_readings[1] = strays->items[i];
                return true;
        }
        return false;
}

/* A lattice of a few, after the first one, is an array; or chance, where at least as many like them
 * are strays. */
static bool find_crowd(const Strays *strays, const GosMatches *matches, const GosLattice *lattices,
                       size_t count, size_t ret_readings[static 2])
{
        for (size_t i = 0; i < matches->count; i++) {
                const GosEntry *match = &matches->items[i];

                if (match->kind != GOS_ENTRY || match->lattice == 0 || match->lattice >= count ||
                    lattices[match->lattice].count > CHANCE_MOST ||
                    lattices[match->lattice].count > strays->count)
                        continue;
                ret_readings[0] = i;
                ret_readings[1] = strays->items[0];
                return true;
        }
        return false;
}

static const GosEntry *match_at(const GosMatches *matches, uint64_t offset)
{
        size_t low = 0, high = matches->count;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (matches->items[middle].offset < offset)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < matches->count && matches->items[low].offset == offset ? &matches->items[low]
                                                                            : NULL;
}

static bool has_entry_at(const GosMatches *matches, uint64_t offset, unsigned flags)
{
        const GosEntry *match = match_at(matches, offset);

        return match && match->kind == GOS_ENTRY && gos_flags_agree(match->flags, flags);
}

/* Two that have, at their own distance, an entry before or behind them: of an array whose other
 * entry lies on the lattice of another one, too. */
static bool find_torn(const Strays *strays, const GosMatches *matches,
                      size_t ret_readings[static 2])
{
        for (size_t i = 0; i < strays->count; i++) {
                const GosEntry *last = stray_at(strays, i);

                for (size_t k = i; k-- > 0;) {
                        const GosEntry *first = stray_at(strays, k);
                        uint64_t distance = last->offset - first->offset;

                        if (distance > GOS_STRIDE_MAX)
                                break;
                        if (!gos_flags_agree(first->flags, last->flags) ||
                            (!has_entry_at(matches, first->offset - distance, first->flags) &&
                             !has_entry_at(matches, last->offset + distance, last->flags)))
                                continue;
                        ret_readings[0] = strays->items[k];
                        ret_readings[1] = strays->items[i];
                        return true;
                }
        }
        return false;
}

/* Three at one distance with flags that say more and agree, none of them an entry: of an array with
 * flags of its own, some of which lie on the lattice of another one. */
static bool find_torn_row(const GosMatches *matches, size_t ret_readings[static 2])
{
        const GosEntry *items = matches->items;

        for (size_t i = 0; i < matches->count; i++) {
                if (items[i].kind == GOS_ENTRY || gos_flags_are_bare(items[i].flags))
                        continue;
                for (size_t k = i + 1; k < matches->count; k++) {
                        uint64_t distance = items[k].offset - items[i].offset;
                        const GosEntry *third;

                        if (distance > GOS_STRIDE_MAX)
                                break;
                        if (items[k].kind == GOS_ENTRY ||
                            !gos_flags_agree(items[i].flags, items[k].flags))
                                continue;
                        third = match_at(matches, items[k].offset + distance);
                        if (!third || third->kind == GOS_ENTRY ||
                            !gos_flags_agree(third->flags, items[i].flags))
                                continue;
                        ret_readings[0] = i;
                        ret_readings[1] = k;
                        return true;
                }
        }
        return false;
}

/* An entry that no other of its lattice is near. */
static bool is_remote(const GosMatches *matches, const GosLattice *lattices, size_t index)
{
        const GosEntry *items = matches->items;
        uint64_t around = REMOTE_SLOTS * lattices[items[index].lattice].stride;

        for (size_t i = index; i-- > 0 && items[index].offset - items[i].offset <= around;)
                if (items[i].kind == GOS_ENTRY && items[i].lattice == items[index].lattice)
                        return false;
        for (size_t i = index + 1;
             i < matches->count && items[i].offset - items[index].offset <= around; i++)
                if (items[i].kind == GOS_ENTRY && items[i].lattice == items[index].lattice)
                        return false;
        return true;
}

/* Whether match `index` is a remote entry like a stray at that distance. */
static bool is_remote_beside(const GosMatches *matches, const GosLattice *lattices, size_t count,
                             const GosEntry *stray, size_t index)
{
        const GosEntry *entry = &matches->items[index];

        return index < matches->count && entry->kind == GOS_ENTRY && entry->lattice < count &&
               gos_flags_agree(entry->flags, stray->flags) && is_remote(matches, lattices, index);
}

/* How far the remote entry beside a stray is, before it or behind it; 0 where there is none. */
static uint64_t remote_distance(const Strays *strays, const GosMatches *matches,
                                const GosLattice *lattices, size_t count, size_t index)
{
        const GosEntry *stray = stray_at(strays, index);
        size_t at = strays->items[index];
        uint64_t distance = 0;

        if (at > 0 && is_remote_beside(matches, lattices, count, stray, at - 1))
                distance = stray->offset - matches->items[at - 1].offset;
        else if (is_remote_beside(matches, lattices, count, stray, at + 1))
                distance = matches->items[at + 1].offset - stray->offset;
        return distance <= GOS_STRIDE_MAX ? distance : 0;
}

/* Two beside remote entries, at the same distance: of an array some of which lie on the lattice of
 * another one. */
static bool find_torn_pair(const Strays *strays, const GosMatches *matches,
                           const GosLattice *lattices, size_t count, size_t ret_readings[static 2])
{
        size_t seen[GOS_STRIDE_MAX / GOS_STRIDE_STEP + 1] = {};

        for (size_t i = 0; i < strays->count; i++) {
                uint64_t distance = remote_distance(strays, matches, lattices, count, i);
                size_t *before = &seen[distance / GOS_STRIDE_STEP];

                if (distance > 0 && *before > 0) {
                        ret_readings[0] = strays->items[*before - 1];
                        ret_readings[1] = strays->items[i];
                        return true;
                }
                *before = i + 1;
        }
        return false;
}

/* The smallest stride that has all of a lattice's matches, too. */
static uint64_t smallest_stride(uint64_t stride)
{
        for (uint64_t parts = stride / GOS_STRIDE_MIN; parts > 1; parts--)
                if (stride % parts == 0 && stride / parts % GOS_STRIDE_STEP == 0)
                        return stride / parts;
        return stride;
}

/* One that is on a lattice which is not the first, or would be if its stride were smaller, not far
 * from it. */
static bool find_on_lattice(const Strays *strays, const GosMatches *matches, size_t lattice,
                            const GosLattice *of, size_t ret_readings[static 2])
{
        uint64_t stride = smallest_stride(of->stride), around = FAR_SLOTS * of->stride;

        for (size_t i = 0; i < strays->count; i++) {
                uint64_t offset = stray_at(strays, i)->offset;

                if (offset % stride != of->phase % stride)
                        continue;
                if (of->stride != stride && offset % of->stride != of->phase &&
                    (offset + around < of->first || offset > of->last + around))
                        continue;
                for (size_t k = 0; k < matches->count; k++)
                        if (matches->items[k].kind == GOS_ENTRY &&
                            matches->items[k].lattice == lattice)
                                ret_readings[0] = k;
                ret_readings[1] = strays->items[i];
                return true;
        }
        return false;
}

/* An array beside the lattices whose flags say nothing. Flags of 00 and 80 were seen with other
 * systems alone: one is told and left alone, as are some with slots between them. A whole row, side
 * by side at the distance of the entries, may be hidden entries that have no other flags: then
 * "patched" would be said with entries left out. */
static bool find_row(const GosMatches *matches, uint64_t stride, size_t ret_readings[static 2])
{
        size_t count = 0, first = 0;

        for (size_t i = 0; i < matches->count; i++) {
                const GosEntry *match = &matches->items[i];

                if (match->kind != GOS_STRAY || !gos_flags_are_bare(match->flags))
                        continue;
                if (count == 0 || match->offset - matches->items[first].offset != count * stride) {
                        first = i;
                        count = 0;
                }
                if (++count < ROW_LEAST)
                        continue;
                ret_readings[0] = first;
                ret_readings[1] = i;
                return true;
        }
        return false;
}

int gos_strays_judge(const GosMatches *matches, const GosLattice *lattices, size_t count,
                     size_t ret_readings[static 2])
{
        _cleanup_(gos_strays_done) Strays strays = {};
        bool found = false;
        int r = strays_collect(matches, &strays);

        if (r < 0)
                return r;
        for (size_t i = 0; !found && i < count; i++)
                found = find_on_lattice(&strays, matches, i, &lattices[i], ret_readings) ||
                        find_pair(&strays, &lattices[i], ret_readings) ||
                        find_row(matches, lattices[i].stride, ret_readings);
        for (uint64_t stride = GOS_STRIDE_MIN; !found && count > 0 && stride <= GOS_STRIDE_MAX;
             stride += GOS_STRIDE_STEP)
                found = find_three(&strays, stride, ret_readings);
        found = found || find_torn(&strays, matches, ret_readings) ||
                find_torn_row(matches, ret_readings) ||
                find_torn_pair(&strays, matches, lattices, count, ret_readings) ||
                find_crowd(&strays, matches, lattices, count, ret_readings);
        return found ? -ENOTUNIQ : 0;
}
