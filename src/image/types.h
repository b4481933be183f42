/* SPDX-License-Identifier: MIT */
#pragma once

/* What is said of an image, whatever its format.
 *
 * Three kinds of numbers, never mixed: a file offset counts bytes from the start of the file, an
 * address is where the loader puts a byte (before any slide), a size is in bytes. */

#include <stdbool.h>
#include <stdint.h>

typedef enum ImageFormat {
        IMAGE_ELF,
        IMAGE_PE,
        IMAGE_MACHO,
        _IMAGE_FORMAT_MAX,
} ImageFormat;

typedef struct Image Image;

/* Addresses from `first` to `last`, both included. */
typedef struct AddressRange {
        uint64_t first, last;
} AddressRange;

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

/* A checksum over the whole file, kept in one of its headers. */
typedef struct ImageChecksum {
        uint64_t offset; /* file offset of the field, 4 bytes, little-endian */
        uint32_t value;  /* what stands there */
        uint32_t wanted; /* what should */
} ImageChecksum;

/* A signature over the file's bytes, which every edit makes invalid. Nothing here verifies it. */
typedef struct ImageSignature {
        const char *kind;      /* "Authenticode"; NULL: there is none */
        uint64_t offset, size; /* where it is in the file */
} ImageSignature;
