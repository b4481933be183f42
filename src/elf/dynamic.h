/* SPDX-License-Identifier: MIT */
#pragma once

/* The dynamic section: where the relocation tables are that the loader works through. */

#include "elf/segments.h"

/* Each part is empty when the file has no such table. */
typedef struct ElfDynamic {
        Span rela;            /* DT_RELA, whole entries of 24 bytes; borrowed */
        uint64_t rela_offset; /* file offset of `rela` */
        Span plt_rela;        /* DT_JMPREL, the same; empty where DT_RELA holds it already */
        uint64_t plt_rela_offset;
        Span relr;   /* DT_RELR, whole entries of 8 bytes */
        Span soname; /* DT_SONAME, without its NUL; empty too where it leads nowhere */
} ElfDynamic;

/* Reads the entries at `place` up to DT_NULL and translates what they name. -EBADMSG with
 * REASON_IMAGE_DYNAMIC. */
_nodiscard_ int elf_dynamic_read(const Image *image, const ElfDynamicPlace *place, ElfDynamic *ret,
                                 Fault *fault);
