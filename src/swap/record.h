/* SPDX-License-Identifier: MIT */
#pragma once

/* Record: the receipts of installed files. A receipt is an index: what is true is told by the
 * archives and the engine, and a receipt that is lost or wrong is made anew from them. */

#include <stdbool.h>

#include "base/fault.h"
#include "exchange/inspection.h"
#include "store/judged.h"
#include "swap/provenance.h"
#include "swap/result.h"
#include "swap/session.h"

/* Writes the receipt of a file that is about to be swapped in. It comes before the swap, and is
 * named after the bytes that will be live, so that there is never a patched file without its
 * receipt. `archive` holds the original; NULL for a partial file that was completed. */
_nodiscard_ int record_patch(const Session *session, const Installation *installation,
                             const Inspection *inspection, const TargetResult *target,
                             const char *archive, Fault *fault);

/* Whether the receipt of a patched file is there and right: with its edits undone, the file has the
 * digest that the receipt names. Reads no archive. */
bool record_is_true(const Session *session, Inspection *inspection);

/* Whether a sound receipt under the file's digest names that original and its plan. */
bool record_names(const Session *session, const Inspection *inspection,
                  const Provenance *provenance);

/* The same as record_is_true() of a file whose provenance is proved: a receipt that names that
 * original and its plan is right, and the file is not read again. */
bool record_is_of(const Session *session, Inspection *inspection, const Provenance *provenance);

/* Makes the receipts of all patched files of an installation anew that are lost or wrong, as far as
 * their originals are kept. With `skipped` (may be NULL), not of those roles. Needs the lock. */
_nodiscard_ int records_rebuild(const Session *session, size_t index, const bool *skipped,
                                Fault *fault);

/* Whether records_rebuild() may have something to do for a patched file: there are archives, and no
 * receipt that is sound and names the edits that the file has. Needs no lock. The receipt of the
 * digest that `judged` has is looked at first; the whole file is read only where there are too many
 * others to look at: they have digests of their own. */
bool record_is_due(const Session *session, const Judged *judged, Inspection *inspection);
