/* SPDX-License-Identifier: MIT */
#pragma once

/* Span: a run of bytes that somebody else owns, and little-endian loads from it.
 *
 * No struct is ever laid over file bytes: take one sub-span with span_slice(), which checks the
 * range, then load the fields from its bytes. */

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/macros.h"

typedef struct Span {
        const uint8_t *bytes; /* borrowed */
        size_t size;          /* in bytes */
} Span;

/* Whether `size` bytes at `offset` lie inside `whole` bytes; no sum overflows. */
static inline bool range_fits(uint64_t offset, uint64_t size, uint64_t whole)
{
        return size <= whole && offset <= whole - size;
}

/* The `size` bytes at `offset` of `span`; -ERANGE when they do not lie inside it. */
_nodiscard_ static inline int span_slice(Span span, uint64_t offset, uint64_t size, Span *ret)
{
        if (!range_fits(offset, size, span.size))
                return -ERANGE;
        *ret = (Span){.bytes = span.bytes + offset, .size = (size_t)size};
        return 0;
}

static inline bool span_equal(Span a, Span b)
{
        return a.size == b.size && (a.size == 0 || memcmp(a.bytes, b.bytes, a.size) == 0);
}

static inline bool span_is_zero(Span span)
{
        for (size_t i = 0; i < span.size; i++)
                if (span.bytes[i] != 0)
                        return false;
        return true;
}

static inline uint16_t load_le16(const uint8_t *bytes)
{
        uint16_t value;
        memcpy(&value, bytes, sizeof(value));
        return le16toh(value);
}

static inline uint32_t load_le32(const uint8_t *bytes)
{
        uint32_t value;
        memcpy(&value, bytes, sizeof(value));
        return le32toh(value);
}

static inline uint64_t load_le64(const uint8_t *bytes)
{
        uint64_t value;
        memcpy(&value, bytes, sizeof(value));
        return le64toh(value);
}

static inline void store_le64(uint8_t *bytes, uint64_t value)
{
        value = htole64(value);
        memcpy(bytes, &value, sizeof(value));
}
