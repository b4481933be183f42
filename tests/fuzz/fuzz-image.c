/* SPDX-License-Identifier: MIT */

/* Any bytes as a binary, through the interface that everything above sees: ranges lie inside the
 * file, addresses and offsets lead back and forth, and both ways to a pointer agree. */

#include "fuzz.h"
#include "image/image.h"
#include "seeds.h"

#define SAMPLES_MAX 48U /* pointers looked up, each perhaps a pass over all relocations */

static void check_range(const Image *image, const ImageRange *range)
{
        uint64_t size = image_bytes(image).size, address, offset;

        MUST(range->size > 0 && range_fits(range->offset, range->size, size));
        MUST(range->address + (range->size - 1) >= range->address);
        MUST(image_range_at_address(image, range->address, range->size) == range);
        MUST(image_offset_of(image, range->address, range->size, &offset) == 0);
        MUST(offset == range->offset);
        MUST(image_address_of(image, range->offset, range->size, &address) == 0);
        MUST(image_range_at_offset(image, range->offset, range->size) != NULL);
        MUST(image_offset_of(image, range->address, range->size + 1, &offset) < 0 ||
             offset == range->offset);
        MUST(image_offset_of(image, range->address, UINT64_MAX, &offset) == -ERANGE);
}

static void check_soname(const Image *image)
{
        Span soname = image_soname(image), bytes = image_bytes(image);

        if (soname.size > 0)
                MUST(soname.bytes >= bytes.bytes &&
                     range_fits((uint64_t)(soname.bytes - bytes.bytes), soname.size, bytes.size));
        MUST(!soname.size || !memchr(soname.bytes, 0, soname.size));
}

typedef struct Search {
        const Image *image;
        const ImagePointer *wanted;
        size_t calls;
        bool seen;
} Search;

static int on_found(uint64_t address, uint64_t value, void *context)
{
        Search *search = context;
        ImagePointer pointer;

        MUST(value == search->wanted->value && address % 8 == 0);
        if (address == search->wanted->address)
                search->seen = true;
        if (++search->calls > SAMPLES_MAX)
                return search->seen ? -E2BIG : 0;
        if (image_pointer_at(search->image, address, &pointer, NULL) >= 0)
                MUST(pointer.value == value && pointer.address == address);
        return 0;
}

static void check_pointer(const Image *image, const ImagePointer *pointer, bool search_it)
{
        Search search = {.image = image, .wanted = pointer};
        Span bytes = image_bytes(image), field;
        int r;

        MUST(span_slice(bytes, pointer->field_offset, 8, &field) == 0);
        MUST(load_le64(field.bytes) == pointer->field);
        if (pointer->source == POINTER_RELA)
                MUST(range_fits(pointer->addend_offset, 8, bytes.size));
        else if (pointer->source != POINTER_CHAINED)
                MUST(pointer->value == pointer->field);
        if (!search_it || pointer->address % 8 != 0)
                return;
        r = image_find_pointers(image, &(AddressRange){pointer->value, pointer->value}, 1, on_found,
                                &search);
        MUST(r == 0 || r == -E2BIG);
        MUST(search.seen);
}

/* A few pointers of a range, from its start, its end and between. */
static void check_pointers(const Image *image, const ImageRange *range, size_t *samples)
{
        uint64_t step = range->size / 8 + 1;

        for (uint64_t into = 0; into < range->size && *samples < SAMPLES_MAX; into += step) {
                Fault fault = FAULT_NONE;
                ImagePointer pointer;
                uint64_t address = range->address + into;
                int r;

                if (*samples % 4 != 3)
                        address &= ~UINT64_C(7);
                r = image_pointer_at(image, address, &pointer, &fault);
                ++*samples;
                if (r < 0)
                        MUST(r == -ERANGE ||
                             (r == -EBADMSG && fault.reason == REASON_IMAGE_RELOCATION));
                else
                        check_pointer(image, &pointer, range->writable && *samples % 8 == 1);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        _cleanup_(image_freep) Image *image = NULL;
        Fault fault = FAULT_NONE;
        const ImageRange *ranges;
        size_t count, samples = 0;
        int r = image_open((Span){bytes, size}, &image, &fault);

        if (r < 0) {
                MUST(r == -EBADMSG && fault.reason >= REASON_IMAGE_FORMAT && !image);
                return 0;
        }
        MUST(image_format(image) < _IMAGE_FORMAT_MAX && image_description(image)[0]);
        MUST(image_bytes(image).size == size);
        check_soname(image);
        ranges = image_ranges(image, &count);
        for (size_t i = 0; i < count; i++) {
                MUST(i == 0 || ranges[i].offset >= ranges[i - 1].offset);
                check_range(image, &ranges[i]);
        }
        for (size_t i = 0; i < count; i++)
                check_pointers(image, &ranges[i], &samples);
        return 0;
}

void fuzz_seeds(void)
{
        seeds_of_binaries();
}
