/* SPDX-License-Identifier: MIT */
#pragma once

/* Finding: what `verify` found about one target, archive or receipt. */

#include "base/fault.h"
#include "ctl/frame/exit-status.h"
#include "ctl/work/claims.h"
#include "swap/session.h"

typedef enum FindingResult {
        FINDING_INTACT,
        FINDING_STOCK,       /* nothing to prove */
        FINDING_COMPLETED,   /* made from a partial file: no original ever existed */
        FINDING_ORPHAN,      /* intact, but nothing installed stands on it */
        FINDING_UNRECORDED,  /* proved by an original; the receipt is missing or wrong */
        FINDING_IN_IMAGE,    /* patched and read-only, in a system that keeps nothing of it */
        FINDING_NO_ORIGINAL, /* patched, and no original is kept */
        FINDING_UNJUDGED,    /* partial, unknown, unreadable or changing */
        FINDING_DAMAGED,
        _FINDING_MAX,
} FindingResult;

const char *finding_result_name(FindingResult result); /* "intact": stable, for JSON */
ExitStatus finding_exit_status(FindingResult result);

/* What a failure to read something kept makes of it: damaged, unless it is only not for this user,
 * or there is no room or memory to prove it. */
FindingResult finding_of_failure(const Fault *fault);

typedef struct Finding {
        const char *kind; /* "target", "archive", "receipt", "tools" */
        char *subject;    /* path, file name or digest */
        FindingResult result;
        Fault fault; /* why, where there is something to say */
} Finding;

typedef struct Findings {
        Finding *items;
        size_t count;
} Findings;

/* Adds one with a copy of `subject` and of `fault`. -ENOMEM. */
_nodiscard_ int findings_add(Findings *findings, const char *kind, const char *subject,
                             FindingResult result, const Fault *fault);
void findings_done(Findings *findings);

/* Each installed target: original from the vault + the edits of its receipt = the live file, byte
 * by byte and by all three digests. `judged` gets the digests that it took. -ENOMEM. */
_nodiscard_ int verify_targets(const Session *session, Judged *judged, Findings *findings);

/* Each archive read whole; receipts that cannot be read or serve nobody. -ENOMEM. */
_nodiscard_ int verify_store(const Session *session, const Live *live, Findings *findings);

/* Each image of guest tools that was added: whether it is there as it was put. -ENOMEM. */
_nodiscard_ int verify_tools(const Session *session, Findings *findings);
