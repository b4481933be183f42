/* SPDX-License-Identifier: MIT */

/* Matches that are on no multiple of 4. An array without padding, whose stride is no multiple of 4,
 * has three of four entries there, or each second one, and one that begins there has all. */

#include <errno.h>
#include <stdlib.h>

#include "patch/gos-find.h"

typedef struct Uneven {
        const GosMatches *matches;
        bool seen[256]; /* flags of entries */
        bool any;       /* entry */
} Uneven;

static Uneven uneven_of(const GosMatches *matches)
{
        Uneven uneven = {.matches = matches};

        for (size_t i = 0; i < matches->count; i++)
                if (matches->items[i].kind == GOS_ENTRY)
                        uneven.any = uneven.seen[matches->items[i].flags] = true;
        return uneven;
}

/* Whether one with such flags may be an entry. */
static bool uneven_is_like(const Uneven *uneven, const GosEntry *match)
{
        return !uneven->any || gos_flags_are_like(uneven->seen, match->flags);
}

/* Flags lie between two that are one stride apart. */
static bool is_stride(uint64_t distance)
{
        return distance > GOS_FLAGS_AT && distance <= GOS_STRIDE_MAX;
}

/* Two that an array may have side by side. */
static const GosEntry *uneven_partner(const Uneven *uneven, size_t index)
{
        const GosEntry *items = uneven->matches->uneven, *match = &items[index];

        if (!uneven_is_like(uneven, match))
                return NULL;
        for (size_t i = index; i-- > 0 && match->offset - items[i].offset <= GOS_STRIDE_MAX;)
                if (is_stride(match->offset - items[i].offset) &&
                    gos_flags_agree(match->flags, items[i].flags))
                        return &items[i];
        return NULL;
}

/* Three at one distance, whatever their flags: the first of them. */
static const GosEntry *uneven_row(const Uneven *uneven, size_t index)
{
        const GosEntry *match = &uneven->matches->uneven[index];

        if (index < 2 || match->offset - match[-1].offset != match[-1].offset - match[-2].offset ||
            match->offset - match[-1].offset > GOS_STRIDE_MAX)
                return NULL;
        return &match[-2];
}

/* One in the middle of two others: of three entries whose stride is an odd number of halves of 4,
 * the second. `next` is the index of the first match behind it. */
static const GosEntry *uneven_neighbour(const Uneven *uneven, size_t index, size_t next)
{
        const GosEntry *match = &uneven->matches->uneven[index], *items = uneven->matches->items;
        uint64_t distance;

        if (next == 0 || next == uneven->matches->count || !uneven_is_like(uneven, match))
                return NULL;
        distance = match->offset - items[next - 1].offset;
        if (!is_stride(distance) || items[next].offset - match->offset != distance ||
            !gos_flags_agree(match->flags, items[next - 1].flags) ||
            !gos_flags_agree(match->flags, items[next].flags))
                return NULL;
        return &items[next - 1];
}

int gos_uneven_judge(const GosMatches *matches, uint64_t ret_offsets[static 2])
{
        Uneven uneven = uneven_of(matches);
        size_t next = 0;

        for (size_t i = 0; i < matches->uneven_count; i++) {
                const GosEntry *other;

                while (next < matches->count &&
                       matches->items[next].offset < matches->uneven[i].offset)
                        next++;
                other = uneven_partner(&uneven, i);
                if (!other)
                        other = uneven_row(&uneven, i);
                if (!other)
                        other = uneven_neighbour(&uneven, i, next);
                if (!other)
                        continue;
                ret_offsets[0] = other->offset;
                ret_offsets[1] = matches->uneven[i].offset;
                return -ENOTUNIQ;
        }
        return 0;
}

int gos_uneven_merge(GosMatches *matches)
{
        size_t even = matches->count, uneven = matches->uneven_count, at = even + uneven;
        GosEntry *items;

        if (uneven == 0)
                return 0;
        items = reallocarray(matches->items, at, sizeof(*items));
        if (!items)
                return -ENOMEM;
        matches->items = items;
        matches->count = at;
        matches->uneven_count = 0;
        /* From the end, where there is room. */
        while (uneven > 0) {
                const GosEntry *match = &matches->uneven[uneven - 1];

                if (even > 0 && items[even - 1].offset > match->offset)
                        items[--at] = items[--even];
                else
                        items[--at] = matches->uneven[--uneven];
        }
        return 0;
}
