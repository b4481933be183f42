/* SPDX-License-Identifier: MIT */
#pragma once

/* Module: what is in a boot module. Pure: bytes in, entries out; nothing of a module is believed.
 *
 *     r = unpacked_open(span, MODULE_SIZE_MAX, &unpacked, &fault);     unpacked.h
 *     r = module_read(unpacked, visit, context, &module, &fault);
 */

#include "base/fault.h"
#include "base/span.h"
#include "visor/header.h"
#include "visor/unpacked.h"

#define MODULE_SIZE_MAX    (UINT64_C(1) << 30) /* unpacked */
#define MODULE_ENTRIES_MAX 65536U
#define MODULE_PATH_MAX    4096U /* with its NUL */

typedef enum EntryKind {
        ENTRY_FILE,
        ENTRY_DIRECTORY,
        ENTRY_SYMLINK,
        ENTRY_HARDLINK,
        ENTRY_OTHER, /* devices, FIFOs, and types that are not known */
} EntryKind;

typedef struct ModuleEntry {
        char *path; /* below the root, without slash before or behind; "." is the root */
        char *link; /* what a link leads to; NULL when it is none */
        EntryKind kind;
        uint32_t mode;          /* permissions alone */
        uint64_t uid, gid;      /* */
        uint64_t mtime;         /* seconds since 1970 */
        uint64_t size;          /* bytes; 0 unless it is a file */
        uint64_t offset;        /* of its bytes in the unpacked module */
        uint64_t header_offset; /* of its header */
        uint32_t text_offset, text_size, fixup_pages;
} ModuleEntry;

typedef struct Module {
        ModuleFormat format;
        uint64_t size; /* unpacked */
        ModuleEntry *entries;
        size_t count;
} Module;

/* Is given the bytes of a file, entry `index` of the module; they stay during the call. What it
 * returns below 0 ends the reading. */
typedef int ModuleVisit(void *context, size_t index, const ModuleEntry *entry, Span content,
                        Fault *fault);

/* Lists the module, from its beginning to its end. `visit` (may be NULL) is called for each file
 * that has bytes, in the order of their offsets: nothing else of the module is in memory then.
 * -EBADMSG with REASON_MODULE_DAMAGED, the subject says what it is and the offset where; -EFBIG
 * with REASON_MODULE_BOUNDS; -ENOMEM. Each file's bytes lie inside and are no other file's; each
 * path stays below the root, and only directories come twice; each hard link leads to a file of the
 * module. */
_nodiscard_ int module_read(Unpacked *unpacked, ModuleVisit *visit, void *context, Module *ret,
                            Fault *fault);
void module_done(Module *module);
void module_entry_done(ModuleEntry *entry);

/* The entry of that path, NULL when there is none; of a directory that comes twice, the last. */
const ModuleEntry *module_find(const Module *module, const char *path);
