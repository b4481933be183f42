/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/text.h"
#include "doctor/machine.h"

#define CPUINFO_MAX (1024U * 1024U) /* of it the first processor's part is looked at */
#define DMI_MAX     4096U

void machine_done(Machine *machine)
{
        free(machine->model);
        free(machine->maker);
        *machine = MACHINE_NONE;
}

/* The first `limit` bytes, in a new string; NULL when there is no such file. -ENOMEM. */
static int read_start(const Root *root, const char *path, size_t limit, char **ret)
{
        _cleanup_free_ char *text = malloc(limit + 1);
        _cleanup_close_ int fd = root_open_file(root, path);
        ssize_t size;

        *ret = NULL;
        if (!text)
                return -ENOMEM;
        size = fd >= 0 ? fd_read_up_to(fd, text, limit, 0) : -1;
        if (size < 0)
                return 0;
        text[size] = '\0';
        *ret = TAKE_PTR(text);
        return 0;
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
        int r = read_start(root, "proc/cpuinfo", CPUINFO_MAX, &text);

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
        _cleanup_close_ int vmmon = -EBADF;
        int r = read_cpu(root, &machine);

        if (r >= 0)
                r = read_start(root, "sys/class/dmi/id/sys_vendor", DMI_MAX, &machine.maker);
        if (r < 0)
                return r;
        if (machine.maker)
                machine.maker[strcspn(machine.maker, "\n")] = '\0';
        /* Not opened in earnest: that would need VMware's rights. */
        vmmon = root_open_at(root, "dev/vmmon", O_PATH | O_CLOEXEC, 0);
        machine.vmmon = vmmon >= 0;
        *ret = machine;
        machine = MACHINE_NONE;
        return 0;
}

static int check_cpu(const Machine *machine, Checks *checks)
{
        const char *model = machine->model ? machine->model : "a processor of an unknown kind";

        switch (machine->vendor) {
        case CPU_INTEL:
                return checks_add(checks, "cpu", CHECK_OK, NULL, "%s", model);
        case CPU_AMD:
                return checks_add(checks, "cpu", CHECK_WARNING,
                                  "choose macOS 11 or 12, and let `unlockerctl doctor --fix "
                                  "VM.vmx` set the masks",
                                  "%s: macOS 11 and 12 run with CPUID masks, 13 and later do not",
                                  model);
        default:
                return checks_add(checks, "cpu", CHECK_PROBLEM,
                                  "use a computer with an Intel or AMD processor",
                                  "%s: neither Intel's nor AMD's", model);
        }
}

static int check_features(const Machine *machine, Checks *checks)
{
        int r = machine->avx2
                        ? checks_add(checks, "avx2", CHECK_OK, NULL, "the processor has AVX2")
                        : checks_add(checks, "avx2", CHECK_WARNING, "choose macOS 12 or earlier",
                                     "no AVX2, which macOS 13 and later need");

        if (r < 0)
                return r;
        if (machine->virtualization)
                r = checks_add(checks, "virtualization", CHECK_OK, NULL, "%s is on",
                               machine->vendor == CPU_AMD ? "AMD-V" : "VT-x");
        else
                r = checks_add(checks, "virtualization", CHECK_PROBLEM,
                               machine->nested ? "switch nested virtualization on in the "
                                                 "hypervisor that runs this machine"
                                               : "switch it on in the firmware's setup",
                               "no VT-x or AMD-V, without which VMware starts no 64-bit VM");
        if (r >= 0 && machine->nested)
                r = checks_add(checks, "nested", CHECK_WARNING,
                               "run VMware on the real machine, where it can be done",
                               "this computer is a virtual machine itself: slow, and CPUID masks "
                               "may not work");
        return r;
}

static int check_hardware(const Machine *machine, Checks *checks)
{
        if (!machine->maker)
                return 0;
        if (text_starts(machine->maker, "Apple"))
                return checks_add(checks, "hardware", CHECK_OK, NULL,
                                  "a computer of Apple's: its licence allows macOS in a VM");
        return checks_add(checks, "hardware", CHECK_WARNING,
                          "decide for yourself; this program works all the same",
                          "not a computer of Apple's (%s): its licence does not allow macOS here",
                          machine->maker);
}

int machine_check(const Machine *machine, bool has_vmware, Checks *checks)
{
        int r = 0;

        if (machine->vendor != CPU_UNKNOWN) {
                r = check_cpu(machine, checks);
                if (r >= 0)
                        r = check_features(machine, checks);
                if (r >= 0 && has_vmware)
                        r = machine->vmmon
                                    ? checks_add(checks, "vmmon", CHECK_OK, NULL,
                                                 "VMware's kernel module is loaded")
                                    : checks_add(checks, "vmmon", CHECK_PROBLEM,
                                                 "run `sudo vmware-modconfig --console "
                                                 "--install-all`",
                                                 "no /dev/vmmon: VMware's kernel module is not "
                                                 "loaded, and no VM starts");
        }
        return r < 0 ? r : check_hardware(machine, checks);
}
