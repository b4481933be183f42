/* SPDX-License-Identifier: MIT */
#pragma once

/* Removal: taking away what was put into isoimages, and nothing else. */

#include "base/fault.h"
#include "file/root.h"
#include "tools/iso-record.h"

typedef enum RemovalOutcome {
        REMOVAL_REMOVED,
        REMOVAL_GONE,   /* it was not there any more */
        REMOVAL_OTHERS, /* something else is there now, and stays */
        REMOVAL_FAILED,
        REMOVAL_UNKNOWN, /* its record, which `path` is then, is damaged: REASON_TOOLS_RECORD */
        _REMOVAL_MAX,
} RemovalOutcome;

const char *removal_outcome_name(RemovalOutcome outcome); /* "removed": stable, for JSON */

typedef struct Removal {
        char *path; /* from the root */
        RemovalOutcome outcome;
        Fault fault; /* REMOVAL_FAILED, REMOVAL_UNKNOWN */
} Removal;

typedef struct Removals {
        Removal *items;
        size_t count;
} Removals;

/* Whether there is anything to take away. */
bool removal_is_due(const Root *root);

/* Removes each image that has a record and is still, byte by byte, the one that was put there; then
 * its record. A `dry_run` only says what would be done. Needs the store's lock otherwise. Negative
 * only when the records cannot be read. */
_nodiscard_ int removals_make(const Root *root, bool dry_run, Removals *ret, Fault *fault);
void removals_done(Removals *removals);
