/* SPDX-License-Identifier: MIT */
#pragma once

/* Job: patching or restoring all installations of all roots, as `patch`, `restore` and the service
 * do it. It runs first and is shown afterwards, by job_show(). */

#include <stdbool.h>
#include <stddef.h>

#include "ctl/frame/context.h"
#include "ctl/frame/exit-status.h"
#include "swap/result.h"
#include "swap/session.h"
#include "tools/iso-removal.h"

typedef enum JobKind {
        JOB_PATCH,
        JOB_RESTORE,
} JobKind;

/* "patch", "restore" */
const char *job_kind_name(JobKind kind);

/* One root of a job. */
typedef struct JobRoot {
        char *path;      /* "/" */
        Fault fault;     /* what stopped the root as a whole */
        int error;       /* its negative errno, 0 when nothing did */
        Report *reports; /* one per installation that was asked for */
        size_t report_count;
        Strays strays;      /* what an interrupted run left that is not ours */
        Removals tools;     /* restore of everything: the guest tools that were added */
        bool held;          /* automatic patching is off afterwards */
        bool hold_switched; /* this job switched it */
        bool removal;       /* as in JobOptions */
} JobRoot;

typedef struct Job {
        JobKind kind;
        bool dry_run;
        JobRoot *roots;
        size_t root_count;
        ExitStatus status;
} Job;

typedef struct JobOptions {
        JobKind kind;
        bool dry_run;
        bool automatic;      /* leave the hold as it is, and change nothing under it: REASON_HELD */
        bool removal;        /* a restore whose hold ends with the package */
        int lock_timeout_ms; /* how long to wait for another run; -1: for ever */
        size_t word_count;   /* TARGET arguments; none means every target */
        char **words;
} JobOptions;

/* Does it. What went wrong stands in the result, its status says how to exit; negative only for
 * -ENOMEM. Says on standard error when it waits for another run. */
_nodiscard_ int job_run(Context *context, const JobOptions *options, Job *ret);
void job_done(Job *job);

/* How the program exits for one installation; for what is no installation's own, as the store or
 * what an interrupted run left; and for all of it. */
ExitStatus report_exit_status(const Report *report);
ExitStatus job_root_own_status(const JobRoot *root);
ExitStatus job_root_status(const JobRoot *root);

/* Says on standard output what was done, on standard error what was not; one document with --json.
 */
_nodiscard_ int job_show(const Context *context, const Job *job);

/* Only the document. */
_nodiscard_ int job_show_json(const Context *context, const Job *job);

/* Complains about everything that was not done. */
void job_complain(const Job *job);
