/* SPDX-License-Identifier: MIT */
#pragma once

/* Blocks: headers and contents of an archive as libarchive gives them, read by another thread ahead
 * of the present place where that is asked for. Codes are libarchive's. */

#include <stddef.h>
#include <stdint.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/macros.h"

typedef struct Blocks Blocks;

/* `tar` stays the caller's and must outlive it; nobody else may read from it. -ENOMEM. */
_nodiscard_ int blocks_new(struct archive *tar, Blocks **ret);
void blocks_free(Blocks *blocks);
DEFINE_FREEP(Blocks, blocks_free);

/* The next header; what is left of the present content is passed over. */
_nodiscard_ int blocks_header(Blocks *blocks, struct archive_entry **ret);

/* The next block of the present content. Borrowed until the next call. */
_nodiscard_ int blocks_next(Blocks *blocks, const void **ret, size_t *ret_size,
                            la_int64_t *ret_offset);

/* Begins to read the next header and what follows it, some MiB ahead of blocks_next(), once the
 * present content was read. Where no thread can be had, or no memory, nothing is read ahead. */
void blocks_read_ahead(Blocks *blocks);
