/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "doctor/check.h"

const char *check_level_name(CheckLevel level)
{
        static const char *const names[] = {
                [CHECK_OK] = "ok",
                [CHECK_HINT] = "hint",
                [CHECK_WARNING] = "warning",
                [CHECK_PROBLEM] = "problem",
        };

        _Static_assert(ARRAY_SIZE(names) == _CHECK_LEVEL_MAX, "every level has a name");
        return names[level];
}

static const struct {
        const char *name, *manual;
} kinds[] = {
        [CHECK_ID_CPU] = {"cpu", "An Intel processor, or one of AMD with macOS 11 or 12 and the "
                                 "masks below. macOS 13 and later run on AMD with OpenCore only."},
        [CHECK_ID_AVX2] = {"avx2", "macOS 13 and later use AVX2, which Intel processors have "
                                   "since Haswell (2013)."},
        [CHECK_ID_VIRTUALIZATION] = {"virtualization",
                                     "VT-x or AMD-V must be on in the firmware's setup, or in the "
                                     "hypervisor that runs this computer."},
        [CHECK_ID_NESTED] = {"nested", "In a computer that is a virtual machine itself, guests "
                                       "are slow, and masks may have no effect."},
        [CHECK_ID_VMMON] =
                {"vmmon",
                 "The kernel module vmmon must be built for the running kernel, loaded, and of "
                 "this VMware. Which one it asks for is told by vmware.log alone: without a log "
                 "of this VMware, vmmon is not judged. After an update of the kernel or of VMware, "
                 "`vmware-modconfig "
                 "--console --install-all` builds it. VMware's sources do not fit kernels newer "
                 "than VMware: then the community's vmware-host-modules may. Secure Boot and "
                 "lockdown refuse an unsigned module: sign it with a key that `mokutil --import` "
                 "enrolled, or switch Secure Boot off."},
        [CHECK_ID_VMNET] = {"vmnet", "The same for the kernel module vmnet, without which virtual "
                                     "machines have no network."},
        [CHECK_ID_HARDWARE] = {"hardware",
                               "Apple's licence allows macOS in a virtual machine on Apple "
                               "computers only. unlockerctl does not check it."},
        [CHECK_ID_CONFIG] = {"config", "VMware must be able to read each line of "
                                       "/etc/vmware/config."},
        [CHECK_ID_PATCHED] = {"patched", "Every file of VMware must be patched, unless OpenCore "
                                         "starts each VM that is named."},
        [CHECK_ID_ORIGINALS] =
                {"originals", "The originals that restore gives back must be intact. A weekly run "
                              "verifies them; unlockerctl verify --record does it now."},
        [CHECK_ID_HOLD] = {"hold", "While automatic patching is on hold, updates are not patched."},
        [CHECK_ID_UNIT] = {"unit", "vmware-unlocker.path, enabled and active, has updates of "
                                   "VMware patched automatically."},
        [CHECK_ID_INTEGRITY] = {"integrity",
                                "fapolicyd with integrity on refuses a patched program until its "
                                "content is recorded anew; see INTEGRITY GUARDS."},

        [CHECK_ID_KIND] =
                {"kind",
                 "How the virtual machine starts macOS: by the patch, or by OpenCore, which "
                 "emulates the SMC itself (smc.present is not TRUE, and a disk or a guestinfo key "
                 "names it). A machine with OpenCore needs no patch, and --fix leaves it alone. Of "
                 "an encrypted one, or of another guest, nothing is judged: exit status 3. One "
                 "that is "
                 "encrypted in part, as for a TPM, has its settings in plain text: they are "
                 "judged, "
                 "and --fix refuses."},
        [CHECK_ID_SUSPENDED] = {"suspended",
                                "The settings of a suspended virtual machine must not change: "
                                "--fix refuses. Resume it and shut it down first."},
        [CHECK_ID_OPEN] = {"open", "While VMware has the virtual machine open, --fix refuses. "
                                   "Shut it down and close it first."},
        [CHECK_ID_LINES] =
                {"lines",
                 "VMware must be able to read each line: name = \"value\", with straight quotes, "
                 "plain blanks, and only a # comment after the value. --fix corrects a line whose "
                 "meaning is "
                 "certain."},
        [CHECK_ID_DUPLICATES] = {"duplicates",
                                 "VMware does not start a machine that sets a key twice "
                                 "(\"dictionary error\"). --fix removes lines that repeat "
                                 "another, and those that differ from the right one of a key "
                                 "that macOS needs."},
        [CHECK_ID_GUEST] =
                {"guest",
                 "guestOS must be a macOS that this computer can run; since 10.8 VMware's names "
                 "end "
                 "in -64. macOS 26 (darwin25) is the "
                 "last for Intel processors. The virtual firmware starts only Server editions of "
                 "Mac OS X 10.5 and 10.6; no SMC patch changes that."},
        [CHECK_ID_HWVERSION] = {"hwversion",
                                "virtualHW.version must not be newer than this VMware knows: "
                                "17.6 knows 21, 25H2 knows 22. Whether macOS starts with one "
                                "below 12 is not judged."},
        [CHECK_ID_FIRMWARE] = {"firmware",
                               "firmware = \"efi\": macOS starts from EFI only. --fix sets it. "
                               "Whether macOS starts with uefi.secureBoot.enabled = \"TRUE\" is "
                               "not judged."},
        [CHECK_ID_SMC] = {"smc", "smc.present = \"TRUE\": without an SMC macOS does not start. "
                                 "--fix sets it."},
        [CHECK_ID_NETWORK] =
                {"network",
                 "ethernet0.virtualDev = \"vmxnet3\": with e1000e, macOS 13 and later restart "
                 "endlessly. --fix sets it for each network adapter."},
        [CHECK_ID_GRAPHICS] = {"graphics",
                               "mks.enable3d = \"TRUE\": without it the desktop of macOS 26 may "
                               "freeze. --fix sets it."},
        [CHECK_ID_MEMORY] = {"memory", "A memsize below VMware's own default for the guest is a "
                                       "hint."},
        [CHECK_ID_SOCKETS] =
                {"sockets",
                 "cpuid.coresPerSocket equal to numvcpus: a hint, as some versions of macOS want "
                 "one "
                 "processor socket. --fix sets it only if the machine was never started: a "
                 "changed topology may keep an installed macOS from starting."},
        [CHECK_ID_MASKS] =
                {"masks",
                 "On AMD, lines cpuid.0.eax to cpuid.1.edx (or cpuid.0.0.eax and so on) show macOS "
                 "an Intel processor. --fix adds them where there are none. Other masks "
                 "than these are not judged. vhv.enable, vpmc.enable and vvtd.enable must not be "
                 "TRUE."},
        [CHECK_ID_LOG] =
                {"log",
                 "Known errors in the last vmware.log: \"The guest operating system is not Mac OS "
                 "X Server\" means that the patch was not in effect; \"The CPU has been disabled "
                 "by the guest operating system\" that macOS crashed at its start (smc.version = "
                 "\"0\" may help an old one); \"Version mismatch with vmmon module\" that the "
                 "loaded vmmon is of another VMware. A log from before VMware was updated or "
                 "patched tells nothing of it now."},
};

