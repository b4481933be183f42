/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include "patch/gos-find.h"

#define STRIDE_STEP  4U
#define STRIDE_COUNT ((GOS_STRIDE_MAX - GOS_STRIDE_MIN) / STRIDE_STEP + 1)
#define NEIGHBOURS                                                                    \
        4U /* matches that the stride of one is looked for in: strays may lie between \
            */
#define LATTICES_MAX 32U
#define WORK_MAX     (1U << 22)
#define VOTES_WORK   64U /* for each match */

/* Any two matches lie on many lattices, and of three strays in the same region, now and then all
 * do. So the fewer matches a lattice has, the closer they must be to each other. */
typedef struct Evidence {
        size_t count;   /* at least so many matches, */
        uint64_t slots; /* no more than so many slots from one to the next, */
        uint64_t bytes; /* or so many bytes */
} Evidence;

/* Of the first lattice in a file, of one whose stride is that of another or a multiple of it, and
 * of any other; of the only two matches of a file. */
static const Evidence first_evidence[] = {{4, 256, 0x10000}, {3, 64, 0}, {2, 1, 0}, {}};
static const Evidence alike_evidence[] = {{4, 64, 0}, {3, 16, 0}, {2, 4, 0}, {}};
static const Evidence other_evidence[] = {{6, 64, 0}, {4, 16, 0}, {3, 4, 0}, {}};
static const Evidence only_evidence[] = {{2, 256, 0x10000}, {}};

/* Matches, by index, that lie on one lattice; ascending. */
typedef struct Chain {
        size_t *items; /* room for all matches; owned */
        size_t count;
        uint64_t stride;
} Chain;

typedef struct Sieve {
        GosMatches *matches;
        size_t *left; /* indices of matches that no lattice has yet; owned */
        size_t left_count;
        Chain best, next;
        bool ambiguous;
        uint64_t work;
        GosLattice *lattices; /* owned */
        size_t lattice_count;
} Sieve;

static void sieve_done(Sieve *sieve)
{
        free(sieve->left);
        free(sieve->best.items);
        free(sieve->next.items);
        free(sieve->lattices);
}

static int sieve_prepare(Sieve *sieve)
{
        size_t count = sieve->matches->count;

        sieve->left = reallocarray(NULL, count, sizeof(size_t));
        sieve->best.items = reallocarray(NULL, count, sizeof(size_t));
        sieve->next.items = reallocarray(NULL, count, sizeof(size_t));
        sieve->lattices = reallocarray(NULL, LATTICES_MAX, sizeof(GosLattice));
        if (!sieve->left || !sieve->best.items || !sieve->next.items || !sieve->lattices)
                return -ENOMEM;
        for (size_t i = 0; i < count; i++)
                sieve->left[i] = i;
        sieve->left_count = count;
        return 0;
}

static uint64_t stride_at(size_t index)
{
        return GOS_STRIDE_MIN + STRIDE_STEP * (uint64_t)index;
}

static uint64_t offset_at(const Sieve *sieve, size_t index)
{
        return sieve->matches->items[index].offset;
}

/* How many of the distances between neighbours each stride divides: no lattice has more matches
 * than that and one. */
static void count_votes(const Sieve *sieve, uint32_t ret_votes[static STRIDE_COUNT])
{
        memset(ret_votes, 0, STRIDE_COUNT * sizeof(*ret_votes));
        for (size_t i = 0; i < sieve->left_count; i++)
                for (size_t k = i + 1; k < sieve->left_count && k <= i + NEIGHBOURS; k++) {
                        uint64_t distance =
                                offset_at(sieve, sieve->left[k]) - offset_at(sieve, sieve->left[i]);

                        if (distance > UINT32_MAX)
                                break;
                        for (size_t n = 0; n < STRIDE_COUNT; n++)
                                ret_votes[n] += (uint32_t)distance % (uint32_t)stride_at(n) == 0;
                }
}

/* `ret_slot` is what one slot counts. */
static const Evidence *evidence_for(const Sieve *sieve, uint64_t stride, uint64_t *ret_slot)
{
        *ret_slot = stride;
        if (sieve->lattice_count == 0)
                return sieve->left_count == 2 ? only_evidence : first_evidence;
        for (size_t i = 0; i < sieve->lattice_count; i++)
                if (stride % sieve->lattices[i].stride == 0) {
                        *ret_slot = sieve->lattices[i].stride;
                        return alike_evidence;
                }
        return other_evidence;
}

/* A chain that is being followed: the matches with one residue, none too far from the one before.
 */
typedef struct Link {
        size_t first, last; /* indices into left */
        size_t count;
} Link;

