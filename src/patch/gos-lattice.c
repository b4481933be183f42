/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include "patch/gos-sieve.h"

#define STRIDE_COUNT ((GOS_STRIDE_MAX - GOS_STRIDE_MIN) / GOS_STRIDE_STEP + 1)
#define NEIGHBOURS   4U   /* of a match, that its stride is looked for in: strays lie between */
#define NEARBY       256U /* slots around a lattice */
#define LONE_LEAST   8U   /* matches that show a stride which one more does not have */
#define FEWEST       3U   /* matches that show a stride side by side */

/* What a hostile file may cost: matches looked at for a stride. */
#define WORK_MAX   (1U << 26)
#define VOTES_WORK 1024U /* for each match */

static void sieve_done(GosSieve *sieve)
{
        free(sieve->left);
        free(sieve->best.items);
        free(sieve->next.items);
        free(sieve->lattices);
        free(sieve->tied);
        free(sieve->doubtful);
}

static int sieve_prepare(GosSieve *sieve)
{
        size_t count = sieve->matches->count;

        sieve->left = reallocarray(NULL, count, sizeof(size_t));
        sieve->best.items = reallocarray(NULL, count, sizeof(size_t));
        sieve->next.items = reallocarray(NULL, count, sizeof(size_t));
        sieve->lattices = reallocarray(NULL, count, sizeof(GosLattice));
        sieve->tied = calloc(count, sizeof(bool));
        sieve->doubtful = calloc(count, sizeof(bool));
        if (!sieve->left || !sieve->best.items || !sieve->next.items || !sieve->lattices ||
            !sieve->tied || !sieve->doubtful)
                return -ENOMEM;
        return 0;
}

/* The matches that are looked through: with `bare` also those whose flags say nothing. */
static void sieve_fill(GosSieve *sieve, bool bare)
{
        sieve->left_count = 0;
        for (size_t i = 0; i < sieve->matches->count; i++)
                if (bare || !gos_flags_are_bare(sieve->matches->items[i].flags))
                        sieve->left[sieve->left_count++] = i;
}

static uint64_t stride_at(size_t index)
{
        return GOS_STRIDE_MIN + GOS_STRIDE_STEP * (uint64_t)index;
}

/* How many of the distances between neighbours each stride divides: no lattice has more matches
 * than that and one. */
static void count_votes(const GosSieve *sieve, uint32_t ret_votes[static STRIDE_COUNT])
{
        memset(ret_votes, 0, STRIDE_COUNT * sizeof(*ret_votes));
        for (size_t i = 0; i < sieve->left_count; i++)
                for (size_t k = i + 1; k < sieve->left_count && k <= i + NEIGHBOURS; k++) {
                        uint64_t distance = gos_sieve_offset(sieve, sieve->left[k]) -
                                            gos_sieve_offset(sieve, sieve->left[i]);

                        if (distance > UINT32_MAX)
                                break;
                        for (size_t n = 0; n < STRIDE_COUNT; n++)
                                ret_votes[n] += (uint32_t)distance % (uint32_t)stride_at(n) == 0;
                }
}

/* The chain with the most matches, and most of them near each other, is the next lattice. Of equals
 * that have matches in common, the first. */
static void sieve_consider(GosSieve *sieve, uint64_t stride)
{
        GosChain *next = &sieve->next, *best = &sieve->best, swap;

        gos_chain_find(sieve, stride, next);
        if (next->count == 0 || next->score < best->score)
                return;
        if (next->score == best->score) {
                if (gos_chains_equal(next, best) || !gos_chains_meet(next, best))
                        return;
                for (size_t i = 0; i < next->count; i++)
                        sieve->tied[next->items[i]] = true;
                sieve->has_tie = true;
                return;
        }
        if (sieve->has_tie)
                memset(sieve->tied, false, sieve->matches->count);
        sieve->has_tie = false;
        swap = *best;
        *best = *next;
        *next = swap;
}

/* A chain that was as good as the one taken is no other reading when its matches are entries,
 * too, in the end. */
static void sieve_note_tie(GosSieve *sieve)
{
        if (!sieve->has_tie)
                return;
        for (size_t i = 0; i < sieve->matches->count; i++)
                sieve->doubtful[i] = sieve->doubtful[i] || sieve->tied[i];
        memset(sieve->tied, false, sieve->matches->count);
        sieve->has_tie = false;
        sieve->tie_at = sieve->best.items[0];
}

static int sieve_check_ties(const GosSieve *sieve, size_t ret_readings[static 2])
{
        for (size_t i = 0; i < sieve->matches->count; i++) {
                if (!sieve->doubtful[i] || sieve->matches->items[i].kind != GOS_STRAY)
                        continue;
                ret_readings[0] = sieve->tie_at;
                ret_readings[1] = i;
                return -ENOTUNIQ;
        }
        return 0;
}

