/* SPDX-License-Identifier: MIT */
#pragma once

/* The last component of `path` when it is the name of a file that VMware ships and that is patched,
 * on any system; else NULL. The string is a constant. */
const char *known_file_name(const char *path);
