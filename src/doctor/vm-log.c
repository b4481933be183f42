/* SPDX-License-Identifier: MIT */

#include "base/text.h"
#include "doctor/darwin.h"
#include "doctor/vm-checks.h"

#define BUILD                                                                                  \
        "run `sudo vmware-modconfig --console --install-all`; on a kernel newer than VMware, " \
        "build the community's vmware-host-modules"

#define MISMATCH "Version mismatch with vmmon module"

/* What the last start ended with. */
typedef enum Trouble {
        TROUBLE_VM,       /* of the VM: a later change of its .vmx may have mended it */
        TROUBLE_SMC,      /* … of the patch, or of the edition of an early Mac OS X */
        TROUBLE_MODULE,   /* of the computer: vmmon was not there */
        TROUBLE_MISMATCH, /* … or of another VMware */
        TROUBLE_COMPUTER, /* … anything else of it */
} Trouble;

static const struct {
        const char *sentence, *means, *todo;
        Trouble trouble;
} known[] = {
        {"The guest operating system is not Mac OS X Server", "the SMC patch was not in effect",
         "run `unlockerctl status`; start the VM again when all is patched", TROUBLE_SMC},
        {"The CPU has been disabled by the guest operating system",
         "the guest crashed at its start",
         "see vmware-unlocker(7); for an old macOS try smc.version = \"0\"", TROUBLE_VM},
        {"dictionary error", "a key of the .vmx is set twice", "keep one line of each key",
         TROUBLE_VM},
        {MISMATCH, "the loaded vmmon is of another VMware", BUILD, TROUBLE_MISMATCH},
        {"Failed to open /dev/vmmon", "vmmon was not loaded", BUILD, TROUBLE_MODULE},
        {"Could not open /dev/vmmon", "vmmon was not loaded", BUILD, TROUBLE_MODULE},
        {"Module 'FeatureCompat' power on failed",
         "the VM asks for what this processor does not have",
         "power it off instead of resuming it; remove cpuid lines of another computer", TROUBLE_VM},
        {"Virtualized Intel VT-x/EPT is not supported on this platform",
         "nested virtualization is on", "set vhv.enable = \"FALSE\"", TROUBLE_VM},
        {"Virtualized AMD-V/RVI is not supported on this platform", "nested virtualization is on",
         "set vhv.enable = \"FALSE\"", TROUBLE_VM},
        {"but Intel VT-x is disabled", "VT-x is off", "switch it on in the firmware's setup",
         TROUBLE_COMPUTER},
        {"but AMD-V is disabled", "AMD-V is off", "switch it on in the firmware's setup",
         TROUBLE_COMPUTER},
};

/* The number after `before` in the sentence at `at`: "418.0" of "expecting 418.0, got 417.0." */
static size_t number_after(const char *at, const char *before, const char **ret)
{
        const char *line_end = at + strcspn(at, "\r\n"), *found = strstr(at, before);
        size_t size;

        if (!found || found > line_end)
                return 0;
        *ret = found + strlen(before);
        size = strspn(*ret, "0123456789.");
        return size > 0 && (*ret)[size - 1] == '.' ? size - 1 : size;
}

/* Whether the module that is loaded now is the one of which the log says so; false where its
 * version is not known. */
static bool is_loaded_now(const Vm *vm, const char *at, const char *before)
{
        const char *version = vm->machine->modules.vmmon.version, *wanted = NULL;
        size_t size = number_after(at, before, &wanted);

        return version && size > 0 && strncmp(version, wanted, size) == 0 &&
               (version[size] == '\0' || version[size] == '.');
}

/* The module that was asked for has been loaded since; or another one for another VMware. */
static bool is_mismatch_over(const Vm *vm, const char *at, LogAge age)
{
        return is_loaded_now(vm, at, "expecting ") ||
               (age.before_vmware && vm->machine->modules.vmmon.version &&
                !is_loaded_now(vm, at, "got "));
}

/* What happened since that may have mended it: "before …"; NULL when nothing did. */
static const char *mended_since(Trouble trouble, LogAge age)
{
        if (trouble > TROUBLE_SMC)
                return NULL;
        if (trouble == TROUBLE_SMC && age.before_vmware)
                return "before VMware was changed";
        return age.before_vmx ? "before the .vmx was changed" : NULL;
}

static CheckLevel log_level_of(const Vm *vm, Trouble trouble, const char *at, LogAge age)
{
        switch (trouble) {
        case TROUBLE_MISMATCH:
                return is_mismatch_over(vm, at, age) ? CHECK_WARNING : CHECK_PROBLEM;
        case TROUBLE_MODULE:
                return vm->machine->modules.vmmon.loaded ? CHECK_WARNING : CHECK_PROBLEM;
        case TROUBLE_COMPUTER:
                return vm->machine->virtualization ? CHECK_WARNING : CHECK_PROBLEM;
        default:
                return mended_since(trouble, age) ? CHECK_WARNING : CHECK_PROBLEM;
        }
}

static int report_trouble(const Vm *vm, size_t i, const char *at, LogAge age)
{
        CheckLevel level = log_level_of(vm, known[i].trouble, at, age);
        const char *numbers = at + strlen(known[i].sentence),
                   *since = mended_since(known[i].trouble, age);
        int size = known[i].trouble == TROUBLE_MISMATCH ? (int)strcspn(numbers, "\r\n") : 0;

        if (known[i].trouble == TROUBLE_SMC && vm->darwin > 0 && vm->darwin <= DARWIN_SERVER)
                return checks_add(vm->checks, CHECK_ID_LOG, level,
                                  "install a Server edition, or Mac OS X 10.7 or later",
                                  "last start: \"%s\": %s; if all is patched, it is the firmware's "
                                  "check for Server editions of 10.5 and 10.6, which no SMC patch "
                                  "removes",
                                  known[i].sentence, known[i].means);
        return checks_add(vm->checks, CHECK_ID_LOG, level,
                          level == CHECK_WARNING ? "start the VM again, then run "
                                                   "`unlockerctl doctor` again"
                                                 : known[i].todo,
                          "last start%s%s: \"%s%.*s\": %s", since ? ", " : "", since ? since : "",
                          known[i].sentence, MIN(size, 60), numbers, known[i].means);
}

/* A VMware that was changed since may ask for another vmmon. */
static int report_none(const Vm *vm, LogAge age)
{
        int r = checks_add(vm->checks, CHECK_ID_LOG, CHECK_OK, NULL,
                           "no known error in vmware.log%s",
                           age.before_vmware ? ", but VMware was changed after it" : "");

        if (r >= 0 && age.before_vmware)
                checks_mark_doubtful(vm->checks);
        return r;
}

int vm_check_log(const Vm *vm, const char *log, LogAge age)
{
        size_t found = 0;

        for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
                const char *at = text_find_ascii(log, known[i].sentence);
                int r;

                if (!at)
                        continue;
                found++;
                r = report_trouble(vm, i, at, age);
                if (r < 0)
                        return r;
        }
        return found > 0 ? 0 : report_none(vm, age);
}
