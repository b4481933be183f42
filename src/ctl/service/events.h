/* SPDX-License-Identifier: MIT */
#pragma once

/* Events: what happened, for the journal; journal-ids.h has the kinds, the manual the fields.
 *
 * Those of an automatic run go to the journal when standard error leads there, else they are lines
 * on standard error. Those of a run by hand go to the journal alone: the verb tells the person. */

#include <stdbool.h>

#include "ctl/work/run.h"

/* One event for each file that was changed, one for each installation of which anything was, and
 * one for each file that an interrupted run left. */
void events_of_changes(const Run *run);

/* What stopped the root as a whole, and what was refused or failed of one installation: when no
 * other run will make it good. */
void event_root_failure(const RunRoot *root);
void events_of_failures(const Run *run, const RunRoot *root, const InstallationResult *result);

/* Of a dry run: only what it refused, and where it failed. */
void events_of_look(const Run *look);

/* The same of a run by hand, only of this machine's own root: its files, what kept it from looking
 * at any, and the hold that it began or ended. */
void events_of_run_by_hand(const Run *run);

/* `hold` or `release` changed the hold of the root at `path`. Nothing when that is another
 * machine's. */
void event_held_by_hand(const char *path, bool held);

/* `prune` removed the archive from the store of a root. Nothing when that is another machine's. */
void event_pruned(const Root *root, const Archive *archive);

/* A run that could not even begin. */
void event_failed(const Fault *why);

/* The time limit came first; `why` says what was waited for. */
void event_busy(const Fault *why);

/* Automatic patching is on hold from now on, or is no longer. */
void event_held(const Root *root, bool held);

/* The result's installation lies on a read-only file system. */
void event_read_only(const RunRoot *root, const InstallationResult *result);

/* An archive of originals is damaged. */
void event_vault(const Fault *why);

/* So many consecutive runs did not finish. */
void event_crashed(unsigned runs);

/* "4 of 4 patched" of the targets that are there, in a new string. -ENOMEM. */
_nodiscard_ int result_text(const InstallationResult *result, char **ret);
