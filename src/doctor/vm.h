/* SPDX-License-Identifier: MIT */
#pragma once

/* Vm: whether a virtual machine's configuration is fit for macOS on a machine, and what would make
 * it so. Pure: the .vmx and the log are given as text. What macOS needs is public knowledge of
 * those who run it in VMware: Darwin's number is macOS's kernel version; vmxnet3 from 13 on, since
 * e1000e makes the installer start over and over; one socket; on AMD the CPUID masks. */

#include "doctor/check.h"
#include "doctor/machine.h"
#include "doctor/vmx-file.h"

#define VM_DARWIN_NONE 0U /* no macOS guest */

/* The Darwin number of guestOS, "darwin22-64"; VM_DARWIN_NONE when it is something else. */
unsigned vm_darwin(const char *guest_os);

/* "macOS 13", "Mac OS X 10.6"; "macOS (Darwin 30)" for one that is not known yet. -ENOMEM. */
_nodiscard_ int vm_darwin_words(unsigned darwin, char **ret);

/* Adds the checks of `file`: duplicates, guest, firmware, smc, network, sockets, masks; of a guest
 * that is no macOS the first two only. `fixed` is a copy of it, in which all that can be set right
 * without asking is set right. -ENOMEM. */
_nodiscard_ int vm_check(const VmxFile *file, const Machine *machine, Checks *checks,
                         VmxFile *fixed);

/* Looks for VMware's sentences of known trouble in (the end of) vmware.log; none is a check too. In
 * one that `is_old`, written before the .vmx was changed, they are but warnings. -ENOMEM. */
_nodiscard_ int vm_check_log(const char *log, bool is_old, Checks *checks);
