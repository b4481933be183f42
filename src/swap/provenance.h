/* SPDX-License-Identifier: MIT */
#pragma once

/* Provenance: the kept original that a patched file was made from, proved byte by byte.
 *
 * The receipt of the live content names it, and the archive that holds it. A receipt is an index:
 * where it is lost or wrong, every original of the same size and role is tried. The proof is never
 * a name: the original is read from the vault, planned again, and original + plan must be the live
 * file exactly, or what another patcher makes of that original (exchange/variant.h). A copy that
 * cannot be read leads to the next one. */

#include "base/fault.h"
#include "exchange/inspection.h"
#include "file/attributes.h"
#include "file/edit.h"
#include "swap/session.h"

typedef struct Provenance {
        const Archive *archive;   /* borrowed from the session */
        const Original *original; /* borrowed from the archive */
        FileAttributes attributes;
        Edits plan; /* original + plan = live file; another patcher's edits where it made them */
} Provenance;

void provenance_done(Provenance *provenance);

/* Finds the provenance of `inspection` (judged patched or partial, its digest known) and leaves its
 * content, flushed, in `fd`, an empty file opened for reading and writing. -ENOENT with
 * REASON_VAULT_NONE or REASON_NO_ORIGINAL when every archive was read and none holds it; otherwise
 * the failure of the first copy that could not be read. */
_nodiscard_ int provenance_find(const Session *session, const Inspection *inspection, int fd,
                                Provenance *ret, Fault *fault);

/* The same; the content is kept in memory, and dropped. */
_nodiscard_ int provenance_find_unwritten(const Session *session, const Inspection *inspection,
                                          Provenance *ret, Fault *fault);

/* Whether an original of the live content is kept: 1, 0, or negative when a copy cannot be read. A
 * receipt that leads to an original is believed; without one the original is searched for and
 * proved. For a stock file that is the file itself. Borrowed results may be NULL. */
_nodiscard_ int provenance_look(const Session *session, const Inspection *inspection,
                                const Archive **ret_archive, const Original **ret_original);
