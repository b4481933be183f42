/* SPDX-License-Identifier: MIT */
#pragma once

/* Events: what happened, for the journal; journal-ids.h has the kinds, the manual the fields. On a
 * terminal the same events are plain lines, where the verb does not say them in its own way. */

#include <stdbool.h>

#include "ctl/job.h"

/* Where events go: from the service, or anything else whose output is the journal's, to the
 * journal; else to the terminal. */
void events_open_automatic(void);

/* One event for each file that was changed, refused or failed, and one for each installation of
 * which anything was changed. Nothing for a dry run. */
void events_of_job(const Job *job);

/* Of a dry run: only what it refused, and where it failed. */
void events_of_look(const Job *look);

/* The same, of a job whose verb tells the person itself: to the journal alone, and only of this
 * machine's own root. */
void events_of_job_by_hand(const Job *job);

/* A run that could not even begin. */
void event_failed(const Fault *why);

/* The time limit came first; `why` says what was waited for. */
void event_busy(const Fault *why);

/* Automatic patching is on hold from now on, or is no longer. */
void event_held(bool held);

/* The report's installation lies on a read-only file system. */
void event_read_only(const JobRoot *root, const Report *report);

/* An archive of originals is damaged. */
void event_vault(const Fault *why);

/* So many runs in a row did not come to their end. */
void event_crashed(unsigned runs);

/* "4 of 4 patched" of the targets that are there, in a new string. -ENOMEM. */
_nodiscard_ int report_result(const Report *report, char **ret);
