/* SPDX-License-Identifier: MIT */

/* image_find_pointers(): first every relocation, then every field that no relocation wrote. One bit
 * for each aligned word keeps the two apart, so that neither the order of the relocations nor the
 * number of matches makes it slower than one pass over each. */

#include "image/format.h"
#include "image/image.h"

#define WORD 8U /* bytes of a pointer, and its alignment */

typedef struct Search {
        const Image *image;
        const AddressRange *targets;
        size_t target_count;
        AddressRange all;        /* from the first target to the last one */
        const ImageRange *range; /* of the relocation before */
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

/* Most values of a file are below or above all targets. */
static inline bool range_may_hold(AddressRange targets, uint64_t value)
{
        return value - targets.first <= targets.last - targets.first;
}

static bool search_wants(const Search *search, uint64_t value)
{
        size_t low = 0, high = search->target_count;

        if (high == 0 || !range_may_hold(search->all, value))
                return false;
        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (search->targets[middle].last < value)
                        low = middle + 1;
                else
                        high = middle;
        }
        return value >= search->targets[low].first;
}

/* Relocations ascend, mostly: the range is that of the one before. */
static const ImageRange *range_of_word(Search *search, uint64_t address)
{
        const ImageRange *range = search->range;

        if (!range || address < range->address ||
            !range_fits(address - range->address, WORD, range->size))
                range = image_range_at_address(search->image, address, WORD);
        if (range)
                search->range = range;
        return range;
}

/* Words whose field nobody wants need no mark. */
static void mark_written(Search *search, const ImageRelocation *relocation)
{
        uint64_t last;

        if (__builtin_add_overflow(relocation->address, relocation->size - 1, &last))
                last = UINT64_MAX;
        for (uint64_t i = relocation->address / WORD; i <= last / WORD; i++) {
                const ImageRange *range = range_of_word(search, i * WORD);
                uint64_t number, at;

                if (!range)
                        continue;
                at = range->offset + (i * WORD - range->address);
                if (!search_wants(search, load_le64(search->image->bytes.bytes + at)))
                        continue;
                number = word_number(search, range, i * WORD);
                search->written[number / 8] |= (uint8_t)(1U << number % 8);
        }
}

static int relocation_search(const ImageRelocation *relocation, void *context)
{
        Search *search = context;
        uint64_t offset;

        mark_written(search, relocation);
        if (!relocation->is_pointer || relocation->address % WORD != 0 ||
            !search_wants(search, relocation->value) ||
            image_offset_of(search->image, relocation->address, WORD, &offset) < 0 ||
            image_word_is_in_table(search->image, offset))
                return 0;
        return search->found(relocation->address, relocation->value, search->context);
}

static int pointer_range_search(const Search *search, const ImageRange *range)
{
        const uint8_t *bytes = search->image->bytes.bytes + range->offset;
        const AddressRange all = search->all;

        for (uint64_t at = -range->address % WORD; range_fits(at, WORD, range->size); at += WORD) {
                uint64_t value = load_le64(bytes + at), address = range->address + at, number;
                int r;

                if (!range_may_hold(all, value) || !search_wants(search, value))
                        continue;
                number = word_number(search, range, address);
                if (search->written[number / 8] & 1U << number % 8 ||
                    image_word_is_in_table(search->image, range->offset + at))
                        continue;
                r = search->found(address, value, search->context);
                if (r < 0)
                        return r;
        }
        return 0;
}

int image_find_pointers(const Image *image, const AddressRange *targets, size_t target_count,
                        image_pointer_found found, void *context)
{
        _cleanup_(search_done) Search search = {
                .image = image,
                .targets = targets,
                .target_count = target_count,
                .found = found,
                .context = context,
        };
        bool everywhere = !image->relocatable || image->constants_hold_pointers;
        int r = search_prepare(&search);

        if (target_count > 0)
                search.all = (AddressRange){targets[0].first, targets[target_count - 1].last};
        if (r >= 0)
                r = image->class->each_relocation(image, (AddressRange){0, UINT64_MAX},
                                                  relocation_search, &search);
        for (size_t i = 0; r >= 0 && i < image->range_count; i++)
                if (everywhere || image->ranges[i].writable)
                        r = pointer_range_search(&search, &image->ranges[i]);
        return r < 0 ? r : 0;
}

typedef struct Column {
        uint64_t address, stride;
        size_t count;
        const uint8_t *bytes; /* at `address` */
        uint64_t *values;
} Column;

/* A pointer that a relocation writes whole is what it writes; one that it touches otherwise is not
 * known. */
static int column_relocate(const ImageRelocation *relocation, void *context)
{
        const Column *column = context;
        uint64_t past = column->stride * (column->count - 1) + WORD, at, last, index;

        if (__builtin_add_overflow(relocation->address, relocation->size - 1, &last) ||
            last < column->address || relocation->address >= column->address + past)
                return 0;
        at = relocation->address > column->address ? relocation->address - column->address : 0;
        for (index = at / column->stride; index < column->count; index++) {
                uint64_t field = column->address + index * column->stride;

                if (field > last)
                        break;
                if (relocation->address >= field + WORD)
                        continue;
                column->values[index] = relocation->is_pointer && relocation->address == field
                                                ? relocation->value
                                                : UINT64_MAX;
        }
        return 0;
}

int image_pointers_at(const Image *image, uint64_t address, uint64_t stride, size_t count,
                      uint64_t *ret_values)
{
        Column column = {
                .address = address, .stride = stride, .count = count, .values = ret_values};
        uint64_t size = stride * (count - 1) + WORD, offset;
        int r;

        if (count == 0 || image_offset_of(image, address, size, &offset) < 0)
                return -ERANGE;
        for (size_t i = 0; i < count; i++)
                ret_values[i] = load_le64(image->bytes.bytes + offset + i * stride);
        r = image->class->each_relocation(image, (AddressRange){address, address + size - 1},
                                          column_relocate, &column);
        for (size_t i = 0; i < count; i++)
                if (image_word_is_in_table(image, offset + i * stride))
                        ret_values[i] = UINT64_MAX;
        return r;
}
