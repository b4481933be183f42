/* SPDX-License-Identifier: MIT */
#pragma once

/* Standing: how a root stands, for `status` and for the one line that systemctl shows. */

#include <stdbool.h>
#include <stdio.h>

#include "ctl/frame/context.h"
#include "ctl/frame/exit-status.h"
#include "store/verification.h"
#include "swap/session.h"
#include "swap/status.h"

typedef struct Standing {
        char *root;
        int error; /* negative errno when the root could not be looked at, with `fault` */
        Fault fault;
        Hold hold;
        bool held;
        unsigned patchable;                       /* targets that a run would patch */
        bool read_only;                           /* each of them lies on a read-only file system */
        bool patched_read_only;                   /* so does each that is patched, if any is */
        size_t archives_damaged, archives_denied; /* the latter to this user alone */
        Verification verification;                /* of the last verification of the originals */
        ConfigFlaws flaws; /* lines of /etc/vmware/config that VMware cannot read */
        Survey *surveys;   /* one per installation */
        size_t survey_count;
} Standing;

void standing_done(Standing *standing);

/* Surveys every installation of a root; `recalled` as survey_installation() has it. A root that
 * cannot be looked at is a result; -ENOMEM. */
_nodiscard_ int standing_of_root(const char *root, bool recalled, Standing *ret);

/* 0, 3, 4, or what its error says. */
ExitStatus standing_exit_status(const Standing *standing);

/* "4 of 4 patched: macOS guests can run." in a new string. -ENOMEM. */
_nodiscard_ int standing_summary(const Standing *standing, char **ret);

/* The document of `status --json`. */
_nodiscard_ int standings_show_json(const Context *context, const Standing *standings, size_t count,
                                    ExitStatus status);

/* At most three commands that fit the state, below it. -ENOMEM. */
_nodiscard_ int standing_show_next(const Context *context, const Standing *standing);

/* The samples of `status --prometheus`, in Prometheus's text format. -ENOMEM. */
_nodiscard_ int standings_show_prometheus(FILE *out, const Standing *standings, size_t count);
