/* SPDX-License-Identifier: MIT */
#pragma once

/* What kind of machine it is. Lines that VMware cannot read count as what they seem to say: a
 * machine is better left alone than taken for another. */

#include "doctor/vm.h"

/* Whether any line sets what only a virtual machine has. */
bool vm_is_configuration(const Dictionary *file);

/* Sets `kind` and what it goes with; needs `file` alone. -ENOMEM. */
_nodiscard_ int vm_find_kind(Vm *vm);
