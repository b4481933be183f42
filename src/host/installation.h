/* SPDX-License-Identifier: MIT */
#pragma once

/* Installation: a VMware Workstation or Player under a root, and the targets it has.
 *
 * /etc/vmware/config gives libdir, product, version and build; the version is a label for people.
 * Without it, or beside it, /usr/lib/vmware is looked at. Below another root than the machine's own
 * it may be VMware for Windows, on that system's drive: then its program directory is the libdir,
 * and names the product. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/fault.h"
#include "base/text.h"
#include "file/root.h"
#include "host/config.h"

typedef enum Role {
        ROLE_VMX,
        ROLE_VMX_DEBUG,
        ROLE_VMX_STATS,
        ROLE_VMWAREBASE,
        _ROLE_MAX,
} Role;

const char *role_name(Role role); /* "vmx", "vmx-debug", "vmx-stats", "vmwarebase" */

/* Where a role may lie below libdir, the newer place first; NULL behind the last. */
const char *role_path(Role role, size_t index);

/* The directories in which VMware may be, there or not, from the root without leading slash: the
 * configured one, then the default one when that is another. */
_nodiscard_ int libdirs_find(const Root *root, Texts *ret, Fault *fault);

typedef enum Presence {
        PRESENCE_FILE,
        PRESENCE_EMPTY,  /* 0 bytes */
        PRESENCE_ABSENT, /* not there */
        PRESENCE_WRONG,  /* a directory, device, FIFO, dangling link, or not to be looked up */
} Presence;

typedef struct Target {
        Role role;
        char *path;    /* as configured, from the root, no leading slash */
        char *wrapper; /* the path of what starts it, which is in its place; NULL when nothing is */
        Place place;   /* where it really is; PLACE_NONE when absent or wrong */
        Presence presence;
        Fault fault;      /* PRESENCE_WRONG: why */
        struct stat stat; /* PRESENCE_FILE, PRESENCE_EMPTY; when it was found */
} Target;

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
