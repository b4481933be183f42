/* SPDX-License-Identifier: MIT */
#pragma once

/* Mapping: a file's bytes in memory, read-only, without a copy.
 *
 * When somebody cuts the file off while it is mapped, reading behind its new end raises SIGBUS.
 * mapping_guard_install() makes such a page read as zeros instead, and mapping_is_torn() tells
 * afterwards; whoever judges mapped bytes asks it before believing the judgement. */

#include <stdbool.h>

#include "base/span.h"

typedef struct Mapping {
        Span span; /* empty for an empty file */
        int slot;  /* of the guard; -1 when not guarded */
} Mapping;

#define MAPPING_NONE ((Mapping){.slot = -1})

/* Maps the regular file `fd` whole. -EFBIG when it is larger than 4 GiB, -EINVAL when it is no
 * regular file. The mapping outlives the fd. */
_nodiscard_ int mapping_open(int fd, Mapping *ret);
void mapping_done(Mapping *mapping);

/* Gives back the memory of the pages that were read; whoever reads on gets them from the file. */
void mapping_rest(const Mapping *mapping);

/* Whether a page was read that the file had lost, or the disk could not give. A file cut off within
 * its last page that was read shows none: its status tells. */
bool mapping_is_torn(const Mapping *mapping);

/* Installs the SIGBUS handler for this program, once, before any mapping. */
_nodiscard_ int mapping_guard_install(void);