static int find_best(GosSieve *sieve)
{
        uint32_t votes[STRIDE_COUNT];
        size_t most = 0;

        sieve->best.count = sieve->best.score = 0;
        sieve->work += VOTES_WORK * sieve->left_count;
        if (sieve->work > WORK_MAX)
                return -E2BIG;
        count_votes(sieve, votes);
        for (size_t i = 1; i < STRIDE_COUNT; i++)
                if (votes[i] > votes[most])
                        most = i;
        if (votes[most] == 0)
                return 0;
        sieve_consider(sieve, stride_at(most));
        for (size_t i = 0; i < STRIDE_COUNT; i++) {
                if (i == most || votes[i] == 0 || 5 * (size_t)votes[i] + 1 < sieve->best.score)
                        continue;
                sieve->work += sieve->left_count;
                if (sieve->work > WORK_MAX)
                        return -E2BIG;
                sieve_consider(sieve, stride_at(i));
        }
        return 0;
}

static uint64_t greatest_divisor(uint64_t a, uint64_t b)
{
        while (b != 0) {
                uint64_t rest = a % b;

                a = b;
                b = rest;
        }
        return a;
}

/* The greatest distance that all matches of a chain are multiples of. */
static uint64_t chain_divisor(const GosSieve *sieve, const GosChain *chain)
{
        uint64_t stride = 0;

        for (size_t i = 1; i < chain->count; i++)
                stride = greatest_divisor(stride, gos_sieve_offset(sieve, chain->items[i]) -
                                                          gos_sieve_offset(sieve, chain->items[0]));
        return stride > GOS_STRIDE_MAX ? chain->stride : stride;
}

/* The one match of a chain that a stride `parts` times as large has not; the chain's count where it
 * has all, or leaves out more. */
static size_t chain_lone(const GosSieve *sieve, const GosChain *chain, uint64_t parts)
{
        uint64_t stride = chain->stride * parts, phases[3];
        size_t lone = chain->count;

        for (size_t i = 0; i < ARRAY_SIZE(phases); i++)
                phases[i] = gos_sieve_offset(sieve, chain->items[i]) % stride;
        if (phases[0] != phases[1] && phases[0] != phases[2])
                phases[0] = phases[1];
        for (size_t i = 0; i < chain->count; i++) {
                if (gos_sieve_offset(sieve, chain->items[i]) % stride == phases[0])
                        continue;
                if (lone < chain->count)
                        return chain->count;
                lone = i;
        }
        return lone;
}

static bool chain_is_loose(const GosSieve *sieve, const GosChain *chain)
{
        for (size_t i = 1; i < chain->count; i++)
                if (gos_sieve_offset(sieve, chain->items[i]) -
                            gos_sieve_offset(sieve, chain->items[i - 1]) ==
                    chain->stride)
                        return false;
        return true;
}

/* A match without which the stride would be larger is alone in what it shows: a stray lies on a
 * lattice of half the stride twice as often. Of few, it counts where some are side by side. */
static void chain_drop_lone(const GosSieve *sieve, GosChain *chain)
{
        uint64_t parts = 2;

        chain->stride = chain_divisor(sieve, chain);
        if (chain->count <= LONE_LEAST &&
            (sieve->lattice_count == 0 || chain->count <= FEWEST || !chain_is_loose(sieve, chain)))
                return;
        while (chain->count > FEWEST && chain->stride * parts <= GOS_STRIDE_MAX) {
                size_t lone = chain_lone(sieve, chain, parts++);

                if (lone == chain->count)
                        continue;
                chain->count--;
                memmove(chain->items + lone, chain->items + lone + 1,
                        (chain->count - lone) * sizeof(*chain->items));
                chain->stride = chain_divisor(sieve, chain);
                parts = 2;
        }
}

static void take_best(GosSieve *sieve)
{
        const GosChain *best = &sieve->best;
        GosLattice lattice = {.stride = best->stride, .count = best->count};
        size_t taken = 0, left = 0;

        for (size_t i = 0; i < best->count; i++) {
                GosEntry *match = &sieve->matches->items[best->items[i]];

                match->kind = GOS_ENTRY;
                match->lattice = sieve->lattice_count;
                sieve->seen[match->flags] = true;
        }
        lattice.first = gos_sieve_offset(sieve, best->items[0]);
        lattice.last = gos_sieve_offset(sieve, best->items[best->count - 1]);
        lattice.phase = gos_sieve_offset(sieve, best->items[0]) % lattice.stride;
        sieve->lattices[sieve->lattice_count++] = lattice;
        for (size_t i = 0; i < sieve->left_count; i++) {
                if (taken < best->count && sieve->left[i] == best->items[taken])
                        taken++;
                else
                        sieve->left[left++] = sieve->left[i];
        }
        sieve->left_count = left;
}

