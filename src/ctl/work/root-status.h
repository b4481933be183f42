/* SPDX-License-Identifier: MIT */
#pragma once

/* RootStatus: how a root stands, for `status` and for the one line that systemctl shows. */

#include <stdbool.h>
#include <stdio.h>

#include "ctl/frame/context.h"
#include "ctl/frame/exit-status.h"
#include "store/verification.h"
#include "swap/session.h"
#include "swap/status.h"

typedef struct RootStatus {
        char *path;
        int error; /* negative errno when the root could not be looked at, with `fault` */
        Fault fault;
        Hold hold;
        bool held;
        unsigned patchable;                       /* targets that a run would patch */
        bool installing;                          /* VMware's installer is running */
        bool service_busy;                        /* the service is about to patch them */
        bool read_only;                           /* each of them lies on a read-only file system */
        bool store_read_only;                     /* nothing can be kept, so nothing patched */
        bool patched_read_only;                   /* so does each that is patched, if any is */
        size_t archives_damaged, archives_denied; /* the latter to this user alone */
        Verification verification;                /* of the last verification of the originals */
        ConfigFlaws flaws;                 /* lines of /etc/vmware/config that VMware cannot read */
        InstallationStatus *installations; /* one per installation */
        size_t installation_count;
} RootStatus;

void root_status_done(RootStatus *root_status);

/* Looks at every installation of a root; `recalled` as installation_status_read() has it. A root
 * that cannot be looked at is a result; -ENOMEM. */
_nodiscard_ int root_status_read(const char *root, bool recalled, RootStatus *ret);

/* 0, 3, 4, or what its error says. */
ExitStatus root_status_exit_status(const RootStatus *root_status);

/* How many targets are patched, and have no original. */
unsigned root_status_count_lacking(const RootStatus *root_status);

/* "4 of 4 patched: macOS guests can run." in a new string. -ENOMEM. */
_nodiscard_ int root_status_summary(const RootStatus *root_status, char **ret);

/* The document of `status --json`. */
_nodiscard_ int root_statuses_show_json(const Context *context, const RootStatus *roots,
                                        size_t count, ExitStatus status);

/* At most three commands that fit the state, below it. -ENOMEM. */
_nodiscard_ int root_status_show_next(const Context *context, const RootStatus *root_status);

/* The samples of `status --prometheus`, in Prometheus's text format. -ENOMEM. */
_nodiscard_ int root_statuses_show_prometheus(FILE *out, const RootStatus *roots, size_t count);
