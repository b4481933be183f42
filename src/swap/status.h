/* SPDX-License-Identifier: MIT */
#pragma once

/* Survey: how an installation stands, from the content of its files. Changes nothing and needs no
 * privilege; what the caller may not read is unknown. */

#include <stdbool.h>

#include "base/fault.h"
#include "file/digest.h"
#include "host/running.h"
#include "patch/state.h"
#include "swap/session.h"

/* Whether the original of a target is in the vault. */
typedef enum Kept {
        KEPT_NOT_NEEDED, /* stock and never patched, absent, or empty */
        KEPT_YES,
        KEPT_MISSING, /* patched, and no original is kept */
        KEPT_UNKNOWN, /* cannot be told */
        _KEPT_MAX,
} Kept;

const char *kept_name(Kept kept); /* "kept", …: stable, for JSON */

typedef struct TargetSurvey {
        Role role;
        char *path;    /* from the root, no leading slash */
        char *wrapper; /* of what is in its place and starts it; NULL when nothing is */
        State state;
        Fault fault;             /* why the state is unknown */
        struct timespec changed; /* its ctime: when it last took another's place; 0 when unknown */
        unsigned gates_open, gates_total;
        bool digest_known;
        Digest digest;
        Kept kept;
        char *archive; /* that holds the original; NULL when none does */
        RunningVms vms;
} TargetSurvey;

typedef struct Survey {
        char *libdir;
        Build build;
        TargetSurvey targets[_ROLE_MAX];
} Survey;

/* With `recalled` a file that nobody has touched since a run put it in place is not read again for
 * its digest: see store/judged.h. Negative only for -ENOMEM. */
_nodiscard_ int survey_installation(const Session *session, size_t index, bool recalled,
                                    Survey *ret);
void survey_done(Survey *survey);

/* Of the targets that are there: how many, and how many are patched. */
unsigned survey_count(const Survey *survey, unsigned *ret_patched);
