/* SPDX-License-Identifier: MIT */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "base/spelling.h"
#include "ctl/render/json.h"
#include "ctl/terminal/errors.h"
#include "ctl/work/names.h"

#define JSON_VERSION 1

/* Whether memory failed somewhere: the document is not to be printed then. */
static bool json_failed;

static void json_add(Json *parent, const char *key, Json *member)
{
        int r;

        if (!parent) {
                json_failed = true;
                json_object_put(member);
                return;
        }
        r = key ? json_object_object_add(parent, key, member)
                : json_object_array_add(parent, member);
        if (r < 0) {
                json_failed = true;
                json_object_put(member);
        }
}

/* The same for what must not be NULL, JSON's null. */
static Json *add_new(Json *parent, const char *key, Json *member)
{
        if (!member) {
                json_failed = true;
                return NULL;
        }
        json_add(parent, key, member);
        return parent ? member : NULL;
}

void json_lacks(void)
{
        json_failed = true;
}

Json *json_new(void)
{
        Json *json = json_object_new_object();

        json_failed = !json;
        json_add_number(json, "version", JSON_VERSION);
        return json;
}

void json_free(Json *json)
{
        json_object_put(json);
}

static Json *text_new(const char *text)
{
        _cleanup_free_ char *spelling = NULL;

        return spelling_of(text, &spelling) < 0 ? NULL : json_object_new_string(spelling);
}

void json_add_text(Json *parent, const char *key, const char *text)
{
        if (text)
                (void)add_new(parent, key, text_new(text));
        else
                json_add(parent, key, NULL);
}

void json_add_path(Json *parent, const char *key, const char *root, const char *path)
{
        _cleanup_free_ char *whole = NULL;

        if (path && path_in_root(root, path, &whole) < 0)
                json_failed = true;
        else
                json_add_text(parent, key, whole);
}

void json_add_format(Json *parent, const char *key, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = vasprintf(&text, format, arguments);
        va_end(arguments);
        if (r < 0) {
                text = NULL;
                json_failed = true;
                return;
        }
        json_add_text(parent, key, text);
}

void json_add_number(Json *parent, const char *key, uint64_t number)
{
        (void)add_new(parent, key, json_object_new_uint64(number));
}

void json_add_signed(Json *parent, const char *key, int64_t number)
{
        (void)add_new(parent, key, json_object_new_int64(number));
}

void json_add_flag(Json *parent, const char *key, bool flag)
{
        (void)add_new(parent, key, json_object_new_boolean(flag));
}

void json_add_null(Json *parent, const char *key)
{
        json_add(parent, key, NULL);
}

void json_add_digest(Json *parent, const char *key, const Digest *digest)
{
        char hex[DIGEST_HEX_SIZE];

        digest_to_hex(digest, hex);
        json_add_text(parent, key, hex);
}

void json_add_bytes(Json *parent, const char *key, Span bytes)
{
        _cleanup_free_ char *hex = malloc(2 * bytes.size + 1);

        if (!hex) {
                json_failed = true;
                return;
        }
        hex[0] = '\0';
        for (size_t i = 0; i < bytes.size; i++)
                (void)sprintf(hex + 2 * i, "%02x", bytes.bytes[i]);
        json_add_text(parent, key, hex);
}

void json_add_fault(Json *parent, const Fault *fault, const char *file)
{
        _cleanup_free_ char *why = NULL, *todo = NULL;

        if (fault->reason == REASON_NONE) {
                json_add_null(parent, "reason");
                json_add_null(parent, "why");
                json_add_null(parent, "todo");
                return;
        }
        if (complaint_why(fault, 0, file, &why) < 0 || complaint_todo(fault, &todo) < 0) {
                json_failed = true;
                return;
        }
        json_add_text(parent, "reason", reason_text(fault->reason)->id);
        json_add_text(parent, "why", why);
        json_add_text(parent, "todo", todo);
}

Json *json_add_object(Json *parent, const char *key)
{
        return add_new(parent, key, json_object_new_object());
}

Json *json_add_array(Json *parent, const char *key)
{
        return add_new(parent, key, json_object_new_array());
}

Json *json_last(Json *array)
{
        size_t length = array ? json_object_array_length(array) : 0;

        return length > 0 ? json_object_array_get_idx(array, length - 1) : NULL;
}

/* json-c spells most control characters of ASCII; the others that must not reach a terminal are
 * spelt here. They can only be within strings. */
static void print_safely(const char *text)
{
        while (*text) {
                size_t length = text_character_length(text);

                if (*text != '\n' && text_unsafe_length(text) > 0)
                        (void)printf("\\u%04x", (unsigned)text_code_point(text, length));
                else
                        (void)fwrite(text, length, 1, stdout);
                text += length;
        }
        (void)putchar('\n');
}

int json_print(const Context *context, Json *json)
{
        int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
        const char *text;

        if (json_failed)
                return -ENOMEM;
        if (context->json_form == JSON_FORM_PRETTY ||
            (context->json_form == JSON_FORM_AUTO && context->is_terminal))
                flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
        text = json_object_to_json_string_ext(json, flags);
        if (!text)
                return -ENOMEM;
        print_safely(text);
        return 0;
}

int json_finish(const Context *context, Json *json, int status)
{
        int r;

        json_add_signed(json, "exit_status", status);
        r = json_print(context, json);
        return r < 0 ? r : status;
}
