/* SPDX-License-Identifier: MIT */

/* How a binary is changed: most of it is zeros, so words that are not are sought and given values
 * that mean something (another word of the file, a neighbour, an edge), or rows of the sizes that
 * tables have are copied over one another. One change in eight is libFuzzer's own. */

#include "mutate.h"

static const size_t row_sizes[] = {4, 8, 16, 24, 32, 40, 56, 64, 72};

static const uint64_t edges[] = {
        0, 1, 7, 8, 0x1000, UINT32_MAX, UINT64_MAX, INT64_MAX, UINT64_MAX - 7, UINT64_C(1) << 63,
};

/* Where a word that is not zero begins, from somewhere on; 4-aligned. `size` is at least 8. */
static size_t find_word(const uint8_t *bytes, size_t size, uint32_t *random)
{
        size_t at = fuzz_random(random) % (size - 7) & ~(size_t)3;

        for (size_t tried = 0; tried<size; tried += 4, at = at + 12> size ? 0 : at + 4)
                if (load_le32(bytes + at) != 0)
                        return at;
        return 0;
}

static uint64_t new_value(const uint8_t *bytes, size_t size, uint64_t value, uint32_t *random)
{
        uint32_t choice = fuzz_random(random);

        switch (choice % 6) {
        case 0:
                return edges[choice / 6 % ARRAY_SIZE(edges)];
        case 1:
                return value + choice / 6 % 0x101 - 0x80;
        case 2:
                return value ^ UINT64_C(1) << choice / 6 % 64;
        case 3:
                return value + (choice & 64 ? 0x1000 : -UINT64_C(0x1000));
        default:
                return load_le64(bytes + find_word(bytes, size, random));
        }
}

static void change_word(uint8_t *bytes, size_t size, uint32_t *random)
{
        static const size_t widths[] = {1, 2, 4, 8, 8, 8};
        size_t at = find_word(bytes, size, random), width = widths[fuzz_random(random) % 6];
        uint8_t value[8];

        store_le64(value, new_value(bytes, size, load_le64(bytes + at), random));
        memcpy(bytes + at, value, width);
}

static void copy_row(uint8_t *bytes, size_t size, uint32_t *random)
{
        size_t row = row_sizes[fuzz_random(random) % ARRAY_SIZE(row_sizes)];
        size_t from = find_word(bytes, size, random), to = find_word(bytes, size, random);

        if (range_fits(from, row, size) && range_fits(to, row, size))
                memmove(bytes + to, bytes + from, row);
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t limit, unsigned seed)
{
        uint32_t random = seed;
        unsigned changes = 1 + fuzz_random(&random) % 4;

        if (size < 8 || fuzz_random(&random) % 8 == 0)
                return LLVMFuzzerMutate(bytes, size, limit);
        while (changes-- > 0)
                if (fuzz_random(&random) % 4 == 0)
                        copy_row(bytes, size, &random);
                else
                        change_word(bytes, size, &random);
        return size;
}
