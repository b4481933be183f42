/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "base/text.h"
#include "visor/check.h"

static int compare_paths(const void *a, const void *b)
{
        const ModuleEntry *const *left = a, *const *right = b;
        int order = strcmp((*left)->path, (*right)->path);

        return order != 0 ? order : ((*left) > (*right)) - ((*left) < (*right));
}

static int compare_path(const void *path, const void *entry)
{
        return strcmp(path, (*(const ModuleEntry *const *)entry)->path);
}

static int check_entry_damaged(const ModuleEntry *entry, Fault *fault, const char *what)
{
        return fault_set_at(fault, -EBADMSG, REASON_MODULE_DAMAGED, entry->header_offset, "%s",
                            what);
}

/* Which of two a host would take is not known. */
static int check_twice(const ModuleEntry *first, const ModuleEntry *second, Fault *fault)
{
        if (!text_equal(first->path, second->path) ||
            (first->kind == ENTRY_DIRECTORY && second->kind == ENTRY_DIRECTORY))
                return 0;
        return check_entry_damaged(second, fault, "a name comes twice");
}

/* A link to a link could lead in a circle. */
static int check_hardlink(const ModuleEntry *link, const ModuleEntry **sorted, size_t count,
                          Fault *fault)
{
        const char *path = link->link;
        const ModuleEntry **found;

        while (path[0] == '.' && path[1] == '/')
                path += 2 + strspn(path + 2, "/");
        found = bsearch(path, sorted, count, sizeof(const ModuleEntry *), compare_path);
        return found && (*found)->kind == ENTRY_FILE
                       ? 0
                       : check_entry_damaged(link, fault,
                                             "a hard link leads to no file of the module");
}

int module_check_names(const Module *module, Fault *fault)
{
        _cleanup_free_ const ModuleEntry **sorted =
                malloc((module->count + 1) * sizeof(const ModuleEntry *));
        int r = 0;

        if (!sorted)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "module");
        for (size_t i = 0; i < module->count; i++)
                sorted[i] = &module->entries[i];
        qsort(sorted, module->count, sizeof(const ModuleEntry *), compare_paths);

        for (size_t i = 1; r >= 0 && i < module->count; i++)
                r = check_twice(sorted[i - 1], sorted[i], fault);
        for (size_t i = 0; r >= 0 && i < module->count; i++)
                if (module->entries[i].kind == ENTRY_HARDLINK)
                        r = check_hardlink(&module->entries[i], sorted, module->count, fault);
        return r;
}
