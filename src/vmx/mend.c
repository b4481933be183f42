/* SPDX-License-Identifier: MIT */

#include "vmx/mend.h"
#include "base/text.h"

/* Pairs that word processors and web pages put in place of straight quotes. A value in one encoding
 * does not look like a pair of another: the first byte is no UTF-8, or more than one byte. */
static const struct {
        const char *open, *close;
} pairs[] = {
        {"\xE2\x80\x9C", "\xE2\x80\x9D"},
        {"\xE2\x80\x9D", "\xE2\x80\x9D"},
        {"\xE2\x80\x9E", "\xE2\x80\x9C"},
        {"\xE2\x80\x9E", "\xE2\x80\x9D"},
        {"\xE2\x80\x9C", "\xE2\x80\x9C"},
        {"\xC2\xAB", "\xC2\xBB"},
        {"\xEF\xBC\x82", "\xEF\xBC\x82"},
        {"\xE2\x80\xB3", "\xE2\x80\xB3"},
        {"\xE2\x80\x98", "\xE2\x80\x99"},
        {"\xE2\x80\x99", "\xE2\x80\x99"},
        {"\xE2\x80\x98", "\xE2\x80\x98"},
        {"\xE2\x80\x9A", "\xE2\x80\x98"},
        {"\xE2\x80\x9A", "\xE2\x80\x99"},
        {"\xE2\x80\xB9", "\xE2\x80\xBA"},
        {"\xE2\x80\xBA", "\xE2\x80\xB9"},
        {"\xC2\xBB", "\xC2\xAB"},
        {"\x93", "\x94"},
        {"\x84", "\x93"},
        {"\x84", "\x94"},
        {"\x94", "\x94"},
        {"\xA1\xB0", "\xA1\xB1"},
};

static Span line_value_span(const DictionaryLine *line)
{
        return (Span){(const uint8_t *)line->text + line->value, line->value_size};
}

static bool span_starts(Span span, const char *text)
{
        size_t size = strlen(text);

        return span.size >= size && memcmp(span.bytes, text, size) == 0;
}

static bool span_ends(Span span, const char *text)
{
        size_t size = strlen(text);

        return span.size >= size && memcmp(span.bytes + span.size - size, text, size) == 0;
}

static bool span_has_any(Span span, const char *characters)
{
        for (size_t i = 0; i < span.size; i++)
                if (strchr(characters, span.bytes[i]))
                        return true;
        return false;
}

/* French puts blanks inside its quotes, often ones at which no line breaks. */
static Span span_trim(Span span)
{
        static const char *const blanks[] = {" ", "\t", "\xC2\xA0", "\xE2\x80\xAF"};

        for (size_t i = 0; i < ARRAY_SIZE(blanks);) {
                size_t size = strlen(blanks[i]);

                if (span_starts(span, blanks[i]))
                        span = (Span){span.bytes + size, span.size - size};
                else if (span_ends(span, blanks[i]))
                        span.size -= size;
                else {
                        i++;
                        continue;
                }
                i = 0;
        }
        return span;
}

/* What is between typographic quotes; false when it is not. */
static bool span_unquote(Span span, Span *ret)
{
        for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
                size_t open = strlen(pairs[i].open), close = strlen(pairs[i].close);

                if (span.size < open + close || !span_starts(span, pairs[i].open) ||
                    !span_ends(span, pairs[i].close))
                        continue;
                *ret = span_trim((Span){span.bytes + open, span.size - open - close});
                return true;
        }
        return false;
}

/* One by one they are known in UTF-8 only: a byte of another encoding may be half a letter. */
static const char *const quotes[] = {
        "\"",           "'",
        "\xE2\x80\x9C", "\xE2\x80\x9D",
        "\xE2\x80\x9E", "\xE2\x80\x98",
        "\xE2\x80\x99", "\xEF\xBC\x82",
        "\xE2\x80\xB3",
};

#define QUOTES_DOUBLE_FIRST 2U /* from here to QUOTES_DOUBLE_END: typographic double quotes */
#define QUOTES_DOUBLE_END   5U

/* The quote at one end, as an index in quotes[]; their count when there is none. */
static size_t span_quote(Span span, bool (*has)(Span, const char *))
{
        size_t i = 0;

        while (i < ARRAY_SIZE(quotes) && !has(span, quotes[i]))
                i++;
        return i;
}

