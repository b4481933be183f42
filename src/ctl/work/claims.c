/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "ctl/work/claims.h"
#include "exchange/inspection.h"
#include "swap/provenance.h"
#include "swap/recall.h"

void live_done(Live *live)
{
        for (size_t i = 0; i < live->count; i++)
                free(live->items[i].path);
        free(live->items);
        *live = (Live){};
}

static int find_original(const Session *session, const Inspection *inspection, LiveDepth depth,
                         LiveTarget *target)
{
        _cleanup_(provenance_done) Provenance provenance = {};
        const Original *original = NULL;
        int r;

        if (target->state == STATE_STOCK) {
                target->original = target->digest;
                target->original_known = true;
                return 0;
        }
        if (target->state != STATE_PATCHED)
                return 0;
        if (depth == LIVE_PROVED) {
                r = provenance_find_unwritten(session, inspection, &provenance, NULL);
                original = r >= 0 ? provenance.original : NULL;
        } else {
                r = provenance_look(session, inspection, NULL, &original);
        }
        if (r >= 0 && original) {
                target->original = original->digest;
                target->original_known = true;
        }
        return r == -ENOMEM ? r : 0;
}

static int claims_add_target(const Session *session, const Target *source, LiveDepth depth,
                             const Judged *judged, Live *live)
{
        _cleanup_(inspection_done) Inspection inspection = INSPECTION_NONE;
        LiveTarget *target = &live->items[live->count];
        int r;

        r = inspection_open(source, &inspection);
        if (r < 0)
                return r;
        if (!state_is_of_file(inspection.verdict.state))
                return 0;
        *target = (LiveTarget){
                .role = source->role,
                .state = inspection.verdict.state,
                .is_placed = source->place.path != NULL,
        };
        r = text_copy(&target->path, source->place.path ? source->place.path : source->path);
        if (r < 0)
                return r;
        live->count++;
        if (judged)
                recall_digest(judged, &inspection);
        if (inspection.fd >= 0 && inspection_digest(&inspection, NULL) >= 0) {
                target->digest = inspection.digest;
                target->digest_known = true;
                r = find_original(session, &inspection, depth, target);
        }
        return r;
}

int live_find(const Session *session, LiveDepth depth, const Judged *judged, Live *ret)
{
        const Installations *installations = &session->installations;
        _cleanup_(live_done) Live live = {};

        live.items = calloc(installations->count * _ROLE_MAX + 1, sizeof(*live.items));
        if (!live.items)
                return -ENOMEM;
        for (size_t i = 0; i < installations->count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++) {
                        int r = claims_add_target(session, &installations->items[i].targets[role],
                                                  depth, judged, &live);

                        if (r < 0)
                                return r;
                }
        *ret = live;
        live = (Live){};
        return 0;
}

bool live_is_complete(const Live *live)
{
        for (size_t i = 0; i < live->count; i++)
                if (!live->items[i].digest_known)
                        return false;
        return true;
}

static Claim claim_on(const LiveTarget *target, const Original *original)
{
        if (target->digest_known && digest_equal(&target->digest, &original->digest))
                return CLAIM_ORIGINAL;
        if (target->original_known)
                return digest_equal(&target->original, &original->digest) ? CLAIM_ORIGINAL
                                                                          : CLAIM_NONE;
        if (text_equal(target->path, original->path) ||
            (!target->is_placed && text_equal(role_name(target->role), original->role)))
                return CLAIM_PERHAPS;
        return CLAIM_NONE;
}

Claim live_claim(const Live *live, const Archive *archive, const LiveTarget **ret_target)
{
        Claim strongest = CLAIM_NONE;

        for (size_t i = 0; i < live->count; i++)
                for (size_t k = 0; k < archive->original_count; k++) {
                        Claim claim = claim_on(&live->items[i], &archive->originals[k]);

                        if (claim <= strongest)
                                continue;
                        strongest = claim;
                        if (ret_target)
                                *ret_target = &live->items[i];
                }
        return strongest;
}

bool live_has_path(const Live *live, const char *path)
{
        for (size_t i = 0; i < live->count; i++)
                if (text_equal(live->items[i].path, path))
                        return true;
        return false;
}

bool live_has(const Live *live, const Digest *digest)
{
        for (size_t i = 0; i < live->count; i++)
                if (live->items[i].digest_known && digest_equal(&live->items[i].digest, digest))
                        return true;
        return false;
}
