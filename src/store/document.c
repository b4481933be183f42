/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>
#include <json-c/json_visit.h>

#include "base/spelling.h"
#include "base/text.h"
#include "store/document.h"

#define DEPTH_MAX 8

static const char hex_digits[] = "0123456789abcdef";

void document_free(Document *document)
{
        (void)json_object_put(document);
}

static void tokener_freep(struct json_tokener **tokener)
{
        if (*tokener)
                json_tokener_free(*tokener);
}

/* A text with a NUL inside would be another one to everybody else. */
static const char *whole_text(Document *text)
{
        const char *found = json_object_get_string(text);

        return strlen(found) == (size_t)json_object_get_string_len(text) ? found : NULL;
}

/* The UTF-8 character at `text` as JSON escapes it. */
static char *document_escape(char *end, const char *text, size_t length)
{
        unsigned code = text_code_point(text, length);

        if (code > 0xFFFF)
                return end + sprintf(end, "\\u%04x\\u%04x", 0xD7C0 + (code >> 10),
                                     0xDC00 + (code & 0x3FF));
        return end + sprintf(end, "\\u%04x", code);
}

/* The same document in ASCII: json-c 0.18, when it is to be strict, takes any other byte for a
 * control character. Two bytes at least become six. */
static int document_to_ascii(const char *text, size_t size, char **ret, size_t *ret_size)
{
        _cleanup_free_ char *copy = strndup(text, size);
        char *ascii = copy ? malloc(3 * size + 1) : NULL, *end = ascii;

        if (!ascii)
                return -ENOMEM;
        for (size_t at = 0; at < size;) {
                size_t length = text_character_length(copy + at);

                if (length == 0 || copy[at] == '\0') {
                        free(ascii);
                        return -EBADMSG;
                }
                if (length == 1)
                        *end++ = copy[at];
                else
                        end = document_escape(end, copy + at, length);
                at += length;
        }
        *end = '\0';
        *ret = ascii;
        *ret_size = (size_t)(end - ascii);
        return 0;
}

/* What was read is bytes again, once. */
static int document_unspell(Document *value, int flags, Document *parent, const char *key,
                            size_t *index, void *unused) // NOLINT: json-c's type
{
        _cleanup_free_ char *text = NULL;

        (void)parent, (void)key, (void)index, (void)unused;
        if (flags == JSON_C_VISIT_SECOND || !json_object_is_type(value, json_type_string) ||
            !whole_text(value))
                return JSON_C_VISIT_RETURN_CONTINUE;
        text = strdup(json_object_get_string(value));
        if (!text)
                return JSON_C_VISIT_RETURN_ERROR;
        spelling_undo(text);
        return json_object_set_string(value, text) ? JSON_C_VISIT_RETURN_CONTINUE
                                                   : JSON_C_VISIT_RETURN_ERROR;
}

int document_parse(const char *text, size_t size, Document **ret)
{
        _cleanup_free_ char *ascii = NULL;
        _cleanup_(tokener_freep) struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
        _cleanup_(document_freep) Document *document = NULL;
        size_t end;
        int r;

        if (!tokener)
                return -ENOMEM;
        if (size > DOCUMENT_SIZE_MAX)
                return -EBADMSG;
        r = document_to_ascii(text, size, &ascii, &size);
        if (r < 0)
                return r;
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
        document = json_tokener_parse_ex(tokener, ascii, (int)size);
        if (json_tokener_get_error(tokener) != json_tokener_success)
                return -EBADMSG;
        end = json_tokener_get_parse_end(tokener);
        while (end < size && strchr(" \t\r\n", ascii[end]))
                end++;
        if (end != size || !json_object_is_type(document, json_type_object))
                return -EBADMSG;
        if (json_c_visit(document, 0, document_unspell, NULL) < 0)
                return -ENOMEM;
        *ret = TAKE_PTR(document);
        return 0;
}

static Document *json_member(const Document *object, const char *key, json_type type)
{
        Document *found;

        if (!json_object_is_type(object, json_type_object) ||
            !json_object_object_get_ex(object, key, &found) || !json_object_is_type(found, type))
                return NULL;
        return found;
}

int document_get_text(const Document *object, const char *key, const char **ret)
{
        Document *found = json_member(object, key, json_type_string);
        const char *text = found ? whole_text(found) : NULL;

        if (!text)
                return -EBADMSG;
        *ret = text;
        return 0;
}

int document_get_optional_text(const Document *object, const char *key, const char **ret)
{
        Document *found;

        if (!json_object_object_get_ex(object, key, &found) || !found) {
                *ret = NULL;
                return 0;
        }
        return document_get_text(object, key, ret);
}

int document_get_number(const Document *object, const char *key, uint64_t *ret)
{
        Document *found = json_member(object, key, json_type_int);
        int64_t number = found ? json_object_get_int64(found) : -1;

        if (number < 0 || number == INT64_MAX)
                return -EBADMSG;
        *ret = (uint64_t)number;
        return 0;
}

