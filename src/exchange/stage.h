/* SPDX-License-Identifier: MIT */
#pragma once

/* Stage: the complete, verified copy of a target, under a temporary name beside it. stage_make(),
 * then stage_verify(), which only reads. */

#include "base/fault.h"
#include "exchange/inspection.h"
#include "file/atomic-file.h"
#include "file/attributes.h"
#include "file/edit.h"

/* A copy to be called `place`, with the content of `inspection` (open, judged, digested), `edits`
 * made, owner, mode, times and extended attributes as the file has them, flushed, and open for
 * reading only. -EAGAIN with REASON_CHANGED when the file is shorter than it was. */
_nodiscard_ int stage_make(const Inspection *inspection, const Place *place, const Edits *edits,
                           AtomicFile *ret, Fault *fault);

/* Reads it back: without the edits it has the inspection's digest, and the parser finds it patched.
 * `ret_after` (may be NULL) gets its own digest. -EAGAIN with REASON_CHANGED when the file is no
 * longer the one that was digested. Several may be verified at once. */
_nodiscard_ int stage_verify(const Inspection *inspection, const Edits *edits,
                             const AtomicFile *staged, Digest *ret_after, Fault *fault);

/* Whether the file `fd` is judged to be in `state` by the parser that will judge it later.
 * -EILSEQ with REASON_STAGED_DIFFERS. The plan that opens it (may be NULL) is the caller's. */
_nodiscard_ int stage_is(int fd, Subject subject, State state, Edits *ret_plan, Fault *fault);
