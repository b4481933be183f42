/* SPDX-License-Identifier: MIT */
#pragma once

/* Journal: the events of this program in the journal, for `report`. */

#include <systemd/sd-journal.h>

#include "file/root.h"

typedef sd_journal Journal;

/* For _cleanup_. */
void journal_closep(Journal **journal);

/* The journal of this machine, or the one that lies below `root`, with our kinds of events that
 * root wrote. Negative errno. */
_nodiscard_ int journal_open(const char *root, Journal **ret);

/* Whether there is a journal of the system that this user may not read: it opens as an empty one.
 */
bool journal_is_denied(const Root *root);

/* The value of a field in a new string; NULL when the entry has none. -EBADMSG, -ENOMEM. */
_nodiscard_ int journal_field(Journal *journal, const char *field, char **ret);
