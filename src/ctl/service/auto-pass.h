/* SPDX-License-Identifier: MIT */
#pragma once

/* Auto-pass: one pass of an automatic run waits until VMware's files are quiet, patches, and looks
 * again. Passes follow until what was seen before and after the look is the same. */

#include <stdint.h>

#include "ctl/work/run.h"
#include "file/root.h"

/* An automatic run. */
typedef struct Auto {
        Context *context;
        int64_t settle_ms; /* see quiet_wait() */
        Root root;
        int64_t end;        /* of the time limit, milliseconds, monotonic */
        Run done;           /* the last run that could change something */
        Run look;           /* the dry run after it */
        char *before;       /* fingerprints before `look`, and the same after it when it is over */
        Fault fault;        /* what stopped it */
        Fault vault;        /* what is wrong with an archive */
        char *verification; /* when the originals were last verified; NULL: never */
        bool followed;      /* it changed nothing, and another run begins at once */
        bool stopped;       /* the service manager asked for its end */
} Auto;

/* Writes a note for the next run (host/run-note.h); NULL takes it away. No other run needs it, and
 * a run without it does too much rather than too little. */
void auto_note(const Auto *run, const char *name, const char *text);

/* All passes: 0 or more when nothing is left to do and `before` is what was judged. -EBUSY when the
 * time limit is over or the files change in each pass. */
_nodiscard_ int auto_passes(Auto *run, Fault *fault);
