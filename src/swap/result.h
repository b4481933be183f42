/* SPDX-License-Identifier: MIT */
#pragma once

/* InstallationResult: what a run did, target by target: everything that is said to people, JSON and
 * the journal comes from it. */

#include <stdbool.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "file/digest.h"
#include "file/edit.h"
#include "host/installation.h"
#include "host/running.h"
#include "patch/layout.h"
#include "patch/state.h"
#include "vault/vault.h"

typedef enum Outcome {
        OUTCOME_NONE,      /* not asked for */
        OUTCOME_PATCHED,   /* from stock */
        OUTCOME_COMPLETED, /* from partial: no original exists */
        OUTCOME_RESTORED,
        OUTCOME_UNCHANGED, /* nothing to do */
        OUTCOME_SKIPPED,   /* absent, or a file of 0 bytes */
        OUTCOME_REFUSED,   /* unknown, or not ours to change */
        OUTCOME_FAILED,
        OUTCOME_BUSY, /* in use by a writer, or changing all the time */
        _OUTCOME_MAX,
} Outcome;

const char *outcome_name(Outcome outcome); /* "patched": stable, for JSON and the journal */

typedef struct TargetResult {
        Role role;
        char *path; /* from the root, no leading slash */
        Outcome outcome;
        Fault fault; /* why it was refused or failed */
        State before, after;
        char layout[LAYOUT_SIZE]; /* what is to be patched differs so from all seen */
        bool record_due;          /* patched, and its receipt has to be made anew */
        bool digests_known;
        Digest digest_before, digest_after;
        bool placed_known;
        struct stat placed; /* of the new file, once it had its place */
        Edits edits;        /* made, or with a dry run to be made */
        unsigned links;     /* names the inode had besides this one: they keep the old content */
        RunningVms vms;     /* still execute the old content */
} TargetResult;

typedef struct InstallationResult {
        char *libdir; /* from the root, no leading slash */
        Build build;
        TargetResult targets[_ROLE_MAX];
        Fault fault;   /* what stopped the installation as a whole: the vault, the lock */
        char *archive; /* in which the originals are */
} InstallationResult;

/* A result about `installation` with nothing done yet; owns what it holds. -ENOMEM. */
_nodiscard_ int result_init(InstallationResult *result, const Installation *installation);
void result_done(InstallationResult *result);

/* Records why a target was not changed, and the outcome that follows from the error: -EBUSY and
 * -EAGAIN are busy, -EILSEQ and the like failed. */
void target_result_fail(TargetResult *target, int error, const Fault *fault);

/* Whether any target has this outcome. */
bool result_has(const InstallationResult *result, Outcome outcome);
