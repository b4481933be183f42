/* SPDX-License-Identifier: MIT */
#pragma once

/* Patching a single file by hand: no installation, no store. What the file is comes from its
 * content.
 */

#include <stdbool.h>

#include "base/fault.h"
#include "file/edit.h"
#include "file/root.h"
#include "patch/layout.h"
#include "patch/verdict.h"

typedef struct FileResult {
        State before, after;
        Subject subject;
        Edits edits;
        bool written;
        ImageSignature signature; /* that the edits make invalid; kind NULL: none */
        char layout[LAYOUT_SIZE]; /* in what it differs from those seen; "" when nothing is patched
                                   */
} FileResult;

void file_result_done(FileResult *result);

/* Patches `path`. With `output` NULL it is replaced atomically and its present content stays as
 * `path`.orig, which must not exist yet; else the patched file is written to `output`, which is
 * replaced atomically, and `path` is only read. A patched file is copied to `output` as it is.
 * -EEXIST with REASON_WRITE when `path`.orig exists; -EBADMSG with the reason when the file is
 * unknown, REASON_FUSION when it needs no patch. A symbolic link is followed. */
_nodiscard_ int single_patch(const char *path, const char *output, bool dry_run, FileResult *ret,
                             Fault *fault);

/* Where a file that is to be written belongs: directory and name of a path as the caller's shell
 * means it; the directory must exist (REASON_NO_DIRECTORY). What has the name must be a plain file,
 * which will be replaced: of a link, a device or a FIFO nobody can mean that (REASON_EXISTS). A
 * link that takes the name afterwards is replaced as well, and not followed. The path in `ret` has
 * links. */
_nodiscard_ int single_output_place(const char *path, Place *ret, Fault *fault);
