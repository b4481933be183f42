/* SPDX-License-Identifier: MIT */

#include "base/text.h"
#include "doctor/darwin.h"
#include "doctor/vm-checks.h"

void vm_done(Vm *vm)
{
        free(vm->guest);
        free(vm->signs);
        *vm = (Vm){};
}

/* What is set -------------------------------------------------------------------------------- */

void vm_value_done(VmValue *value)
{
        free(value->text);
        free(value->words);
        *value = (VmValue){};
}

/* Blanks that nobody would see. */
static bool has_blank_ends(const char *text)
{
        size_t size = strlen(text);

        return size > 0 && (strchr(" \t", text[0]) || strchr(" \t", text[size - 1]));
}

int vm_value(const Vm *vm, const char *key, VmValue *ret)
{
        size_t index = dictionary_find(vm->file, key, 0);
        int r;

        *ret = (VmValue){};
        if (index == vm->file->count) {
                index = dictionary_find_flawed(vm->file, key, 0);
                if (index < vm->file->count)
                        ret->line = vm->file->lines[index].number;
                return 0;
        }
        ret->line = vm->file->lines[index].number;
        r = dictionary_line_value(&vm->file->lines[index], &ret->text);
        return r < 0 || !has_blank_ends(ret->text) ? r
                                                   : text_format(&ret->words, "\"%s\"", ret->text);
}

const char *vm_value_words(const VmValue *value)
{
        if (!value->text)
                return value->line > 0 ? "not readable" : "not set";
        return value->words ? value->words : *value->text ? value->text : "set to nothing";
}

static bool is_one_of(const char *text, const char *const words[])
{
        for (size_t i = 0; words[i]; i++)
                if (text_equal_ascii(text, words[i]))
                        return true;
        return false;
}

VmFlag vm_value_flag(const VmValue *value)
{
        static const char *const no[] = {"FALSE", "F", "NO", "N", "OFF", "0", NULL};
        static const char *const yes[] = {"TRUE", "T", "YES", "Y", "ON", "1", NULL};

        if (!value->text)
                return VM_FLAG_UNSET;
        return is_one_of(value->text, yes)  ? VM_FLAG_TRUE
               : is_one_of(value->text, no) ? VM_FLAG_FALSE
                                            : VM_FLAG_OTHER;
}

int vm_want(const Vm *vm, const char *key, const char *value)
{
        int r = dictionary_set(vm->fixed, key, value);
        size_t first = dictionary_find(vm->fixed, key, 0);

        for (size_t i = vm->fixed->count; r >= 0 && i-- > first + 1;)
                if (dictionary_line_has_name(&vm->fixed->lines[i], key))
                        dictionary_remove(vm->fixed, i);
        return r;
}

static int check_suspended(Vm *vm)
{
        _cleanup_(vm_value_done) VmValue state = {};
        int r = vm_find_set(vm, "checkpoint.vmState", &state);

        if (r < 0 || !state.text)
                return r;
        vm->suspended = true;
        return checks_add_at(vm->checks, state.line, CHECK_ID_SUSPENDED, CHECK_WARNING,
                             "resume it and shut it down first, if its settings have to change",
                             "the VM is suspended (%s)", state.text);
}

static int check_open(const Vm *vm)
{
        return vm->is_open ? checks_add(vm->checks, CHECK_ID_OPEN, CHECK_WARNING,
                                        "shut it down and close it, if its settings have to "
                                        "change",
                                        "VMware has the VM open")
                           : 0;
}

/* Checks ------------------------------------------------------------------------------------- */

static int check_other(const Vm *vm)
{
        _cleanup_(vm_value_done) VmValue guest = {};
        int r = vm_value(vm, "guestOS", &guest);

        if (r < 0)
                return r;
        return checks_add_at(vm->checks, guest.line, CHECK_ID_GUEST, CHECK_WARNING,
                             "for macOS, set guestOS to darwinNN-64: 22 for macOS 13, 24 for 15, "
                             "25 for 26",
                             "guestOS is %s%s: nothing else is checked", vm_value_words(&guest),
                             guest.text && *guest.text ? ", not macOS" : "");
}

static int check_opencore(const Vm *vm)
{
        int r = vm->darwin == DARWIN_NONE ? 0 : vm_check_guest(vm);

        if (r >= 0)
                r = vm_check_hwversion(vm);
        return r < 0 ? r : vm_check_memory(vm);
}

static int check_patch(const Vm *vm)
{
        int r = vm_check_guest(vm);

        if (r >= 0)
                r = vm_check_hwversion(vm);
        if (r >= 0)
                r = vm_check_settings(vm);
        return r < 0 ? r : vm_check_masks(vm);
}

int vm_check(Vm *vm)
{
        int r = vm_find_kind(vm);

        if (r >= 0)
                r = vm_check_kind(vm);
        if (r < 0 || vm->kind == VM_KIND_ENCRYPTED)
                return r;
        r = check_suspended(vm);
        if (r >= 0)
                r = check_open(vm);
        if (r >= 0)
                r = vm_check_lines(vm);
        if (r >= 0)
                r = vm_check_duplicates(vm);
        if (r < 0)
                return r;
        return vm->kind == VM_KIND_OTHER      ? check_other(vm)
               : vm->kind == VM_KIND_OPENCORE ? check_opencore(vm)
                                              : check_patch(vm);
}