_Static_assert(ARRAY_SIZE(kinds) == _CHECK_ID_MAX, "every check has a name and its paragraph");

const char *check_id_name(CheckId id)
{
        return kinds[id].name;
}

const char *check_id_manual(CheckId id)
{
        return kinds[id].manual;
}

bool check_id_is_of_vm(CheckId id)
{
        return id >= CHECK_ID_KIND;
}

/* `fact` is taken. */
static int checks_append(Checks *checks, Check check)
{
        Check *larger = reallocarray(checks->items, checks->count + 1, sizeof(*larger));

        if (!larger) {
                free(check.fact);
                return -ENOMEM;
        }
        checks->items = larger;
        check.file = checks->file;
        checks->items[checks->count++] = check;
        return 0;
}

int checks_add(Checks *checks, CheckId id, CheckLevel level, const char *todo, const char *format,
               ...)
{
        Check check = {.id = id, .level = level, .todo = todo};
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = vasprintf(&check.fact, format, arguments);
        va_end(arguments);
        return r < 0 ? -ENOMEM : checks_append(checks, check);
}

int checks_add_at(Checks *checks, unsigned line, CheckId id, CheckLevel level, const char *todo,
                  const char *format, ...)
{
        Check check = {.id = id, .level = level, .todo = todo, .line = line};
        va_list arguments;
        int r;

        va_start(arguments, format);
        r = vasprintf(&check.fact, format, arguments);
        va_end(arguments);
        return r < 0 ? -ENOMEM : checks_append(checks, check);
}