static int sieve_sift(GosSieve *sieve)
{
        while (sieve->left_count > 1) {
                int r = find_best(sieve);

                if (r < 0 || sieve->best.count == 0)
                        return r;
                sieve_note_tie(sieve);
                chain_drop_lone(sieve, &sieve->best);
                take_best(sieve);
        }
        return 0;
}

/* A match on the first lattice is on it however far away it is, one on another in its region. */
static bool is_on(const GosEntry *match, const GosLattice *lattice, bool is_first)
{
        uint64_t around = NEARBY * lattice->stride;

        return match->offset % lattice->stride == lattice->phase &&
               (is_first || (match->offset + around >= lattice->first &&
                             match->offset <= lattice->last + around));
}

static void lattice_take(GosSieve *sieve, size_t index, GosEntry *match)
{
        GosLattice *lattice = &sieve->lattices[index];

        if (match->kind != GOS_STRAY || !is_on(match, lattice, index == 0))
                return;
        match->kind = GOS_ENTRY;
        match->lattice = index;
        lattice->count++;
        /* From there the next one may be in reach. */
        if (!gos_flags_are_like(sieve->seen, match->flags))
                return;
        lattice->first = MIN(lattice->first, match->offset);
        lattice->last = MAX(lattice->last, match->offset);
}

/* What was not looked through, or too far away: upwards, then downwards. */
static int take_rest(GosSieve *sieve)
{
        size_t count = sieve->matches->count;

        sieve->work += 2 * sieve->lattice_count * count;
        if (sieve->work > WORK_MAX)
                return -E2BIG;
        for (size_t i = 0; i < sieve->lattice_count; i++) {
                for (size_t k = 0; k < count; k++)
                        lattice_take(sieve, i, &sieve->matches->items[k]);
                for (size_t k = count; k-- > 0;)
                        lattice_take(sieve, i, &sieve->matches->items[k]);
        }
        return 0;
}

/* Whether its first lattice has flags that set it apart from other systems' matches. */
static bool first_is_marked(const GosSieve *sieve)
{
        static const bool bare[256] = {[0] = true, [0x80] = true};
        unsigned flags;
        size_t count = 0;

        for (size_t i = 0; i < sieve->matches->count; i++)
                if (sieve->matches->items[i].kind != GOS_STRAY &&
                    sieve->matches->items[i].lattice == 0)
                        sieve->next.items[count++] = i;
        count = gos_flags_most(sieve->matches, sieve->next.items, count, &flags);
        return count >= GOS_MARKED && !gos_flags_are_like(bare, flags);
}

static void sieve_forget(GosSieve *sieve)
{
        for (size_t i = 0; i < sieve->matches->count; i++)
                sieve->matches->items[i].kind = GOS_STRAY;
        memset(sieve->seen, 0, sizeof(sieve->seen));
        memset(sieve->doubtful, false, sieve->matches->count);
        sieve->lattice_count = 0;
}

int gos_lattices_find(GosMatches *matches, GosLattice **ret_lattices, size_t *ret_count,
                      size_t ret_readings[static 2])
{
        _cleanup_(sieve_done) GosSieve sieve = {.matches = matches};
        int r = sieve_prepare(&sieve);

        if (r < 0)
                return r;
        sieve_fill(&sieve, false);
        r = sieve_sift(&sieve);
        if (r >= 0 && !first_is_marked(&sieve)) {
                sieve_forget(&sieve);
                sieve_fill(&sieve, true);
                r = sieve_sift(&sieve);
        }
        if (r < 0)
                return r;
        r = take_rest(&sieve);
        if (r < 0)
                return r;
        *ret_lattices = TAKE_PTR(sieve.lattices);
        *ret_count = sieve.lattice_count;
        return sieve_check_ties(&sieve, ret_readings);
}

static void lattices_count(const GosMatches *matches, GosLattice *lattices, size_t count)
{
        for (size_t i = 0; i < count; i++)
                lattices[i].count = 0;
        for (size_t i = 0; i < matches->count; i++) {
                const GosEntry *match = &matches->items[i];
                GosLattice *lattice;

                if (match->kind == GOS_STRAY || match->lattice >= count)
                        continue;
                lattice = &lattices[match->lattice];
                if (lattice->count++ == 0)
                        lattice->first = match->offset;
                lattice->last = match->offset;
        }
}

void gos_lattices_compact(GosMatches *matches, GosLattice *lattices, size_t *count)
{
        size_t kept = 0;

        lattices_count(matches, lattices, *count);
        for (size_t i = 0; i < *count; i++) {
                if (lattices[i].count == 0)
                        continue;
                /* Those of lattice `kept`, if it had any, have another one by now. */
                for (size_t k = 0; k < matches->count && kept != i; k++)
                        if (matches->items[k].kind != GOS_STRAY && matches->items[k].lattice == i)
                                matches->items[k].lattice = kept;
                lattices[kept++] = lattices[i];
        }
        *count = kept;
}
