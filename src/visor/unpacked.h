/* SPDX-License-Identifier: MIT */
#pragma once

/* Unpacked: the bytes of a boot module without its compression. Modules are plain, in gzip, or in
 * gzip around xz (with a signature behind it), zstd or lzma: at most two layers. */

#include "base/fault.h"
#include "base/span.h"
#include "file/mapping.h"

typedef struct Unpacked {
        Span bytes;         /* borrowed from what was unpacked, or the mapping's */
        Mapping mapping;    /* of an unnamed file; not open where nothing was packed */
        const char *layers; /* "gzip", "gzip, xz"; "" where nothing was packed */
} Unpacked;

#define UNPACKED_NONE ((Unpacked){.mapping = MAPPING_NONE, .layers = ""})

/* Unpacks `packed`, which must outlive the result. 1, or 0 when it is no module, whatever else it
 * may be; -EBADMSG with REASON_MODULE_DAMAGED, -EFBIG with REASON_MODULE_BOUNDS when any layer
 * holds more than `limit` bytes, -ENOMEM. */
_nodiscard_ int unpacked_open(Span packed, uint64_t limit, Unpacked *ret, Fault *fault);
void unpacked_done(Unpacked *unpacked);
