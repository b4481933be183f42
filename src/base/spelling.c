/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/spelling.h"
#include "base/text.h"

#define REPLACEMENT     "\xEF\xBF\xBD"
#define REPLACEMENT_LEN (sizeof(REPLACEMENT) - 1)
#define SPELLED_LEN     (REPLACEMENT_LEN + 2)

static const char hex_digits[] = "0123456789abcdef";

static bool spelling_marks(const char *text)
{
        return strncmp(text, REPLACEMENT, REPLACEMENT_LEN) == 0;
}

static char *spelling_put(char *end, char byte)
{
        end = mempcpy(end, REPLACEMENT, REPLACEMENT_LEN);
        *end++ = hex_digits[(unsigned char)byte >> 4];
        *end++ = hex_digits[(unsigned char)byte & 15];
        return end;
}

int spelling_of(const char *bytes, char **ret)
{
        char *spelling, *end;

        if (!bytes)
                return text_copy(ret, NULL);
        spelling = end = malloc(SPELLED_LEN * strlen(bytes) + 1);
        if (!spelling)
                return -ENOMEM;
        while (*bytes) {
                size_t length = text_character_length(bytes);

                if (length > 0 && !spelling_marks(bytes)) {
                        end = mempcpy(end, bytes, length);
                        bytes += length;
                } else {
                        end = spelling_put(end, *bytes++);
                }
        }
        *end = '\0';
        *ret = spelling;
        return 0;
}

/* The byte that is spelled there, or -1. */
static int spelling_byte(const char *text)
{
        const char *high, *low;

        if (!spelling_marks(text) || text[REPLACEMENT_LEN] < '8' || !text[REPLACEMENT_LEN + 1])
                return -1;
        high = strchr(hex_digits, text[REPLACEMENT_LEN]);
        low = strchr(hex_digits, text[REPLACEMENT_LEN + 1]);
        return high && low ? (int)((high - hex_digits) << 4 | (low - hex_digits)) : -1;
}

void spelling_undo(char *spelling)
{
        char *end = spelling;

        for (const char *at = spelling; *at;) {
                int byte = spelling_byte(at);

                *end++ = byte < 0 ? *at : (char)byte;
                at += byte < 0 ? 1 : SPELLED_LEN;
        }
        *end = '\0';
}
