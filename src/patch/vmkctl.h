/* SPDX-License-Identifier: MIT */
#pragma once

/* VmkctlNames: where ESXi's libvmkctl.so asks for a kernel module named "applesmc" to find out
 * whether the host is an Apple machine (smcPresent, which vCenter asks for before it starts macOS
 * guests). Asked for "vmkernel", which is always there, it says yes. Both names have eight bytes.
 *
 * A name counts only as a whole NUL-terminated string: NUL or the range's start before it, NUL
 * behind. Other libraries and modules hold the same words: the file's own name for the dynamic
 * linker, DT_SONAME, says that it is libvmkctl.so. Source: the public description of the unlocker's
 * patches. */

#include <stdint.h>

#include "base/fault.h"
#include "file/edit.h"
#include "image/image.h"
#include "patch/state.h"

typedef struct VmkctlName {
        uint64_t offset; /* file offset of its first byte */
        bool patched;    /* "vmkernel" */
} VmkctlName;

typedef struct VmkctlNames {
        VmkctlName *items; /* ascending by offset */
        size_t count, patched_count;
        uint64_t *parts; /* file offsets of "applesmc" in longer words, ascending: left alone; owned
                          */
        size_t part_count;
} VmkctlNames;

/* -ENOENT with REASON_VMKCTL_OTHER when it is another file, REASON_VMKCTL_NONE when it is
 * libvmkctl.so and neither name is in it; -ENOMEM. */
_nodiscard_ int vmkctl_find(const Image *image, VmkctlNames *ret, Fault *fault);
void vmkctl_names_done(VmkctlNames *names);

/* Where both names are found it counts as partial: which of them VMware wrote, nothing tells. */
State vmkctl_state(const VmkctlNames *names);
_nodiscard_ int vmkctl_plan(const VmkctlNames *names, Edits *ret, Fault *fault);
