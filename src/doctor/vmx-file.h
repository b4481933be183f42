/* SPDX-License-Identifier: MIT */
#pragma once

/* VmxFile: a virtual machine's configuration, `key = "value"` a line, held so that every byte that
 * is not changed on purpose stays: comments, order, blanks, line ends, whatever encoding the line
 * `.encoding` names. Keys are compared without regard to case, as VMware does; a quote in a value
 * is written |22, a bar |7C. */

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

#define VMX_SIZE_MAX (1024U * 1024U) /* bytes; real ones have some thousand */

typedef struct VmxLine {
        char *text;               /* the whole line with its end, owned; no NUL inside */
        size_t size;              /* in bytes */
        size_t key, key_size;     /* offset in text and size in bytes; size 0: no setting */
        size_t value, value_size; /* between the quotes */
} VmxLine;

typedef struct VmxFile {
        VmxLine *lines;
        size_t count;
} VmxFile;

/* -EBADMSG with REASON_VMX when it has NUL bytes (UTF-16, or no text at all), -EFBIG, -ENOMEM.
 * `name` is for the fault. */
_nodiscard_ int vmx_parse(const char *text, size_t size, const char *name, VmxFile *ret,
                          Fault *fault);
void vmx_done(VmxFile *file);

/* The first line that sets `key`, from line `from` on; `file->count` when none does. */
size_t vmx_find(const VmxFile *file, const char *key, size_t from);

/* Whether both lines set the same key. */
bool vmx_same_key(const VmxLine *a, const VmxLine *b);

/* The value that `key` has, without escapes, in a new string; NULL when it is not set. -ENOMEM. */
_nodiscard_ int vmx_get(const VmxFile *file, const char *key, char **ret);

/* The same of one line, which must be a setting. */
_nodiscard_ int vmx_line_value(const VmxLine *line, char **ret);

/* Sets `key`: in the line that has it, or in a new one at the end. -ENOMEM. */
_nodiscard_ int vmx_set(VmxFile *file, const char *key, const char *value);

/* Takes line `index` out. */
void vmx_remove(VmxFile *file, size_t index);

/* All of it, in a new string. -ENOMEM. */
_nodiscard_ int vmx_text(const VmxFile *file, char **ret, size_t *ret_size);
