/* SPDX-License-Identifier: MIT */
#pragma once

/* The program headers of an ELF file: what the loader maps, and where PT_DYNAMIC is. */

#include <libelf.h>

#include "image/format.h"

/* Where the loader finds PT_DYNAMIC: by address, whatever p_offset says. */
typedef struct ElfDynamicPlace {
        bool there;
        uint64_t address;
        uint64_t size; /* bytes in the file */
} ElfDynamicPlace;

/* Fills the ranges of `image` from the program headers that `header` names. -EBADMSG with
 * REASON_IMAGE_TRUNCATED, REASON_IMAGE_SEGMENTS or REASON_IMAGE_DYNAMIC, -ENOMEM. */
_nodiscard_ int elf_segments_read(Image *image, const Elf64_Ehdr *header,
                                  ElfDynamicPlace *ret_dynamic, Fault *fault);

/* Decodes one record of the file (Elf64_Ehdr, Elf64_Phdr, Elf64_Dyn) from the `size` bytes at
 * `bytes` into `record`. libelf only translates a copy: it sees neither the file, whose bytes may
 * not be writable, nor the section headers, which may be garbage. -EBADMSG. */
_nodiscard_ int elf_record_read(const uint8_t *bytes, Elf_Type type, void *record, size_t size);