static Link longest_link(const Sieve *sieve, uint64_t stride, uint64_t gap)
{
        static const Link none;
        Link links[GOS_STRIDE_MAX / STRIDE_STEP] = {}, longest = none;

        for (size_t i = 0; i < sieve->left_count; i++) {
                uint64_t offset = offset_at(sieve, sieve->left[i]);
                Link *link = &links[offset % stride / STRIDE_STEP];

                if (link->count == 0 || offset - offset_at(sieve, sieve->left[link->last]) > gap)
                        *link = (Link){.first = i};
                link->last = i;
                link->count++;
                if (link->count > longest.count)
                        longest = *link;
        }
        return longest;
}

/* The longest chain of `stride` for which there is evidence enough; count 0: there is none. */
static void chain_find(const Sieve *sieve, uint64_t stride, Chain *ret)
{
        Link link = {};
        uint64_t slot;

        ret->stride = stride;
        ret->count = 0;
        for (const Evidence *evidence = evidence_for(sieve, stride, &slot); evidence->count > 0;
             evidence++) {
                link = longest_link(sieve, stride, MAX(evidence->slots * slot, evidence->bytes));
                if (link.count >= evidence->count)
                        break;
                link = (Link){};
        }
        for (size_t i = link.first; link.count > 0 && i <= link.last; i++)
                if (offset_at(sieve, sieve->left[i]) % stride ==
                    offset_at(sieve, sieve->left[link.first]) % stride)
                        ret->items[ret->count++] = sieve->left[i];
}

static bool chains_meet(const Chain *a, const Chain *b)
{
        for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
                if (a->items[i] == b->items[k])
                        return true;
                if (a->items[i] < b->items[k])
                        i++;
                else
                        k++;
        }
        return false;
}

static bool chains_equal(const Chain *a, const Chain *b)
{
        return a->count == b->count &&
               memcmp(a->items, b->items, a->count * sizeof(*a->items)) == 0;
}

/* The chain with the most matches is the next lattice; of two with as many that have some of them
 * in common, neither is. */
static void sieve_consider(Sieve *sieve, uint64_t stride)
{
        Chain *next = &sieve->next, *best = &sieve->best, swap;

        chain_find(sieve, stride, next);
        if (next->count == 0 || next->count < best->count)
                return;
        if (next->count == best->count) {
                sieve->ambiguous =
                        sieve->ambiguous || (!chains_equal(next, best) && chains_meet(next, best));
                return;
        }
        sieve->ambiguous = false;
        swap = *best;
        *best = *next;
        *next = swap;
}

static int find_best(Sieve *sieve)
{
        uint32_t votes[STRIDE_COUNT];
        size_t most = 0;

        sieve->best.count = 0;
        sieve->ambiguous = false;
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
                if (i == most || votes[i] == 0 || votes[i] + 1 < sieve->best.count)
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

static void take_best(Sieve *sieve)
{
        const Chain *best = &sieve->best;
        GosLattice lattice = {.count = best->count};
        size_t taken = 0, left = 0;

        for (size_t i = 0; i < best->count; i++) {
                GosEntry *match = &sieve->matches->items[best->items[i]];

                match->kind = GOS_ENTRY;
                match->lattice = sieve->lattice_count;
                lattice.stride = greatest_divisor(lattice.stride,
                                                  match->offset - offset_at(sieve, best->items[0]));
        }
        if (lattice.stride > GOS_STRIDE_MAX)
                lattice.stride = best->stride;
        sieve->lattices[sieve->lattice_count++] = lattice;
        for (size_t i = 0; i < sieve->left_count; i++) {
                if (taken < best->count && sieve->left[i] == best->items[taken])
                        taken++;
                else
                        sieve->left[left++] = sieve->left[i];
        }
        sieve->left_count = left;
}

int gos_lattices_find(GosMatches *matches, GosLattice **ret_lattices, size_t *ret_count,
                      size_t ret_readings[static 2])
{
        _cleanup_(sieve_done) Sieve sieve = {.matches = matches};
        int r = sieve_prepare(&sieve);

        while (r >= 0 && sieve.left_count > 1) {
                r = find_best(&sieve);
                if (r < 0 || sieve.best.count == 0)
                        break;
                if (sieve.ambiguous) {
                        ret_readings[0] = sieve.best.items[0];
                        ret_readings[1] = sieve.best.items[sieve.best.count - 1];
                        r = -ENOTUNIQ;
                } else if (sieve.lattice_count == LATTICES_MAX) {
                        r = -E2BIG;
                } else {
                        take_best(&sieve);
                }
        }
        if (r < 0)
                return r;
        *ret_lattices = TAKE_PTR(sieve.lattices);
        *ret_count = sieve.lattice_count;
        return 0;
}
