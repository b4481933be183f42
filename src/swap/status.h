/* SPDX-License-Identifier: MIT */
#pragma once

/* InstallationStatus: how an installation stands, from the content of its files. Changes nothing
 * and needs no privilege; what the caller may not read is unknown. */

#include <stdbool.h>

#include "base/fault.h"
#include "file/digest.h"
#include "host/running.h"
#include "patch/state.h"
#include "swap/session.h"

/* Whether the original of a target is in the vault. */
typedef enum OriginalStatus {
        ORIGINAL_NOT_NEEDED, /* stock and never patched, absent, or empty */
        ORIGINAL_KEPT,
        ORIGINAL_MISSING, /* patched, and no original is kept */
        ORIGINAL_UNKNOWN, /* cannot be told */
        _ORIGINAL_STATUS_MAX,
} OriginalStatus;

const char *original_status_name(OriginalStatus kept); /* "kept", …: stable, for JSON */

typedef struct TargetStatus {
        Role role;
        char *path;    /* from the root, no leading slash */
        char *wrapper; /* of what is in its place and starts it; NULL when nothing is */
        State state;
        Fault fault;             /* why the state is unknown */
        struct timespec changed; /* its ctime: when it last took another's place; 0 when unknown */
        unsigned gates_open, gates_total;
        bool digest_known;
        Digest digest;
        OriginalStatus kept;
        char *archive; /* that holds the original; NULL when none does */
        RunningVms vms;
} TargetStatus;

typedef struct InstallationStatus {
        char *libdir;
        Build build;
        TargetStatus targets[_ROLE_MAX];
} InstallationStatus;

/* With `recalled` a file that nobody has touched since a run put it in place is not read again for
 * its digest: see store/judged.h. Negative only for -ENOMEM. */
_nodiscard_ int installation_status_read(const Session *session, size_t index, bool recalled,
                                         InstallationStatus *ret);
void installation_status_done(InstallationStatus *status);

/* Of the targets that are there: how many, and how many are patched. */
unsigned installation_status_count(const InstallationStatus *status, unsigned *ret_patched);
