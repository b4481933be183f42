/* SPDX-License-Identifier: MIT */
#pragma once

/* Json: the one document that --json prints (json-c). Building needs no checks: what memory failed
 * for is remembered, and json_print() says so.
 *
 *     _cleanup_(json_freep) Json *root = json_new();
 *     Json *list = json_add_array(root, "targets");       borrowed from root
 *     Json *item = json_add_object(list, NULL);           items of an array have no key
 *     json_add_text(item, "path", path);                  NULL becomes null
 *     r = json_print(context, root);
 *
 * Addresses, offsets and sizes are numbers; digests and bytes are lower-case hexadecimal text. */

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/macros.h"
#include "base/span.h"
#include "ctl/frame/context.h"
#include "file/digest.h"

typedef struct json_object Json;

/* An object with "version": 1, the version of all these documents. */
Json *json_new(void);
void json_free(Json *json);
DEFINE_FREEP(Json, json_free);

/* Bytes that are no UTF-8 become "\xe9". */
void json_add_text(Json *parent, const char *key, const char *text);
/* A path below `root` as people write it: "/mnt/x/usr/lib/vmware". NULL becomes null. */
void json_add_path(Json *parent, const char *key, const char *root, const char *path);
_printf_(3, 4) void json_add_format(Json *parent, const char *key, const char *format, ...);
void json_add_number(Json *parent, const char *key, uint64_t number);
void json_add_signed(Json *parent, const char *key, int64_t number);
void json_add_flag(Json *parent, const char *key, bool flag);
void json_add_null(Json *parent, const char *key);
void json_add_digest(Json *parent, const char *key, const Digest *digest);
void json_add_bytes(Json *parent, const char *key, Span bytes);

/* "reason" (id), "why" and "todo" of a fault; all null when nothing failed. `file` as in
 * complaint_why(). */
void json_add_fault(Json *parent, const Fault *fault, const char *file);

/* The new member, borrowed from `parent`. */
Json *json_add_object(Json *parent, const char *key);
Json *json_add_array(Json *parent, const char *key);

/* The newest item of an array, borrowed; NULL without any. */
Json *json_last(Json *array);

/* A value could not be made for want of memory: json_print() will say so. */
void json_lacks(void);

/* Prints it on standard output: indented or in one line, as --json asks, else indented on a
 * terminal. -ENOMEM. */
_nodiscard_ int json_print(const Context *context, Json *json);

/* Ends a document with the exit status and prints it: `status`, or negative as json_print(). */
_nodiscard_ int json_finish(const Context *context, Json *json, int status);
