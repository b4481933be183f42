/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include "patch/gos-find.h"

#define STRIDE_STEP  4U
#define STRIDE_COUNT ((GOS_STRIDE_MAX - GOS_STRIDE_MIN) / STRIDE_STEP + 1)
#define NEIGHBOURS   4U  /* of a match, that its stride is looked for in: strays lie between */
#define NEARBY       64U /* slots around a lattice */
#define FEW          64U /* matches: of so many, none lie on a lattice by chance */

/* What a hostile file may cost: matches looked at for a stride. */
#define WORK_MAX   (1U << 26)
#define VOTES_WORK 1024U /* for each match */

/* Any two matches lie on many lattices, and of three strays in the same region, now and then all
 * do. So the fewer matches a lattice has, the closer they must be to each other. */
typedef struct Evidence {
        size_t count;   /* at least so many matches, with flags that agree, */
        uint64_t slots; /* no more than so many slots from one to the next, */
        uint64_t bytes; /* or so many bytes */
        bool like;      /* with flags like those of the entries before */
        bool few;       /* among few matches */
} Evidence;

/* Of the first lattice in a file, and where that has all matches of the file. */
static const Evidence first_evidence[] = {
        {.count = 4, .slots = 256, .bytes = 0x10000},
        {.count = 3, .slots = 64},
        {.count = 2, .slots = 1},
        {},
};
static const Evidence only_evidence[] = {
        {.count = 3, .slots = 256, .bytes = 0x10000},
        {.count = 2, .slots = 256, .bytes = 0x10000},
        {},
};

/* Of one whose stride is that of another or a multiple of it, and of any other. */
static const Evidence alike_evidence[] = {
        {.count = 4, .slots = 256, .like = true},
        {.count = 3, .slots = 64, .like = true},
        {.count = 2, .slots = 4, .like = true},
        {.count = 6, .slots = 64},
        {.count = 4, .slots = 16},
        {.count = 3, .slots = 4, .few = true},
        {},
};
static const Evidence other_evidence[] = {
        {.count = 6, .slots = 64},
        {.count = 4, .slots = 16, .like = true},
        {.count = 3, .slots = 4, .like = true},
        {.count = 4, .slots = 8},
        {.count = 3, .slots = 4, .few = true},
        {},
};

/* Matches, by index, that lie on one lattice; ascending. */
typedef struct Chain {
        size_t *items; /* room for all matches; owned */
        size_t count;
        size_t score; /* matches, and again those that are near the one before */
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
        bool seen[256]; /* flags of matches on the lattices so far */
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
        sieve->lattices = reallocarray(NULL, count, sizeof(GosLattice));
        if (!sieve->left || !sieve->best.items || !sieve->next.items || !sieve->lattices)
                return -ENOMEM;
        return 0;
}

