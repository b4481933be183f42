/* SPDX-License-Identifier: MIT */
#pragma once

/* Run: patching or restoring all installations of all roots, as `patch`, `restore` and the service
 * do it. It runs first and is shown afterwards, by run_show(). */

#include <stdbool.h>
#include <stddef.h>

#include "ctl/frame/context.h"
#include "ctl/frame/exit-status.h"
#include "swap/result.h"
#include "swap/session.h"
#include "tools/iso-removal.h"

typedef enum RunKind {
        RUN_PATCH,
        RUN_RESTORE,
} RunKind;

/* "patch", "restore" */
const char *run_kind_name(RunKind kind);

/* One root of a run. */
typedef struct RunRoot {
        char *path;                  /* "/" */
        Fault fault;                 /* what stopped the root as a whole */
        int error;                   /* its negative errno, 0 when nothing did */
        InstallationResult *results; /* one per installation that was asked for */
        size_t result_count;
        Strays strays;      /* what an interrupted run left that is not ours */
        Removals tools;     /* restore of everything: the guest tools that were added */
        bool held;          /* automatic patching is off afterwards */
        bool hold_switched; /* this run switched it */
        bool removal;       /* as in RunOptions */
} RunRoot;

typedef struct Run {
        RunKind kind;
        bool dry_run;
        RunRoot *roots;
        size_t root_count;
        ExitStatus status;
} Run;

typedef struct RunOptions {
        RunKind kind;
        bool dry_run;
        bool automatic;      /* leave the hold as it is, and change nothing under it: REASON_HELD */
        bool removal;        /* a restore whose hold ends with the package */
        int lock_timeout_ms; /* how long to wait for another run; -1: for ever */
        size_t word_count;   /* TARGET arguments; none means every target */
        char **words;
} RunOptions;

/* Does it. What went wrong stands in the result, its status says how to exit; negative only for
 * -ENOMEM. Says on standard error when it waits for another run. */
_nodiscard_ int run_do(Context *context, const RunOptions *options, Run *ret);
void run_done(Run *run);

/* How the program exits for one installation; for what is no installation's own, as the store or
 * what an interrupted run left; and for all of it. */
ExitStatus result_exit_status(const InstallationResult *result);
ExitStatus run_root_own_status(const RunRoot *root);
ExitStatus run_root_status(const RunRoot *root);

/* Says on standard output what was done, on standard error what was not; one document with --json.
 */
_nodiscard_ int run_show(const Context *context, const Run *run);

/* Only the document. */
_nodiscard_ int run_show_json(const Context *context, const Run *run);

/* Complains about everything that was not done. */
void run_complain(const Run *run);
