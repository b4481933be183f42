/* SPDX-License-Identifier: MIT */
#pragma once

/* Role: what a target is to VMware, and where VMware has it. */

#include <stddef.h>

typedef enum Role {
        ROLE_VMX,
        ROLE_VMX_DEBUG,
        ROLE_VMX_STATS,
        ROLE_VMWAREBASE,
        _ROLE_MAX,
} Role;

const char *role_name(Role role); /* "vmx", "vmx-debug", "vmx-stats", "vmwarebase" */

/* Where a role may lie below libdir, the newer place first; NULL behind the last. */
const char *role_path(Role role, size_t index);

/* The same below the program directory of VMware for Windows. */
const char *role_windows_path(Role role, size_t index);