/* An apostrophe or the sign of inches may well stand alone. */
static bool is_quote_alone(size_t quote, bool straight_too)
{
        return (quote == 0 && straight_too) ||
               (quote >= QUOTES_DOUBLE_FIRST && quote < QUOTES_DOUBLE_END);
}

/* What is wrong with the quotes of a value that no pair of typographic ones encloses, and what is
 * between them; NULL when nothing is. */
static const char *span_unquote_mixed(Span span, Span *ret)
{
        size_t none = ARRAY_SIZE(quotes), open = span_quote(span, span_starts),
               close = span_quote(span, span_ends),
               open_size = open < none ? strlen(quotes[open]) : 0,
               close_size = close < none ? strlen(quotes[close]) : 0;
        bool both = open < none && close < none;

        if (span.size < open_size + close_size)
                return NULL;
        *ret = (Span){span.bytes + open_size, span.size - open_size - close_size};
        if (both)
                return open != close ? "two kinds of quotes" : open == 1 ? "single quotes" : NULL;
        return is_quote_alone(open, false) || is_quote_alone(close, true) ? "one quote only" : NULL;
}

static bool line_has_typographic_quotes(const DictionaryLine *line)
{
        Span ignored;

        return span_unquote(line_value_span(line), &ignored);
}

const char *line_quotes(const DictionaryLine *line)
{
        Span ignored;

        if (line->name_size == 0 || line->quoted)
                return NULL;
        return line_has_typographic_quotes(line)
                       ? "typographic quotes"
                       : span_unquote_mixed(line_value_span(line), &ignored);
}

/* `efi"` is efi, and so is `'efi'`; `'a' or 'b'` may be anything. */
static bool mixed_value(Span rest, Span *ret)
{
        (void)span_unquote_mixed(rest, ret);
        return ret->size > 0 && !span_has_any(*ret, "\"#;,'=");
}

/* `"TRUE` is TRUE, and so is `"TRUE” `; `"TRUE # why` may be either. */
static bool unclosed_value(Span rest, Span *ret)
{
        *ret = (Span){rest.bytes + 1, rest.size - 1};
        for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
                if (strlen(pairs[i].close) > 1 && span_ends(*ret, pairs[i].close)) {
                        ret->size -= strlen(pairs[i].close);
                        break;
                }
        return ret->size > 0 && !span_has_any(*ret, "#;,'");
}

/* `"TRUE";` is TRUE; `"a" b` may be anything. */
static bool value_before_tail(Span rest, Span *ret)
{
        const uint8_t *close = memchr(rest.bytes + 1, '"', rest.size - 1);
        size_t size = close ? (size_t)(close - rest.bytes) - 1 : 0;

        *ret = (Span){rest.bytes + 1, size};
        for (size_t i = size + 2; i < rest.size; i++)
                if (!strchr(" \t;,.\"", rest.bytes[i]))
                        return false;
        return size > 0;
}

bool line_meant_value(const DictionaryLine *line, Span *ret)
{
        Span rest = line_value_span(line);

        if (line->name_size == 0)
                return false;
        if (!line->quoted && span_unquote(rest, ret))
                return !span_has_any(*ret, "\"#");
        if (line_quotes(line))
                return mixed_value(rest, ret);
        if (line->flaw == LINE_FLAW_UNCLOSED)
                return unclosed_value(rest, ret);
        if (line->flaw == LINE_FLAW_TAIL)
                return value_before_tail(rest, ret);
        *ret = rest;
        return line->flaw == LINE_FLAW_WORDS && !span_has_any(rest, "\"#;=") &&
               !memmem(rest.bytes, rest.size, "//", 2);
}

Span line_likely_value(const DictionaryLine *line)
{
        Span rest = line_value_span(line), meant;
        size_t quote = span_quote(rest, span_starts), open, size = 0;

        if (line_meant_value(line, &meant))
                return meant;
        open = quote < ARRAY_SIZE(quotes) ? strlen(quotes[quote]) : 0;
        rest = (Span){rest.bytes + open, rest.size - open};
        while (size < rest.size && rest.bytes[size] < 0x80 &&
               !strchr(" \t\"'#;,", rest.bytes[size]))
                size++;
        return (Span){rest.bytes, size};
}