/* The matches that are looked through: with `bare` also those whose flags say nothing. */
static void sieve_fill(Sieve *sieve, bool bare)
{
        sieve->left_count = 0;
        for (size_t i = 0; i < sieve->matches->count; i++)
                if (bare || !gos_flags_are_bare(sieve->matches->items[i].flags))
                        sieve->left[sieve->left_count++] = i;
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
                return first_evidence;
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

/* The matches of `link`, and how many of them are near the one before. */
static void chain_fill(const Sieve *sieve, const Link *link, Chain *ret)
{
        uint64_t phase = offset_at(sieve, sieve->left[link->first]) % ret->stride, before = 0;

        ret->count = 0;
        for (size_t i = link->first; i <= link->last; i++) {
                uint64_t offset = offset_at(sieve, sieve->left[i]);

                if (offset % ret->stride != phase)
                        continue;
                if (ret->count > 0 && offset - before <= GOS_STRIDE_MAX)
                        ret->score += 2;
                ret->score++;
                ret->items[ret->count++] = sieve->left[i];
                before = offset;
        }
}

static bool chain_is_proved(const Sieve *sieve, const Chain *chain, const Evidence *evidence)
{
        unsigned flags;
        size_t agreeing = gos_flags_most(sieve->matches, chain->items, chain->count, &flags);

        if (sieve->lattice_count == 0)
                return true;
        return agreeing >= evidence->count && (!evidence->few || sieve->left_count <= FEW) &&
               (!evidence->like || gos_flags_are_like(sieve->seen, flags));
}

static const Evidence *evidence_find(const Sieve *sieve, const Evidence *evidence, uint64_t slot,
                                     size_t least, Chain *ret)
{
        for (; evidence->count > 0; evidence++) {
                Link link = longest_link(sieve, ret->stride,
                                         MAX(evidence->slots * slot, evidence->bytes));

                ret->count = ret->score = 0;
                if (link.count < MAX(evidence->count, least))
                        continue;
                chain_fill(sieve, &link, ret);
                if (chain_is_proved(sieve, ret, evidence))
                        return evidence;
        }
        ret->count = ret->score = 0;
        return NULL;
}

/* The longest chain of `stride` for which there is evidence enough; count 0: there is none. */
static void chain_find(const Sieve *sieve, uint64_t stride, Chain *ret)
{
        uint64_t slot;
        const Evidence *evidence = evidence_for(sieve, stride, &slot);

        ret->stride = stride;
        if (!evidence_find(sieve, evidence, slot, 0, ret) && sieve->lattice_count == 0)
                (void)evidence_find(sieve, only_evidence, slot, sieve->left_count, ret);
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

/* The chain with the most matches, and most of them near each other, is the next lattice; of two
 * that are equal and have some of them in common, neither is. */
static void sieve_consider(Sieve *sieve, uint64_t stride)
{
        Chain *next = &sieve->next, *best = &sieve->best, swap;

        chain_find(sieve, stride, next);
        if (next->count == 0 || next->score < best->score)
                return;
        if (next->score == best->score) {
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

        sieve->best.count = sieve->best.score = 0;
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
                if (i == most || votes[i] == 0 || 3 * (size_t)votes[i] + 1 < sieve->best.score)
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
                sieve->seen[match->flags] = true;
                lattice.stride = greatest_divisor(lattice.stride,
                                                  match->offset - offset_at(sieve, best->items[0]));
        }
        if (lattice.stride > GOS_STRIDE_MAX)
                lattice.stride = best->stride;
        lattice.first = offset_at(sieve, best->items[0]);
        lattice.last = offset_at(sieve, best->items[best->count - 1]);
        lattice.phase = offset_at(sieve, best->items[0]) % lattice.stride;
        sieve->lattices[sieve->lattice_count++] = lattice;
        for (size_t i = 0; i < sieve->left_count; i++) {
                if (taken < best->count && sieve->left[i] == best->items[taken])
                        taken++;
                else
                        sieve->left[left++] = sieve->left[i];
        }
        sieve->left_count = left;
}

static int sieve_sift(Sieve *sieve, size_t ret_readings[static 2])
{
        while (sieve->left_count > 1) {
                int r = find_best(sieve);

                if (r < 0 || sieve->best.count == 0)
                        return r;
                if (sieve->ambiguous) {
                        ret_readings[0] = sieve->best.items[0];
                        ret_readings[1] = sieve->best.items[sieve->best.count - 1];
                        return -ENOTUNIQ;
                }
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

/* What was not looked through, or too far away. */
static int take_rest(Sieve *sieve)
{
        sieve->work += sieve->lattice_count * sieve->matches->count;
        if (sieve->work > WORK_MAX)
                return -E2BIG;
        for (size_t i = 0; i < sieve->lattice_count; i++)
                for (size_t k = 0; k < sieve->matches->count; k++) {
                        GosEntry *match = &sieve->matches->items[k];

                        if (match->kind != GOS_STRAY || !is_on(match, &sieve->lattices[i], i == 0))
                                continue;
                        match->kind = GOS_ENTRY;
                        match->lattice = i;
                        sieve->lattices[i].count++;
                }
        return 0;
}

/* Whether its first lattice has flags that set it apart from other systems' matches. */
static bool first_is_marked(const Sieve *sieve)
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

static void sieve_forget(Sieve *sieve)
{
        for (size_t i = 0; i < sieve->matches->count; i++)
                sieve->matches->items[i].kind = GOS_STRAY;
        memset(sieve->seen, 0, sizeof(sieve->seen));
        sieve->lattice_count = 0;
}

int gos_lattices_find(GosMatches *matches, GosLattice **ret_lattices, size_t *ret_count,
                      size_t ret_readings[static 2])
{
        _cleanup_(sieve_done) Sieve sieve = {.matches = matches};
        int r = sieve_prepare(&sieve);

        if (r < 0)
                return r;
        sieve_fill(&sieve, false);
        r = sieve_sift(&sieve, ret_readings);
        if (r != -ENOMEM && r != -E2BIG && !first_is_marked(&sieve)) {
                sieve_forget(&sieve);
                sieve_fill(&sieve, true);
                r = sieve_sift(&sieve, ret_readings);
        }
        if (r >= 0)
                r = take_rest(&sieve);
        if (r < 0)
                return r;
        *ret_lattices = TAKE_PTR(sieve.lattices);
        *ret_count = sieve.lattice_count;
        return 0;
}