int document_get_optional_number(const Document *object, const char *key, uint64_t *ret)
{
        if (!json_object_object_get_ex(object, key, NULL)) {
                *ret = 0;
                return 0;
        }
        return document_get_number(object, key, ret);
}

int document_get_flag(const Document *object, const char *key, bool *ret)
{
        Document *found = json_member(object, key, json_type_boolean);

        if (!found)
                return -EBADMSG;
        *ret = json_object_get_boolean(found);
        return 0;
}

int document_get_digest(const Document *object, const char *key, Digest *ret)
{
        const char *text;

        if (document_get_text(object, key, &text) < 0 || digest_from_hex(text, ret) < 0)
                return -EBADMSG;
        return 0;
}

int document_get_bytes(const Document *object, const char *key, uint8_t *bytes, size_t limit,
                       size_t *ret_size)
{
        const char *text;
        size_t size;

        if (document_get_text(object, key, &text) < 0)
                return -EBADMSG;
        size = strlen(text) / 2;
        if (size == 0 || size > limit || strlen(text) % 2 != 0 ||
            strspn(text, hex_digits) != strlen(text))
                return -EBADMSG;
        for (size_t i = 0; i < size; i++) {
                long high = strchr(hex_digits, text[2 * i]) - hex_digits;
                long low = strchr(hex_digits, text[2 * i + 1]) - hex_digits;

                bytes[i] = (uint8_t)(high << 4 | low);
        }
        *ret_size = size;
        return 0;
}

int document_get_array(const Document *object, const char *key, Document **ret, size_t *ret_count)
{
        Document *found = json_member(object, key, json_type_array);

        if (!found)
                return -EBADMSG;
        *ret = found;
        *ret_count = json_object_array_length(found);
        return 0;
}

Document *document_item(const Document *array, size_t index)
{
        return json_object_array_get_idx(array, index);
}

const char *document_item_text(const Document *array, size_t index)
{
        Document *item = document_item(array, index);

        return json_object_is_type(item, json_type_string) ? whole_text(item) : NULL;
}

int document_new(Document **ret)
{
        *ret = json_object_new_object();
        return *ret ? 0 : -ENOMEM;
}

static int json_set(Document *object, const char *key, Document *value)
{
        if (value && json_object_object_add(object, key, value) == 0)
                return 0;
        (void)json_object_put(value);
        return -ENOMEM;
}

/* NULL without memory. */
static Document *new_text(const char *text)
{
        _cleanup_free_ char *spelling = NULL;

        return spelling_of(text, &spelling) < 0 ? NULL : json_object_new_string(spelling);
}

int document_set_text(Document *object, const char *key, const char *text)
{
        if (!text)
                return json_object_object_add(object, key, NULL) == 0 ? 0 : -ENOMEM;
        return json_set(object, key, new_text(text));
}

int document_set_number(Document *object, const char *key, uint64_t number)
{
        return json_set(object, key, json_object_new_int64((int64_t)number));
}

int document_set_flag(Document *object, const char *key, bool flag)
{
        return json_set(object, key, json_object_new_boolean(flag));
}

int document_set_digest(Document *object, const char *key, const Digest *digest)
{
        char hex[DIGEST_HEX_SIZE];

        digest_to_hex(digest, hex);
        return document_set_text(object, key, hex);
}

int document_set_bytes(Document *object, const char *key, Span bytes)
{
        _cleanup_free_ char *hex = malloc(2 * bytes.size + 1);

        if (!hex)
                return -ENOMEM;
        for (size_t i = 0; i < bytes.size; i++) {
                hex[2 * i] = hex_digits[bytes.bytes[i] >> 4];
                hex[2 * i + 1] = hex_digits[bytes.bytes[i] & 15];
        }
        hex[2 * bytes.size] = '\0';
        return document_set_text(object, key, hex);
}

int document_set_array(Document *object, const char *key, Document **ret)
{
        Document *array = json_object_new_array();
        int r = json_set(object, key, array);

        if (r >= 0)
                *ret = array;
        return r;
}

static int json_append(Document *array, Document *item)
{
        if (item && json_object_array_add(array, item) == 0)
                return 0;
        (void)json_object_put(item);
        return -ENOMEM;
}

int document_append_object(Document *array, Document **ret)
{
        Document *item = json_object_new_object();
        int r = json_append(array, item);

        if (r >= 0)
                *ret = item;
        return r;
}

int document_append_text(Document *array, const char *text)
{
        return json_append(array, new_text(text));
}

int document_text(Document *document, char **ret)
{
        const char *text = json_object_to_json_string_ext(
                document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);

        return text ? text_format(ret, "%s\n", text) : -ENOMEM;
}
