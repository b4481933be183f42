/* SPDX-License-Identifier: MIT */
#pragma once

/* PeHeader: the headers of a PE32+ file, as far as its loader needs them. Source: Microsoft's
 * description of the PE format.
 *
 *   MS-DOS header   0x3C  4  file offset of the signature "PE\0\0"
 *   signature + 4            COFF header, 20 bytes
 *   signature + 24           optional header: 112 bytes, then the data directories, 8 bytes each
 *   behind it                section headers, 40 bytes each */

#include "image/format.h"

#define PE_SECTION_SIZE 40U

/* One entry of the data directories; size 0 where there is none. */
typedef struct PeDirectory {
        uint32_t place; /* address less the image base; of the certificates a file offset */
        uint32_t size;  /* in bytes */
} PeDirectory;

typedef struct PeHeader {
        uint64_t image_base; /* address of the file's first byte in memory */
        uint32_t image_size; /* bytes from there to the end of the last section */
        uint32_t headers_size;
        uint32_t section_alignment, file_alignment;
        Span sections; /* the section headers; borrowed */
        bool relocatable;
        PeDirectory relocations;
        PeDirectory certificates;
        uint64_t checksum_offset; /* file offset of CheckSum */
        uint32_t checksum;
} PeHeader;

/* -EBADMSG with REASON_IMAGE_FORMAT, REASON_IMAGE_MACHINE, REASON_IMAGE_TRUNCATED or
 * REASON_IMAGE_HEADERS. */
_nodiscard_ int pe_header_read(Span bytes, PeHeader *ret, Fault *fault);
