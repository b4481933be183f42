/* SPDX-License-Identifier: MIT */
#pragma once

/* The units that are generated. Those that are installed watch /usr/lib/vmware and may write there.
 * VMware may be somewhere else, by its configuration or by symbolic links, or come as a mount: then
 * there are more path units, a larger sandbox, and wants of mount units. */

#include <stdbool.h>

#include "base/fault.h"
#include "file/root.h"

typedef struct GeneratedUnit {
        char *name; /* below the directory of a generator */
        char *text;
        bool wanted; /* by vmware-unlocker.path */
} GeneratedUnit;

typedef struct GeneratedUnits {
        GeneratedUnit *items;
        size_t count;
} GeneratedUnits;

/* REASON_CONFIG when VMware's configuration cannot be read, or names a directory of the system's
 * own; REASON_NO_MEMORY. */
_nodiscard_ int generated_units_make(const Root *root, GeneratedUnits *ret, Fault *fault);
void generated_units_done(GeneratedUnits *units);

#define GENERATED_DIRECTORY "run/systemd/generator" /* inside the root */
#define GENERATED_LIST      "vmware-unlocker.units" /* there: the text of all that was written */

/* All of them as one text, a new string. -ENOMEM. */
_nodiscard_ int generated_units_describe(const GeneratedUnits *units, char **ret);

/* Whether the directory has others: 1 or 0; -ENOENT when it has no list of them. */
_nodiscard_ int generated_units_differ(int dir_fd, const GeneratedUnits *units);
