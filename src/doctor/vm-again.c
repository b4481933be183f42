/* SPDX-License-Identifier: MIT */

#include "doctor/vm-checks.h"
#include "doctor/vm-kind.h"

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
        return r < 0 || !*ret_is_same_kind ? r : vm_check_settings_of_kind(&again);
}

int vm_check_again(const Vm *vm, size_t first)
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
