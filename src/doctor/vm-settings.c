/* SPDX-License-Identifier: MIT */

#include "base/text.h"
#include "doctor/darwin.h"
#include "doctor/vm-checks.h"
#include "doctor/vm-value.h"

#define NICS_MAX 10U

/* OpenCore makes good what a processor lacks, but no macOS for it. */
static bool guest_is_impossible(const Vm *vm, const char **ret_what, const char **ret_todo)
{
        const Machine *machine = vm->machine;
        bool bare = vm->kind == VM_KIND_PATCH && vm->darwin >= DARWIN_MACOS_13;

        *ret_todo = "choose macOS 12 or earlier";
        if (vm->darwin > DARWIN_MACOS_26) {
                *ret_what = "does not run on a PC: macOS 26 is the last for Intel";
                *ret_todo = "choose macOS 26 (darwin25-64) or earlier";
        } else if (bare && machine->vendor == CPU_AMD) {
                *ret_what = "does not run on AMD with masks alone";
                *ret_todo = "start it by OpenCore, or choose macOS 11 or 12";
        } else if (bare && machine->vendor == CPU_INTEL && !machine->avx2) {
                *ret_what = "needs AVX2, which this processor lacks";
        }
        return *ret_what != NULL;
}

/* A value of which it is not known whether VMware, or macOS, starts with it. */
static int report_doubt(const Vm *vm, CheckId id, const char *key, const VmValue *value,
                        const char *why, const char *todo)
{
        int r = checks_add_at(vm->checks, value->line, id, CHECK_WARNING, todo, "%s is %s%s", key,
                              vm_value_words(value), why);

        if (r >= 0)
                checks_mark_doubtful(vm->checks);
        return r;
}

/* VMware reads something else than what seems to be meant. */
static int report_seeming_guest(const Vm *vm, const VmValue *guest)
{
        _cleanup_free_ char *fixed = NULL;
        int r = dictionary_get(vm->fixed, "guestOS", &fixed);

        if (r < 0)
                return r;
        return checks_add_at(
                vm->checks, guest->line, CHECK_ID_GUEST, CHECK_PROBLEM,
                darwin_of_guest(fixed) == vm->darwin ? VM_FIX : "correct it: name = \"value\"",
                "guestOS is %s: %s seems to be meant", vm_value_words(guest), vm->guest);
}

int vm_check_guest(const Vm *vm)
{
        const char *what = NULL, *todo = NULL;
        _cleanup_(vm_value_done) VmValue guest = {};
        int r = vm_value(vm, "guestOS", &guest);

        if (r < 0)
                return r;
        if (guest_is_impossible(vm, &what, &todo))
                return checks_add_at(vm->checks, guest.line, CHECK_ID_GUEST, CHECK_PROBLEM, todo,
                                     "%s %s", vm->guest, what);
        if (!vm->guest_is_read)
                return report_seeming_guest(vm, &guest);
        if (!darwin_is_guest_name(guest.text))
                return report_doubt(vm, CHECK_ID_GUEST, "guestOS", &guest,
                                    ": since 10.8 VMware's names end in -64",
                                    "set it to darwinNN-64, with the same number");
        if (vm->kind == VM_KIND_PATCH && vm->darwin <= DARWIN_SERVER)
                return checks_add_at(vm->checks, guest.line, CHECK_ID_GUEST, CHECK_WARNING,
                                     "install a Server edition, or Mac OS X 10.7 or later",
                                     "%s: the virtual firmware starts only its Server edition, "
                                     "patched or not",
                                     vm->guest);
        return checks_add_at(vm->checks, guest.line, CHECK_ID_GUEST, CHECK_OK, NULL, "%s",
                             vm->guest);
}

/* Virtual hardware and the VMware that came with it. Source: VMware's knowledge base, "Virtual
 * machine hardware versions" (1003746). */
static const struct {
        const char *vmware;
        unsigned hardware;
} hardware[] = {
        {"12.", 12},  {"14.", 14},  {"15.", 16},  {"16.0", 18}, {"16.1", 18},
        {"16.2", 19}, {"17.0", 20}, {"17.5", 21}, {"17.6", 21}, {"25H2", 22},
};

/* The newest that a version of VMware knows; 0 when that is not known. */
static unsigned newest_hardware(const char *version)
{
        for (size_t i = 0; version && i < ARRAY_SIZE(hardware); i++)
                if (text_starts(version, hardware[i].vmware))
                        return hardware[i].hardware;
        return 0;
}

static int report_no_number(const Vm *vm, CheckId id, const char *key, const VmValue *value,
                            const char *todo)
{
        return report_doubt(vm, id, key, value,
                            value->text && *value->text ? ", not a number above 0" : "", todo);
}

