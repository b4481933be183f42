/* SPDX-License-Identifier: MIT */
#pragma once

/* MachoSlice: the x86_64 part of a Mach-O file. A thin file is one part; a universal ("fat") one
 * begins with a big-endian list of them:
 *
 *   0x00  4  0xCAFEBABE, or 0xCAFEBABF where offsets and sizes have 64 bits
 *   0x04  4  number of entries, then each: machine, kind of it, file offset, size, alignment
 *
 * Class files of Java begin with 0xCAFEBABE too, and have their version, 45 or more, where the
 * number of entries is. Source: <mach-o/fat.h> and <mach-o/loader.h>, as published. */

#include "image/format.h"

typedef struct MachoSlice {
        Span bytes;         /* borrowed */
        uint64_t offset;    /* in the file; 0 in a thin one */
        uint32_t of_slices; /* entries of the universal file; 0 in a thin one */
} MachoSlice;

/* Whether the magic number is one of Mach-O, thin or universal. */
bool macho_recognises(Span bytes);

/* -EBADMSG with REASON_IMAGE_MACHINE, REASON_IMAGE_TRUNCATED or REASON_IMAGE_HEADERS. */
_nodiscard_ int macho_slice_find(Span bytes, MachoSlice *ret, Fault *fault);
