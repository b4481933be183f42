/* SPDX-License-Identifier: MIT */
#pragma once

/* Whether a virtual machine's configuration is fit for macOS on a machine, and what would make it
 * so. */

#include "doctor/vm.h"

/* Adds the checks that hold for its kind, which vm_find_kind() has found. `fixed` stays as it was
 * unless the kind is VM_KIND_PATCH or VM_KIND_OTHER. -ENOMEM. */
_nodiscard_ int vm_check(Vm *vm);

/* Looks for VMware's sentences of known errors in (the end of) vmware.log; none is a check too.
 * What a later change may have mended is a warning. -ENOMEM. */
_nodiscard_ int vm_check_log(const Vm *vm, const char *log, LogAge age);

/* The parts of vm_check(). -ENOMEM. */

/* Corrects lines that VMware cannot read, and whose meaning is certain, in the fixed copy: first,
 * while it has the file's lines. */
_nodiscard_ int vm_mend_lines(const Vm *vm);

/* Takes lines that repeat an earlier one out of the fixed copy. */
_nodiscard_ int vm_remove_repeats(const Vm *vm);

/* lines, duplicates: last, when the fixed copy has what is wanted. */
_nodiscard_ int vm_check_lines(const Vm *vm);
_nodiscard_ int vm_check_duplicates(const Vm *vm);

/* guest, hwversion; firmware, smc, network, graphics, memory, sockets. */
_nodiscard_ int vm_check_guest(const Vm *vm);
_nodiscard_ int vm_check_hwversion(const Vm *vm);
_nodiscard_ int vm_check_settings(const Vm *vm);

/* memory alone. */
_nodiscard_ int vm_check_memory(const Vm *vm);

/* masks. */
_nodiscard_ int vm_check_masks(const Vm *vm);
