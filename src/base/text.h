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

/* A word as a sentence names it: a pair of quotes where it is empty. Borrowed. */
static inline const char *text_named(const char *word)
{
        return *word ? word : "\"\"";
}

/* Comparison without case for formats and names: ASCII alone, whatever the locale. */
bool text_same_ascii(const char *a, const char *b, size_t size);
bool text_equal_ascii(const char *a, const char *b);

/* Where `needle` first is in `text`, compared so; NULL when it is not there. */
const char *text_find_ascii(const char *text, const char *needle);

/* A new string in `*ret`, owned by the caller. -ENOMEM. */
_nodiscard_ _printf_(2, 3) int text_format(char **ret, const char *format, ...);

/* Appends to `*text`, which is replaced by a longer string; NULL is an empty one. On failure it
 * stays as it is. -ENOMEM. */
_nodiscard_ _printf_(2, 3) int text_append(char **text, const char *format, ...);

/* Into a buffer of `size` bytes, cut off where it is too small; always NUL-terminated. */
_printf_(3, 4) void text_put(char *buffer, size_t size, const char *format, ...);

/* A copy in `*ret`, owned by the caller; NULL stays NULL. -ENOMEM. */
_nodiscard_ int text_copy(char **ret, const char *text);

/* Length in bytes of the UTF-8 character at `text`, 0 when there is none. */
size_t text_character_length(const char *text);

/* Bytes of the character at `text` (not its end) that must not reach a terminal, a log or a file of
 * lines as it is, 0 when it may: control characters, newline and tab among them; the separators,
 * the controls of direction and whatever else Unicode shows as nothing; a byte that is no UTF-8. */
size_t text_unsafe_length(const char *text);

/* The code point of the valid UTF-8 character of `length` bytes at `text`. */
uint32_t text_code_point(const char *text, size_t length);

/* A copy in which each byte of such characters is spelt "\x1b": for every name, argument or content
 * from outside that is shown or logged. What was escaped before stays as it is. -ENOMEM. */
_nodiscard_ int text_escape(char **ret, const char *text);

/* The same, with each byte spelt that is no ASCII: for a terminal whose charset is not UTF-8. */
_nodiscard_ int text_escape_ascii(char **ret, const char *text);

/* The start of `text`, escaped, for a sentence: at most `limit` characters, the last three of them
 * dots where more follows. -ENOMEM. */
_nodiscard_ int text_excerpt(const char *text, size_t limit, char **ret);

/* Whether every byte is printable ASCII (0x20 to 0x7E). */
bool text_is_printable(const uint8_t *bytes, size_t size);

/* Whether it is a path that stays below where it starts: not empty, not absolute, and no component
 * of it empty, "." or "..". */
bool text_is_path_below(const char *text);

/* The last component of a path: what is after its last slash, all of it without one. Borrowed. */
const char *text_after_slash(const char *path);

/* A decimal number without sign, space or anything after it. -EINVAL, -ERANGE. */
_nodiscard_ int text_to_u64(const char *text, uint64_t *ret);

/* A growing array of strings that it owns. Start with {}. */
typedef struct Texts {
        char **items; /* NULL-terminated once anything was added */
        size_t count;
} Texts;

/* Adds a copy. -ENOMEM. */
_nodiscard_ int texts_add(Texts *texts, const char *text);
/* Unless it is there. */
_nodiscard_ int texts_add_once(Texts *texts, const char *text);
bool texts_contain(const Texts *texts, const char *text);
void texts_done(Texts *texts);
