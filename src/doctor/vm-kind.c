/* SPDX-License-Identifier: MIT */

#include "doctor/vm-kind.h"
#include "base/text.h"
#include "doctor/darwin.h"
#include "doctor/vm-value.h"

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

/* Flags --------------------------------------------------------------------------------------- */

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
static const char *vm_file_name(const char *path)
{
        const char *name = path;

        for (; *path; path++)
                if (*path == '/' || *path == '\\')
                        name = path + 1;
        return name;
}

/* guestinfo.oc4vm.version, or a disk that is there and whose file's name has "opencore" in it. */
static int line_names_opencore(const Vm *vm, const DictionaryLine *line, bool *ret, int *disks)
{
        _cleanup_free_ char *value = NULL;
        bool detached = false;
        int r;

        *ret = line_name_starts(line, "guestinfo.oc4vm.") ||
               line_name_starts(line, "guestinfo.opencore");
        if (*ret || !line_name_ends(line, ".fileName"))
                return 0;
        r = vm_line_seeming(line, &value);
        if (r < 0 || !text_find_ascii(vm_file_name(value), "opencore"))
                return r;
        ++*disks;
        r = line_is_detached(vm, line, &detached);
        *ret = r >= 0 && !detached;
        return r;
}

#define SIGNS_MAX 3U  /* that are named */
#define DISKS_MAX 256 /* more than a machine has: each may cost a look at all lines */
#define SIGN_MAX  30U /* characters of one that are shown */

static int sign_add(char **signs, const DictionaryLine *line)
{
        _cleanup_free_ char *name = strndup(line->text + line->name, line->name_size),
                            *shown = NULL;
        int r = name ? text_excerpt(name, SIGN_MAX, &shown) : -ENOMEM;

        return r < 0 ? r
                     : text_append(signs, "%s%s (line %u)", *signs ? ", " : "", shown,
                                   line->number);
}

/* What shows OpenCore: "guestinfo.oc4vm.version (line 12)", in `*ret`; NULL when nothing does. */
static int find_signs(const Vm *vm, char **ret)
{
        _cleanup_free_ char *signs = NULL;
        size_t found = 0;
        int disks = 0;

        for (size_t i = 0; i < vm->file->count && found < SIGNS_MAX && disks < DISKS_MAX; i++) {
                const DictionaryLine *line = &vm->file->lines[i];
                bool is_sign;
                int r = line_names_opencore(vm, line, &is_sign, &disks);

                if (r >= 0 && is_sign)
                        r = sign_add(&signs, line);
                if (r < 0)
                        return r;
                found += is_sign;
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

/* Whole, or in part: VMware then leaves all but secrets, such as those of a TPM, in plain text. */
static int find_encryption(Vm *vm)
{
        _cleanup_(vm_value_done) VmValue sealed = {}, keys = {}, guest = {};
        int r = vm_find_set(vm, "encryption.data", &sealed);

        if (r >= 0)
                r = vm_find_set(vm, "encryption.keySafe", &keys);
        if (r >= 0)
                r = vm_find_set(vm, "guestOS", &guest);
        if (r < 0 || (!sealed.text && !keys.text))
                return r;
        vm->encrypted_line = sealed.text ? sealed.line : keys.line;
        if (!guest.text)
                vm->kind = VM_KIND_ENCRYPTED;
        return 0;
}

int vm_find_kind(Vm *vm)
{
        int r = find_encryption(vm);

        if (r < 0 || vm->kind == VM_KIND_ENCRYPTED)
                return r;
        r = find_guest(vm);
        if (r >= 0)
                r = find_opencore(vm);
        vm->kind = vm->signs                   ? VM_KIND_OPENCORE
                   : vm->darwin == DARWIN_NONE ? VM_KIND_OTHER
                                               : VM_KIND_PATCH;
        return r;
}
