/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>

#include "base/text.h"

static unsigned char ascii_lower(char c)
{
        return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

bool text_same_ascii(const char *a, const char *b, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if (ascii_lower(a[i]) != ascii_lower(b[i]))
                        return false;
        return true;
}

bool text_equal_ascii(const char *a, const char *b)
{
        size_t size = strlen(a);

        return size == strlen(b) && text_same_ascii(a, b, size);
}

const char *text_find_ascii(const char *text, const char *needle)
{
        size_t size = strlen(needle), length = strlen(text);

        for (size_t i = 0; i + size <= length; i++)
                if (text_same_ascii(text + i, needle, size))
                        return text + i;
        return NULL;
}

int text_format(char **ret, const char *format, ...)
{
        va_list arguments;
        char *text = NULL;
        int r;

        va_start(arguments, format);
        r = vasprintf(&text, format, arguments);
        va_end(arguments);
        if (r < 0)
                return -ENOMEM;
        *ret = text;
        return 0;
}

int text_append(char **text, const char *format, ...)
{
        _cleanup_free_ char *more = NULL;
        char *longer = NULL;
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = vasprintf(&more, format, arguments);
        va_end(arguments);
        if (r < 0) {
                more = NULL;
                return -ENOMEM;
        }
        r = text_format(&longer, "%s%s", *text ? *text : "", more);
        if (r < 0)
                return r;
        free(*text);
        *text = longer;
        return 0;
}

void text_put(char *buffer, size_t size, const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        (void)vsnprintf(buffer, size, format, arguments);
        va_end(arguments);
}

int text_copy(char **ret, const char *text)
{
        char *copy = NULL;

        if (text) {
                copy = strdup(text);
                if (!copy)
                        return -ENOMEM;
        }
        *ret = copy;
        return 0;
}

size_t text_character_length(const char *text)
{
        unsigned char first = (unsigned char)text[0];
        size_t length = first < 0x80   ? 1
                        : first < 0xC2 ? 0
                        : first < 0xE0 ? 2
                        : first < 0xF0 ? 3
                                       : 4;
        unsigned char second = length > 1 ? (unsigned char)text[1] : 0;

        if (first > 0xF4 || (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
            (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
                return 0;
        for (size_t i = 1; i < length; i++)
                if (((unsigned char)text[i] & 0xC0) != 0x80)
                        return 0;
        return length;
}

uint32_t text_code_point(const char *text, size_t length)
{
        static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
        uint32_t point = (unsigned char)text[0] & masks[length];

        for (size_t i = 1; i < length; i++)
                point = point << 6 | ((unsigned char)text[i] & 0x3F);
        return point;
}

/* Ranges of code points that must not be shown as they are, ascending: controls (C0, DEL, C1),
 * separators of lines, and all that is shown as nothing or changes what is beside it: Unicode's
 * Default_Ignorable_Code_Point (DerivedCoreProperties.txt, 15.1) and interlinear annotations. */
static const struct {
        uint32_t first, last;
} unsafe[] = {
        {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x034F, 0x034F},
        {0x061C, 0x061C},   {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},
        {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},   {0x3164, 0x3164},
        {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},
        {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

static bool code_point_is_unsafe(uint32_t point)
{
        size_t i = 0;

        while (i < ARRAY_SIZE(unsafe) && unsafe[i].last < point)
                i++;
        return i < ARRAY_SIZE(unsafe) && unsafe[i].first <= point;
}

size_t text_unsafe_length(const char *text)
{
        size_t length = text_character_length(text);

        if (length == 0)
                return 1;
        return code_point_is_unsafe(text_code_point(text, length)) ? length : 0;
}

/* `ascii_alone`: whatever is no ASCII is spelt, too. */
static int text_spell(char **ret, const char *text, bool ascii_alone)
{
        char *escaped = malloc(4 * strlen(text) + 1), *end = escaped;

        if (!escaped)
                return -ENOMEM;
        while (*text) {
                size_t length = text_unsafe_length(text), whole = text_character_length(text);

                if (length == 0 && ascii_alone && whole > 1)
                        length = whole;
                if (length == 0) {
                        end = mempcpy(end, text, whole);
                        text += whole;
                }
                for (; length > 0; length--)
                        end += sprintf(end, "\\x%02x", (unsigned char)*text++);
        }
        *end = '\0';
        *ret = escaped;
        return 0;
}

int text_escape(char **ret, const char *text)
{
        return text_spell(ret, text, false);
}

int text_escape_ascii(char **ret, const char *text)
{
        return text_spell(ret, text, true);
}

int text_excerpt(const char *text, size_t limit, char **ret)
{
        _cleanup_free_ char *start = strndup(text, 4 * limit + 1), *escaped = NULL;
        size_t count = 0, at = 0, cut = 0;
        int r = start ? text_escape(&escaped, start) : -ENOMEM;

        if (r < 0)
                return r;
        for (; escaped[at] && count < limit; count++) {
                cut = count + 3 == limit ? at : cut;
                at += text_character_length(escaped + at);
        }
        if (!escaped[at])
                return text_copy(ret, escaped);
        return text_format(ret, "%.*s...", (int)cut, escaped);
}

bool text_is_printable(const uint8_t *bytes, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if (bytes[i] < 0x20 || bytes[i] > 0x7E)
                        return false;
        return true;
}

bool text_is_path_below(const char *text)
{
        for (const char *at = text;; at++) {
                size_t length = strcspn(at, "/");

                if (length == 0 || (length == 1 && at[0] == '.') ||
                    (length == 2 && at[0] == '.' && at[1] == '.'))
                        return false;
                at += length;
                if (*at == '\0')
                        return true;
        }
}

const char *text_after_slash(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

int text_to_u64(const char *text, uint64_t *ret)
{
        uint64_t value = 0;

        if (!*text)
                return -EINVAL;
        for (; *text; text++) {
                if (*text < '0' || *text > '9')
                        return -EINVAL;
                if (__builtin_mul_overflow(value, 10U, &value) ||
                    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
                        return -ERANGE;
        }
        *ret = value;
        return 0;
}

int texts_add(Texts *texts, const char *text)
{
        _cleanup_free_ char *copy = strdup(text);
        char **larger;

        if (!copy)
                return -ENOMEM;
        larger = reallocarray(texts->items, texts->count + 2, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        texts->items = larger;
        texts->items[texts->count++] = TAKE_PTR(copy);
        texts->items[texts->count] = NULL;
        return 0;
}

int texts_add_once(Texts *texts, const char *text)
{
        return texts_contain(texts, text) ? 0 : texts_add(texts, text);
}

bool texts_contain(const Texts *texts, const char *text)
{
        for (size_t i = 0; i < texts->count; i++)
                if (text_equal(texts->items[i], text))
                        return true;
        return false;
}

void texts_done(Texts *texts)
{
        for (size_t i = 0; i < texts->count; i++)
                free(texts->items[i]);
        free(texts->items);
        *texts = (Texts){};
}
