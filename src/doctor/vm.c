/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <strings.h>

#include "base/text.h"
#include "doctor/vm.h"

#define FIX "let `unlockerctl doctor --fix` set it right"

#define DARWIN_MACOS_11 20U
#define DARWIN_MACOS_13 22U
#define DARWIN_LAST     25U /* macOS 26 */

typedef struct Vm {
        const VmxFile *file;
        const Machine *machine;
        Checks *checks;
        VmxFile *fixed;
        unsigned darwin;
        char *guest; /* "macOS 13" */
} Vm;

unsigned vm_darwin(const char *guest_os)
{
        unsigned number = 0;
        size_t digits;

        if (!guest_os || strncasecmp(guest_os, "darwin", 6) != 0)
                return VM_DARWIN_NONE;
        guest_os += 6;
        digits = strspn(guest_os, "0123456789");
        if (digits < 1 || digits > 2)
                return VM_DARWIN_NONE;
        while (digits-- > 0)
                number = number * 10 + (unsigned)(*guest_os++ - '0');
        return *guest_os == '\0' || strcasecmp(guest_os, "-64") == 0 ? number : VM_DARWIN_NONE;
}

int vm_darwin_words(unsigned darwin, char **ret)
{
        if (darwin < 10)
                return text_format(ret, "Mac OS X (Darwin %u)", darwin);
        if (darwin < DARWIN_MACOS_11)
                return text_format(ret, "%s 10.%u", darwin < 16 ? "Mac OS X" : "macOS", darwin - 4);
        if (darwin < DARWIN_LAST)
                return text_format(ret, "macOS %u", darwin - 9);
        if (darwin == DARWIN_LAST)
                return text_format(ret, "macOS 26");
        return text_format(ret, "macOS (Darwin %u)", darwin);
}

/* Duplicates ---------------------------------------------------------------------------------- */

/* All further lines of the key of line `index`, out of `file`. */
static void remove_repeats(VmxFile *file, size_t index)
{
        for (size_t i = file->count; i-- > index + 1;)
                if (vmx_same_key(&file->lines[index], &file->lines[i]))
                        vmx_remove(file, i);
}

static int same_value(const VmxLine *a, const VmxLine *b, bool *ret)
{
        _cleanup_free_ char *first = NULL, *second = NULL;
        int r = vmx_line_value(a, &first);

        if (r >= 0)
                r = vmx_line_value(b, &second);
        if (r >= 0)
                *ret = text_equal(first, second);
        return r;
}

/* How many lines behind `index` set its key, and whether all set the same value. */
static int count_repeats(const VmxFile *file, size_t index, size_t *ret_count, bool *ret_same)
{
        *ret_count = 0;
        *ret_same = true;
        for (size_t i = index + 1; i < file->count; i++) {
                bool same = false;
                int r;

                if (!vmx_same_key(&file->lines[index], &file->lines[i]))
                        continue;
                r = same_value(&file->lines[index], &file->lines[i], &same);
                if (r < 0)
                        return r;
                (*ret_count)++;
                *ret_same &= same;
        }
        return 0;
}

static bool is_first_of_key(const VmxFile *file, size_t index)
{
        for (size_t i = 0; i < index; i++)
                if (vmx_same_key(&file->lines[i], &file->lines[index]))
                        return false;
        return file->lines[index].key_size > 0;
}

static int check_duplicates(const Vm *vm)
{
        size_t found = 0;

        for (size_t i = 0; i < vm->file->count; i++) {
                const VmxLine *line = &vm->file->lines[i];
                size_t count;
                bool same;
                int r;

                if (!is_first_of_key(vm->file, i))
                        continue;
                r = count_repeats(vm->file, i, &count, &same);
                if (r < 0)
                        return r;
                if (count == 0)
                        continue;
                found++;
                r = checks_add(vm->checks, "duplicates", CHECK_PROBLEM,
                               same ? FIX : "keep one of these lines, remove the others",
                               "%.*s is set %zu times, first in line %zu: VMware refuses to start",
                               (int)line->key_size, line->text + line->key, count + 1, i + 1);
                if (r < 0)
                        return r;
        }
        if (found > 0)
                return 0;
        return checks_add(vm->checks, "duplicates", CHECK_OK, NULL, "no key is set twice");
}

/* Lines that only repeat an earlier one. */
static int fix_duplicates(VmxFile *fixed)
{
        for (size_t i = 0; i < fixed->count; i++) {
                size_t count;
                bool same;
                int r;

                if (fixed->lines[i].key_size == 0)
                        continue;
                r = count_repeats(fixed, i, &count, &same);
                if (r < 0)
                        return r;
                if (count > 0 && same)
                        remove_repeats(fixed, i);
        }
        return 0;
}

