/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include "ctl/work/prune-judge.h"

/* A path of the archive at which no target is installed: NULL when there is none. */
static const char *absent_path(const Archive *archive, const Live *live)
{
        for (size_t i = 0; i < archive->original_count; i++)
                if (!live_has_path(live, archive->originals[i].path))
                        return archive->originals[i].path;
        return NULL;
}

/* A path whose original fewer than `keep` newer archives hold that stay: NULL when there is none.
 */
static const char *newest_path(const Archives *archives, size_t index, uint64_t keep,
                               const Judgement *judgements)
{
        const Archive *archive = &archives->items[index];

        for (size_t i = 0; i < archive->original_count; i++) {
                const char *path = archive->originals[i].path;
                uint64_t newer = 0;

                for (size_t k = index + 1; k < archives->count; k++)
                        newer += judgements[k].verdict != PRUNE_REMOVE &&
                                 archive_original(&archives->items[k], path) != NULL;
                if (newer < keep)
                        return path;
        }
        return NULL;
}

static Judgement archive_judge(const Archives *archives, size_t index, const Live *live,
                               const PruneRules *rules, const Judgement *judgements)
{
        const Archive *archive = &archives->items[index];
        const LiveTarget *target = NULL;
        const char *path;

        switch (live_claim(live, archive, &target)) {
        case CLAIM_ORIGINAL:
                return (Judgement){PRUNE_KEEP_INSTALLED, target->path};
        case CLAIM_PERHAPS:
                return (Judgement){PRUNE_KEEP_PERHAPS, target->path};
        case CLAIM_NONE:
                break;
        }
        path = rules->all ? NULL : absent_path(archive, live);
        if (path)
                return (Judgement){PRUNE_KEEP_ABSENT, path};
        path = newest_path(archives, index, rules->keep, judgements);
        if (path)
                return (Judgement){rules->keep > 1 ? PRUNE_KEEP_SPARED : PRUNE_KEEP_NEWEST, path};
        return (Judgement){PRUNE_REMOVE, NULL};
}

int prune_judge(const Archives *archives, const Live *live, const PruneRules *rules,
                Judgement **ret)
{
        Judgement *judgements = calloc(archives->count + 1, sizeof(*judgements));

        if (!judgements)
                return -ENOMEM;
        for (size_t i = archives->count; i-- > 0;)
                judgements[i] = archive_judge(archives, i, live, rules, judgements);
        *ret = judgements;
        return 0;
}
