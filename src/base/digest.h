/* SPDX-License-Identifier: MIT */
#pragma once

/* Digest: a SHA-256 value, the identity of a file's content. Computed by libcrypto. */

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define DIGEST_SIZE     32U
#define DIGEST_HEX_SIZE 65U /* with the NUL */

typedef struct Digest {
        uint8_t bytes[DIGEST_SIZE];
} Digest;

/* An unfinished digest. */
typedef struct Digester Digester;

/* -ENOMEM, or -EIO when libcrypto refuses. */
_nodiscard_ int digester_new(Digester **ret);
_nodiscard_ int digester_add(Digester *digester, Span span);
/* Ends it; afterwards it can only be freed. */
_nodiscard_ int digester_end(Digester *digester, Digest *ret);
void digester_free(Digester *digester);
DEFINE_FREEP(Digester, digester_free);

_nodiscard_ int digest_of_span(Span span, Digest *ret);

/* Reads `fd` from file offset 0 to its end, whatever its position; `ret_size` (may be NULL) gets
 * the number of bytes read. */
_nodiscard_ int digest_of_fd(int fd, Digest *ret, uint64_t *ret_size);

bool digest_equal(const Digest *a, const Digest *b);

/* 64 lower-case hexadecimal digits and a NUL. */
void digest_to_hex(const Digest *digest, char ret[static DIGEST_HEX_SIZE]);

/* -EINVAL unless `hex` is exactly 64 lower-case hexadecimal digits. */
_nodiscard_ int digest_from_hex(const char *hex, Digest *ret);
