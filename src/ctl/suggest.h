/* SPDX-License-Identifier: MIT */
#pragma once

/* Suggestions for words that the command line does not know. */

#include "ctl/frame/context.h"

/* The verb, or "help" or "version", that `word` means: its misspelling, its beginning, or another
 * program's word for it.
 * NULL when there is none. A verb that changes the system is named only where one letter is wrong,
 * missing, doubled or swapped. */
const Verb *verb_nearest(Verbs verbs, const char *word);

/* The option that `word` ("--dryrun", "-V") misspells by one letter, of the context's verb or of
 * every command; without a verb, of any. NULL when there is none. */
const Option *option_nearest(const Context *context, const char *word);
