/* SPDX-License-Identifier: MIT */
#pragma once

/* Judgement: what prune does with each archive. One is removed only when the installed files prove
 * that they do not need it: every file whose original it holds is there now, is an original itself
 * or the patched form of one in an archive that stays, and as many newer archives as are to be kept
 * hold its original. Absence proves nothing. */

#include <stdint.h>

#include "ctl/work/claims.h"

typedef enum Verdicted {
        PRUNE_KEEP_INSTALLED, /* holds the original of an installed file */
        PRUNE_KEEP_PERHAPS,   /* an installed file cannot be judged, or has no other original */
        PRUNE_KEEP_ABSENT,    /* a file whose original it holds is not there */
        PRUNE_KEEP_NEWEST,    /* no newer archive holds the original of a file */
        PRUNE_KEEP_SPARED,    /* --keep */
        PRUNE_REMOVE,
} Verdicted;

typedef struct Judgement {
        Verdicted verdict;
        const char *path; /* of the file behind it, from the root; borrowed; NULL: none */
} Judgement;

typedef struct PruneRules {
        uint64_t keep; /* so many archives of each file stay, the newest; 0 only with `all` */
        bool all;      /* originals of absent files go too */
} PruneRules;

/* One judgement for each archive of the session, in their order; owned by the caller. -ENOMEM. */
_nodiscard_ int prune_judge(const Archives *archives, const Live *live, const PruneRules *rules,
                            Judgement **ret);
