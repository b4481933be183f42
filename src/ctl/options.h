/* SPDX-License-Identifier: MIT */
#pragma once

/* Options: the command line, parsed from the tables of the verbs. Options of the program may stand
 * anywhere, those of a verb anywhere behind it; "--" ends them. */

#include "ctl/frame/context.h"
#include "ctl/frame/verb.h"

typedef enum Request {
        REQUEST_RUN,
        REQUEST_HELP, /* of context->verb, or of the program when that is NULL */
        REQUEST_VERSION,
} Request;

typedef struct Arguments {
        int count;
        char **items; /* borrowed from argv */
} Arguments;

/* A word in the place of a command that stands for an option. */
typedef struct RequestWord {
        const char *name;
        const char *term; /* with its argument */
        const char *summary;
        Request request;
} RequestWord;

/* "help" and "version", ended by {}. */
extern const RequestWord request_words[];

/* NULL when it is none of them. */
const RequestWord *request_word_find(const char *name);

/* Options that every verb takes, ended by {}. */
extern const Option global_options[];

/* Fills the context's part of the command line. Without a verb it is "status". EXIT_USAGE when it
 * was wrong, having said so; negative errno. */
_nodiscard_ int options_parse(Context *context, int argc, char **argv, Request *ret_request,
                              Arguments *ret_arguments);
