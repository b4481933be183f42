/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/text.h"
#include "doctor/host-checks.h"
#include "doctor/start.h"

#define CPUINFO_MAX (1024U * 1024U) /* of it the first processor's part is looked at */
#define DMI_MAX     4096U

void machine_done(Machine *machine)
{
        free(machine->model);
        free(machine->maker);
        free(machine->vmware);
        modules_done(&machine->modules);
        *machine = MACHINE_NONE;
}

/* The value of the line "name<tabs>: value", in a new string; NULL when there is none. */
static int cpuinfo_field(const char *text, const char *name, char **ret)
{
        size_t size = strlen(name);

        *ret = NULL;
        for (const char *line = text; line && *line;) {
                const char *end = strchrnul(line, '\n'),
                           *colon = memchr(line, ':', (size_t)(end - line));

                if (colon && text_starts(line, name) &&
                    (line[size] == '\t' || line[size] == ' ' || line[size] == ':')) {
                        colon += 1 + (colon[1] == ' ');
                        *ret = strndup(colon, (size_t)(end - colon));
                        return *ret ? 0 : -ENOMEM;
                }
                line = *end ? end + 1 : NULL;
        }
        return 0;
}

static bool has_word(const char *words, const char *word)
{
        size_t size = strlen(word);

        for (const char *at = words; (at = strstr(at, word)); at += size)
                if ((at == words || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0'))
                        return true;
        return false;
}

static int read_cpu(const Root *root, Machine *machine)
{
        _cleanup_free_ char *text = NULL, *vendor = NULL, *flags = NULL;
        int r = start_read(root, "proc/cpuinfo", CPUINFO_MAX, &text);

        if (r < 0 || !text)
                return r;
        r = cpuinfo_field(text, "vendor_id", &vendor);
        if (r >= 0)
                r = cpuinfo_field(text, "model name", &machine->model);
        if (r >= 0)
                r = cpuinfo_field(text, "flags", &flags);
        if (r < 0)
                return r;
        machine->vendor = !vendor                              ? CPU_OTHER
                          : text_equal(vendor, "GenuineIntel") ? CPU_INTEL
                          : text_equal(vendor, "AuthenticAMD") ? CPU_AMD
                                                               : CPU_OTHER;
        if (flags) {
                machine->avx2 = has_word(flags, "avx2");
                machine->virtualization = has_word(flags, "vmx") || has_word(flags, "svm");
                machine->nested = has_word(flags, "hypervisor");
        }
        return 0;
}

int machine_read(const Root *root, Machine *ret)
{
        _cleanup_(machine_done) Machine machine = MACHINE_NONE;
        int r = read_cpu(root, &machine);

        if (r >= 0)
                r = start_read(root, "sys/class/dmi/id/sys_vendor", DMI_MAX, &machine.maker);
        if (r < 0)
                return r;
        if (machine.maker)
                machine.maker[strcspn(machine.maker, "\n")] = '\0';
        r = modules_read(root, &machine.modules);
        if (r < 0)
                return r;
        *ret = machine;
        machine = MACHINE_NONE;
        return 0;
}

static int check_cpu(const Machine *machine, Checks *checks)
{
        const char *model = machine->model ? machine->model : "an unknown processor";

        switch (machine->vendor) {
        case CPU_INTEL:
                return checks_add(checks, CHECK_ID_CPU, CHECK_OK, NULL, "%s", model);
        case CPU_AMD:
                return checks_add(checks, CHECK_ID_CPU, CHECK_WARNING,
                                  "choose macOS 11 or 12 and run `unlockerctl doctor --fix "
                                  "VM.vmx`, or use OpenCore",
                                  "%s: macOS 11 and 12 run with CPUID masks, 13 and later only "
                                  "with OpenCore",
                                  model);
        default:
                return checks_add(checks, CHECK_ID_CPU, CHECK_PROBLEM,
                                  "use a computer with an Intel or AMD processor",
                                  "%s: not from Intel or AMD", model);
        }
}

static int check_features(const Machine *machine, Checks *checks)
{
        int r = machine->avx2 ? checks_add(checks, CHECK_ID_AVX2, CHECK_OK, NULL,
                                           "the processor has AVX2")
                              : checks_add(checks, CHECK_ID_AVX2, CHECK_WARNING,
                                           "choose macOS 12 or earlier",
                                           "no AVX2, which macOS 13 and later need");

        if (r < 0)
                return r;
        if (machine->virtualization)
                r = checks_add(checks, CHECK_ID_VIRTUALIZATION, CHECK_OK, NULL, "%s is on",
                               machine->vendor == CPU_AMD ? "AMD-V" : "VT-x");
        else
                r = checks_add(checks, CHECK_ID_VIRTUALIZATION, CHECK_PROBLEM,
                               machine->nested ? "switch nested virtualization on in the "
                                                 "hypervisor that runs this machine"
                                               : "switch it on in the firmware's setup",
                               "no VT-x or AMD-V, without which VMware starts no 64-bit VM");
        if (r >= 0 && machine->nested)
                r = checks_add(
                        checks, CHECK_ID_NESTED, CHECK_WARNING,
                        "run VMware on the real machine if possible",
                        "this computer is itself a virtual machine: macOS is slow, and CPUID masks "
                        "may not work");
        return r;
}

static int check_hardware(const Machine *machine, Checks *checks)
{
        if (!machine->maker)
                return 0;
        if (text_starts(machine->maker, "Apple"))
                return checks_add(checks, CHECK_ID_HARDWARE, CHECK_OK, NULL,
                                  "an Apple computer: its licence allows macOS in a VM");
        return checks_add(checks, CHECK_ID_HARDWARE, CHECK_WARNING,
                          "your decision; unlockerctl does not check it",
                          "not an Apple computer (%s): the licence does not allow macOS here",
                          machine->maker);
}

int machine_check(const Machine *machine, bool has_vmware, Checks *checks)
{
        int r = 0;

        if (machine->vendor != CPU_UNKNOWN) {
                r = check_cpu(machine, checks);
                if (r >= 0)
                        r = check_features(machine, checks);
        }
        if (r >= 0 && has_vmware &&
            (machine->vendor != CPU_UNKNOWN || machine->modules.vmmon.known))
                r = modules_check(&machine->modules, checks);
        return r < 0 ? r : check_hardware(machine, checks);
}
