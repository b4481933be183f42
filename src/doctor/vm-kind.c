/* SPDX-License-Identifier: MIT */

/* What kind of machine it is. Lines that VMware cannot read count as what they seem to say: a
 * machine is better left alone than taken for another. */

#include "base/text.h"
#include "doctor/darwin.h"
#include "doctor/vm-checks.h"
#include "vmx/mend.h"

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

/* What lines seem to say ---------------------------------------------------------------------- */

static int line_seeming_value(const DictionaryLine *line, char **ret)
{
        Span value;

        if (dictionary_line_is_setting(line) && !line_quotes(line))
                return dictionary_line_value(line, ret);
        value = line_likely_value(line);
        *ret = strndup((const char *)value.bytes, value.size);
        return *ret ? 0 : -ENOMEM;
}

int vm_next_seeming(const Vm *vm, const char *key, size_t *index, VmValue *ret)
{
        const Dictionary *file = vm->file;

        *ret = (VmValue){};
        while (*index < file->count && !dictionary_line_has_name(&file->lines[*index], key))
                (*index)++;
        if (*index == file->count)
                return 0;
        ret->line = file->lines[*index].number;
        return line_seeming_value(&file->lines[(*index)++], &ret->text);
}

int vm_find_set(const Vm *vm, const char *key, VmValue *ret)
{
        size_t index = 0;
        int r = vm_next_seeming(vm, key, &index, ret);

        while (r >= 0 && ret->text && !*ret->text) {
                vm_value_done(ret);
                r = vm_next_seeming(vm, key, &index, ret);
        }
        return r;
}

/* Whether any line gives `key` that flag; the number of the first that does in `*ret`, else 0. */
static int find_flag(const Vm *vm, const char *key, VmFlag flag, unsigned *ret)
{
        int r;

        *ret = 0;
        for (size_t index = 0; *ret == 0;) {
                _cleanup_(vm_value_done) VmValue value = {};

                r = vm_next_seeming(vm, key, &index, &value);
                if (r < 0 || !value.text)
                        return r;
                if (vm_value_flag(&value) == flag)
                        *ret = value.line;
        }
        return 0;
}

/* OpenCore ------------------------------------------------------------------------------------ */

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

/* Sets `*ret` where the first `size` bytes of a name, and ".present", are a key of that flag. */
static int has_presence(const Vm *vm, const char *name, size_t size, VmFlag flag, bool *ret)
{
        _cleanup_free_ char *key = NULL;
        unsigned line = 0;
        int r = text_format(&key, "%.*s.present", (int)size, name);

        if (r >= 0)
                r = find_flag(vm, key, flag, &line);
        *ret = r >= 0 && line > 0;
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
        r = line_seeming_value(line, &value);
        if (r < 0 || !text_find_ascii(file_name(value), "opencore"))
                return r;
        r = line_is_detached(vm, line, &detached);
        *ret = r >= 0 && !detached;
        return r;
}

#define SIGNS_MAX 3U /* that are named */

/* What shows OpenCore: "guestinfo.oc4vm.version (line 12)", in `*ret`; NULL when nothing does. */
static int find_signs(const Vm *vm, char **ret)
{
        _cleanup_free_ char *signs = NULL;
        size_t found = 0;

        for (size_t i = 0; i < vm->file->count && found < SIGNS_MAX; i++) {
                const DictionaryLine *line = &vm->file->lines[i];
                bool is_sign;
                int r = line_names_opencore(vm, line, &is_sign);

                if (r >= 0 && is_sign)
                        r = text_append(&signs, "%s%.*s (line %u)", found++ > 0 ? ", " : "",
                                        (int)line->name_size, line->text + line->name,
                                        line->number);
                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(signs);
        return 0;
}

/* Kinds --------------------------------------------------------------------------------------- */

static int find_guest(Vm *vm)
{
        _cleanup_(vm_value_done) VmValue guest = {}, seeming = {};
        size_t index = 0;
        int r = vm_value(vm, "guestOS", &guest);

        vm->darwin = darwin_of_guest(guest.text);
        vm->guest_is_read = vm->darwin != DARWIN_NONE;
        if (r >= 0 && !vm->guest_is_read) {
                r = vm_next_seeming(vm, "guestOS", &index, &seeming);
                vm->darwin = darwin_of_guest(seeming.text);
        }
        return r < 0 || vm->darwin == DARWIN_NONE ? r : darwin_words(vm->darwin, &vm->guest);
}

/* Its SMC is OpenCore's, where signs are there and VMware's is off, or not asked for. */
static int find_opencore(Vm *vm)
{
        unsigned on = 0;
        int r = find_flag(vm, "smc.present", VM_FLAG_FALSE, &vm->smc_off_line);

        if (r >= 0)
                r = find_flag(vm, "smc.present", VM_FLAG_TRUE, &on);
        if (r < 0 || (vm->smc_off_line == 0 && (on > 0 || vm->darwin == DARWIN_NONE)))
                return r;
        return find_signs(vm, &vm->signs);
}

int vm_find_kind(Vm *vm)
{
        _cleanup_(vm_value_done) VmValue sealed = {}, keys = {};
        int r = vm_find_set(vm, "encryption.data", &sealed);

        if (r >= 0)
                r = vm_find_set(vm, "encryption.keySafe", &keys);
        if (r >= 0 && (sealed.text || keys.text)) {
                vm->kind = VM_KIND_ENCRYPTED;
                vm->encrypted_line = sealed.text ? sealed.line : keys.line;
                return 0;
        }
        if (r >= 0)
                r = find_guest(vm);
        if (r >= 0)
                r = find_opencore(vm);
        vm->kind = vm->signs                   ? VM_KIND_OPENCORE
                   : vm->darwin == DARWIN_NONE ? VM_KIND_OTHER
                                               : VM_KIND_PATCH;
        return r;
}

int vm_check_kind(const Vm *vm)
{
        _cleanup_(vm_value_done) VmValue guest = {}, smc = {};
        int r = vm_value(vm, "guestOS", &guest);

        if (r >= 0)
                r = vm_value(vm, "smc.present", &smc);
        if (r < 0)
                return r;
        switch (vm->kind) {
        case VM_KIND_ENCRYPTED:
                return checks_add_at(vm->checks, vm->encrypted_line, CHECK_ID_KIND, CHECK_WARNING,
                                     "remove the encryption in VMware, then run it again",
                                     "encrypted: its settings cannot be judged");
        case VM_KIND_OPENCORE:
                return checks_add_at(vm->checks, vm->smc_off_line ? vm->smc_off_line : smc.line,
                                     CHECK_ID_KIND, CHECK_OK, NULL,
                                     "macOS by OpenCore, without the patch: smc.present is %s; %s",
                                     vm->smc_off_line ? "FALSE" : vm_value_words(&smc), vm->signs);
        default:
                return checks_add_at(vm->checks, guest.line, CHECK_ID_KIND, CHECK_OK, NULL, "%s",
                                     vm->kind == VM_KIND_PATCH ? "macOS by the SMC patch"
                                                               : "not a macOS guest");
        }
}
