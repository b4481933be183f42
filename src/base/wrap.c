/* SPDX-License-Identifier: MIT */

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/wrap.h"

#define SENTENCE_INDENT 2U
#define ESCAPED_WIDTH   4U /* "\x1b" */

/* Where the next character ends, and how many columns it takes; one that text_escape() spelt is
 * not broken. */
static const char *glyph_end(const char *text, unsigned *ret_width)
{
        mbstate_t state = {};
        wchar_t wide;
        size_t length = mbrtowc(&wide, text, MB_CUR_MAX, &state);
        int width;

        if (text[0] == '\\' && text[1] == 'x' && isxdigit((unsigned char)text[2]) &&
            isxdigit((unsigned char)text[3])) {
                *ret_width = ESCAPED_WIDTH;
                return text + ESCAPED_WIDTH;
        }
        if (length == 0 || length > MB_CUR_MAX) {
                *ret_width = 1;
                return text + 1;
        }
        width = wcwidth(wide);
        *ret_width = width < 0 ? 1 : (unsigned)width;
        return text + length;
}

static unsigned width_between(const char *text, const char *end)
{
        unsigned sum = 0, width;

        while (text < end) {
                text = glyph_end(text, &width);
                sum += width;
        }
        return sum;
}

unsigned wrap_width(const char *text)
{
        return width_between(text, text + strlen(text));
}

/* A command is one part, however wide: a shell would take a line of it for the whole. */
static const char *text_part_end(const char *text, bool *ret_is_command)
{
        const char *end = text + strcspn(text, " "), *tick = text + strcspn(text, "`"), *close;

        close = tick < end ? strchr(tick + 1, '`') : NULL;
        *ret_is_command = close != NULL;
        return close ? close + strcspn(close, " ") : end;
}

unsigned wrap_least(const char *text)
{
        unsigned least = 0;
        bool is_command;

        for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
                const char *end = text_part_end(text, &is_command);

                least = MAX(least, width_between(text, end));
                text = end;
        }
        return least;
}

/* Lines that are being filled. */
typedef struct Wrap {
        char *out;
        unsigned columns, indent;
        unsigned start, at; /* where this line began, and is now */
        bool breaks_wide;   /* a part that is wider than a line is broken */
} Wrap;

static void wrap_put(Wrap *wrap, const char *text, const char *end)
{
        memcpy(wrap->out, text, (size_t)(end - text));
        wrap->out += end - text;
        wrap->at += width_between(text, end);
}

static void wrap_break(Wrap *wrap)
{
        *wrap->out++ = '\n';
        memset(wrap->out, ' ', wrap->indent);
        wrap->out += wrap->indent;
        wrap->start = wrap->at = wrap->indent;
}

/* A part that is wider than a line. */
static void wrap_put_wide(Wrap *wrap, const char *text, const char *end)
{
        while (text < end) {
                unsigned width;
                const char *next = glyph_end(text, &width);

                if (wrap->at > wrap->start && wrap->at + width > wrap->columns)
                        wrap_break(wrap);
                wrap_put(wrap, text, next);
                text = next;
        }
}

static void wrap_fill(Wrap *wrap, const char *text)
{
        while (*text) {
                const char *part = text + strspn(text, " ");
                bool is_command = false;
                const char *end = text_part_end(part, &is_command);
                unsigned width = width_between(part, end);

                if (wrap->at > wrap->start &&
                    wrap->at + (unsigned)(part - text) + width > wrap->columns)
                        wrap_break(wrap);
                else
                        wrap_put(wrap, text, part);
                if (wrap->breaks_wide && !is_command && width > wrap->columns)
                        wrap_put_wide(wrap, part, end);
                else
                        wrap_put(wrap, part, end);
                text = end;
        }
}

static int wrap_text(const char *text, unsigned columns, unsigned indent, bool breaks_wide,
                     char **ret)
{
        /* A line ends behind a character at the most often. */
        char *made = calloc(strlen(text) + 1, indent + 2);
        Wrap wrap = {.out = made, .columns = columns, .indent = indent, .breaks_wide = breaks_wide};
        size_t blanks = strspn(text, " ");

        if (!made)
                return -ENOMEM;
        /* Blanks at the beginning belong to the first part. */
        wrap_put(&wrap, text, text + blanks);
        wrap.start = wrap.at;
        wrap_fill(&wrap, text + blanks);
        *ret = made;
        return 0;
}

int wrap_sentence(const char *text, unsigned columns, char **ret)
{
        unsigned indent = (unsigned)strspn(text, " ") + SENTENCE_INDENT;

        return wrap_text(text, MAX(columns, 2 * indent), indent, false, ret);
}

int wrap_paragraph(const char *text, unsigned columns, char **ret)
{
        return wrap_text(text, columns, 0, true, ret);
}
