/* SPDX-License-Identifier: MIT */
#pragma once

/* The load commands of a Mach-O file: its segments, and where the rest is that dyld works through.
 * Source: <mach-o/loader.h>, as published. */

#include "macho/slice.h"

#define MACHO_SEGMENTS_MAX 64U

typedef struct MachoSegment {
        uint64_t address, size;     /* in memory */
        uint64_t offset, file_size; /* in the file: of the whole, not of the slice */
        bool writable, executable;
} MachoSegment;

typedef struct MachoCommands {
        bool relocatable;
        MachoSegment segments[MACHO_SEGMENTS_MAX]; /* in the order of the commands */
        size_t segment_count;
        uint64_t header_address; /* where the Mach-O header is mapped */
        bool has_header;         /* whether it is */
        Span chains;             /* LC_DYLD_CHAINED_FIXUPS; empty where there is none; borrowed */
        Span binds[3];           /* opcodes of LC_DYLD_INFO: bind, weak, lazy; borrowed */
        bool has_dyld_tables;
        uint64_t signature_offset, signature_size; /* LC_CODE_SIGNATURE, offset in the file */
} MachoCommands;

/* Reads them, and fills the ranges of `image`. -EBADMSG with an IMAGE reason, -ENOMEM. */
_nodiscard_ int macho_commands_read(Image *image, const MachoSlice *slice, MachoCommands *ret,
                                    Fault *fault);