/* Whether any from `first` on says the same of the same line. */
static bool checks_have(const Checks *checks, size_t first, const Check *check)
{
        for (size_t i = first; i < checks->count; i++)
                if (checks->items[i].id == check->id && checks->items[i].line == check->line &&
                    text_equal(checks->items[i].fact, check->fact))
                        return true;
        return false;
}

static void checks_remove_ok(Checks *checks, size_t first, CheckId id)
{
        size_t kept = first;

        for (size_t i = first; i < checks->count; i++)
                if (checks->items[i].id == id && checks->items[i].level == CHECK_OK)
                        free(checks->items[i].fact);
                else
                        checks->items[kept++] = checks->items[i];
        checks->count = kept;
}

int checks_add_news(Checks *checks, size_t first, const Checks *again)
{
        for (size_t i = 0; i < again->count; i++) {
                Check check = again->items[i];
                int r;

                if (check.level == CHECK_OK || checks_have(checks, first, &check))
                        continue;
                checks_remove_ok(checks, first, check.id);
                r = text_copy(&check.fact, check.fact);
                if (r >= 0)
                        r = checks_append(checks, check);
                if (r < 0)
                        return r;
        }
        return 0;
}

void checks_set_corrected(Checks *checks, size_t first, const Checks *again, const char *todo)
{
        for (size_t i = first; i < checks->count; i++)
                if (checks->items[i].level > CHECK_OK && !checks_have(again, 0, &checks->items[i]))
                        checks->items[i].todo = todo;
}

int checks_sort(Checks *checks)
{
        Check *sorted = calloc(checks->count + 1, sizeof(*sorted));
        size_t count = 0;

        if (!sorted)
                return -ENOMEM;
        for (CheckId id = 0; id < _CHECK_ID_MAX; id++)
                for (size_t i = 0; i < checks->count; i++)
                        if (checks->items[i].id == id)
                                sorted[count++] = checks->items[i];
        free(checks->items);
        checks->items = sorted;
        return 0;
}

void checks_mark_detail(Checks *checks)
{
        checks->items[checks->count - 1].is_detail = true;
}

void checks_mark_doubtful(Checks *checks)
{
        checks->items[checks->count - 1].is_doubtful = true;
}

LineList checks_details(const Checks *checks, CheckId id)
{
        LineList lines = {};

        for (size_t i = 0; i < checks->count; i++)
                if (checks->items[i].id == id && checks->items[i].is_detail)
                        line_list_add(&lines, checks->items[i].line);
        return lines;
}

bool checks_are_doubtful(const Checks *checks, CheckId id)
{
        for (size_t i = 0; i < checks->count; i++)
                if (checks->items[i].id == id && checks->items[i].is_doubtful)
                        return true;
        return false;
}

CheckLevel checks_worst(const Checks *checks)
{
        CheckLevel worst = CHECK_OK;

        for (size_t i = 0; i < checks->count; i++)
                worst = MAX(worst, checks->items[i].level);
        return worst;
}

CheckLevel checks_level(const Checks *checks, CheckId id)
{
        CheckLevel worst = _CHECK_LEVEL_MAX;

        for (size_t i = 0; i < checks->count; i++)
                if (checks->items[i].id == id)
                        worst = worst == _CHECK_LEVEL_MAX ? checks->items[i].level
                                                          : MAX(worst, checks->items[i].level);
        return worst;
}

void checks_done(Checks *checks)
{
        for (size_t i = 0; i < checks->count; i++)
                free(checks->items[i].fact);
        free(checks->items);
        *checks = (Checks){};
}
