/* SPDX-License-Identifier: MIT */
#pragma once

/* What the command line takes beside the verbs: the options of every command, and words that stand
 * for one. */

#include "ctl/frame/verb.h"

typedef enum Request {
        REQUEST_RUN,
        REQUEST_HELP, /* of context->verb, or of the program when that is NULL */
        REQUEST_VERSION,
} Request;

typedef enum {
        GLOBAL_ROOT,
        GLOBAL_JSON,
        GLOBAL_QUIET,
        GLOBAL_VERBOSE,
        GLOBAL_NO_COLOR,
        GLOBAL_NO_PAGER,
        GLOBAL_HELP,
        GLOBAL_VERSION,
        _GLOBAL_MAX,
} GlobalOption;

/* A word in the place of a command that stands for an option. Its Verb is for its help alone, and
 * is never run. */
typedef struct RequestWord {
        Verb verb;
        Request request;
} RequestWord;

/* "help" and "version", ended by {}. */
extern const RequestWord request_words[];

/* NULL when it is none of them. */
const RequestWord *request_word_find(const char *name);

/* Options that every verb takes, ended by {}. */
extern const Option global_options[];
