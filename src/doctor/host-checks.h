/* SPDX-License-Identifier: MIT */
#pragma once

/* Machine: what the computer has that macOS guests need: /proc/cpuinfo, DMI, kernel modules. Read
 * from below a root; one that is no running system has none of these files, and nothing is known.
 */

#include <stdbool.h>

#include "doctor/check.h"
#include "doctor/modules.h"
#include "file/root.h"

typedef enum CpuVendor {
        CPU_UNKNOWN,
        CPU_INTEL,
        CPU_AMD,
        CPU_OTHER,
} CpuVendor;

typedef struct Machine {
        CpuVendor vendor;
        char *model;         /* "Intel(R) Core(TM) i7-8700 CPU @ 3.20GHz"; NULL when unknown */
        bool avx2;           /* Haswell (2013) or later */
        bool virtualization; /* VT-x or AMD-V */
        bool nested;         /* the hypervisor bit of CPUID: it is a virtual machine itself */
        char *maker;         /* DMI's sys_vendor; NULL when unknown */
        Modules modules;     /* VMware's, of the kernel */
        char *vmware;        /* "17.6.1": version of the VMware there; NULL when unknown */
        struct timespec vmware_changed; /* its vmware-vmx: updated, or patched; 0 when unknown */
} Machine;

#define MACHINE_NONE ((Machine){.vendor = CPU_UNKNOWN})

/* What cannot be read is not known. -ENOMEM. */
_nodiscard_ int machine_read(const Root *root, Machine *ret);
void machine_done(Machine *machine);

/* cpu, avx2, virtualization, nested, vmmon and vmnet (only where VMware is), hardware. None where
 * the machine is not known. -ENOMEM. */
_nodiscard_ int machine_check(const Machine *machine, bool has_vmware, Checks *checks);
