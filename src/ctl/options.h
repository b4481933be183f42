/* SPDX-License-Identifier: MIT */
#pragma once

/* Options: the command line, parsed from the tables of the verbs. Options of the program may stand
 * anywhere, those of a verb anywhere behind it; "--" ends them. */

#include "ctl/frame/context.h"
#include "ctl/program.h"

typedef struct Arguments {
        int count;
        char **items; /* borrowed from argv */
} Arguments;

/* Fills the context's part of the command line; `context->verbs` is there. Without a verb it is
 * "status". EXIT_USAGE when it was wrong, having said so; negative errno. */
_nodiscard_ int options_parse(Context *context, int argc, char **argv, Request *ret_request,
                              Arguments *ret_arguments);
