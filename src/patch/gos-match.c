/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include "patch/gos-find.h"

#define PATTERN_SIZE  33U /* with the flags */
#define THIRD_WORD_AT 8U  /* its first byte is 01 or 02, all behind it up to the flags is zero */
#define BLOCK_SIZE    8U
#define BLOCK_STEP    16U /* each second block is looked at */
#define ALIGNMENT     4U  /* of an entry, as its words ask for */

void gos_matches_done(GosMatches *matches)
{
        free(matches->items);
        free(matches->uneven);
        *matches = (GosMatches){};
}

/* 20 zero bytes stand between the third word and the flags. */
static bool is_match(const uint8_t *at)
{
        uint32_t second = load_le32(at + 4), third = load_le32(at + 8);

        return load_le32(at) == 0x10 && (second == 0x10 || second == 0x20) &&
               (third == 1 || third == 2) && span_is_zero((Span){at + 12, 20});
}

static int entries_add(GosEntry **items, size_t *count, const GosEntry *match)
{
        GosEntry *larger;

        /* Grows at each power of two. */
        if ((*count & (*count - 1)) == 0) {
                larger = reallocarray(*items, *count ? *count * 2 : 1, sizeof(*larger));
                if (!larger)
                        return -ENOMEM;
                *items = larger;
        }
        (*items)[(*count)++] = *match;
        return 0;
}

static int matches_add(GosMatches *matches, uint64_t offset, uint8_t flags)
{
        GosEntry match = {.offset = offset, .flags = flags, .shown = flags & 1, .kind = GOS_STRAY};

        if (offset % ALIGNMENT == 0)
                return entries_add(&matches->items, &matches->count, &match);
        match.kind = GOS_UNEVEN;
        return entries_add(&matches->uneven, &matches->uneven_count, &match);
}

/* Zero bytes before `at`, at most `limit`. */
static uint64_t zeros_before(const uint8_t *at, uint64_t limit)
{
        uint64_t count = 0;

        while (count < limit && at[-1 - (int64_t)count] == 0)
                count++;
        return count;
}

/* A match is told by its zeros: behind the byte 01 or 02 come 23 of them, so at least two whole
 * blocks of eight, and of these one that is looked at. In the first such block of a run, no more
 * than 15 zeros before it are of the run, and before them is that byte: one look at each finds
 * every match, however many zeros the file has. */
static int span_search(GosMatches *matches, Span file, uint64_t start, uint64_t size)
{
        const uint8_t *bytes = file.bytes + start;
        bool was_zero = false;

        for (uint64_t block = 0; range_fits(block, BLOCK_SIZE, size); block += BLOCK_STEP) {
                bool is_zero = load_le64(bytes + block) == 0, is_first = is_zero && !was_zero;
                uint64_t zeros, at;
                int r;

                was_zero = is_zero;
                if (!is_first)
                        continue;
                zeros = zeros_before(bytes + block, MIN(block, (uint64_t)BLOCK_STEP));
                if (block < zeros + 1 + THIRD_WORD_AT)
                        continue;
                at = block - zeros - 1 - THIRD_WORD_AT;
                if (!range_fits(at, PATTERN_SIZE, size) || !is_match(bytes + at))
                        continue;
                r = matches_add(matches, start + at, bytes[at + GOS_FLAGS_AT]);
                if (r < 0)
                        return r;
        }
        return 0;
}

int gos_matches_find(const Image *image, GosMatches *ret)
{
        _cleanup_(gos_matches_done) GosMatches matches = {};
        size_t count;
        const ImageRange *ranges = image_ranges(image, &count);

        for (size_t i = 0; i < count;) {
                uint64_t start = ranges[i].offset, end = start + ranges[i].size;
                int r;

                /* Ranges that meet in the file, or share bytes of it, are one run of bytes. */
                for (i++; i < count && ranges[i].offset <= end; i++)
                        end = MAX(end, ranges[i].offset + ranges[i].size);
                r = span_search(&matches, image_bytes(image), start, end - start);
                if (r < 0)
                        return r;
        }
        *ret = matches;
        matches = (GosMatches){};
        return 0;
}
