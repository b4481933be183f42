/* SPDX-License-Identifier: MIT */

#include "vmx/blanks.h"
#include "base/text.h"

/* In UTF-8: U+00A0, U+2007, U+200B, U+202F, U+3000, U+FEFF. */
static const char *const blanks[] = {
        "\xC2\xA0", "\xE2\x80\x87", "\xE2\x80\x8B", "\xE2\x80\xAF", "\xE3\x80\x80", "\xEF\xBB\xBF",
};

/* Bytes of the plain or other blank with which the text begins, or ends; 0 when none does. */
static size_t blank_size(const char *from, const char *to, bool at_end)
{
        size_t room = (size_t)(to - from);

        if (room > 0 && strchr(" \t", at_end ? to[-1] : *from))
                return 1;
        for (size_t i = 0; i < ARRAY_SIZE(blanks); i++) {
                size_t size = strlen(blanks[i]);

                if (room >= size && memcmp(at_end ? to - size : from, blanks[i], size) == 0)
                        return size;
        }
        return 0;
}

/* Appends a part of a line, with plain blanks at its ends; whether it had others. */
static bool part_append(char **at, const char *from, const char *to)
{
        bool other = false;
        size_t behind = 0, size;

        for (; (size = blank_size(from, to, false)) > 0; from += size) {
                other |= size > 1;
                *(*at)++ = size > 1 ? ' ' : *from;
        }
        for (; (size = blank_size(from, to, true)) > 0; to -= size) {
                other |= size > 1;
                behind++;
        }
        *at = mempcpy(*at, from, (size_t)(to - from));
        memset(*at, ' ', behind);
        *at += behind;
        return other;
}

int line_plain_blanks(const DictionaryLine *line, char **ret)
{
        const char *end = line->text + dictionary_line_body(line),
                   *equals = memchr(line->text, '=', (size_t)(end - line->text));
        _cleanup_free_ char *made = malloc(line->size + 1);
        char *at = made;
        bool other;

        *ret = NULL;
        if (!made)
                return -ENOMEM;
        other = part_append(&at, line->text, equals ? equals : end);
        if (equals) {
                *at++ = '=';
                other = part_append(&at, equals + 1, end) || other;
        }
        at = mempcpy(at, end, line->size - (size_t)(end - line->text));
        *at = '\0';
        if (other)
                *ret = TAKE_PTR(made);
        return 0;
}
