/* SPDX-License-Identifier: MIT */

#include "doctor/vm-checks.h"
#include "base/text.h"
#include "doctor/darwin.h"
#include "doctor/vm-kind.h"
#include "doctor/vm-value.h"

static int check_kind(const Vm *vm)
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

static int check_encryption(const Vm *vm)
{
        return vm->encrypted_line == 0
                       ? 0
                       : checks_add_at(vm->checks, vm->encrypted_line, CHECK_ID_KIND, CHECK_WARNING,
                                       "look in VMware for a setting that is missing here; remove "
                                       "the encryption before the .vmx has to change",
                                       "partly encrypted: only settings in plain text are judged");
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
                             "the VM is suspended (%s)", vm_value_words(&state));
}

static int check_open(const Vm *vm)
{
        return vm->is_open ? checks_add(vm->checks, CHECK_ID_OPEN, CHECK_WARNING,
                                        "shut it down and close it, or remove a .lck left by a "
                                        "crash, if its settings have to change",
                                        "VMware has the VM open")
                           : 0;
}

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

/* With what the fixed copy needs. */
static int check_by_kind(const Vm *vm)
{
        int r = vm->kind == VM_KIND_OTHER      ? check_other(vm)
                : vm->kind == VM_KIND_OPENCORE ? check_opencore(vm)
                                               : check_patch(vm);

        return r < 0 ? r : vm_remove_repeats(vm);
}

#define ROUNDS_MAX 4U

/* `file`: the fixed copy as the last round left it. A machine that is of another kind then is left
 * as it is. */
static int round_judge(const Vm *vm, const Dictionary *file, Checks *ret, bool *ret_is_same_kind)
{
        _cleanup_(vm_done) Vm again = {
                .file = file,
                .machine = vm->machine,
                .was_started = vm->was_started,
                .is_open = vm->is_open,
                .fixed = vm->fixed,
                .checks = ret,
        };
        int r = vm_find_kind(&again);

        *ret_is_same_kind = again.kind == vm->kind;
        return r < 0 || !*ret_is_same_kind ? r : check_by_kind(&again);
}

/* Judges the fixed copy anew, until it needs no more: a line that is corrected may show what else
 * is wrong. Adds what that finds to the checks of the settings, which are those from `first` on. */
static int check_again(const Vm *vm, size_t first)
{
        _cleanup_(dictionary_done) Dictionary copy = {};
        _cleanup_(checks_done) Checks last = {};
        const Dictionary *judged = vm->file;
        bool is_same_kind = true;
        int r = 0;

        for (unsigned i = 0; i < ROUNDS_MAX && !dictionary_same_lines(judged, vm->fixed); i++) {
                dictionary_done(&copy);
                checks_done(&last);
                last.file = vm->checks->file;
                judged = &copy;
                r = dictionary_copy(vm->fixed, &copy);
                if (r >= 0)
                        r = round_judge(vm, &copy, &last, &is_same_kind);
                if (r >= 0)
                        r = checks_add_news(vm->checks, first, &last);
                if (r < 0 || !is_same_kind)
                        return r;
        }
        if (judged != vm->file)
                checks_set_corrected(vm->checks, first, &last, VM_FIX);
        return 0;
}

int vm_check(Vm *vm)
{
        size_t first;
        int r = check_kind(vm);

        if (r < 0 || vm->kind == VM_KIND_ENCRYPTED)
                return r;
        r = check_encryption(vm);
        if (r >= 0)
                r = check_suspended(vm);
        if (r >= 0)
                r = check_open(vm);
        if (r >= 0)
                r = vm_mend_lines(vm);
        first = vm->checks->count;
        if (r >= 0)
                r = check_by_kind(vm);
        if (r >= 0)
                r = check_again(vm, first);
        if (r >= 0)
                r = vm_check_lines(vm);
        if (r >= 0)
                r = vm_check_duplicates(vm);
        return r < 0 ? r : checks_sort(vm->checks);
}
