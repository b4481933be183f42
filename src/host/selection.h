/* SPDX-License-Identifier: MIT */
#pragma once

/* Selection: which targets a person means by the words of a command line. */

#include "host/installation.h"

/* The targets of one installation, by role. */
typedef struct Selected {
        bool roles[_ROLE_MAX];
} Selected;

/* A word is a role ("vmx-debug"), a file name ("vmware-vmx-debug"), or a path: inside the root,
 * with the root before it, as the caller's shell means it, or, if that is none, in VMware's
 * directory ("bin/vmware-vmx"); links and ".." are followed but in the last. It selects in every
 * installation it fits. No words select everything. `ret` holds one Selected per installation and
 * means nothing after an error: -ENOENT with REASON_NO_SUCH_TARGET, the word as
 * subject. */
_nodiscard_ int installations_select(const Installations *installations, const Root *root,
                                     size_t word_count, char *const *words, Selected *ret,
                                     Fault *fault);
