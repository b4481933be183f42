/* SPDX-License-Identifier: MIT */
#pragma once

/* Digester: a digest on its way, computed by libcrypto.
 *
 *     digester_new(&digester)
 *     digester_add(digester, span)     any number of times
 *     digester_end(digester, &digest)
 *     digester_free(digester)
 */

#include "file/digest.h"

typedef struct Digester Digester;

/* -ENOMEM, or -EIO when libcrypto refuses. */
_nodiscard_ int digester_new(Digester **ret);

_nodiscard_ int digester_add(Digester *digester, Span span);

/* One that has seen the same bytes and goes on alone. */
_nodiscard_ int digester_fork(Digester *digester, Digester **ret);

/* Ends it; afterwards it can only be freed. */
_nodiscard_ int digester_end(Digester *digester, Digest *ret);
void digester_free(Digester *digester);
DEFINE_FREEP(Digester, digester_free);
