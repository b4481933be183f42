/* SPDX-License-Identifier: MIT */

/* Rows: matches that follow each other at one distance, whichever lattice each was taken for.
 *
 * Some entries of an array may lie on the lattice of another one before it: each second one, where
 * twice its stride is a multiple of the other's. The lattice with more matches takes these, and the
 * rest is left as a lattice of twice the stride, or as strays. The row shows that they are one
 * array. */

#include "patch/gos-sieve.h"

#define ROW_LEAST      4U /* matches */
#define AGREEING_LEAST 3U /* of them, that have flags of one kind */

typedef struct GosRow {
        size_t first, count; /* index of a match; matches */
        uint64_t stride;
} GosRow;

static uint64_t distance_behind(const GosSieve *sieve, size_t index)
{
        return gos_sieve_offset(sieve, index + 1) - gos_sieve_offset(sieve, index);
}

/* The longest row that begins with match `first`, which is not the last one. */
static GosRow row_from(const GosSieve *sieve, size_t first)
{
        GosRow row = {.first = first, .count = 2, .stride = distance_behind(sieve, first)};

        while (row.first + row.count < sieve->matches->count &&
               distance_behind(sieve, row.first + row.count - 1) == row.stride)
                row.count++;
        return row;
}

/* Flags that say nothing may be those of other systems: a row of such is no array. */
static bool row_has_flags(GosSieve *sieve, const GosRow *row)
{
        size_t agreeing;
        unsigned flags;

        for (size_t i = 0; i < row->count; i++)
                sieve->next.items[i] = row->first + i;
        agreeing = gos_flags_most(sieve->matches, sieve->next.items, row->count, &flags);
        return agreeing >= AGREEING_LEAST && !gos_flags_are_bare(flags) &&
               gos_flags_are_like(sieve->seen, flags);
}

static bool row_is_torn(GosSieve *sieve, const GosRow *row)
{
        const GosEntry *matches = &sieve->matches->items[row->first];
        size_t same = 0;

        if (row->count < ROW_LEAST || row->stride < GOS_STRIDE_MIN ||
            row->stride > GOS_STRIDE_MAX || row->stride % GOS_STRIDE_STEP != 0)
                return false;
        for (size_t i = 0; i < row->count; i++)
                same += matches[i].kind == matches[0].kind &&
                        (matches[i].kind == GOS_STRAY || matches[i].lattice == matches[0].lattice);
        return same < row->count && row_has_flags(sieve, row);
}

/* The lattice that has some of the row with a multiple of its stride; a new one where none has. */
static size_t row_lattice(GosSieve *sieve, const GosRow *row)
{
        for (size_t i = row->first; i < row->first + row->count; i++) {
                const GosEntry *match = &sieve->matches->items[i];

                if (match->kind != GOS_STRAY &&
                    sieve->lattices[match->lattice].stride % row->stride == 0)
                        return match->lattice;
        }
        return sieve->lattice_count++;
}

static void row_join(GosSieve *sieve, const GosRow *row)
{
        size_t lattice = row_lattice(sieve, row);

        sieve->lattices[lattice].stride = row->stride;
        sieve->lattices[lattice].phase = gos_sieve_offset(sieve, row->first) % row->stride;
        for (size_t i = row->first; i < row->first + row->count; i++) {
                GosEntry *match = &sieve->matches->items[i];

                match->kind = GOS_ENTRY;
                match->lattice = lattice;
                sieve->seen[match->flags] = true;
        }
}

static void lattices_count(GosSieve *sieve)
{
        for (size_t i = 0; i < sieve->lattice_count; i++)
                sieve->lattices[i].count = 0;
        for (size_t i = 0; i < sieve->matches->count; i++) {
                const GosEntry *match = &sieve->matches->items[i];
                GosLattice *lattice = &sieve->lattices[match->lattice];

                if (match->kind == GOS_STRAY)
                        continue;
                if (lattice->count++ == 0)
                        lattice->first = match->offset;
                lattice->last = match->offset;
        }
}

void gos_rows_join(GosSieve *sieve)
{
        bool joined = false;

        for (size_t i = 0; sieve->lattice_count > 0 && i + 1 < sieve->matches->count;) {
                GosRow row = row_from(sieve, i);

                if (row_is_torn(sieve, &row)) {
                        row_join(sieve, &row);
                        joined = true;
                }
                /* Its last match may be the first of the next row. */
                i += row.count - 1;
        }
        if (joined)
                lattices_count(sieve);
}
