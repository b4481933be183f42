/* SPDX-License-Identifier: MIT */
#pragma once

/* Live: what is installed now, and which originals it stands on: what list calls installed and
 * prune must keep. */

#include "file/digest.h"
#include "host/installation.h"
#include "patch/state.h"
#include "store/judged.h"
#include "store/receipt.h"
#include "swap/session.h"
#include "vault/vault.h"

typedef struct LiveTarget {
        Role role;
        char *path; /* where it really is, from the root, no leading slash */
        State state;
        bool is_placed; /* else the path is only the configured one: a link leads nowhere */
        bool digest_known, original_known;
        Digest digest;   /* of the file as it is */
        Digest original; /* of its original: itself when stock; unknown when none is kept */
} LiveTarget;

/* The targets that are there, of all installations of a session. */
typedef struct Live {
        LiveTarget *items;
        size_t count;
} Live;

/* How far an original is looked for. */
typedef enum LiveDepth {
        LIVE_RECORDED, /* a receipt that leads to one is believed: for what is only shown */
        LIVE_PROVED,   /* read from its archive, whose patched form must be the file */
} LiveDepth;

/* Reads every target, but for those whose digests are in `judged` (may be NULL). Needs no
 * privilege; what cannot be read stays unknown. -ENOMEM. */
_nodiscard_ int live_find(const Session *session, LiveDepth depth, const Judged *judged, Live *ret);
void live_done(Live *live);

/* Whether every target could be read: then live_has() can be believed when it says no. */
bool live_is_complete(const Live *live);

typedef enum Claim {
        CLAIM_NONE,
        CLAIM_PERHAPS,  /* a target of the same path or, where that cannot be followed,
                         * role, whose original cannot be told */
        CLAIM_ORIGINAL, /* holds the original of a target, or its present content */
} Claim;

/* What the installed targets have to do with an archive. `ret_target` (may be NULL) is the target
 * behind the claim, borrowed. */
Claim live_claim(const Live *live, const Archive *archive, const LiveTarget **ret_target);

/* Whether a target of that path is there, whatever it is. */
bool live_has_path(const Live *live, const char *path);

/* Whether a target with this very content is there. */
bool live_has(const Live *live, const Digest *digest);
