/* SPDX-License-Identifier: MIT */

#include "host/role.h"
#include "base/macros.h"

#define PATHS_MAX 2U /* of one role */

const char *role_name(Role role)
{
        static const char *const names[] = {
                [ROLE_VMX] = "vmx",
                [ROLE_VMX_DEBUG] = "vmx-debug",
                [ROLE_VMX_STATS] = "vmx-stats",
                [ROLE_VMWAREBASE] = "vmwarebase",
        };

        _Static_assert(ARRAY_SIZE(names) == _ROLE_MAX, "every role has a name");
        return (unsigned)role < _ROLE_MAX ? names[role] : "unknown";
}

static const char *const linux_paths[_ROLE_MAX][PATHS_MAX] = {
        [ROLE_VMX] = {"bin/vmware-vmx"},
        [ROLE_VMX_DEBUG] = {"bin/vmware-vmx-debug"},
        [ROLE_VMX_STATS] = {"bin/vmware-vmx-stats"},
        [ROLE_VMWAREBASE] = {"lib/libvmwarebase.so/libvmwarebase.so",
                             "lib/libvmwarebase.so.0/libvmwarebase.so.0"},
};

static const char *const windows_paths[_ROLE_MAX][PATHS_MAX] = {
        [ROLE_VMX] = {"x64/vmware-vmx.exe", "vmware-vmx.exe"},
        [ROLE_VMX_DEBUG] = {"x64/vmware-vmx-debug.exe", "vmware-vmx-debug.exe"},
        [ROLE_VMX_STATS] = {"x64/vmware-vmx-stats.exe", "vmware-vmx-stats.exe"},
        [ROLE_VMWAREBASE] = {"vmwarebase.dll", "x64/vmwarebase.dll"},
};

const char *role_path(Role role, size_t index)
{
        return index < PATHS_MAX ? linux_paths[role][index] : NULL;
}

const char *role_windows_path(Role role, size_t index)
{
        return index < PATHS_MAX ? windows_paths[role][index] : NULL;
}
