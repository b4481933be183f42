/* SPDX-License-Identifier: MIT */
#pragma once

/* Search: ISO 9660 images in a file, an archive in an archive, a directory or standard input.
 *
 * Only content counts, never a name. Archives (tar; zip; either compressed by gzip, bzip2, xz or
 * zstd) are read from their beginning to their end as they come, entry within entry: nothing is
 * unpacked, and names in them are but shown. No symbolic link in a directory is followed. */

#include "base/fault.h"
#include "tools/iso.h"
#include "tools/stream.h"

#define SEARCH_DEPTH_MAX 6 /* archives in archives */
#define SEARCH_BUDGET_MAX \
        (UINT64_C(8) * 1024 * 1024 * 1024) /* bytes, those of each depth counted */

typedef struct Found {
        const char *name;  /* of the image in what it was found in; NULL for standard input */
        const char *trail; /* "x.zip.tar: x.zip: payload/darwin.iso" */
        bool alone;        /* the source is the image itself */
        IsoVolume volume;
        Stream *stream; /* its bytes */
} Found;

typedef struct SearchCalls {
        /* Takes an image. 0 to go on, 1 when enough was found, or a negative errno, which ends the
         * search, unless it is that of the broken stream. */
        int (*found)(const Found *found, void *context, Fault *fault);
        /* What could not be searched; the search goes on. */
        void (*trouble)(const char *trail, const Fault *fault, void *context);
        void *context;
        uint64_t budget; /* 0: SEARCH_BUDGET_MAX for each file */
} SearchCalls;

/* Searches `path`; "-" is standard input. Returns how many images were found, or a negative errno:
 * REASON_OPEN, REASON_NOT_REGULAR; -ENOENT with REASON_TOOLS_NO_IMAGE when it is nothing that can
 * be searched, or with REASON_TOOLS_NONE when no image is in it. When there was trouble, that alone
 * is told. What `found` returned. */
_nodiscard_ int search_source(const char *path, const SearchCalls *calls, Fault *fault);
