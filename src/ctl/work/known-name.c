/* SPDX-License-Identifier: MIT */

#include "ctl/work/known-name.h"
#include "base/text.h"

const char *known_file_name(const char *path)
{
        static const char *const names[] = {
                "vmware-vmx",
                "vmware-vmx-debug",
                "vmware-vmx-stats",
                "vmware-vmx.exe",
                "vmware-vmx-debug.exe",
                "vmware-vmx-stats.exe",
                "libvmwarebase.so",
                "libvmwarebase.so.0",
                "libvmwarebase.dylib",
                "vmwarebase.dll",
                "vmx",
                "vmx-debug",
                "vmx-stats",
                "libvmkctl.so",
        };
        const char *name = text_after_slash(path);

        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                if (text_equal(names[i], name))
                        return names[i];
        return NULL;
}
