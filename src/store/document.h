/* SPDX-License-Identifier: MIT */
#pragma once

/* Document: the JSON of manifests and receipts, read strictly and written (json-c behind one
 * place).
 *
 * Texts are any bytes but NUL: the file has their spelling (base/spelling.h), in which a byte that
 * is no UTF-8 is U+FFFD and two digits. A path "b\xE4r" is "b\uFFFDe4r" there, and comes back as it
 * was. What older versions wrote has none of these.
 *
 * Readers return -EBADMSG for a member that is missing, of another type, or out of range. */

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/span.h"
#include "file/digest.h"

typedef struct json_object Document;

#define DOCUMENT_SIZE_MAX (1024U * 1024U)

/* Parses exactly one object; nothing but blanks may follow it. -EBADMSG, -ENOMEM. */
_nodiscard_ int document_parse(const char *text, size_t size, Document **ret);
void document_free(Document *document);
DEFINE_FREEP(Document, document_free);

/* Borrowed from the document. `ret` of an optional text is NULL when it is absent or null. */
_nodiscard_ int document_get_text(const Document *object, const char *key, const char **ret);
_nodiscard_ int document_get_optional_text(const Document *object, const char *key,
                                           const char **ret);
_nodiscard_ int document_get_number(const Document *object, const char *key, uint64_t *ret);
/* 0 when it is absent. */
_nodiscard_ int document_get_optional_number(const Document *object, const char *key,
                                             uint64_t *ret);
_nodiscard_ int document_get_flag(const Document *object, const char *key, bool *ret);
_nodiscard_ int document_get_digest(const Document *object, const char *key, Digest *ret);
/* Lower-case hexadecimal bytes, 1 to `limit` of them. */
_nodiscard_ int document_get_bytes(const Document *object, const char *key, uint8_t *bytes,
                                   size_t limit, size_t *ret_size);
_nodiscard_ int document_get_array(const Document *object, const char *key, Document **ret,
                                   size_t *ret_count);
Document *document_item(const Document *array, size_t index);
/* The text of an item; NULL when it is none. */
const char *document_item_text(const Document *array, size_t index);

/* Writing: -ENOMEM. NULL text becomes null. */
_nodiscard_ int document_new(Document **ret);
_nodiscard_ int document_set_text(Document *object, const char *key, const char *text);
_nodiscard_ int document_set_number(Document *object, const char *key, uint64_t number);
_nodiscard_ int document_set_flag(Document *object, const char *key, bool flag);
_nodiscard_ int document_set_digest(Document *object, const char *key, const Digest *digest);
_nodiscard_ int document_set_bytes(Document *object, const char *key, Span bytes);
/* A new array in `object`, borrowed. */
_nodiscard_ int document_set_array(Document *object, const char *key, Document **ret);
/* A new object at the end of `array`, borrowed. */
_nodiscard_ int document_append_object(Document *array, Document **ret);
_nodiscard_ int document_append_text(Document *array, const char *text);

/* The document as text, indented, ending in a newline: a new string. -ENOMEM. */
_nodiscard_ int document_text(Document *document, char **ret);