/* Older hardware than the table has, or newer than a VMware that it does not have may know. */
static const char *hardware_doubt(uint64_t number, unsigned newest)
{
        if (number < hardware[0].hardware)
                return ": older than any that is known to start macOS";
        if (newest == 0 && number > hardware[ARRAY_SIZE(hardware) - 1].hardware)
                return ": newer than any that is known";
        return NULL;
}

int vm_check_hwversion(const Vm *vm)
{
        _cleanup_(vm_value_done) VmValue value = {};
        unsigned newest = newest_hardware(vm->machine->vmware);
        uint64_t number;
        const char *doubt;
        int r = vm_value(vm, "virtualHW.version", &value);

        if (r < 0 || value.line == 0)
                return r;
        if (!value.text || text_to_u64(value.text, &number) < 0 || number == 0)
                return report_no_number(vm, CHECK_ID_HWVERSION, "virtualHW.version", &value,
                                        "set it to a number above 0");
        doubt = hardware_doubt(number, newest);
        if (doubt)
                return report_doubt(vm, CHECK_ID_HWVERSION, "virtualHW.version", &value, doubt,
                                    "if macOS does not start, change the hardware version");
        if (newest > 0 && number > newest)
                return checks_add_at(vm->checks, value.line, CHECK_ID_HWVERSION, CHECK_PROBLEM,
                                     "update VMware, or lower virtualHW.version",
                                     "virtualHW.version is %s; VMware %s knows %u",
                                     vm_value_words(&value), vm->machine->vmware, newest);
        return checks_add_at(vm->checks, value.line, CHECK_ID_HWVERSION, CHECK_OK, NULL,
                             "virtualHW.version is %s", vm_value_words(&value));
}

static int report_setting(const Vm *vm, CheckId id, const char *key, const VmValue *found,
                          const char *wanted)
{
        int r = checks_add_at(vm->checks, found->line, id, CHECK_PROBLEM, VM_FIX,
                              "%s is %s: macOS needs %s", key, vm_value_words(found), wanted);

        return r < 0 ? r : vm_want(vm, key, wanted);
}

/* Whether the virtual firmware takes macOS's loader then, no source tells. */
static int check_secure_boot(const Vm *vm)
{
        _cleanup_(vm_value_done) VmValue value = {};
        int r = vm_value(vm, "uefi.secureBoot.enabled", &value);

        if (r < 0 || vm_value_flag(&value) != VM_FLAG_TRUE)
                return r;
        return report_doubt(vm, CHECK_ID_FIRMWARE, "uefi.secureBoot.enabled", &value,
                            ": whether macOS starts with it is not known",
                            "if macOS does not start, set it to FALSE");
}

static int check_firmware(const Vm *vm)
{
        _cleanup_(vm_value_done) VmValue value = {};
        int r = vm_value(vm, "firmware", &value);

        if (r < 0)
                return r;
        if (value.text && text_equal_ascii(value.text, "efi")) {
                vm_want_once(vm, "firmware");
                return checks_add_at(vm->checks, value.line, CHECK_ID_FIRMWARE, CHECK_OK, NULL,
                                     "firmware is efi");
        }
        return report_setting(vm, CHECK_ID_FIRMWARE, "firmware", &value, "efi");
}

static int check_smc(const Vm *vm)
{
        _cleanup_(vm_value_done) VmValue value = {};
        int r = vm_value(vm, "smc.present", &value);

        if (r < 0)
                return r;
        if (vm_value_flag(&value) == VM_FLAG_TRUE) {
                vm_want_once(vm, "smc.present");
                return checks_add_at(vm->checks, value.line, CHECK_ID_SMC, CHECK_OK, NULL,
                                     "smc.present is %s", value.text);
        }
        return report_setting(vm, CHECK_ID_SMC, "smc.present", &value, "TRUE");
}

/* 1 when adapter `number` is one that macOS cannot use. */
static int check_nic(const Vm *vm, unsigned number)
{
        _cleanup_(vm_value_done) VmValue present = {}, card = {};
        char key[32];
        int r;

        text_put(key, sizeof(key), "ethernet%u.present", number);
        r = vm_value(vm, key, &present);
        text_put(key, sizeof(key), "ethernet%u.virtualDev", number);
        if (r >= 0)
                r = vm_value(vm, key, &card);
        if (r < 0 || vm_value_flag(&present) != VM_FLAG_TRUE)
                return r;
        if (card.text && text_equal_ascii(card.text, "vmxnet3")) {
                vm_want_once(vm, key);
                return 0;
        }
        r = checks_add_at(vm->checks, card.line, CHECK_ID_NETWORK, CHECK_PROBLEM, VM_FIX,
                          "%s is %s: %s needs vmxnet3", key, vm_value_words(&card), vm->guest);
        if (r >= 0)
                r = vm_want(vm, key, "vmxnet3");
        return r < 0 ? r : 1;
}

