/* SPDX-License-Identifier: MIT */
#pragma once

/* Verb: one command of unlockerctl. Each has a file of its own that defines its Verb, and a line in
 * verbs.c; command line and help come from these tables alone. */

#include <stdbool.h>
#include <stddef.h>

typedef struct Context Context;

typedef struct Option {
        const char *name;     /* "dry-run", without the dashes */
        char letter;          /* 'n' for -n; 0: none */
        const char *argument; /* "DIR"; NULL: it takes none */
        const char *summary;  /* one sentence, without a full stop */
        bool may_lack;        /* --name without its argument is right as well */
} Option;

typedef struct Verb {
        const char *name;
        const char *arguments;   /* "FILE", "[TARGET...]"; NULL: it takes none */
        const char *summary;     /* one line for the list of commands, without a full stop; NULL: it
                                    is for the units, and not listed */
        const char *doing;       /* for the progress line, until run() says more; NULL: none */
        const char *description; /* paragraphs of its own help, '\n' between them; or NULL */
        const Option *options;   /* its own, ended by {}; NULL: none */
        size_t minimum_arguments; /* checked before run() */
        size_t maximum_arguments; /* SIZE_MAX: any number */
        bool one_root;            /* it looks at one --root only */
        bool changes;             /* it may write files, each of which is whole at any moment */
        /* Does it and returns an ExitStatus, having said what went wrong; negative errno only for
         * what is left to say (-ENOMEM). `arguments` are what is left of the command line without
         * options, NULL behind the last; options: context_option(). */
        int (*run)(Context *context, int count, char **arguments);
} Verb;

/* Verbs in the order of the help, ended by NULL. */
typedef const Verb *const *Verbs;

/* NULL when there is none of this name. */
const Verb *verb_find(Verbs verbs, const char *name);
