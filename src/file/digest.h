/* SPDX-License-Identifier: MIT */
#pragma once

/* Digest: a SHA-256 value, the identity of a file's content. */

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define DIGEST_SIZE     32U
#define DIGEST_HEX_SIZE 65U /* with the NUL */

typedef struct Digest {
        uint8_t bytes[DIGEST_SIZE];
} Digest;

/* The digest of bytes in memory. -ENOMEM, or -EIO when libcrypto refuses. */
_nodiscard_ int digest_of_span(Span span, Digest *ret);

/* Reads `fd` from file offset 0 to its end, whatever its position; `ret_size` (may be NULL) gets
 * the number of bytes read. */
_nodiscard_ int digest_of_fd(int fd, Digest *ret, uint64_t *ret_size);

/* A file that is to be digested among others. */
typedef struct DigestedFile {
        int fd;        /* borrowed */
        int error;     /* 0, or why there is no digest: negative errno */
        Digest digest; /* of all its bytes, as digest_of_fd() gives it */
        uint64_t size; /* their number */
} DigestedFile;

/* Digests all of them, as many at once as there are processors. */
void digest_files(DigestedFile *files, size_t count);

/* Whether two files with these digests have the same content. */
bool digest_equal(const Digest *a, const Digest *b);

/* 64 lower-case hexadecimal digits and a NUL. */
void digest_to_hex(const Digest *digest, char ret[static DIGEST_HEX_SIZE]);

/* -EINVAL unless `hex` is exactly 64 lower-case hexadecimal digits. */
_nodiscard_ int digest_from_hex(const char *hex, Digest *ret);

/* Digester: a digest on its way, computed by libcrypto.
 *
 *     digester_new(&digester)
 *     digester_add(digester, span)     any number of times
 *     digester_end(digester, &digest)
 *     digester_free(digester) */
typedef struct Digester Digester;

/* -ENOMEM, or -EIO when libcrypto refuses. */
_nodiscard_ int digester_new(Digester **ret);

/* The bytes that come next. -EIO when libcrypto refuses. */
_nodiscard_ int digester_add(Digester *digester, Span span);

/* One that has seen the same bytes and goes on alone. */
_nodiscard_ int digester_fork(Digester *digester, Digester **ret);

/* Ends it; afterwards it can only be freed. */
_nodiscard_ int digester_end(Digester *digester, Digest *ret);
void digester_free(Digester *digester);
DEFINE_FREEP(Digester, digester_free);
