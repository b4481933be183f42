/* SPDX-License-Identifier: MIT */
#pragma once

/* Hint: advice with a command in it, as it has to be typed for one root: "run `sudo unlockerctl
 * patch`" becomes "run `unlockerctl --root=DIR patch`" for a DIR that is not root's. */

#include <stdbool.h>

#include "base/macros.h"

/* `word` in a new string, as a shell reads it back: in quotes where it has to be. -ENOMEM. */
_nodiscard_ int hint_quote(const char *word, char **ret);

/* Whether what is below this root belongs to root: a tree of one's own is patched without another's
 * rights. */
bool hint_takes_sudo(const char *root);

/* `text` in a new string. Each "`sudo unlockerctl VERB" and "`unlockerctl VERB" in it gets --root
 * as it was given, and loses sudo where the root's owner is another user. Verbs that take files and
 * no root stay as they are, and so do those that have --root already. -ENOMEM. */
_nodiscard_ int hint_for_root(const char *root, const char *text, char **ret);

/* `text` in a new string, with `path` in place of each "VM.vmx", as a shell reads it. -ENOMEM. */
_nodiscard_ int hint_for_vm(const char *path, const char *text, char **ret);
