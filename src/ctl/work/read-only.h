/* SPDX-License-Identifier: MIT */
#pragma once

/* A target that could not be replaced since its file system is read-only: for everybody, or only in
 * the sandbox of this run. */

#include <stdbool.h>

#include "ctl/work/run.h"
#include "file/root.h"

/* Whether the file system that `path` lies on is read-only. */
bool read_only_is(const Root *root, const char *path);

/* Whether the store is on a read-only file system, or would be where there is none yet. */
bool read_only_is_store(const Root *root);

/* Whether targets failed with EROFS, each of them, and the file systems they lie on are read-only.
 * A store on one is another matter: somebody has to act. */
bool read_only_is_why(const Root *root, const InstallationResult *result);

/* The same of a store that could not be made, `error` and `fault` of the root: `look`, a dry run,
 * finds that all that could be patched is on a read-only file system, too. */
bool read_only_is_why_of_store(const Root *root, const RunRoot *done, const RunRoot *look);

/* Whether this is a run of vmware-unlocker.service: in its sandbox, and followed by
 * vmware-unlocker-missed.service. */
bool run_is_of_service(void);

typedef enum ReadOnlyNews {
        READ_ONLY_ONCE, /* one run of the service found it: the next one has a new sandbox */
        READ_ONLY_NEW,  /* found again, or without a sandbox; report it */
        READ_ONLY_TOLD, /* reported before */
} ReadOnlyNews;

/* Notes that files with these fingerprints are read-only, as far as this run can see. */
ReadOnlyNews read_only_news(const Root *root, const char *fingerprints);

/* Another outcome: what the notes say is void. */
void read_only_forget(const Root *root);
