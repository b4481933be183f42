/* SPDX-License-Identifier: MIT */

#include <stdio.h>

#include "base/text.h"
#include "vmx/dictionary.h"

#define MARK      "\xEF\xBB\xBF" /* UTF-8's byte order mark */
#define MARK_SIZE 3U

const char *line_flaw_text(LineFlaw flaw)
{
        static const char *const texts[] = {
                [LINE_FLAW_NONE] = "none",
                [LINE_FLAW_NO_EQUALS] = "no = after the first word",
                [LINE_FLAW_NO_NAME] = "no name before the =",
                [LINE_FLAW_UNCLOSED] = "no closing quote",
                [LINE_FLAW_TAIL] = "text after the quote",
                [LINE_FLAW_WORDS] = "words without quotes",
        };

        _Static_assert(ARRAY_SIZE(texts) == _LINE_FLAW_MAX, "every flaw has a text");
        return texts[flaw];
}

void dictionary_done(Dictionary *dictionary)
{
        for (size_t i = 0; i < dictionary->count; i++)
                free(dictionary->lines[i].own);
        free(dictionary->lines);
        free(dictionary->text);
        *dictionary = (Dictionary){};
}

/* Reading ------------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
        return c == ' ' || c == '\t';
}

static const char *blanks_skip(const char *at, const char *end)
{
        while (at < end && is_blank(*at))
                at++;
        return at;
}

size_t dictionary_line_body(const DictionaryLine *line)
{
        size_t size = line->size;

        size -= size > 0 && line->text[size - 1] == '\n';
        return size - (size > 0 && line->text[size - 1] == '\r');
}

static void line_place_value(DictionaryLine *line, const char *from, const char *to)
{
        line->value = (uint32_t)(from - line->text);
        line->value_size = (uint32_t)(to - from);
}

/* `at`: the first character after "name =" and its blanks. */
static void line_parse_value(DictionaryLine *line, const char *at, const char *end)
{
        bool quoted = at < end && *at == '"';
        const char *from = at + quoted, *to = from, *rest;

        while (to < end && (quoted ? *to != '"' : !is_blank(*to) && *to != '#'))
                to++;
        rest = blanks_skip(to + (quoted && to < end), end);
        if (quoted && to == end)
                line->flaw = LINE_FLAW_UNCLOSED;
        else if (rest < end && *rest != '#')
                line->flaw = quoted ? LINE_FLAW_TAIL : LINE_FLAW_WORDS;
        line->quoted = quoted && line->flaw == LINE_FLAW_NONE;
        if (line->flaw != LINE_FLAW_NONE) {
                while (end > at && is_blank(end[-1]))
                        end--;
                line_place_value(line, at, end);
                return;
        }
        /* A new value goes before the blanks that precede a comment, but for one. */
        if (from == to && !quoted)
                while (is_blank(from[-1]) && is_blank(from[-2]))
                        to = --from;
        line_place_value(line, from, to);
}

static void line_parse(DictionaryLine *line)
{
        const char *end = line->text + dictionary_line_body(line);
        const char *name = blanks_skip(line->text, end), *name_end = name, *equals;

        if (name == end || *name == '#')
                return;
        while (name_end < end && !is_blank(*name_end) && *name_end != '=' && *name_end != '#')
                name_end++;
        equals = blanks_skip(name_end, end);
        if (equals == end || *equals != '=') {
                line->flaw = LINE_FLAW_NO_EQUALS;
                return;
        }
        if (name == name_end) {
                line->flaw = LINE_FLAW_NO_NAME;
                return;
        }
        line->name = (uint32_t)(name - line->text);
        line->name_size = (uint32_t)(name_end - name);
        line_parse_value(line, blanks_skip(equals + 1, end), end);
}

/* The line is taken, also where there is no room. */
static int line_add(Dictionary *dictionary, DictionaryLine line)
{
        if (dictionary->count == dictionary->room) {
                size_t room = dictionary->room ? 2 * dictionary->room : 64;
                DictionaryLine *larger = reallocarray(dictionary->lines, room, sizeof(*larger));

                if (!larger) {
                        free(line.own);
                        return -ENOMEM;
                }
                dictionary->lines = larger;
                dictionary->room = room;
        }
        line_parse(&line);
        dictionary->lines[dictionary->count++] = line;
        return 0;
}

