/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "base/text.h"
#include "visor/module.h"

void module_done(Module *module)
{
        for (size_t i = 0; i < module->count; i++)
                module_entry_done(&module->entries[i]);
        free(module->entries);
        *module = (Module){};
}

const ModuleEntry *module_find(const Module *module, const char *path)
{
        for (size_t i = module->count; i > 0; i--)
                if (text_equal(module->entries[i - 1].path, path))
                        return &module->entries[i - 1];
        return NULL;
}
