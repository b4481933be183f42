/* SPDX-License-Identifier: MIT */
#pragma once

/* Batch: many files that patch-file patches in one go, or puts into one boot module.
 *
 *     batch_take_file(&batch, &file)        for each file that is met
 *     batch_finish(&batch)                  writes the boot module, shows what was done
 */

#include <sys/types.h>

#include "base/text.h"
#include "ctl/frame/exit-status.h"
#include "ctl/verbs/file-rows.h"
#include "ctl/verbs/overlay.h"

typedef struct Batch {
        const Context *context;
        const char *output; /* NULL: in place */
        Overlay *overlay;   /* NULL, or the boot module that `output` will be */
        bool dry_run;
        Texts outputs; /* written already: two files must not become one */
        FileRows rows;
        Fault fault; /* why the boot module was not made */
        size_t patched, known, passed_over;
        ExitStatus status;
} Batch;

/* A file to look at. */
typedef struct Candidate {
        const char *path;
        const char *relative; /* below the output directory */
        bool named;           /* on the command line itself */
        off_t size;
        mode_t mode;
} Candidate;

void batch_done(Batch *batch);

/* Why `path` was not patched, or its `output`, NULL without one, not written. */
void complain_of_patch(const Fault *fault, int error, const char *path, const char *output);

/* Patches the file, if it is VMware's; what came of it is a row. -ENOMEM. */
_nodiscard_ int batch_take_file(Batch *batch, const Candidate *file);

/* A link, device or FIFO: passed over, but where the boot module would lack a file for it. */
_nodiscard_ int batch_take_special(Batch *batch, const Candidate *file);

/* A file that is refused, or was not to be read; what is not VMware's is only counted. `target` may
 * be NULL. -ENOMEM. */
_nodiscard_ int batch_fail(Batch *batch, const Candidate *file, const char *target, Fault *fault);

/* Writes the boot module, if there is one, and shows what was done. The exit status, or -ENOMEM. */
_nodiscard_ int batch_finish(Batch *batch);
