/* SPDX-License-Identifier: MIT */
#pragma once

/* Module: what is in an unpacked boot module. Pure: bytes in, entries out; nothing of a module is
 * believed.
 *
 *     r = unpacked_open(span, MODULE_SIZE_MAX, &unpacked, &fault);     unpacked.h
 *     r = module_read(unpacked.bytes, &module, &fault);
 *     for each module.entries[i]: module_content(&module.entries[i], unpacked.bytes)
 */

#include "base/fault.h"
#include "base/span.h"
#include "visor/header.h"

#define MODULE_SIZE_MAX    (UINT64_C(1) << 30) /* unpacked */
#define MODULE_ENTRIES_MAX 65536U
#define MODULE_PATH_MAX    4096U /* with its NUL */

typedef enum EntryKind {
        ENTRY_FILE,
        ENTRY_DIRECTORY,
        ENTRY_SYMLINK,
        ENTRY_HARDLINK,
        ENTRY_OTHER, /* devices, FIFOs, and what nobody knows */
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
        ModuleEntry *entries;
        size_t count;
} Module;

/* Lists the unpacked module. -EBADMSG with REASON_MODULE_DAMAGED, the subject says what it is and
 * the offset where; -EFBIG with REASON_MODULE_BOUNDS; -ENOMEM. Each file's bytes lie inside and are
 * nobody else's; each path stays below the root. */
_nodiscard_ int module_read(Span bytes, Module *ret, Fault *fault);
void module_done(Module *module);

/* The bytes of a file of this very module. */
Span module_content(const ModuleEntry *entry, Span bytes);

/* The entry of that path, NULL when there is none; of several the last counts, as on a host. */
const ModuleEntry *module_find(const Module *module, const char *path);
