/* SPDX-License-Identifier: MIT */
#pragma once

/* VmwareConfig: /etc/vmware/config, in VMware's dictionary format (vmx/dictionary.h). */

#include <stddef.h>

#include "base/fault.h"
#include "base/macros.h"

#define VMWARE_CONFIG_PATH "etc/vmware/config" /* inside the root */

typedef struct VmwareConfig VmwareConfig;

/* Parses `text` of `size` bytes; lines that VMware cannot read are passed over, the last of several
 * equal keys counts. -ENOMEM; with REASON_CONFIG -EBADMSG and its offset for a NUL byte, -EFBIG.
 * Pure. */
_nodiscard_ int vmware_config_parse(const char *text, size_t size, VmwareConfig **ret,
                                    Fault *fault);
void vmware_config_free(VmwareConfig *config);
DEFINE_FREEP(VmwareConfig, vmware_config_free);

/* NULL when it is not set. Keys compare without regard to case, as VMware's own reader does. */
const char *vmware_config_get(const VmwareConfig *config, const char *key);
