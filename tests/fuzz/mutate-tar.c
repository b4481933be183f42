/* SPDX-License-Identifier: MIT */

/* How a tarball is changed: libFuzzer's ways, or one field of one header; then the checksum of each
 * header is made right again, so that what lies behind it is reached. */

#include <stdio.h>

#include "mutate.h"

#define BLOCK       512U
#define MAGIC_AT    257U
#define CHECKSUM_AT 148U

/* name, mode, uid, gid, size, mtime, type, link name, magic, user, device, prefix; of ESXi: where
 * the bytes are, and three numbers more */
static const size_t fields[] = {0,   100, 108, 116, 124, 136, 156, 157,
                                257, 265, 329, 345, 496, 500, 504, 508};

static void mend_checksum(uint8_t *header)
{
        char digits[8];
        unsigned sum = 0;

        memset(header + CHECKSUM_AT, ' ', 8);
        for (size_t i = 0; i < BLOCK; i++)
                sum += header[i];
        (void)snprintf(digits, sizeof(digits), "%06o", sum);
        memcpy(header + CHECKSUM_AT, digits, 7);
}

static void change_field(uint8_t *bytes, size_t size, uint32_t *random)
{
        size_t header = fuzz_random(random) % (size / BLOCK) * BLOCK;
        size_t field = fuzz_random(random) % ARRAY_SIZE(fields);
        size_t end = field + 1 < ARRAY_SIZE(fields) ? fields[field + 1] : BLOCK;

        (void)LLVMFuzzerMutate(bytes + header + fields[field], end - fields[field],
                               end - fields[field]);
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t limit, unsigned seed)
{
        uint32_t random = seed;

        if (size >= BLOCK && fuzz_random(&random) % 2 == 0)
                change_field(bytes, size, &random);
        else
                size = LLVMFuzzerMutate(bytes, size, limit);
        for (size_t at = 0; size - at >= BLOCK; at += BLOCK)
                if (memcmp(bytes + at + MAGIC_AT, "ustar", 5) == 0 ||
                    memcmp(bytes + at + MAGIC_AT, "visor", 5) == 0)
                        mend_checksum(bytes + at);
        return size;
}
