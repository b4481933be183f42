/* SPDX-License-Identifier: MIT */
#pragma once

/* Installation: a VMware Workstation or Player under a root, and the targets it has.
 *
 * /etc/vmware/config gives libdir, product, version and build; the version is a label for people.
 * Without it, or beside it, /usr/lib/vmware is looked at. Below another root than the machine's own
 * it may be VMware for Windows, on that system's drive: then its program directory is the libdir,
 * and names the product. */

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/text.h"
#include "file/root.h"
#include "host/config.h"
#include "host/target.h"

/* The directories in which VMware may be, there or not, from the root without leading slash: the
 * configured one, then the default one when that is another. */
_nodiscard_ int libdirs_find(const Root *root, Texts *ret, Fault *fault);

typedef struct Installation {
        char *libdir;  /* from the root, no leading slash: "usr/lib/vmware" */
        char *product; /* "VMware Workstation"; NULL when unknown, as the next two */
        char *version;
        char *build;
        bool windows; /* VMware for Windows */
        Target targets[_ROLE_MAX];
} Installation;

typedef struct Installations {
        Installation *items;
        size_t count;
        ConfigFlaws flaws; /* lines of /etc/vmware/config that VMware cannot read */
} Installations;

/* All installations under the root: the configured libdir, when it is another directory, the
 * default one, and those of Windows. A libdir counts as an installation when any target of it is
 * there that is not already one of another's. None is no error: count 0. REASON_CONFIG when the
 * configuration exists and cannot be read. */
_nodiscard_ int installations_find(const Root *root, Installations *ret, Fault *fault);
void installations_done(Installations *installations);
