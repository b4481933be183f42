/* SPDX-License-Identifier: MIT */
#pragma once

/* MachoBinds: the fields that dyld fills with symbols of other libraries, from the opcodes of
 * LC_DYLD_INFO. What such a field will hold the file does not say. The opcodes that rebase are not
 * needed: a field that only gets the slide added holds its value. Source: <mach-o/loader.h>, as
 * published. */

#include "macho/segments.h"

typedef struct MachoBinds {
        uint64_t *addresses; /* ascending; each of eight bytes; owned */
        size_t count;
} MachoBinds;

/* -EBADMSG with REASON_IMAGE_FIXUPS, -ENOMEM. */
_nodiscard_ int macho_binds_read(const MachoCommands *commands, MachoBinds *ret, Fault *fault);
void macho_binds_done(MachoBinds *binds);

/* Whether any of the eight bytes at `address` is filled so. */
bool macho_binds_cover(const MachoBinds *binds, uint64_t address);

/* As ImageClass.each_relocation. */
_nodiscard_ int macho_binds_each(const MachoBinds *binds, image_relocation_visit visit,
                                 void *context);
