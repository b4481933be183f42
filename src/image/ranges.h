/* SPDX-License-Identifier: MIT */
#pragma once

/* The ranges of an image: from address to file offset and back. */

#include <stddef.h>

#include "base/macros.h"
#include "image/types.h"

/* Puts `image->ranges` in the order that image_ranges() promises. -ERANGE when they hold the same
 * bytes of the file so often that one pass over them were no longer one over the file. */
_nodiscard_ int image_settle_ranges(Image *image);

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
