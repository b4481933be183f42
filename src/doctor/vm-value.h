/* SPDX-License-Identifier: MIT */
#pragma once

/* VmValue: what a configuration says a key is, and what it should be. */

#include "doctor/vm.h"

typedef struct VmValue {
        char *text;    /* NULL when it is not set, or cannot be read; owned */
        char *words;   /* for people; owned */
        unsigned line; /* that sets it, or names it and cannot be read; 0 when none does */
} VmValue;

/* As VMware reads it. -ENOMEM. */
_nodiscard_ int vm_value(const Vm *vm, const char *key, VmValue *ret);
void vm_value_done(VmValue *value);

/* The same as text for people, no longer than a line: "not set", "set to nothing", "not readable";
 * in quotes where blanks begin or end it. */
const char *vm_value_words(const VmValue *value);

/* The next line, from `*index` on, that names `key`, and what it sets it to or seems to, where
 * VMware cannot read it; `text` is NULL when there is none. `*index` is then behind it. */
_nodiscard_ int vm_next_seeming(const Vm *vm, const char *key, size_t *index, VmValue *ret);

/* What one line sets its key to, or seems to; a new string in `*ret`. -ENOMEM. */
_nodiscard_ int vm_line_seeming(const DictionaryLine *line, char **ret);

/* The first of these that is not empty. */
_nodiscard_ int vm_find_set(const Vm *vm, const char *key, VmValue *ret);

typedef enum VmFlag {
        VM_FLAG_UNSET,
        VM_FLAG_FALSE,
        VM_FLAG_TRUE,
        VM_FLAG_OTHER, /* neither */
} VmFlag;

/* What VMware takes the value for: TRUE, yes, on, 1 … */
VmFlag vm_value_flag(const VmValue *value);

/* Makes `key` have `value` in the fixed copy, once. -ENOMEM. */
_nodiscard_ int vm_want(const Vm *vm, const char *key, const char *value);

/* The value that `key` has is right: no other line of the fixed copy sets it. */
void vm_want_once(const Vm *vm, const char *key);
