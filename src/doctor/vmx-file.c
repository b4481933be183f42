/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "base/text.h"
#include "doctor/vmx-file.h"

#define BOM      "\xEF\xBB\xBF"
#define BOM_SIZE 3U

void vmx_done(VmxFile *file)
{
        for (size_t i = 0; i < file->count; i++)
                free(file->lines[i].text);
        free(file->lines);
        *file = (VmxFile){};
}

static bool is_blank(char c)
{
        return c == ' ' || c == '\t';
}

/* Finds key and value; a line that is none of ours has no key. Any line may come to be the first
 * one, where a byte order mark stands. */
static void line_parse(VmxLine *line)
{
        const char *text = line->text, *end = text + line->size, *equals, *open, *close;
        const char *key = text, *key_end;

        if (line->size >= BOM_SIZE && memcmp(text, BOM, BOM_SIZE) == 0)
                key += BOM_SIZE;
        while (key < end && is_blank(*key))
                key++;
        equals = memchr(key, '=', (size_t)(end - key));
        if (!equals || *key == '#')
                return;
        for (key_end = equals; key_end > key && is_blank(key_end[-1]);)
                key_end--;
        for (open = equals + 1; open < end && is_blank(*open);)
                open++;
        if (key_end == key || open == end || *open != '"')
                return;
        close = memchr(open + 1, '"', (size_t)(end - open - 1));
        if (!close)
                return;
        line->key = (size_t)(key - text);
        line->key_size = (size_t)(key_end - key);
        line->value = (size_t)(open + 1 - text);
        line->value_size = (size_t)(close - open - 1);
}

static int add_line(VmxFile *file, const char *text, size_t size)
{
        VmxLine *larger = reallocarray(file->lines, file->count + 1, sizeof(*larger));
        VmxLine line = {.size = size};

        if (!larger)
                return -ENOMEM;
        file->lines = larger;
        line.text = strndup(text, size);
        if (!line.text)
                return -ENOMEM;
        line_parse(&line);
        larger[file->count++] = line;
        return 0;
}

int vmx_parse(const char *text, size_t size, const char *name, VmxFile *ret, Fault *fault)
{
        _cleanup_(vmx_done) VmxFile file = {};
        const char *nul = memchr(text, '\0', size), *end = text + size;

        if (size > VMX_SIZE_MAX)
                return fault_set(fault, -EFBIG, REASON_VMX, "%s", name);
        if (nul)
                return fault_set_at(fault, -EBADMSG, REASON_VMX, (uint64_t)(nul - text), "%s",
                                    name);
        while (text < end) {
                const char *newline = memchr(text, '\n', (size_t)(end - text));
                const char *next = newline ? newline + 1 : end;

                if (add_line(&file, text, (size_t)(next - text)) < 0)
                        return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", name);
                text = next;
        }
        *ret = file;
        file = (VmxFile){};
        return 0;
}

bool vmx_same_key(const VmxLine *a, const VmxLine *b)
{
        return a->key_size > 0 && a->key_size == b->key_size &&
               strncasecmp(a->text + a->key, b->text + b->key, a->key_size) == 0;
}

size_t vmx_find(const VmxFile *file, const char *key, size_t from)
{
        size_t size = strlen(key), i = from;

        for (; i < file->count; i++) {
                const VmxLine *line = &file->lines[i];

                if (line->key_size == size && size > 0 &&
                    strncasecmp(line->text + line->key, key, size) == 0)
                        return i;
        }
        return file->count;
}

