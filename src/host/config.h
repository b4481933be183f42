/* SPDX-License-Identifier: MIT */
#pragma once

/* VmwareConfig: /etc/vmware/config, in VMware's dictionary format (vmx/dictionary.h). */

#include <stdbool.h>
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

/* A line that VMware cannot read. */
typedef struct ConfigFlaw {
        unsigned line;   /* from 1 */
        const char *why; /* "no closing quote"; static */
        bool is_libdir;  /* it names libdir: VMware may be sought in the wrong place */
} ConfigFlaw;

typedef struct ConfigFlaws {
        ConfigFlaw *items;
        size_t count;
} ConfigFlaws;

/* All of them, in a new array in `*ret`. -ENOMEM. */
_nodiscard_ int vmware_config_flaws(const VmwareConfig *config, ConfigFlaws *ret);
_nodiscard_ int config_flaws_copy(const ConfigFlaws *flaws, ConfigFlaws *ret);
void config_flaws_done(ConfigFlaws *flaws);

/* NULL when it is not set. Keys compare without regard to case, as VMware's own reader does. */
const char *vmware_config_get(const VmwareConfig *config, const char *key);