int dictionary_parse(const char *text, size_t size, Dictionary *ret, size_t *ret_offset)
{
        _cleanup_(dictionary_done) Dictionary dictionary = {};
        const char *nul = memchr(text, '\0', size), *at;

        if (size > DICTIONARY_SIZE_MAX)
                return -EFBIG;
        if (nul) {
                if (ret_offset)
                        *ret_offset = (size_t)(nul - text);
                return -EBADMSG;
        }
        dictionary.text = strndup(text, size);
        if (!dictionary.text)
                return -ENOMEM;
        dictionary.mark_size = text_starts(dictionary.text, MARK) ? MARK_SIZE : 0;
        for (at = dictionary.text + dictionary.mark_size; *at;) {
                size_t end = strcspn(at, "\r\n");
                DictionaryLine line = {.text = at, .number = (uint32_t)dictionary.count + 1};

                end += at[end] == '\r' && at[end + 1] == '\n';
                end += at[end] != '\0';
                line.size = (uint32_t)end;
                if (line_add(&dictionary, line) < 0)
                        return -ENOMEM;
                at += end;
        }
        *ret = dictionary;
        dictionary = (Dictionary){};
        return 0;
}

/* Looking ------------------------------------------------------------------------------------- */

bool dictionary_line_has_name(const DictionaryLine *line, const char *name)
{
        return line->name_size > 0 && strlen(name) == line->name_size &&
               text_same_ascii(line->text + line->name, name, line->name_size);
}

bool dictionary_same_name(const DictionaryLine *a, const DictionaryLine *b)
{
        return a->name_size > 0 && a->name_size == b->name_size &&
               text_same_ascii(a->text + a->name, b->text + b->name, a->name_size);
}

size_t dictionary_find(const Dictionary *dictionary, const char *name, size_t from)
{
        size_t i = from;

        while (i < dictionary->count && (dictionary->lines[i].flaw != LINE_FLAW_NONE ||
                                         !dictionary_line_has_name(&dictionary->lines[i], name)))
                i++;
        return i;
}

size_t dictionary_find_flawed(const Dictionary *dictionary, const char *name, size_t from)
{
        size_t i = from;

        while (i < dictionary->count && (dictionary->lines[i].flaw == LINE_FLAW_NONE ||
                                         !dictionary_line_has_name(&dictionary->lines[i], name)))
                i++;
        return i;
}

