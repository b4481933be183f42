/* SPDX-License-Identifier: MIT */

#include "image/image.h"
#include "image/format.h"

static const ImageClass *const classes[] = {
        [IMAGE_ELF] = &image_class_elf,
        [IMAGE_PE] = &image_class_pe,
        [IMAGE_MACHO] = &image_class_macho,
};

_Static_assert(ARRAY_SIZE(classes) == _IMAGE_FORMAT_MAX, "every format has its class");

static const ImageClass *class_of(Span bytes)
{
        for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
                if (classes[i]->recognises(bytes))
                        return classes[i];
        return NULL;
}

bool image_recognise(Span bytes, ImageFormat *ret)
{
        const ImageClass *class = class_of(bytes);

        if (class)
                *ret = class->format;
        return class != NULL;
}

int image_open(Span bytes, Image **ret, Fault *fault)
{
        _cleanup_(image_freep) Image *image = NULL;
        const ImageClass *class = class_of(bytes);
        int r;

        if (!class)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_FORMAT, "magic number");
        image = calloc(1, sizeof(*image));
        if (!image)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "image");
        image->class = class;
        image->bytes = bytes;
        r = class->open(image, fault);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(image);
        return 0;
}

void image_free(Image *image)
{
        if (!image)
                return;
        image->class->done(image);
        free(image->ranges);
        free(image);
}

ImageFormat image_format(const Image *image)
{
        return image->class->format;
}

const char *image_format_name(ImageFormat format)
{
        return (size_t)format < ARRAY_SIZE(classes) ? classes[format]->name : "unknown";
}

const char *image_description(const Image *image)
{
        return image->description;
}

Span image_bytes(const Image *image)
{
        return image->bytes;
}

bool image_is_for_apple(const Image *image)
{
        return image->class->apple_hosts;
}

bool image_is_relocatable(const Image *image)
{
        return image->relocatable;
}

Span image_soname(const Image *image)
{
        return image->soname;
}

uint64_t image_rela_count(const Image *image)
{
        return image->rela_count;
}

uint64_t image_relr_count(const Image *image)
{
        return image->relr_count;
}

int image_checksum(const Image *image, const Edits *edits, ImageChecksum *ret)
{
        return image->class->checksum ? image->class->checksum(image, edits, ret) : 0;
}

ImageSignature image_signature(const Image *image)
{
        return image->signature;
}

bool image_word_is_in_table(const Image *image, uint64_t offset)
{
        const uint8_t *word = image->bytes.bytes + offset;

        for (size_t i = 0; i < ARRAY_SIZE(image->tables); i++)
                if (image->tables[i].size > 0 && word + sizeof(uint64_t) > image->tables[i].bytes &&
                    word < image->tables[i].bytes + image->tables[i].size)
                        return true;
        return false;
}

int image_pointer_at(const Image *image, uint64_t address, ImagePointer *ret, Fault *fault)
{
        ImagePointer pointer = {.address = address, .source = POINTER_FIELD};
        int r = image_offset_of(image, address, sizeof(pointer.field), &pointer.field_offset);

        if (r < 0)
                return r;
        if (image_word_is_in_table(image, pointer.field_offset))
                return fault_set(fault, -EBADMSG, REASON_IMAGE_RELOCATION,
                                 "address 0x%llx: in a table of relocations",
                                 (unsigned long long)address);
        pointer.field = load_le64(image->bytes.bytes + pointer.field_offset);
        pointer.value = pointer.field;
        r = image->class->relocation_at(image, &pointer, fault);
        if (r < 0)
                return r;
        *ret = pointer;
        return 0;
}
