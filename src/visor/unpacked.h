/* SPDX-License-Identifier: MIT */
#pragma once

/* Unpacked: the bytes of a boot module without its compression, one part after the other; no more
 * of them is in memory than is asked for. Modules are plain, in gzip, or in gzip around xz (with a
 * signature behind it), zstd or lzma: at most two layers. */

#include "base/fault.h"
#include "base/span.h"

typedef struct Unpacked Unpacked;

/* Begins to unpack `packed`, which must outlive the result. 1, or 0 when it is no module;
 * -EBADMSG with REASON_MODULE_DAMAGED, -EFBIG with REASON_MODULE_BOUNDS when any layer holds more
 * than `limit` bytes, -ENOMEM: so do the functions below. */
_nodiscard_ int unpacked_open(Span packed, uint64_t limit, Unpacked **ret, Fault *fault);
void unpacked_free(Unpacked *unpacked);
DEFINE_FREEP(Unpacked, unpacked_free);

/* "gzip", "gzip, xz"; "" where nothing was packed. */
const char *unpacked_layers(const Unpacked *unpacked);

/* The offset of the byte that comes next. */
uint64_t unpacked_at(const Unpacked *unpacked);

/* The next `size` bytes, fewer only where the module ends; they stay until the next call. */
_nodiscard_ int unpacked_read(Unpacked *unpacked, uint64_t size, Span *ret, Fault *fault);

/* Goes on at `offset`, which is not behind; where the module ends before, at its end. */
_nodiscard_ int unpacked_skip(Unpacked *unpacked, uint64_t offset, Fault *fault);

/* Goes to the end, and compares the checksum and the size there. */
_nodiscard_ int unpacked_finish(Unpacked *unpacked, Fault *fault);
