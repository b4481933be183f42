/* SPDX-License-Identifier: MIT */
#pragma once

/* Image: what a binary holds, as its loader sees it. Read-only and pure: bytes in, answers out, no
 * I/O. Every number that comes from the file is checked before it is used.
 *
 * Three kinds of numbers, never mixed: a file offset counts bytes from the start of the file, an
 * address is where the loader puts a byte (before any slide), a size is in bytes. */

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/macros.h"
#include "base/span.h"
#include "file/edit.h"

typedef enum ImageFormat {
        IMAGE_ELF,
        IMAGE_PE,
        IMAGE_MACHO,
        _IMAGE_FORMAT_MAX,
} ImageFormat;

typedef struct Image Image;

/* A part of the file that the loader maps: `size` bytes at file offset `offset` appear at
 * `address`. Zero-filled memory behind it is no part of it. */
typedef struct ImageRange {
        uint64_t offset;
        uint64_t address;
        uint64_t size;
        bool writable;
        bool executable;
} ImageRange;

/* Where the value of a pointer comes from. */
typedef enum PointerSource {
        POINTER_FIELD,   /* no relocation covers it: the eight bytes of the field */
        POINTER_RELA,    /* an R_X86_64_RELATIVE entry of DT_RELA: its addend, not the field */
        POINTER_RELR,    /* DT_RELR covers it: the field */
        POINTER_BASE,    /* a base relocation of PE covers it: the field */
        POINTER_CHAINED, /* a chained fixup of Mach-O: decoded from the field */
} PointerSource;

/* "The pointer at this address", as it will be after loading (before any slide). */
typedef struct ImagePointer {
        uint64_t value;        /* the address it will hold */
        uint64_t address;      /* of the field itself */
        uint64_t field;        /* the eight bytes in the file */
        uint64_t field_offset; /* their file offset */
        PointerSource source;
        uint64_t addend_offset; /* POINTER_RELA: file offset of the entry's r_addend */
} ImagePointer;

/* Recognises the format from the content and checks the headers. `bytes` stay the caller's and must
 * outlive the image. -EBADMSG with an IMAGE reason, -ENOMEM. */
_nodiscard_ int image_open(Span bytes, Image **ret, Fault *fault);
void image_free(Image *image);
DEFINE_FREEP(Image, image_free);

ImageFormat image_format(const Image *image);
const char *image_format_name(ImageFormat format); /* "ELF" */
const char *image_description(
        const Image *image); /* "ELF 64-bit x86-64, position-independent, RELA" */
Span image_bytes(const Image *image);

/* Its programs run on Apple's machines alone, where VMware needs no patch. */
bool image_is_for_apple(const Image *image);

/* Position-independent: the loader may slide it. */
bool image_is_relocatable(const Image *image);

/* What the file is called for the dynamic linker (DT_SONAME), without its NUL; empty when it has no
 * such name. Borrowed from the bytes. */
Span image_soname(const Image *image);

/* Number of relocation entries (RELA) and, separately, fields that DT_RELR covers. */
uint64_t image_rela_count(const Image *image);
uint64_t image_relr_count(const Image *image);

/* A checksum over the whole file, kept in one of its headers. */
typedef struct ImageChecksum {
        uint64_t offset; /* file offset of the field, 4 bytes, little-endian */
        uint32_t value;  /* what stands there */
        uint32_t wanted; /* what should */
} ImageChecksum;

/* The checksum as it should be once `edits` are made, which must fit the bytes: 1; 0 when the
 * format or the file has none. A field of zero means that nobody ever set it, and is none. */
int image_checksum(const Image *image, const Edits *edits, ImageChecksum *ret);

/* A signature over the file's bytes, which every edit makes invalid. Nothing here verifies it. */
typedef struct ImageSignature {
        const char *kind;      /* "Authenticode"; NULL: there is none */
        uint64_t offset, size; /* where it is in the file */
} ImageSignature;

ImageSignature image_signature(const Image *image);

/* The mapped ranges in ascending order of offset; the array stays the image's. */
const ImageRange *image_ranges(const Image *image, size_t *ret_count);

/* The range that holds `size` bytes at `address`, or at `offset`; NULL when no single one does.
 * Addresses never overlap; where offsets do, it is the first in the array's order. */
const ImageRange *image_range_at_address(const Image *image, uint64_t address, uint64_t size);
const ImageRange *image_range_at_offset(const Image *image, uint64_t offset, uint64_t size);

/* address → file offset and back, for `size` bytes in one range. -ERANGE. */
_nodiscard_ int image_offset_of(const Image *image, uint64_t address, uint64_t size,
                                uint64_t *ret_offset);
_nodiscard_ int image_address_of(const Image *image, uint64_t offset, uint64_t size,
                                 uint64_t *ret_address);

/* The pointer at `address`. -ERANGE when the field is not in the file; -EBADMSG with
 * REASON_IMAGE_RELOCATION when a relocation other than one that makes a plain pointer covers it,
 * one covers only a part of it, or several cover it. */
_nodiscard_ int image_pointer_at(const Image *image, uint64_t address, ImagePointer *ret,
                                 Fault *fault);

/* Addresses from `first` to `last`, both included. */
typedef struct AddressRange {
        uint64_t first, last;
} AddressRange;

/* Calls `found` for each 8-aligned pointer whose value lies in one of `targets`, which ascend and
 * do not meet, in writable ranges; in all ranges when the file has a fixed address or no
 * relocations, or is PE. One pass over the relocations, one over the bytes, whatever the number of
 * targets; a field that a relocation writes does not count. What is found is a candidate:
 * image_pointer_at() may still refuse it. `found` returns 0 to go on, negative to stop with that
 * result. -ENOMEM. */
typedef int (*image_pointer_found)(uint64_t address, uint64_t value, void *context);
_nodiscard_ int image_find_pointers(const Image *image, const AddressRange *targets,
                                    size_t target_count, image_pointer_found found, void *context);

/* The values of `count` pointers, the first at `address`, each `stride` bytes (at least 8) after
 * the one before; all of them lie in one range. UINT64_MAX for one that image_pointer_at() would
 * refuse. One pass over the relocations, in any order. -ERANGE. */
_nodiscard_ int image_pointers_at(const Image *image, uint64_t address, uint64_t stride,
                                  size_t count, uint64_t *ret_values);
