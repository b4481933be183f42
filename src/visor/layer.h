/* SPDX-License-Identifier: MIT */
#pragma once

/* Layer: one compression around a boot module, and the bytes in it as they come out. */

#include <stdbool.h>

#include "base/fault.h"
#include "base/span.h"

typedef struct Layer {
        const char *name;  /* "gzip", "gzip, xz": with the one around it */
        const char *words; /* "gzip", "xz": alone */
        int filter;        /* libarchive's */
        const char *magic;
        size_t magic_size;
        bool is_inner; /* only within another */
} Layer;

/* The compression that begins there; NULL when none does, or a header of a module. */
const Layer *layer_of(Span bytes, bool inner);

/* What is being unpacked. Start with {}. */
typedef struct LayerReader {
        const Layer *layer;
        struct archive *archive;
        Span packed; /* borrowed */
        uint64_t size, limit;
        uint32_t crc;
} LayerReader;

/* -EBADMSG with REASON_MODULE_DAMAGED when it is none, -ENOMEM. */
_nodiscard_ int layer_open(const Layer *layer, Span packed, uint64_t limit, LayerReader *ret,
                           Fault *fault);
void layer_done(LayerReader *reader);

/* The next bytes, as many as there are at once; they stay until the next call. 1, or 0 at the end,
 * where they are empty, and the checksum of gzip was right; -EBADMSG, -EFBIG, -ENOMEM. */
_nodiscard_ int layer_next(LayerReader *reader, Span *ret, Fault *fault);