/* Settings ------------------------------------------------------------------------------------ */

/* Makes `key` have `value` in the fixed copy, once. */
static int want(const Vm *vm, const char *key, const char *value)
{
        int r = vmx_set(vm->fixed, key, value);

        if (r >= 0)
                remove_repeats(vm->fixed, vmx_find(vm->fixed, key, 0));
        return r;
}

/* Whether `key` is set to `value`, without regard to case. */
static int has_value(const Vm *vm, const char *key, const char *value, bool *ret, char **ret_found)
{
        int r = vmx_get(vm->file, key, ret_found);

        *ret = r >= 0 && *ret_found && strcasecmp(*ret_found, value) == 0;
        return r;
}

/* One setting that must have one value. */
static int check_setting(const Vm *vm, const char *id, const char *key, const char *value,
                         const char *without)
{
        _cleanup_free_ char *found = NULL;
        bool right;
        int r = has_value(vm, key, value, &right, &found);

        if (r < 0)
                return r;
        if (right)
                return checks_add(vm->checks, id, CHECK_OK, NULL, "%s is %s", key, value);
        r = checks_add(vm->checks, id, CHECK_PROBLEM, FIX, "%s is %s, not %s: %s", key,
                       found ? found : "not set", value, without);
        return r < 0 ? r : want(vm, key, value);
}

static int check_guest(const Vm *vm)
{
        const Machine *machine = vm->machine;
        const char *what = NULL;

        if (vm->darwin >= DARWIN_MACOS_13 && machine->vendor == CPU_AMD)
                what = "does not run on AMD's processors";
        else if (vm->darwin >= DARWIN_MACOS_13 && machine->vendor == CPU_INTEL && !machine->avx2)
                what = "needs AVX2, which this processor lacks";
        if (what)
                return checks_add(vm->checks, "guest", CHECK_PROBLEM, "choose macOS 12 or earlier",
                                  "%s %s", vm->guest, what);
        return checks_add(vm->checks, "guest", CHECK_OK, NULL, "%s", vm->guest);
}

/* Each network card that is there. */
static int check_network(const Vm *vm)
{
        size_t wrong = 0;

        if (vm->darwin < DARWIN_MACOS_13)
                return 0;
        for (unsigned i = 0; i < 10; i++) {
                _cleanup_free_ char *present = NULL, *card = NULL;
                char key[32];
                bool there, right;
                int r;

                text_put(key, sizeof(key), "ethernet%u.present", i);
                r = has_value(vm, key, "TRUE", &there, &present);
                text_put(key, sizeof(key), "ethernet%u.virtualDev", i);
                if (r >= 0)
                        r = has_value(vm, key, "vmxnet3", &right, &card);
                if (r < 0)
                        return r;
                if (!there || right)
                        continue;
                wrong++;
                r = checks_add(vm->checks, "network", CHECK_PROBLEM, FIX,
                               "%s is %s, not vmxnet3: %s starts over and over", key,
                               card ? card : "not set", vm->guest);
                if (r >= 0)
                        r = want(vm, key, "vmxnet3");
                if (r < 0)
                        return r;
        }
        return wrong > 0 ? 0
                         : checks_add(vm->checks, "network", CHECK_OK, NULL,
                                      "no network card that %s cannot use", vm->guest);
}

static int check_sockets(const Vm *vm)
{
        _cleanup_free_ char *cpus = NULL, *cores = NULL;
        int r = vmx_get(vm->file, "numvcpus", &cpus);

        if (r >= 0)
                r = vmx_get(vm->file, "cpuid.coresPerSocket", &cores);
        if (r < 0)
                return r;
        if (!cpus || text_equal(cpus, cores ? cores : "1"))
                return checks_add(vm->checks, "sockets", CHECK_OK, NULL, "one processor socket");
        r = checks_add(vm->checks, "sockets", CHECK_WARNING, FIX,
                       "numvcpus is %s and cpuid.coresPerSocket %s: macOS wants one socket", cpus,
                       cores ? cores : "1");
        return r < 0 ? r : want(vm, "cpuid.coresPerSocket", cpus);
}

