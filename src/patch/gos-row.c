/* SPDX-License-Identifier: MIT */

/* Rows: matches that follow each other at one distance, whichever lattice each was taken for.
 *
 * Some entries of an array may lie on the lattice of another one before it: each second one, where
 * twice its stride is a multiple of the other's. The lattice with more matches takes these, and the
 * rest is left as a lattice of twice the stride, or as strays. The row shows that they are one
 * array. */

#include <errno.h>
#include <stdlib.h>

#include "patch/gos-find.h"

#define ROW_LEAST      4U /* matches */
#define AGREEING_LEAST 3U /* of them, that have flags of one kind */

typedef struct GosRow {
        size_t first, count; /* index of a match; matches */
        uint64_t stride;
        unsigned flags; /* of most */
} GosRow;

typedef struct GosRows {
        GosMatches *matches;
        GosLattice *lattices;
        size_t lattice_count;
        size_t *items; /* room for the indices of a row; owned */
        bool *in_row;
        bool seen[256]; /* flags of matches on lattices */
} GosRows;

static void gos_rows_done(GosRows *rows)
{
        free(rows->items);
}

static uint64_t distance_behind(const GosMatches *matches, size_t index)
{
        return matches->items[index + 1].offset - matches->items[index].offset;
}

/* The longest row that begins with match `first`, which is not the last one. */
static GosRow row_from(const GosMatches *matches, size_t first)
{
        GosRow row = {.first = first, .count = 2, .stride = distance_behind(matches, first)};

        while (row.first + row.count < matches->count &&
               distance_behind(matches, row.first + row.count - 1) == row.stride)
                row.count++;
        return row;
}

/* Flags that say nothing may be those of other systems: a row of such is no array. */
static bool row_has_flags(const GosRows *rows, GosRow *row)
{
        size_t agreeing;

        for (size_t i = 0; i < row->count; i++)
                rows->items[i] = row->first + i;
        agreeing = gos_flags_most(rows->matches, rows->items, row->count, &row->flags);
        return agreeing >= AGREEING_LEAST && !gos_flags_are_bare(row->flags) &&
               gos_flags_are_like(rows->seen, row->flags);
}

static bool row_is_torn(const GosRows *rows, GosRow *row)
{
        const GosEntry *matches = &rows->matches->items[row->first];
        size_t same = 0;

        if (row->count < ROW_LEAST || row->stride < GOS_STRIDE_MIN ||
            row->stride > GOS_STRIDE_MAX || row->stride % GOS_STRIDE_STEP != 0)
                return false;
        for (size_t i = 0; i < row->count; i++)
                same += matches[i].kind == matches[0].kind &&
                        (matches[i].kind == GOS_STRAY || matches[i].lattice == matches[0].lattice);
        return same < row->count && row_has_flags(rows, row);
}

/* The lattice that has some of the row with a multiple of its stride; a new one where none has. */
static size_t row_lattice(GosRows *rows, const GosRow *row)
{
        for (size_t i = row->first; i < row->first + row->count; i++) {
                const GosEntry *match = &rows->matches->items[i];

                if (match->kind != GOS_STRAY &&
                    rows->lattices[match->lattice].stride % row->stride == 0)
                        return match->lattice;
        }
        rows->lattices[rows->lattice_count] = (GosLattice){};
        return rows->lattice_count++;
}

static void row_join(GosRows *rows, const GosRow *row)
{
        size_t lattice = row_lattice(rows, row);

        rows->lattices[lattice].stride = row->stride;
        rows->lattices[lattice].phase = rows->matches->items[row->first].offset % row->stride;
        for (size_t i = row->first; i < row->first + row->count; i++) {
                GosEntry *match = &rows->matches->items[i];

                /* One with flags of another kind is an entry of its own lattice. */
                if (match->kind != GOS_STRAY && !gos_flags_are_bare(match->flags) &&
                    !gos_flags_agree(match->flags, row->flags))
                        continue;
                match->kind = GOS_ENTRY;
                match->lattice = lattice;
                rows->in_row[i] = true;
        }
}

static int rows_prepare(GosRows *rows)
{
        const GosMatches *matches = rows->matches;

        rows->items = reallocarray(NULL, matches->count, sizeof(*rows->items));
        if (!rows->items)
                return -ENOMEM;
        memset(rows->in_row, false, matches->count);
        for (size_t i = 0; i < matches->count; i++)
                if (matches->items[i].kind != GOS_STRAY)
                        rows->seen[matches->items[i].flags] = true;
        return 0;
}

int gos_rows_join(GosMatches *matches, GosLattice *lattices, size_t *count, bool *ret_in_row)
{
        _cleanup_(gos_rows_done)
                GosRows rows = {.matches = matches, .lattices = lattices, .lattice_count = *count};
        int joined = 0, r;

        rows.in_row = ret_in_row;
        r = rows_prepare(&rows);
        if (r < 0)
                return r;
        for (size_t i = 0; *count > 0 && i + 1 < matches->count;) {
                GosRow row = row_from(matches, i);

                if (row_is_torn(&rows, &row)) {
                        row_join(&rows, &row);
                        joined = 1;
                }
                /* Its last match may be the first of the next row. */
                i += row.count - 1;
        }
        *count = rows.lattice_count;
        return joined;
}
