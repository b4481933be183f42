/* SPDX-License-Identifier: MIT */
#pragma once

/* GosSieve: matches of the pattern, from which one lattice after the other is taken. GosChain:
 * matches that may be the next one. Internal to the patch layer. */

#include "patch/gos-find.h"

/* Matches, by index, that lie on one lattice; ascending. */
typedef struct GosChain {
        size_t *items; /* room for all matches; owned */
        size_t count;
        size_t score; /* matches, twice those that are near the one before, and twice those next to
                         it */
        uint64_t stride;
} GosChain;

typedef struct GosSieve {
        GosMatches *matches;
        size_t *left; /* indices of matches that no lattice has yet; owned */
        size_t left_count;
        GosChain best, next;
        uint64_t work;
        GosLattice *lattices; /* owned */
        size_t lattice_count;
        bool seen[256]; /* flags of matches on the lattices so far */
        bool *tied;     /* for each match: on a chain that is as good as the best; owned */
        bool has_tie;
        bool *doubtful; /* for each match: was tied once; owned */
        size_t tie_at;  /* a match of the chain that was taken */
} GosSieve;

static inline uint64_t gos_sieve_offset(const GosSieve *sieve, size_t index)
{
        return sieve->matches->items[index].offset;
}

/* The longest chain of `stride` for which there is evidence enough; count 0: there is none. */
void gos_chain_find(const GosSieve *sieve, uint64_t stride, GosChain *ret);

/* Whether two chains have a match in common; all of them. */
bool gos_chains_meet(const GosChain *a, const GosChain *b);
bool gos_chains_equal(const GosChain *a, const GosChain *b);