static int hex_digit(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        c = (char)(c | 0x20);
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int dictionary_line_value(const DictionaryLine *line, char **ret)
{
        char *value = malloc(line->value_size + 1), *to = value;
        const char *from = line->text + line->value, *end = from + line->value_size;

        if (!value)
                return -ENOMEM;
        while (from < end) {
                int high = *from == '|' && end - from > 2 ? hex_digit(from[1]) : -1;
                int low = high >= 0 ? hex_digit(from[2]) : -1;

                *to++ = low >= 0 ? (char)(high << 4 | low) : *from;
                from += low >= 0 ? 3 : 1;
        }
        *to = '\0';
        *ret = value;
        return 0;
}

int dictionary_get(const Dictionary *dictionary, const char *name, char **ret)
{
        size_t index = dictionary_find(dictionary, name, 0);

        *ret = NULL;
        return index < dictionary->count ? dictionary_line_value(&dictionary->lines[index], ret)
                                         : 0;
}

/* Changing ------------------------------------------------------------------------------------ */

/* As VMware writes a value: quotes, bars and control characters but the tab are escaped. */
static int value_escape(const char *value, char **ret)
{
        char *escaped = malloc(3 * strlen(value) + 1), *to = escaped;

        if (!escaped)
                return -ENOMEM;
        for (; *value; value++) {
                unsigned char c = (unsigned char)*value;

                if (c == '"' || c == '|' || c == 0x7F || (c < 0x20 && c != '\t'))
                        to += sprintf(to, "|%02X", c);
                else
                        *to++ = *value;
        }
        *to = '\0';
        *ret = escaped;
        return 0;
}

int dictionary_set_raw(Dictionary *dictionary, size_t index, const char *raw, size_t size)
{
        DictionaryLine *line = &dictionary->lines[index];
        const char *quote = line->quoted ? "" : "\"";
        size_t tail = line->value + line->value_size;
        DictionaryLine changed = {.number = line->number};
        int r = text_format(&changed.own, "%.*s%s%.*s%s%.*s", (int)line->value, line->text, quote,
                            (int)size, raw, quote, (int)(line->size - tail), line->text + tail);

        if (r < 0)
                return r;
        changed.text = changed.own;
        changed.size = (uint32_t)strlen(changed.own);
        line_parse(&changed);
        free(line->own);
        *line = changed;
        return 0;
}

/* The end that the first line has. */
static const char *line_end(const Dictionary *dictionary)
{
        const DictionaryLine *first = dictionary->lines;
        size_t body = dictionary->count > 0 ? dictionary_line_body(first) : 0;

        if (dictionary->count == 0 || body == first->size || first->text[body] == '\n')
                return "\n";
        return body + 1 == first->size ? "\r" : "\r\n";
}

/* Gives the last line an end, so that another can follow. */
static int last_line_close(Dictionary *dictionary, const char *end)
{
        DictionaryLine *last =
                dictionary->count > 0 ? &dictionary->lines[dictionary->count - 1] : NULL;
        char *closed;
        int r;

        if (!last || dictionary_line_body(last) < last->size)
                return 0;
        r = text_format(&closed, "%.*s%s", (int)last->size, last->text, end);
        if (r < 0)
                return r;
        free(last->own);
        last->text = last->own = closed;
        last->size = (uint32_t)strlen(closed);
        return 0;
}

int dictionary_set(Dictionary *dictionary, const char *name, const char *value)
{
        _cleanup_free_ char *escaped = NULL;
        const char *end = line_end(dictionary);
        size_t index = dictionary_find(dictionary, name, 0);
        DictionaryLine line = {};
        int r = value_escape(value, &escaped);

        if (r < 0)
                return r;
        if (index == dictionary->count)
                index = dictionary_find_flawed(dictionary, name, 0);
        if (index < dictionary->count)
                return dictionary_set_raw(dictionary, index, escaped, strlen(escaped));
        r = last_line_close(dictionary, end);
        if (r >= 0)
                r = text_format(&line.own, "%s = \"%s\"%s", name, escaped, end);
        if (r < 0)
                return r;
        line.text = line.own;
        line.size = (uint32_t)strlen(line.own);
        return line_add(dictionary, line);
}

int dictionary_replace(Dictionary *dictionary, size_t index, const char *text)
{
        DictionaryLine *line = &dictionary->lines[index];
        DictionaryLine changed = {.number = line->number};
        int r = text_copy(&changed.own, text);

        if (r < 0)
                return r;
        changed.text = changed.own;
        changed.size = (uint32_t)strlen(text);
        line_parse(&changed);
        free(line->own);
        *line = changed;
        return 0;
}

void dictionary_remove(Dictionary *dictionary, size_t index)
{
        free(dictionary->lines[index].own);
        dictionary->count--;
        memmove(&dictionary->lines[index], &dictionary->lines[index + 1],
                (dictionary->count - index) * sizeof(*dictionary->lines));
}

void dictionary_keep_one(Dictionary *dictionary, size_t index)
{
        DictionaryLine kept = dictionary->lines[index];
        size_t count = 0;

        for (size_t i = 0; i < dictionary->count; i++)
                if (i == index || !dictionary_same_name(&dictionary->lines[i], &kept))
                        dictionary->lines[count++] = dictionary->lines[i];
                else
                        free(dictionary->lines[i].own);
        dictionary->count = count;
}

/* The whole ----------------------------------------------------------------------------------- */

int dictionary_copy(const Dictionary *from, Dictionary *ret)
{
        _cleanup_(dictionary_done) Dictionary copy = {
                .mark_size = from->mark_size,
                .lines = calloc(from->count + 1, sizeof(*copy.lines)),
                .room = from->count + 1,
        };

        if (!copy.lines)
                return -ENOMEM;
        for (; copy.count < from->count; copy.count++) {
                DictionaryLine *line = &copy.lines[copy.count];

                *line = from->lines[copy.count];
                if (!line->own)
                        continue;
                line->text = line->own = strndup(line->own, line->size);
                if (!line->own)
                        return -ENOMEM;
        }
        *ret = copy;
        copy = (Dictionary){};
        return 0;
}

bool dictionary_same_lines(const Dictionary *a, const Dictionary *b)
{
        bool same = a->count == b->count;

        for (size_t i = 0; same && i < a->count; i++)
                same = a->lines[i].size == b->lines[i].size &&
                       memcmp(a->lines[i].text, b->lines[i].text, a->lines[i].size) == 0;
        return same;
}

/* A line whose name begins with a mark and that comes first now, because others were taken out,
 * keeps its own only behind one of the file's. */
static size_t mark_size(const Dictionary *dictionary)
{
        const DictionaryLine *first = dictionary->lines;

        return dictionary->mark_size == 0 && dictionary->count > 0 && first->size >= MARK_SIZE &&
                               memcmp(first->text, MARK, MARK_SIZE) == 0
                       ? MARK_SIZE
                       : dictionary->mark_size;
}

int dictionary_text(const Dictionary *dictionary, char **ret, size_t *ret_size)
{
        size_t size = mark_size(dictionary);
        char *text, *at;

        for (size_t i = 0; i < dictionary->count; i++)
                size += dictionary->lines[i].size;
        text = malloc(size + 1);
        if (!text)
                return -ENOMEM;
        at = mempcpy(text, MARK, mark_size(dictionary));
        for (size_t i = 0; i < dictionary->count; i++)
                at = mempcpy(at, dictionary->lines[i].text, dictionary->lines[i].size);
        *at = '\0';
        *ret = text;
        *ret_size = size;
        return 0;
}
