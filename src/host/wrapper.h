/* SPDX-License-Identifier: MIT */
#pragma once

/* Wrapper: a script or a small program in the place of vmware-vmx that starts the real one beside
 * it: ".vmware-vmx-wrapped" (NixOS), "vmware-vmx.real", or what a script executes. */

#include "host/target.h"

/* Where `target`, which is a file, is a wrapper and the real program lies in the same directory,
 * that becomes the target's place, path and status, and `target->wrapper` the path it had. The real
 * one is an ELF file with the key #KEY in it. A script that executes something elsewhere makes the
 * target PRESENCE_WRONG with REASON_WRAPPER. -ENOMEM. */
_nodiscard_ int wrapper_follow(const Root *root, Target *target);
