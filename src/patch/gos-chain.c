/* SPDX-License-Identifier: MIT */

/* What is evidence enough that matches are an array and no chance. */

#include "patch/gos-sieve.h"

#define FEW 64U /* matches: of so many, none lie on a lattice by chance */

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
        {.count = 2, .slots = 1, .like = true},
        {.count = 6, .slots = 64},
        {.count = 4, .slots = 16},
        {.count = 3, .slots = 4, .few = true},
        {},
};
static const Evidence other_evidence[] = {
        {.count = 6, .slots = 64},
        {.count = 4, .slots = 16, .like = true},
        {.count = 3, .slots = 2, .like = true},
        {.count = 4, .slots = 8},
        {.count = 3, .slots = 2, .few = true},
        {},
};

/* `ret_slot` is what one slot counts. */
static const Evidence *evidence_for(const GosSieve *sieve, uint64_t stride, uint64_t *ret_slot)
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

static Link longest_link(const GosSieve *sieve, uint64_t stride, uint64_t gap)
{
        static const Link none;
        Link links[GOS_STRIDE_MAX / GOS_STRIDE_STEP] = {}, longest = none;

        for (size_t i = 0; i < sieve->left_count; i++) {
                uint64_t offset = gos_sieve_offset(sieve, sieve->left[i]);
                Link *link = &links[offset % stride / GOS_STRIDE_STEP];

                if (link->count == 0 ||
                    offset - gos_sieve_offset(sieve, sieve->left[link->last]) > gap)
                        *link = (Link){.first = i};
                link->last = i;
                link->count++;
                if (link->count > longest.count)
                        longest = *link;
        }
        return longest;
}

/* The matches of `link`, and how many of them are near the one before, or next to it: a small
 * stride has more matches by chance, but these lie apart. */
static void chain_fill(const GosSieve *sieve, const Link *link, GosChain *ret)
{
        uint64_t phase = gos_sieve_offset(sieve, sieve->left[link->first]) % ret->stride,
                 before = 0;

        ret->count = 0;
        for (size_t i = link->first; i <= link->last; i++) {
                uint64_t offset = gos_sieve_offset(sieve, sieve->left[i]);

                if (offset % ret->stride != phase)
                        continue;
                if (ret->count > 0 && offset - before <= GOS_STRIDE_MAX)
                        ret->score += 2;
                if (ret->count > 0 && offset - before == ret->stride)
                        ret->score += 2;
                ret->score++;
                ret->items[ret->count++] = sieve->left[i];
                before = offset;
        }
}

static bool chain_is_proved(const GosSieve *sieve, const GosChain *chain, const Evidence *evidence)
{
        unsigned flags;
        size_t agreeing = gos_flags_most(sieve->matches, chain->items, chain->count, &flags);

        if (sieve->lattice_count == 0)
                return true;
        return agreeing >= evidence->count && (!evidence->few || sieve->left_count <= FEW) &&
               (!evidence->like || gos_flags_are_like(sieve->seen, flags));
}

static const Evidence *evidence_find(const GosSieve *sieve, const Evidence *evidence, uint64_t slot,
                                     size_t least, GosChain *ret)
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

void gos_chain_find(const GosSieve *sieve, uint64_t stride, GosChain *ret)
{
        uint64_t slot;
        const Evidence *evidence = evidence_for(sieve, stride, &slot);

        ret->stride = stride;
        if (!evidence_find(sieve, evidence, slot, 0, ret) && sieve->lattice_count == 0)
                (void)evidence_find(sieve, only_evidence, slot, sieve->left_count, ret);
}

bool gos_chains_meet(const GosChain *a, const GosChain *b)
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

bool gos_chains_equal(const GosChain *a, const GosChain *b)
{
        return a->count == b->count &&
               memcmp(a->items, b->items, a->count * sizeof(*a->items)) == 0;
}
