/* SPDX-License-Identifier: MIT */
#pragma once

/* patch-file on directories and on several files: finds what is VMware's and patches it in one go.
 */

#include <stdbool.h>

#include "ctl/frame/context.h"

/* Links are followed. */
bool path_is_directory(const char *path);

/* With `output` every file that is VMware's goes below it, under its path from the argument's own
 * name on ("esxi/bin/vmx" of the argument "copy/esxi"); without, each file given is replaced as
 * patch-file does. The exit status, or -ENOMEM. */
_nodiscard_ int patch_files(const Context *context, char **arguments, const char *output);

/* The ESXi boot module `output` of the files below the directory `arguments[0]`. As above. */
_nodiscard_ int patch_module(const Context *context, char **arguments, const char *output);
