/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "base/text.h"
#include "visor/entry.h"

void module_entry_done(ModuleEntry *entry)
{
        free(entry->path);
        free(entry->link);
        *entry = (ModuleEntry){};
}

static int entry_damaged(uint64_t at, Fault *fault, const char *what)
{
        return fault_set_at(fault, -EBADMSG, REASON_MODULE_DAMAGED, at, "%s", what);
}

static int entry_no_memory(Fault *fault)
{
        return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "module");
}

/* Without "./" before and slashes behind, as `tar cf x ./bin` has them. */
static int path_settle(char *path, uint64_t at, Fault *fault)
{
        size_t length, skip = 0;

        while (path[skip] == '.' && path[skip + 1] == '/')
                skip += 2 + strspn(path + skip + 2, "/");
        memmove(path, path + skip, strlen(path + skip) + 1);
        for (length = strlen(path); length > 1 && path[length - 1] == '/';)
                path[--length] = '\0';
        if (length == 0 && skip > 0)
                memcpy(path, ".", 2);
        if (text_equal(path, ".") || text_is_path_below(path))
                return 0;
        return entry_damaged(at, fault, "a name leads out of the root");
}

static int path_decode(const Header *header, uint64_t at, char **long_path, char **ret,
                       Fault *fault)
{
        _cleanup_free_ char *path = TAKE_PTR(*long_path);
        int r;

        /* Room for the dot of a root that is called "./". */
        if (!path && text_format(&path, "%s%s%s", header->prefix, *header->prefix ? "/" : "",
                                 header->name) < 0)
                return entry_no_memory(fault);
        if (!*path)
                return entry_damaged(at, fault, "an entry has no name");
        r = path_settle(path, at, fault);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(path);
        return 0;
}

static EntryKind kind_of(char type)
{
        switch (type) {
        case '0':
        case '7':
        case '\0':
                return ENTRY_FILE;
        case '1':
                return ENTRY_HARDLINK;
        case '2':
                return ENTRY_SYMLINK;
        case '5':
                return ENTRY_DIRECTORY;
        default:
                return ENTRY_OTHER;
        }
}

static bool is_link(EntryKind kind)
{
        return kind == ENTRY_HARDLINK || kind == ENTRY_SYMLINK;
}

/* The type of file in a mode, as old tars have it, must be the entry's own. */
static bool mode_is_of(uint64_t mode, EntryKind kind)
{
        static const uint64_t types[] = {
                [ENTRY_FILE] = 0100000,
                [ENTRY_DIRECTORY] = 0040000,
                [ENTRY_SYMLINK] = 0120000,
                [ENTRY_HARDLINK] = 0100000,
        };

        return mode < 010000 ||
               (kind < ENTRY_OTHER ? (mode & ~UINT64_C(07777)) == types[kind] : mode < 0200000);
}

static int entry_settle(const Header *header, char **long_path, char **long_link,
                        ModuleEntry *entry, Fault *fault)
{
        uint64_t at = entry->header_offset;
        int r = path_decode(header, at, long_path, &entry->path, fault);

        if (r < 0)
                return r;
        if (is_link(entry->kind)) {
                entry->link = TAKE_PTR(*long_link);
                if (!entry->link && text_copy(&entry->link, header->link) < 0)
                        return entry_no_memory(fault);
        }
        if (entry->kind != ENTRY_DIRECTORY && text_equal(entry->path, "."))
                return entry_damaged(at, fault, "the root is no directory");
        if (!mode_is_of(header->mode, entry->kind))
                return entry_damaged(at, fault, "its mode is not that of its type");
        return 0;
}

int entry_decode(const Header *header, uint64_t at, char **long_path, char **long_link,
                 ModuleEntry *ret, Fault *fault)
{
        ModuleEntry entry = {
                .kind = kind_of(header->type),
                .mode = (uint32_t)header->mode & 07777U,
                .uid = header->uid,
                .gid = header->gid,
                .mtime = header->mtime,
                .header_offset = at,
                .text_offset = header->text_offset,
                .text_size = header->text_size,
                .fixup_pages = header->fixup_pages,
        };
        int r = entry_settle(header, long_path, long_link, &entry, fault);

        if (r < 0) {
                module_entry_done(&entry);
                return r;
        }
        *ret = entry;
        return 0;
}
