/* SPDX-License-Identifier: MIT */
#pragma once

/* The two halves of gos_find(): matches of the pattern, and the lattices that they lie on. Internal
 * to the patch layer. */

#include "image/image.h"
#include "patch/gos-types.h"

typedef struct GosMatches {
        GosEntry *items; /* ascending by offset; owned */
        size_t count;
        GosEntry *uneven; /* those on no multiple of 4, ascending by offset; owned */
        size_t uneven_count;
} GosMatches;

/* Every match in the mapped bytes of the file, each once, also where two ranges meet in it.
 * -ENOMEM.
 */
_nodiscard_ int gos_matches_find(const Image *image, GosMatches *ret);
void gos_matches_done(GosMatches *matches);

/* One on no multiple of 4 is chance, or an entry of an array without padding, which no lattice has
 * all entries of. -ENOTUNIQ with the file offsets of two that may be such in `ret_offsets`; asked
 * once the other matches are judged. */
_nodiscard_ int gos_uneven_judge(const GosMatches *matches, uint64_t ret_offsets[static 2]);

/* Puts the uneven ones among the others. -ENOMEM. */
_nodiscard_ int gos_uneven_merge(GosMatches *matches);

/* Sets kind and lattice of each match. `ret_lattices` is the caller's to free. -ENOTUNIQ with the
 * two matches in `ret_readings` that no single reading has both of, and then one reading in the
 * outputs; -E2BIG when it would take too long; -ENOMEM. */
_nodiscard_ int gos_lattices_find(GosMatches *matches, GosLattice **ret_lattices, size_t *ret_count,
                                  size_t ret_readings[static 2]);

/* A row: matches that follow each other at one distance, and that no lattice has all of. Marks the
 * matches of each in `ret_in_row`, which has room for all. Makes each one lattice; there is room
 * for as many lattices as matches. How many rows there are; -ENOMEM. */
_nodiscard_ int gos_rows_join(GosMatches *matches, GosLattice *lattices, size_t *count,
                              bool *ret_in_row);

/* Leaves out the lattices that have no match. */
void gos_lattices_compact(GosMatches *matches, GosLattice *lattices, size_t *count);

/* What each match is, once rows are joined. Outputs and errors as gos_lattices_find()'s. */
_nodiscard_ int gos_read(GosMatches *matches, GosLattice **ret_lattices, size_t *ret_count,
                         size_t ret_readings[static 2]);

/* Tells entries from other systems' matches by their flags. As gos_lattices_find(). */
_nodiscard_ int gos_flags_judge(GosMatches *matches, const GosLattice *lattices, size_t count,
                                size_t ret_readings[static 2]);

/* Whether flags are so alike that two entries of one array may have them; whether they are so like
 * one of `seen`. */
bool gos_flags_agree(unsigned a, unsigned b);
bool gos_flags_are_like(const bool seen[static 256], unsigned flags);

/* Whether flags say nothing but shown or hidden, as those of other systems' matches were seen to.
 * Where GOS_MARKED matches have flags that say more, one without is no entry. */
bool gos_flags_are_bare(unsigned flags);
#define GOS_MARKED 6U /* so many matches of a lattice whose flags agree, and say more */

/* The flags that most of the matches have, or hardly differ from; returns how many these are. */
size_t gos_flags_most(const GosMatches *matches, const size_t *items, size_t count,
                      unsigned *ret_flags);

/* A stray is alone. Two that have flags like the entries', and a distance that entries have, may be
 * entries of an array that is too small to be told from chance: -ENOTUNIQ, with both in
 * `ret_readings`. */
_nodiscard_ int gos_strays_judge(const GosMatches *matches, const GosLattice *lattices,
                                 size_t count, size_t ret_readings[static 2]);
