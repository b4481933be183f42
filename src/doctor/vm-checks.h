/* SPDX-License-Identifier: MIT */
#pragma once

/* The parts of vm_check(), and what they ask a configuration. */

#include "doctor/vm.h"

/* What the file says a key is. */
typedef struct VmValue {
        char *text;    /* NULL when it is not set, or cannot be read; owned */
        char *words;   /* for people, where they are others; owned */
        unsigned line; /* that sets it, or names it and cannot be read; 0 when none does */
} VmValue;

_nodiscard_ int vm_value(const Vm *vm, const char *key, VmValue *ret);
void vm_value_done(VmValue *value);

/* The same as text for people: "not set", "set to nothing", "not readable"; in quotes where blanks
 * begin or end it. */
const char *vm_value_words(const VmValue *value);

/* The next line, from `*index` on, that names `key`, and what it sets it to or seems to, where
 * VMware cannot read it; `text` is NULL when there is none. `*index` is then behind it. */
_nodiscard_ int vm_next_seeming(const Vm *vm, const char *key, size_t *index, VmValue *ret);

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

/* Makes `key` have `value` in the fixed copy, once. */
_nodiscard_ int vm_want(const Vm *vm, const char *key, const char *value);

/* kind. */
_nodiscard_ int vm_check_kind(const Vm *vm);

/* lines, duplicates: also in the fixed copy. */
_nodiscard_ int vm_check_lines(const Vm *vm);
_nodiscard_ int vm_check_duplicates(const Vm *vm);

/* guest, hwversion, firmware, smc, network, graphics, memory, sockets. */
_nodiscard_ int vm_check_guest(const Vm *vm);
_nodiscard_ int vm_check_hwversion(const Vm *vm);
_nodiscard_ int vm_check_settings(const Vm *vm);

/* memory alone. */
_nodiscard_ int vm_check_memory(const Vm *vm);

/* masks. */
_nodiscard_ int vm_check_masks(const Vm *vm);