/* macOS asks the processor who made it; with these it hears of an Intel Core of 2008. */
static const struct {
        const char *key, *value;
} amd_settings[] = {
        {"cpuid.0.eax", "0000:0000:0000:0000:0000:0000:0000:1011"},
        {"cpuid.0.ebx", "0111:0101:0110:1110:0110:0101:0100:0111"},
        {"cpuid.0.ecx", "0110:1100:0110:0101:0111:0100:0110:1110"},
        {"cpuid.0.edx", "0100:1001:0110:0101:0110:1110:0110:1001"},
        {"cpuid.1.eax", "0000:0000:0000:0001:0000:0110:0111:0001"},
        {"cpuid.1.ebx", "0000:0010:0000:0001:0000:1000:0000:0000"},
        {"cpuid.1.ecx", "1000:0010:1001:1000:0010:0010:0000:0011"},
        {"cpuid.1.edx", "0000:0111:1000:1011:1111:1011:1111:1111"},
        {"vhv.enable", "FALSE"},
        {"vpmc.enable", "FALSE"},
        {"vvtd.enable", "FALSE"},
};

static int check_masks(const Vm *vm)
{
        size_t missing = 0;
        int r = 0;

        if (vm->machine->vendor != CPU_AMD || vm->darwin >= DARWIN_MACOS_13)
                return 0;
        for (size_t i = 0; i < ARRAY_SIZE(amd_settings); i++) {
                _cleanup_free_ char *found = NULL;
                bool right;

                r = has_value(vm, amd_settings[i].key, amd_settings[i].value, &right, &found);
                if (r >= 0 && !right) {
                        missing++;
                        r = want(vm, amd_settings[i].key, amd_settings[i].value);
                }
                if (r < 0)
                        return r;
        }
        if (missing == 0)
                return checks_add(vm->checks, "masks", CHECK_OK, NULL,
                                  "the CPUID masks for AMD are set");
        return checks_add(vm->checks, "masks", CHECK_PROBLEM, FIX,
                          "%zu of the %zu settings that macOS needs on AMD are missing or "
                          "different",
                          missing, ARRAY_SIZE(amd_settings));
}

static int check_macos(const Vm *vm)
{
        int r = check_guest(vm);

        if (r >= 0)
                r = check_setting(vm, "firmware", "firmware", "efi", "macOS starts from EFI alone");
        if (r >= 0)
                r = check_setting(vm, "smc", "smc.present", "TRUE", "macOS finds no Mac and stops");
        if (r >= 0)
                r = check_network(vm);
        if (r >= 0)
                r = check_sockets(vm);
        return r < 0 ? r : check_masks(vm);
}

int vm_check(const VmxFile *file, const Machine *machine, Checks *checks, VmxFile *fixed)
{
        _cleanup_free_ char *guest_os = NULL, *guest = NULL;
        Vm vm = {.file = file, .machine = machine, .checks = checks, .fixed = fixed};
        int r = check_duplicates(&vm);

        if (r >= 0)
                r = fix_duplicates(fixed);
        if (r >= 0)
                r = vmx_get(file, "guestOS", &guest_os);
        if (r < 0)
                return r;
        vm.darwin = vm_darwin(guest_os);
        if (vm.darwin == VM_DARWIN_NONE)
                return checks_add(checks, "guest", CHECK_WARNING,
                                  "set guestOS to darwinNN-64 if it is to run macOS: 22 for "
                                  "macOS 13, 24 for 15, 25 for 26",
                                  "guestOS is %s, no macOS: nothing else is checked",
                                  guest_os ? guest_os : "not set");
        r = vm_darwin_words(vm.darwin, &guest);
        vm.guest = guest;
        return r < 0 ? r : check_macos(&vm);
}

int vm_check_log(const char *log, bool is_old, Checks *checks)
{
        static const struct {
                const char *sentence, *means, *todo;
        } known[] = {
                {"The guest operating system is not Mac OS X Server",
                 "the SMC patch was not in effect",
                 "run `unlockerctl status`; start the VM again when all is patched"},
                {"The CPU has been disabled by the guest operating system",
                 "the guest crashed at its start",
                 "see vmware-unlocker(7); with an old macOS try smc.version = \"0\""},
                {"dictionary error", "a key of the .vmx is set twice", FIX},
        };
        size_t found = 0;

        for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
                int r;

                if (!strcasestr(log, known[i].sentence))
                        continue;
                found++;
                r = checks_add(checks, "log", is_old ? CHECK_WARNING : CHECK_PROBLEM, known[i].todo,
                               "at its last start: \"%s\": %s", known[i].sentence, known[i].means);
                if (r < 0)
                        return r;
        }
        return found > 0 ? 0
                         : checks_add(checks, "log", CHECK_OK, NULL,
                                      "vmware.log tells of no known trouble");
}
