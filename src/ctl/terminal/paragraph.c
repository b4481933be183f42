/* SPDX-License-Identifier: MIT */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/wrap.h"
#include "ctl/terminal/paragraph.h"

#define COLUMNS_PIPE 80U

unsigned page_width(const Context *context)
{
        return context->columns > 0 ? context->columns : COLUMNS_PIPE;
}

/* `text` escaped, in lines that newlines end; NULL without memory. */
static char *paragraph_make(const char *text, unsigned width)
{
        _cleanup_free_ char *escaped = NULL;
        char *made = NULL;

        if (text_escape(&escaped, text) < 0 || wrap_paragraph(escaped, width, &made) < 0)
                output_lacks();
        return made;
}

/* The terminal breaks a command that is wider. */
static size_t line_height(const char *line, unsigned width)
{
        unsigned taken = wrap_width(line);

        return taken > width ? (taken + width - 1) / width : 1;
}

size_t paragraph_height(const char *text, unsigned width)
{
        _cleanup_free_ char *made = paragraph_make(text, width);
        size_t height = made ? 0 : 1;

        for (char *line = made, *end; line; line = end) {
                end = strchr(line, '\n');
                if (end)
                        *end++ = '\0';
                height += line_height(line, width);
        }
        return height;
}

void paragraph_print(const Context *context, Tone tone, const char *head, unsigned indent,
                     const char *text, unsigned width)
{
        _cleanup_free_ char *made = paragraph_make(text, width);

        for (char *line = made, *end; line; line = end) {
                end = strchr(line, '\n');
                if (end)
                        *end++ = '\0';
                output_line(context, tone, "%-*s%s", (int)indent, head, line);
                head = "";
        }
}

void paragraph_say(const Context *context, Tone tone, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = vasprintf(&text, format, arguments);
        va_end(arguments);
        if (r >= 0) {
                paragraph_print(context, tone, "", 0, text, page_width(context));
                return;
        }
        text = NULL;
        output_lacks();
}

size_t paragraph_lines(const Context *context, const char *text)
{
        return paragraph_height(text, page_width(context));
}
