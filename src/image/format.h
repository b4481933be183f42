/* SPDX-License-Identifier: MIT */
#pragma once

/* ImageClass: what one file format must answer; image.c is the same for all of them. A new format
 * is one file that defines an ImageClass, and a line in image.c's table. */

#include "image/image.h"

typedef struct ImageClass {
        ImageFormat format;
        const char *name;
        /* Whether the content says it is of this format at all; then open() must take or refuse it.
         */
        bool (*recognises)(Span bytes);
        /* Fills `image->ranges`, `->description`, `->relocatable` and `->state` (owned, freed by
         * done()). */
        int (*open)(Image *image, Fault *fault);
        void (*done)(Image *image);
        /* Relocation that covers the eight bytes at `address`: 1 and the fields of `pointer`, 0
         * when there is none, negative as image_pointer_at(). The caller filled in address and
         * field. */
        int (*relocation_at)(const Image *image, ImagePointer *pointer, Fault *fault);
        /* One pass over the relocations that give pointers a value other than their field. */
        int (*find_relocated)(const Image *image, const uint64_t *values, size_t value_count,
                              image_pointer_found found, void *context);
} ImageClass;

struct Image {
        const ImageClass *class;
        Span bytes; /* borrowed */
        ImageRange *ranges;
        size_t range_count;
        char description[96];
        bool relocatable;
        uint64_t rela_count, relr_count;
        void *state; /* the format's own */
};

extern const ImageClass image_class_elf;
