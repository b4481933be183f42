/* SPDX-License-Identifier: MIT */

#include "doctor/vm.h"

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

void vm_done(Vm *vm)
{
        free(vm->guest);
        free(vm->signs);
        *vm = (Vm){};
}
