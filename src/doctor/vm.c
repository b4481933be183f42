/* SPDX-License-Identifier: MIT */

#include "base/text.h"
#include "doctor/darwin.h"
#include "doctor/vm-checks.h"

const char *vm_kind_name(VmKind kind)
{
        static const char *const names[] = {
                [VM_KIND_PATCH] = "patch",
                [VM_KIND_OPENCORE] = "opencore",
                [VM_KIND_OTHER] = "other",
                [VM_KIND_ENCRYPTED] = "encrypted",
        };

        _Static_assert(ARRAY_SIZE(names) == _VM_KIND_MAX, "every kind has a name");
        return names[kind];
}

void vm_done(Vm *vm)
{
        free(vm->guest);
        *vm = (Vm){};
}

/* What is set -------------------------------------------------------------------------------- */

void vm_value_done(VmValue *value)
{
        free(value->text);
        *value = (VmValue){};
}

int vm_value(const Vm *vm, const char *key, VmValue *ret)
{
        size_t index = dictionary_find(vm->file, key, 0);

        *ret = (VmValue){};
        if (index == vm->file->count) {
                index = dictionary_find_flawed(vm->file, key, 0);
                if (index < vm->file->count)
                        ret->line = vm->file->lines[index].number;
                return 0;
        }
        ret->line = vm->file->lines[index].number;
        return dictionary_line_value(&vm->file->lines[index], &ret->text);
}