static int hex_digit(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        c = (char)(c | 0x20);
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int vmx_line_value(const VmxLine *line, char **ret)
{
        _cleanup_free_ char *value = malloc(line->value_size + 1);
        const char *from = line->text + line->value, *end = from + line->value_size;
        char *to = value;

        if (!value)
                return -ENOMEM;
        while (from < end) {
                int high = *from == '|' && end - from > 2 ? hex_digit(from[1]) : -1;
                int low = high >= 0 ? hex_digit(from[2]) : -1;

                /* |00 stays as it is: it would end the string. */
                if (low >= 0 && high + low > 0) {
                        *to++ = (char)(high << 4 | low);
                        from += 3;
                } else {
                        *to++ = *from++;
                }
        }
        *to = '\0';
        *ret = TAKE_PTR(value);
        return 0;
}

int vmx_get(const VmxFile *file, const char *key, char **ret)
{
        size_t index = vmx_find(file, key, 0);

        *ret = NULL;
        return index < file->count ? vmx_line_value(&file->lines[index], ret) : 0;
}

/* Quotes, bars and control characters as VMware writes them. */
static int value_escape(const char *value, char **ret)
{
        char *escaped = malloc(3 * strlen(value) + 1), *to = escaped;

        if (!escaped)
                return -ENOMEM;
        for (; *value; value++)
                if (*value == '"' || *value == '|' || (unsigned char)*value < 0x20)
                        to += sprintf(to, "|%02X", (unsigned char)*value);
                else
                        *to++ = *value;
        *to = '\0';
        *ret = escaped;
        return 0;
}

/* The new text of a line in which nothing but the value changes. */
static int line_set(VmxLine *line, const char *escaped)
{
        size_t tail = line->value + line->value_size;
        VmxLine changed = {};
        int r = text_format(&changed.text, "%.*s%s%s", (int)line->value, line->text, escaped,
                            line->text + tail);

        if (r < 0)
                return r;
        changed.size = strlen(changed.text);
        line_parse(&changed);
        free(line->text);
        *line = changed;
        return 0;
}

static const char *file_newline(const VmxFile *file)
{
        for (size_t i = 0; i < file->count; i++) {
                const VmxLine *line = &file->lines[i];

                if (line->size > 0 && line->text[line->size - 1] == '\n')
                        return line->size > 1 && line->text[line->size - 2] == '\r' ? "\r\n" : "\n";
        }
        return "\n";
}

/* Gives the last line an end, so that another can follow. */
static int close_last_line(VmxFile *file, const char *newline)
{
        VmxLine *last = file->count > 0 ? &file->lines[file->count - 1] : NULL;
        char *closed;
        int r;

        if (!last || last->text[last->size - 1] == '\n')
                return 0;
        r = text_format(&closed, "%s%s", last->text, newline);
        if (r < 0)
                return r;
        free(last->text);
        last->text = closed;
        last->size = strlen(closed);
        return 0;
}

int vmx_set(VmxFile *file, const char *key, const char *value)
{
        _cleanup_free_ char *escaped = NULL, *text = NULL;
        size_t index = vmx_find(file, key, 0);
        const char *newline = file_newline(file);
        int r = value_escape(value, &escaped);

        if (r < 0)
                return r;
        if (index < file->count)
                return line_set(&file->lines[index], escaped);
        r = close_last_line(file, newline);
        if (r >= 0)
                r = text_format(&text, "%s = \"%s\"%s", key, escaped, newline);
        return r < 0 ? r : add_line(file, text, strlen(text));
}

void vmx_remove(VmxFile *file, size_t index)
{
        free(file->lines[index].text);
        file->count--;
        memmove(&file->lines[index], &file->lines[index + 1],
                (file->count - index) * sizeof(*file->lines));
}

int vmx_text(const VmxFile *file, char **ret, size_t *ret_size)
{
        size_t size = 0, at = 0;
        char *text;

        for (size_t i = 0; i < file->count; i++)
                size += file->lines[i].size;
        text = malloc(size + 1);
        if (!text)
                return -ENOMEM;
        for (size_t i = 0; i < file->count; i++) {
                memcpy(text + at, file->lines[i].text, file->lines[i].size);
                at += file->lines[i].size;
        }
        text[size] = '\0';
        *ret = text;
        *ret_size = size;
        return 0;
}
