/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image-questions.h"
#include "patch/verdict.h"
#include "tap.h"

static void ask_ranges(const Image *image, size_t size)
{
        size_t count;
        const ImageRange *ranges = image_ranges(image, &count);

        for (size_t i = 0; i < count; i++) {
                uint64_t number;

                REQUIRE(range_fits(ranges[i].offset, ranges[i].size, size));
                REQUIRE(i == 0 || ranges[i - 1].offset <= ranges[i].offset);
                REQUIRE(image_offset_of(image, ranges[i].address, ranges[i].size, &number) == 0);
                REQUIRE(number == ranges[i].offset);
        }
}

static int count_one(uint64_t address, uint64_t value, void *context)
{
        (void)address;
        (void)value;
        ++*(size_t *)context;
        return 0;
}

static void ask_pointers(const Image *image, size_t size, const ImageQuestions *questions)
{
        const uint64_t *values = questions->values;
        const AddressRange targets[] = {{0, 0},
                                        {MIN(values[0], values[1]), MAX(values[0], values[1])}};
        uint64_t column[8];
        size_t count = 0;

        for (uint64_t at = 0; at < questions->pointers_size; at += 4) {
                ImagePointer pointer;

                if (image_pointer_at(image, questions->pointers + at, &pointer, NULL) < 0)
                        continue;
                REQUIRE(range_fits(pointer.field_offset, 8, size));
                REQUIRE(pointer.source != POINTER_RELA ||
                        range_fits(pointer.addend_offset, 8, size));
        }
        REQUIRE(image_find_pointers(image, targets, ARRAY_SIZE(targets), count_one, &count) == 0);
        REQUIRE(count <= size);
        (void)image_pointers_at(image, questions->pointers, 12, ARRAY_SIZE(column), column);
}

static void ask_seals(const Image *image, size_t size)
{
        ImageSignature signature = image_signature(image);
        ImageChecksum checksum;

        if (image_checksum(image, &(Edits){}, &checksum) > 0)
                REQUIRE(range_fits(checksum.offset, 4, size));
        REQUIRE(!signature.kind || range_fits(signature.offset, signature.size, size));
}

Reason image_ask(Span bytes, const ImageQuestions *questions)
{
        _cleanup_(image_freep) Image *image = NULL;
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;
        _cleanup_free_ uint8_t *copy = malloc(bytes.size ? bytes.size : 1);
        Fault fault = FAULT_NONE;
        int r;

        if (!copy)
                abort();
        if (bytes.size > 0)
                memcpy(copy, bytes.bytes, bytes.size);
        r = image_open((Span){copy, bytes.size}, &image, &fault);
        CHECK_EQUAL(r, image ? 0 : -EBADMSG);
        CHECK_EQUAL(fault.reason != REASON_NONE, r < 0);
        if (image) {
                ask_ranges(image, bytes.size);
                ask_pointers(image, bytes.size, questions);
                ask_seals(image, bytes.size);
        }
        CHECK(verdict_of((Span){copy, bytes.size}, SUBJECT_NONE, &verdict) == 0);
        CHECK(!questions->no_plan || verdict.plan.count == 0);
        CHECK(memcmp(copy, bytes.bytes, bytes.size) == 0);
        return fault.reason;
}