static int check_network(const Vm *vm)
{
        int wrong = 0;

        if (vm->darwin < DARWIN_MACOS_13)
                return 0;
        for (unsigned i = 0; i < NICS_MAX; i++) {
                int r = check_nic(vm, i);

                if (r < 0)
                        return r;
                wrong += r;
        }
        return wrong > 0 ? 0
                         : checks_add(vm->checks, CHECK_ID_NETWORK, CHECK_OK, NULL,
                                      "no network adapter that %s cannot use", vm->guest);
}

static int check_graphics(const Vm *vm)
{
        _cleanup_(vm_value_done) VmValue value = {};
        int r;

        if (vm->darwin != DARWIN_MACOS_26)
                return 0;
        r = vm_value(vm, "mks.enable3d", &value);
        if (r < 0)
                return r;
        if (vm_value_flag(&value) == VM_FLAG_TRUE) {
                vm_want_once(vm, "mks.enable3d");
                return checks_add_at(vm->checks, value.line, CHECK_ID_GRAPHICS, CHECK_OK, NULL,
                                     "mks.enable3d is %s", value.text);
        }
        r = checks_add_at(vm->checks, value.line, CHECK_ID_GRAPHICS, CHECK_WARNING, VM_FIX,
                          "mks.enable3d is %s: the desktop may freeze", vm_value_words(&value));
        return r < 0 ? r : vm_want(vm, "mks.enable3d", "TRUE");
}

int vm_check_memory(const Vm *vm)
{
        _cleanup_(vm_value_done) VmValue value = {};
        unsigned least = vm->darwin == DARWIN_NONE ? 0 : darwin_memory(vm->darwin);
        uint64_t size;
        int r = vm_value(vm, "memsize", &value);

        if (r < 0 || value.line == 0)
                return r;
        if (!value.text || text_to_u64(value.text, &size) < 0)
                return report_no_number(vm, CHECK_ID_MEMORY, "memsize", &value,
                                        "set it to a number of MiB");
        if (size == 0)
                return report_doubt(vm, CHECK_ID_MEMORY, "memsize", &value, ": no memory",
                                    "set it to a number of MiB");
        if (size < least)
                return checks_add_at(vm->checks, value.line, CHECK_ID_MEMORY, CHECK_HINT,
                                     "give the VM more memory",
                                     "memsize is %s MiB; VMware's default is %u",
                                     vm_value_words(&value), least);
        return checks_add_at(vm->checks, value.line, CHECK_ID_MEMORY, CHECK_OK, NULL,
                             "memsize is %s MiB", vm_value_words(&value));
}

/* A number of processors, 1 when it is not set; false when it is something else. */
static bool setting_count_of(const VmValue *value, uint64_t *ret)
{
        *ret = 1;
        return value->line == 0 || (value->text && text_to_u64(value->text, ret) >= 0 && *ret > 0);
}

static int check_sockets(const Vm *vm)
{
        _cleanup_(vm_value_done) VmValue cpus = {}, cores = {};
        uint64_t cpu_count, core_count;
        bool right;
        int r = vm_value(vm, "numvcpus", &cpus);

        if (r >= 0)
                r = vm_value(vm, "cpuid.coresPerSocket", &cores);
        if (r < 0)
                return r;
        right = setting_count_of(&cpus, &cpu_count);
        if (!right || !setting_count_of(&cores, &core_count))
                return report_no_number(vm, CHECK_ID_SOCKETS,
                                        right ? "cpuid.coresPerSocket" : "numvcpus",
                                        right ? &cores : &cpus, "set it to a number above 0");
        if (cpu_count == core_count || cpus.line == 0)
                return checks_add(vm->checks, CHECK_ID_SOCKETS, CHECK_OK, NULL,
                                  "one processor socket");
        r = checks_add_at(vm->checks, cpus.line, CHECK_ID_SOCKETS, CHECK_HINT,
                          vm->was_started ? "leave it if macOS runs: a change may stop it" : VM_FIX,
                          "numvcpus is %s, cpuid.coresPerSocket %s: not one socket",
                          vm_value_words(&cpus), cores.text ? vm_value_words(&cores) : "1");
        return r < 0 || vm->was_started ? r : vm_want(vm, "cpuid.coresPerSocket", cpus.text);
}

int vm_check_settings(const Vm *vm)
{
        static int (*const parts[])(const Vm *) = {
                check_firmware, check_secure_boot, check_smc,    check_network,
                check_graphics, vm_check_memory,   check_sockets};
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(parts); i++)
                r = parts[i](vm);
        return r;
}
