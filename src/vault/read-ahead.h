/* SPDX-License-Identifier: MIT */
#pragma once

/* Blocks: headers and contents of an archive as libarchive gives them, and the digest of each
 * content. Where that is asked for, other threads read and digest them ahead of the present place.
 * Codes are libarchive's. */

#include <stddef.h>
#include <stdint.h>

#include <archive.h>
#include <archive_entry.h>

#include "file/digest.h"

typedef struct Blocks Blocks;

/* `tar` stays the caller's and must outlive it; nobody else may read from it. -ENOMEM. */
_nodiscard_ int blocks_new(struct archive *tar, Blocks **ret);
void blocks_free(Blocks *blocks);
DEFINE_FREEP(Blocks, blocks_free);

/* The next header; what is left of the present content is passed over. */
_nodiscard_ int blocks_header(Blocks *blocks, struct archive_entry **ret);

/* The next block of the present content, and where in it that belongs. Borrowed until the next
 * call. */
_nodiscard_ int blocks_next(Blocks *blocks, Span *ret, int64_t *ret_offset);

/* The digest of the present content, once blocks_next() has returned all of it. A negative errno.
 */
_nodiscard_ int blocks_digest(Blocks *blocks, Digest *ret);

/* Begins to read and digest the next header and what follows it, some MiB ahead of blocks_next(),
 * once the present content was read. Where no threads can be had, or no memory, nothing is. */
void blocks_read_ahead(Blocks *blocks);
