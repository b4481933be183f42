/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include "image/format.h"
#include "image/ranges.h"

static int image_compare_ranges(const void *a, const void *b)
{
        const ImageRange *left = a, *right = b;

        if (left->offset != right->offset)
                return left->offset > right->offset ? 1 : -1;
        return (left->address > right->address) - (left->address < right->address);
}

int image_settle_ranges(Image *image)
{
        uint64_t left = 2 * (uint64_t)image->bytes.size;

        for (size_t i = 0; i < image->range_count; i++) {
                if (image->ranges[i].size > left)
                        return -ERANGE;
                left -= image->ranges[i].size;
        }
        qsort(image->ranges, image->range_count, sizeof(*image->ranges), image_compare_ranges);
        return 0;
}

const ImageRange *image_ranges(const Image *image, size_t *ret_count)
{
        *ret_count = image->range_count;
        return image->ranges;
}

const ImageRange *image_range_at_address(const Image *image, uint64_t address, uint64_t size)
{
        for (size_t i = 0; i < image->range_count; i++) {
                const ImageRange *range = &image->ranges[i];

                if (address >= range->address &&
                    range_fits(address - range->address, size, range->size))
                        return range;
        }
        return NULL;
}

const ImageRange *image_range_at_offset(const Image *image, uint64_t offset, uint64_t size)
{
        for (size_t i = 0; i < image->range_count; i++) {
                const ImageRange *range = &image->ranges[i];

                if (offset >= range->offset &&
                    range_fits(offset - range->offset, size, range->size))
                        return range;
        }
        return NULL;
}

int image_offset_of(const Image *image, uint64_t address, uint64_t size, uint64_t *ret_offset)
{
        const ImageRange *range = image_range_at_address(image, address, size);

        if (!range)
                return -ERANGE;
        *ret_offset = range->offset + (address - range->address);
        return 0;
}

int image_address_of(const Image *image, uint64_t offset, uint64_t size, uint64_t *ret_address)
{
        const ImageRange *range = image_range_at_offset(image, offset, size);

        if (!range)
                return -ERANGE;
        *ret_address = range->address + (offset - range->offset);
        return 0;
}
