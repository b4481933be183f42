/* SPDX-License-Identifier: MIT */
#pragma once

/* What `status --prometheus=FILE` writes. */

#include "ctl/work/root-status.h"

/* Puts the samples of these roots in the file's place, whole, readable by everybody; its directory
 * must exist. Fails with the reason, and then the file is gone, if it was
 * one: old samples would be believed. */
_nodiscard_ int sample_file_write(const char *path, const RootStatus *roots, size_t count,
                                  Fault *fault);
