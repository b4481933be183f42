/* SPDX-License-Identifier: MIT */
#pragma once

/* ImageClass: what one file format must answer; image.c is the same for all of them. A new format
 * is one file that defines an ImageClass, and a line in image.c's table. */

#include "base/fault.h"
#include "base/span.h"
#include "file/edit.h"
#include "image/types.h"

/* `size` bytes at `address` that the loader writes. */
typedef struct ImageRelocation {
        uint64_t address;
        uint64_t size;
        bool is_pointer; /* it writes the pointer `value`; else something that is not known here */
        uint64_t value;
} ImageRelocation;

typedef int (*image_relocation_visit)(const ImageRelocation *relocation, void *context);

typedef struct ImageClass {
        ImageFormat format;
        const char *name;
        bool apple_hosts; /* its programs run on Apple's machines alone */
        /* Whether the content says it is of this format; then open() must take or refuse it. */
        bool (*recognises)(Span bytes);
        /* Fills `image->ranges` (owned by the image), `->description`, `->relocatable`, the counts
         * and `->state` (the format's own, freed by done(), which must take NULL). */
        int (*open)(Image *image, Fault *fault);
        void (*done)(Image *image);
        /* Relocation that covers the eight bytes at `address`: 1 and the fields of `pointer`, 0
         * when there is none, negative as image_pointer_at(). The caller filled in address and
         * field. */
        int (*relocation_at)(const Image *image, ImagePointer *pointer, Fault *fault);
        /* One pass over the relocations that give bytes of the image a value other than the file's.
         * One that writes nothing within `within` may be left out. `visit` returns 0 to go on,
         * negative to stop with that result. */
        int (*each_relocation)(const Image *image, AddressRange within,
                               image_relocation_visit visit, void *context);
        /* As image_checksum(); NULL for a format without one. */
        int (*checksum)(const Image *image, const Edits *edits, ImageChecksum *ret);
} ImageClass;

struct Image {
        const ImageClass *class;
        Span bytes; /* borrowed */
        ImageRange *ranges;
        size_t range_count;
        char description[96];
        bool relocatable;
        bool constants_hold_pointers; /* of a relocatable one: not only writable ranges do */
        Span tables[3]; /* of relocations, whose words are no fields; borrowed from the bytes */
        uint64_t rela_count, relr_count;
        ImageSignature signature;
        Span soname; /* borrowed from the bytes; empty: none */
        void *state; /* the format's own */
};

/* Whether the eight bytes at that file offset, which are in the file, touch a table of relocations.
 * What a table says of a field is no field of its own: the addend of one entry, and what follows
 * it, would look like a pointer with numbers behind it. */
bool image_word_is_in_table(const Image *image, uint64_t offset);

extern const ImageClass image_class_elf;
extern const ImageClass image_class_pe;
extern const ImageClass image_class_macho;
