/* SPDX-License-Identifier: MIT */
#pragma once

/* Text: the few string operations that libc lacks. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/macros.h"

static inline bool text_equal(const char *a, const char *b)
{
        return strcmp(a, b) == 0;
}

static inline bool text_starts(const char *text, const char *prefix)
{
        return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Comparison without case for formats and names: ASCII alone, whatever the locale. */
bool text_same_ascii(const char *a, const char *b, size_t size);
bool text_equal_ascii(const char *a, const char *b);

/* Where `needle` first is in `text`, compared so; NULL when it is not there. */
const char *text_find_ascii(const char *text, const char *needle);

/* A new string in `*ret`, owned by the caller. -ENOMEM. */
_nodiscard_ _printf_(2, 3) int text_format(char **ret, const char *format, ...);

/* Into a buffer of `size` bytes, cut off where it is too small; always NUL-terminated. */
_printf_(3, 4) void text_put(char *buffer, size_t size, const char *format, ...);

/* A copy in `*ret`, owned by the caller; NULL stays NULL. -ENOMEM. */
_nodiscard_ int text_copy(char **ret, const char *text);

/* The same, with U+FFFD for each byte that is no UTF-8: for words that only people read. -ENOMEM.
 */
_nodiscard_ int text_copy_utf8(char **ret, const char *text);

/* Whether every byte is printable ASCII (0x20 to 0x7E). */
bool text_is_printable(const uint8_t *bytes, size_t size);

/* Whether it is a path that stays below where it starts: not empty, not absolute, and no component
 * of it empty, "." or "..". */
bool text_is_path_below(const char *text);

/* A decimal number without sign, space or anything after it. -EINVAL, -ERANGE. */
_nodiscard_ int text_to_u64(const char *text, uint64_t *ret);

/* A growing array of strings that it owns. Start with {}. */
typedef struct Texts {
        char **items; /* NULL-terminated once anything was added */
        size_t count;
} Texts;

/* Adds a copy. -ENOMEM. */
_nodiscard_ int texts_add(Texts *texts, const char *text);
bool texts_contain(const Texts *texts, const char *text);
void texts_done(Texts *texts);
