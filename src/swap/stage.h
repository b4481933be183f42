/* SPDX-License-Identifier: MIT */
#pragma once

/* Stage: the complete, verified copy of a target, under a temporary name beside it. */

#include "base/atomic-file.h"
#include "base/attributes.h"
#include "base/edit.h"
#include "base/fault.h"
#include "swap/inspection.h"

/* A copy to be called `place`, with the content of `inspection` (open, judged), `edits` made,
 * owner, mode, times and extended attributes as the file has them, flushed. Then it is read back: a
 * comparison finds exactly the edits and the parser finds it patched. `ret_before` and `ret_after`
 * get both digests. */
_nodiscard_ int stage_patched(const Inspection *inspection, const Place *place, const Edits *edits,
                              AtomicFile *ret, Digest *ret_before, Digest *ret_after, Fault *fault);

/* Whether the file `fd` is judged to be in `state` by the parser that will judge it later.
 * -EILSEQ with REASON_STAGED_DIFFERS. The plan that opens it (may be NULL) is the caller's. */
_nodiscard_ int stage_is(int fd, Subject subject, State state, Edits *ret_plan, Fault *fault);
