/* SPDX-License-Identifier: MIT */
#pragma once

/* RunNote: a short text that one run leaves for the next, below /run/vmware-unlocker: what it saw,
 * what it said already. Gone after a boot; nothing depends on it but not saying things twice. */

#include "base/fault.h"
#include "file/root.h"

#define RUN_NOTE_SEEN      "seen"       /* the fingerprints that the last run judged */
#define RUN_NOTE_BEGUN     "begun"      /* how many runs in a row began and did not end */
#define RUN_NOTE_HELD      "held"       /* it was said that patching is on hold */
#define RUN_NOTE_ASKED     "asked"      /* the change for which `missed` let a run start */
#define RUN_NOTE_READ_ONLY "read-only"  /* the fingerprints of read-only files, and how often */
#define RUN_NOTE_STATE     "state.json" /* how the last run left VMware, for other programs */
#define RUN_NOTE_MOTD      "motd"       /* the line that a login shows */

/* Replaces the note, or removes it when `text` is NULL. REASON_WRITE. */
_nodiscard_ int run_note_write(const Root *root, const char *name, const char *text, Fault *fault);

/* A new string in `*ret`; "" when there is no such note. */
_nodiscard_ int run_note_read(const Root *root, const char *name, char **ret);

/* Removes what a run that was killed while it wrote a note has left. A note of another run that is
 * being written now is lost: nothing depends on it. REASON_WRITE. */
_nodiscard_ int run_notes_clean(const Root *root, Fault *fault);
