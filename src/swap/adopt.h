/* SPDX-License-Identifier: MIT */
#pragma once

/* Adopt: files that another patcher put aside become the kept originals of what it patched.
 *
 * A file is the original of a target when the parser finds it stock and the target differs from it
 * in nothing but bytes that patches change (exchange/variant.h). That is judged on a copy in the
 * store, which nobody else can change, before the copy gets owner, mode, times and attributes:
 * those of the target, never the backup's. What is kept is what the target's content proves. */

#include "swap/backup.h"
#include "swap/session.h"

typedef enum AdoptOutcome {
        ADOPT_NOT_NEEDED, /* no installed file of its role is patched */
        ADOPT_THERE,      /* each that is has its original already */
        ADOPT_KEPT,       /* it is an original now */
        ADOPT_REFUSED,    /* it is no original of them */
        ADOPT_FAILED,
        _ADOPT_MAX,
} AdoptOutcome;

const char *adopt_outcome_name(AdoptOutcome outcome); /* "kept": stable, for JSON */

typedef struct AdoptResult {
        AdoptOutcome outcome;
        char *target;  /* the path of the one it was compared with, from the root; may be NULL */
        char *archive; /* ADOPT_KEPT */
        Fault fault;   /* why it was refused or failed */
} AdoptResult;

void adopt_result_done(AdoptResult *result);

/* Adopts what it can of `files` for the installation; `results` has one for each of them, as an
 * earlier installation left it, or {}. Needs the lock. `*ret_lacking` grows by the targets that are
 * patched and have no original afterwards. -ENOMEM. */
_nodiscard_ int adopt_for_installation(Session *session, size_t index, const BackupFiles *files,
                                       AdoptResult *results, unsigned *ret_lacking);
