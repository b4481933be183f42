/* SPDX-License-Identifier: MIT */
#pragma once

/* Digester: a digest on its way, computed by libcrypto.
 *
 *     digester_new(&digester)
 *     digester_add(digester, span)     any number of times
 *     digester_end(digester, &digest)
 *     digester_free(digester)
 *
 * One made by digester_new_aside() leaves the work to another thread, so that who decompresses what
 * is digested goes on meanwhile. That thread only computes and waits. */

#include "base/digest.h"

typedef struct Digester Digester;

/* -ENOMEM, or -EIO when libcrypto refuses. */
_nodiscard_ int digester_new(Digester **ret);

/* The same beside the calling thread, where the machine has a second processor and a thread can be
 * had; else it is as digester_new() makes it. */
_nodiscard_ int digester_new_aside(Digester **ret);

/* The bytes may be changed as soon as it returns. */
_nodiscard_ int digester_add(Digester *digester, Span span);

/* One that has seen the same bytes and goes on alone, in the calling thread. */
_nodiscard_ int digester_fork(Digester *digester, Digester **ret);

/* Ends it; afterwards it can only be freed. */
_nodiscard_ int digester_end(Digester *digester, Digest *ret);
void digester_free(Digester *digester);
DEFINE_FREEP(Digester, digester_free);
