/* SPDX-License-Identifier: MIT */
#pragma once

/* Modules: VMware's kernel modules vmmon and vmnet: whether they are built for the running kernel,
 * loaded, refused, or of another VMware. Read from sysfs, efivars and /lib/modules below a root; no
 * program is run. */

#include <stdbool.h>
#include <time.h>

#include "doctor/check.h"
#include "file/root.h"

/* A module's file. What is compressed does not tell its version. */
typedef struct ModuleFile {
        char *path;    /* from the root, no leading slash; NULL when there is none */
        char *version; /* of modinfo; NULL when unknown, as the next */
        char *source;  /* srcversion: a digest of what it was built from */
        struct timespec built;
        bool readable; /* it is not compressed: the rest is known */
        bool is_signed;
} ModuleFile;

typedef struct Module {
        const char *name;
        bool known; /* what is loaded, and what is built, can be seen */
        bool loaded;
        char *version;     /* of the loaded one; NULL when unknown, as the next */
        char *source;      /* */
        ModuleFile newest; /* of those for the running kernel, the one built last */
        char *other;       /* another file, from which the loaded one comes; NULL when none */
} Module;

typedef struct Modules {
        char *release;    /* of the running kernel; NULL when unknown */
        bool has_device;  /* /dev/vmmon */
        bool signed_only; /* Secure Boot, lockdown or sig_enforce refuses unsigned modules */
        Module vmmon, vmnet;
} Modules;

#define MODULES_NONE ((Modules){})

/* What cannot be read is not known. -ENOMEM. */
_nodiscard_ int modules_read(const Root *root, Modules *ret);
void modules_done(Modules *modules);

/* vmmon, vmnet; nothing of what is not known. -ENOMEM. */
_nodiscard_ int modules_check(const Modules *modules, Checks *checks);
