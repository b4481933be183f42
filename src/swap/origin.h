/* SPDX-License-Identifier: MIT */
#pragma once

/* Origin: the kept original that a patched file was made from, proved byte by byte.
 *
 * The receipt of the live content names it; without a receipt every original of the same size is
 * tried. Proof is never the name: the original is read from the vault, planned again, and original
 * + plan must be the live file exactly. */

#include "base/attributes.h"
#include "base/edit.h"
#include "base/fault.h"
#include "swap/inspection.h"
#include "swap/session.h"

typedef struct Origin {
        const Archive *archive;   /* borrowed from the session */
        const Original *original; /* borrowed from the archive */
        FileAttributes attributes;
        Edits plan; /* original + plan = live file */
} Origin;

void origin_done(Origin *origin);

/* Finds the origin of `inspection` (judged, its digest known) and leaves its content, flushed, in
 * `fd`, an empty file opened for reading and writing. -ENOENT with REASON_VAULT_NONE or
 * REASON_NO_ORIGINAL.
 */
_nodiscard_ int origin_find(const Session *session, const Inspection *inspection, int fd,
                            Origin *ret, Fault *fault);

/* Whether an original is recorded for the live content, by digests alone: 1, 0, or negative when
 * the store cannot be read. For a stock file that is the file itself. Borrowed results may be NULL.
 */
_nodiscard_ int origin_is_recorded(const Session *session, const Inspection *inspection,
                                   const Archive **ret_archive, const Original **ret_original);
