/* SPDX-License-Identifier: MIT */
#pragma once

/* inspect of an ESXi boot module: its entries, and the state of each file in it. */

#include "ctl/frame/context.h"
#include "ctl/frame/exit-status.h"
#include "file/digest.h"
#include "patch/verdict.h"
#include "visor/module.h"

/* A file of the module; its bytes are no more in memory. */
typedef struct ShownFile {
        State state;
        Subject subject;
        Fault fault;
        Digest digest;
        bool needs_no_patch;
} ShownFile;

/* A module that was read, for showing it. */
typedef struct Shown {
        const Context *context;
        const char *path;
        const char *layers;
        uint64_t size; /* packed, in bytes */
        Digest digest; /* of the packed file */
        Module module;
        char *build;      /* that its record names; NULL: none */
        ShownFile *files; /* one for each entry */
        size_t room;
        ExitStatus status;
} Shown;

/* Whether the state of such a file is worth a word. */
bool shown_file_is_judged(const ShownFile *file, const ModuleEntry *entry);

/* Prints a table, or one document. -ENOMEM. */
_nodiscard_ int shown_print_text(const Shown *shown);
_nodiscard_ int shown_print_json(const Shown *shown);

/* Shows the module of the file `path`. An exit status, -ENODATA when it is no module or cannot be
 * opened, or -ENOMEM. */
_nodiscard_ int inspect_module(const Context *context, const char *path);

/* Tells that a file with the name of a module, `size` bytes long, is none. An exit status. */
_nodiscard_ int inspect_no_module(const Context *context, const char *path, uint64_t size);
