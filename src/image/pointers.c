/* SPDX-License-Identifier: MIT */

/* image_find_pointers(): first every relocation, then every field that no relocation wrote. One bit
 * for each aligned word keeps the two apart, so that neither the order of the relocations nor the
 * number of matches makes it slower than one pass over each. */

#include "image/format.h"

#define WORD 8U /* bytes of a pointer, and its alignment */

typedef struct Search {
        const Image *image;
        const uint64_t *values;
        size_t value_count;
        image_pointer_found found;
        void *context;
        uint64_t *first_words; /* number of each range's first word in `written`; owned */
        uint8_t *written;      /* a bit for each word of each range; owned */
} Search;

static void search_done(Search *search)
{
        free(search->first_words);
        free(search->written);
}

static int search_prepare(Search *search)
{
        const Image *image = search->image;
        uint64_t words = 0;

        search->first_words = calloc(image->range_count, sizeof(*search->first_words));
        if (!search->first_words && image->range_count > 0)
                return -ENOMEM;
        for (size_t i = 0; i < image->range_count; i++) {
                search->first_words[i] = words;
                words += image->ranges[i].size / WORD + 1; /* both ends may be off the grid */
        }
        search->written = calloc(words / 8 + 1, 1);
        return search->written ? 0 : -ENOMEM;
}

/* The number in `written` of the word at `address`, a multiple of WORD inside `range`. */
static uint64_t word_number(const Search *search, const ImageRange *range, uint64_t address)
{
        return search->first_words[range - search->image->ranges] + address / WORD -
               range->address / WORD;
}

static void mark_written(Search *search, const ImageRelocation *relocation)
{
        uint64_t last;

        if (__builtin_add_overflow(relocation->address, relocation->size - 1, &last))
                last = UINT64_MAX;
        for (uint64_t i = relocation->address / WORD; i <= last / WORD; i++) {
                const ImageRange *range = image_range_at_address(search->image, i * WORD, WORD);
                uint64_t number;

                if (!range)
                        continue;
                number = word_number(search, range, i * WORD);
                search->written[number / 8] |= (uint8_t)(1U << number % 8);
        }
}

static bool is_wanted(const Search *search, uint64_t value)
{
        for (size_t i = 0; i < search->value_count; i++)
                if (search->values[i] == value)
                        return true;
        return false;
}

static int search_relocation(const ImageRelocation *relocation, void *context)
{
        Search *search = context;

        mark_written(search, relocation);
        if (!relocation->is_pointer || relocation->address % WORD != 0 ||
            !is_wanted(search, relocation->value) ||
            !image_range_at_address(search->image, relocation->address, WORD))
                return 0;
        return search->found(relocation->address, relocation->value, search->context);
}

static int search_range(const Search *search, const ImageRange *range)
{
        const uint8_t *bytes = search->image->bytes.bytes + range->offset;

        for (uint64_t at = -range->address % WORD; range_fits(at, WORD, range->size); at += WORD) {
                uint64_t value = load_le64(bytes + at), address = range->address + at, number;
                int r;

                if (!is_wanted(search, value))
                        continue;
                number = word_number(search, range, address);
                if (search->written[number / 8] & 1U << number % 8)
                        continue;
                r = search->found(address, value, search->context);
                if (r < 0)
                        return r;
        }
        return 0;
}

int image_find_pointers(const Image *image, const uint64_t *values, size_t value_count,
                        image_pointer_found found, void *context)
{
        _cleanup_(search_done) Search search = {
                .image = image,
                .values = values,
                .value_count = value_count,
                .found = found,
                .context = context,
        };
        bool everywhere = !image->relocatable || image->constants_hold_pointers;
        int r = search_prepare(&search);

        if (r >= 0)
                r = image->class->each_relocation(image, search_relocation, &search);
        for (size_t i = 0; r >= 0 && i < image->range_count; i++)
                if (everywhere || image->ranges[i].writable)
                        r = search_range(&search, &image->ranges[i]);
        return r < 0 ? r : 0;
}
