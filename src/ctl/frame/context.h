/* SPDX-License-Identifier: MIT */
#pragma once

/* Context: what the command line and the terminal say, for every verb. */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "ctl/frame/exit-status.h"
#include "ctl/frame/verb.h"

#define CONTEXT_OPTIONS_MAX 16U /* options of one verb */

/* How a document is printed. */
typedef enum JsonForm {
        JSON_FORM_AUTO,   /* indented on a terminal */
        JSON_FORM_SHORT,  /* one line */
        JSON_FORM_PRETTY, /* indented */
} JsonForm;

struct Context {
        Texts roots; /* the --root directories, "/" when none was given; never empty */
        bool json;   /* one JSON document on standard output, nothing else there */
        JsonForm json_form;
        bool is_plugin;         /* status --nagios: each end is that of a plugin */
        bool quiet;             /* nothing but errors and documents */
        bool verbose;           /* say more */
        bool colour;            /* standard output may be coloured */
        bool error_colour;      /* standard error may be */
        bool pager;             /* a pager may be started */
        bool progress;          /* standard error may show a line for a while */
        bool is_terminal;       /* standard output is a terminal */
        bool utf8;              /* the locale's charset */
        unsigned columns;       /* of the terminal, or $COLUMNS; 0: no limit */
        unsigned error_columns; /* of the terminal that standard error is; else 0 */

        Verbs verbs; /* all there are */
        const Verb *verb;
        bool verb_is_default;                     /* no command was given */
        const char *options[CONTEXT_OPTIONS_MAX]; /* by index into verb->options */
};

/* What the verb's own option `name` was given: its argument, "" for an option without one, NULL
 * when it was not given. `name` must be in the verb's table. The last one given counts. */
const char *context_option(const Context *context, const char *name);

/* The terminal's part: is_terminal, utf8, columns, colour, pager, progress; call it before the
 * command line is parsed, which may switch colour and pager off. */
void context_look_at_terminal(Context *context);

/* Whether a control sequence may be written to this fd: a terminal that is not "dumb". */
bool context_fd_takes_colour(int fd);

void context_done(Context *context);