const char *vm_value_words(const VmValue *value)
{
        if (!value->text)
                return value->line > 0 ? "not readable" : "not set";
        return *value->text ? value->text : "set to nothing";
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

/* Kinds -------------------------------------------------------------------------------------- */

bool vm_is_configuration(const Dictionary *file)
{
        static const char *const keys[] = {
                "config.version", "virtualHW.version", "guestOS",         "displayName",
                "firmware",       "smc.present",       "encryption.data", "encryption.keySafe",
                "memsize",        "numvcpus",
        };

        for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
                if (dictionary_find(file, keys[i], 0) < file->count ||
                    dictionary_find_flawed(file, keys[i], 0) < file->count)
                        return true;
        return false;
}

static bool line_name_starts(const DictionaryLine *line, const char *prefix)
{
        size_t size = strlen(prefix);

        return line->name_size >= size && text_same_ascii(line->text + line->name, prefix, size);
}

static bool line_name_ends(const DictionaryLine *line, const char *suffix)
{
        size_t size = strlen(suffix);

        return line->name_size >= size &&
               text_same_ascii(line->text + line->name + line->name_size - size, suffix, size);
}

/* Sets `*ret` where the first `size` bytes of a name, and ".present", are a key that says so:
 * `flag`. */
static int has_presence(const Vm *vm, const char *name, size_t size, VmFlag flag, bool *ret)
{
        _cleanup_(vm_value_done) VmValue present = {};
        _cleanup_free_ char *key = NULL;
        int r = text_format(&key, "%.*s.present", (int)size, name);

        if (r >= 0)
                r = vm_value(vm, key, &present);
        *ret = r >= 0 && vm_value_flag(&present) == flag;
        return r;
}

/* Whether the device of NAME.fileName, or its controller, is set to be absent: "sata0:1", "sata0".
 */
static int line_is_detached(const Vm *vm, const DictionaryLine *line, bool *ret)
{
        const char *name = line->text + line->name;
        size_t size = line->name_size - strlen(".fileName");
        const char *colon = memchr(name, ':', size);
        bool other = false;
        int r = has_presence(vm, name, size, VM_FLAG_FALSE, ret);

        if (r >= 0 && !*ret)
                r = has_presence(vm, name, size, VM_FLAG_OTHER, &other);
        *ret = *ret || other;
        return r < 0 || *ret || !colon
                       ? r
                       : has_presence(vm, name, (size_t)(colon - name), VM_FLAG_FALSE, ret);
}

/* The name of a file on this or another system, without its directories. */
static const char *file_name(const char *path)
{
        const char *name = path;

        for (; *path; path++)
                if (*path == '/' || *path == '\\')
                        name = path + 1;
        return name;
}

/* guestinfo.oc4vm.version, or a disk that is there and whose file's name has "opencore" in it. */
static int line_names_opencore(const Vm *vm, const DictionaryLine *line, bool *ret)
{
        _cleanup_free_ char *value = NULL;
        bool detached = false;
        int r;

        *ret = line_name_starts(line, "guestinfo.oc4vm.") ||
               line_name_starts(line, "guestinfo.opencore");
        if (*ret || !line_name_ends(line, ".fileName"))
                return 0;
        r = dictionary_line_value(line, &value);
        if (r < 0 || !text_find_ascii(file_name(value), "opencore"))
                return r;
        r = line_is_detached(vm, line, &detached);
        *ret = r >= 0 && !detached;
        return r;
}

#define SIGNS_MAX 3U /* that are named */

/* What shows that OpenCore starts it: "guestinfo.oc4vm.version (line 12)", in `*ret`; NULL when
 * nothing does. */
static int find_opencore(const Vm *vm, char **ret)
{
        size_t found = 0;
        int r = 0;

        *ret = NULL;
        for (size_t i = 0; r >= 0 && i < vm->file->count && found < SIGNS_MAX; i++) {
                const DictionaryLine *line = &vm->file->lines[i];
                _cleanup_free_ char *before = *ret;
                bool is_sign = false;

                *ret = NULL;
                if (dictionary_line_is_setting(line))
                        r = line_names_opencore(vm, line, &is_sign);
                if (r >= 0 && !is_sign)
                        *ret = TAKE_PTR(before);
                else if (r >= 0)
                        r = text_format(ret, "%s%s%.*s (line %u)", before ? before : "",
                                        before ? ", " : "", (int)line->name_size,
                                        line->text + line->name, line->number);
                found += is_sign;
        }
        return r;
}

static int check_encrypted(Vm *vm, bool *ret)
{
        size_t index = dictionary_find(vm->file, "encryption.data", 0);

        if (index == vm->file->count)
                index = dictionary_find(vm->file, "encryption.keySafe", 0);
        *ret = index < vm->file->count;
        if (!*ret)
                return 0;
        vm->kind = VM_KIND_ENCRYPTED;
        return checks_add_at(vm->checks, vm->file->lines[index].number, CHECK_ID_KIND,
                             CHECK_WARNING, "remove the encryption in VMware, then run it again",
                             "encrypted: its settings cannot be judged");
}

static int check_kind(Vm *vm)
{
        _cleanup_(vm_value_done) VmValue guest = {}, smc = {};
        _cleanup_free_ char *signs = NULL;
        int r = vm_value(vm, "guestOS", &guest);

        if (r >= 0)
                r = vm_value(vm, "smc.present", &smc);
        if (r >= 0 && vm_value_flag(&smc) == VM_FLAG_FALSE)
                r = find_opencore(vm, &signs);
        if (r < 0)
                return r;
        vm->darwin = darwin_of_guest(guest.text);
        if (vm->darwin == DARWIN_NONE && !signs) {
                vm->kind = VM_KIND_OTHER;
                return checks_add_at(vm->checks, guest.line, CHECK_ID_KIND, CHECK_OK, NULL,
                                     "not a macOS guest");
        }
        r = darwin_words(vm->darwin, &vm->guest);
        if (r < 0)
                return r;
        vm->kind = signs ? VM_KIND_OPENCORE : VM_KIND_PATCH;
        if (!signs)
                return checks_add_at(vm->checks, guest.line, CHECK_ID_KIND, CHECK_OK, NULL,
                                     "macOS by the SMC patch");
        return checks_add_at(vm->checks, smc.line, CHECK_ID_KIND, CHECK_OK, NULL,
                             "macOS by OpenCore, without the patch: smc.present is FALSE; %s",
                             signs);
}

static int check_suspended(Vm *vm)
{
        _cleanup_(vm_value_done) VmValue state = {};
        int r = vm_value(vm, "checkpoint.vmState", &state);

        if (r < 0 || !state.text || !*state.text)
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
        int r = vm->darwin == DARWIN_NONE
                        ? 0
                        : checks_add(vm->checks, CHECK_ID_GUEST, CHECK_OK, NULL, "%s", vm->guest);

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
        bool encrypted;
        int r = check_encrypted(vm, &encrypted);

        if (r < 0 || encrypted)
                return r;
        r = check_kind(vm);
        if (r >= 0)
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
