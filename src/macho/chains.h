/* SPDX-License-Identifier: MIT */
#pragma once

/* MachoChains: LC_DYLD_CHAINED_FIXUPS. Each pointer that dyld must settle holds, in its own eight
 * bytes, its value in short form and the distance to the next one of its page:
 *
 *   bits 0–35  the target: its address (format 2), or that less the header's (format 6)
 *   bits 36–43 the upper eight bits of the value
 *   bits 51–62 distance to the next one, in units of four bytes; 0: the last of its page
 *   bit 63     it is no target but a symbol of another library
 *
 * Source: <mach-o/fixup-chains.h>, as published. */

#include "macho/segments.h"

typedef struct MachoChain {
        MachoSegment segment;
        uint32_t page_size;
        bool is_offset; /* format 6 */
        Span starts;    /* two bytes for each page; borrowed */
} MachoChain;

typedef struct MachoChains {
        Span bytes; /* of the whole file; borrowed */
        uint64_t header_address;
        MachoChain chains[MACHO_SEGMENTS_MAX];
        size_t count;
} MachoChains;

/* Reads `commands->chains` and follows every chain once. -EBADMSG with REASON_IMAGE_FIXUPS, or
 * REASON_IMAGE_RELOCATION for pointers in another form. */
_nodiscard_ int macho_chains_read(Span bytes, const MachoCommands *commands, MachoChains *ret,
                                  Fault *fault);

/* Settles `pointer`, as ImageClass.relocation_at. */
_nodiscard_ int macho_chains_at(const MachoChains *chains, ImagePointer *pointer, Fault *fault);

/* As ImageClass.each_relocation. */
_nodiscard_ int macho_chains_each(const MachoChains *chains, image_relocation_visit visit,
                                  void *context);
