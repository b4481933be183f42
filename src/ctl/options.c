/* SPDX-License-Identifier: MIT */

#include <getopt.h>
#include <stdio.h>

#include "base/log.h"
#include "ctl/options.h"
#include "ctl/suggest.h"

#define VERB_DEFAULT "status"

enum {
        GLOBAL_ROOT,
        GLOBAL_JSON,
        GLOBAL_QUIET,
        GLOBAL_VERBOSE,
        GLOBAL_NO_COLOR,
        GLOBAL_NO_PAGER,
        GLOBAL_HELP,
        GLOBAL_VERSION,
        _GLOBAL_MAX,
};

const Option global_options[] = {
        [GLOBAL_ROOT] = {"root", 0, "DIR", "Work on the system below DIR; may be repeated"},
        [GLOBAL_JSON] = {"json", 0, NULL, "Print one JSON document"},
        [GLOBAL_QUIET] = {"quiet", 'q', NULL, "Print only what was asked for, and errors"},
        [GLOBAL_VERBOSE] = {"verbose", 'v', NULL, "Say more"},
        [GLOBAL_NO_COLOR] = {"no-color", 0, NULL, "No colour, as with NO_COLOR in the environment"},
        [GLOBAL_NO_PAGER] = {"no-pager", 0, NULL, "Do not start a pager"},
        [GLOBAL_HELP] = {"help", 'h', NULL, "Show this help, or that of COMMAND"},
        [GLOBAL_VERSION] = {"version", 0, NULL, "Show the version"},
        {},
};

_Static_assert(ARRAY_SIZE(global_options) == _GLOBAL_MAX + 1, "every option has its words");

/* What getopt_long() returns for the option at an index of either table: no letter. */
#define CODE_GLOBAL 0x100
#define CODE_VERB   0x200

/* The tables, as getopt_long() wants them. */
typedef struct Parser {
        struct option longs[_GLOBAL_MAX + CONTEXT_OPTIONS_MAX + 1];
        size_t long_count;
        char shorts[2 * (_GLOBAL_MAX + CONTEXT_OPTIONS_MAX) + 3];
        size_t short_count;
        const Verb *verb;
} Parser;

static void parser_add(Parser *parser, const Option *options, size_t limit, int code)
{
        for (size_t i = 0; options && options[i].name && i < limit; i++) {
                parser->longs[parser->long_count++] = (struct option){
                        .name = options[i].name,
                        .has_arg = options[i].argument ? required_argument : no_argument,
                        .val = code + (int)i,
                };
                if (options[i].letter) {
                        parser->shorts[parser->short_count++] = options[i].letter;
                        if (options[i].argument)
                                parser->shorts[parser->short_count++] = ':';
                }
        }
}

/* `verb` NULL: for what stands before it, up to the first word that is no option. */
static void parser_init(Parser *parser, const Verb *verb)
{
        *parser = (Parser){.verb = verb};
        if (!verb)
                parser->shorts[parser->short_count++] = '+';
        parser->shorts[parser->short_count++] = ':';
        parser_add(parser, global_options, _GLOBAL_MAX, CODE_GLOBAL);
        if (verb)
                parser_add(parser, verb->options, CONTEXT_OPTIONS_MAX, CODE_VERB);
}

static int code_of_letter(const Option *options, int letter, int code)
{
        for (int i = 0; options && options[i].name; i++)
                if (options[i].letter == letter)
                        return code + i;
        return letter;
}

static const Option *option_of(const Parser *parser, int code)
{
        if (code >= CODE_VERB)
                return &parser->verb->options[code - CODE_VERB];
        return &global_options[code - CODE_GLOBAL];
}

static int say_usage(const Verb *verb, const char *what, const char *subject, const char *why)
{
        log_line(LOG_ERR, "unlockerctl: %s %s%s: see `unlockerctl%s%s --help`", what, subject, why,
                 verb ? " " : "", verb ? verb->name : "");
        return -EINVAL;
}

static int say_unknown_option(const Verb *verb, const char *word)
{
        const Option *nearest = option_nearest(verb, word);
        bool misplaced = nearest && !verb && text_equal(word + strspn(word, "-"), nearest->name);
        char why[64] = "";

        if (misplaced)
                (void)snprintf(why, sizeof(why), " before the command, write it after");
        else if (nearest)
                (void)snprintf(why, sizeof(why), ", did you mean --%s?", nearest->name);
        return say_usage(verb, "unknown option", word, why);
}

static int say_bad_option(const Parser *parser, int result, int letter, char *word)
{
        char text[] = {'-', (char)letter, '\0'};
        char name[64];

        if (letter >= CODE_GLOBAL) {
                (void)snprintf(name, sizeof(name), "--%s", option_of(parser, letter)->name);
                return say_usage(parser->verb, "option", name,
                                 result == ':' ? " needs an argument" : " takes no argument");
        }
        if (result == ':')
                return say_usage(parser->verb, "option", text, " needs an argument");
        return say_unknown_option(parser->verb, letter ? text : word);
}

static int take_global(Context *context, int index, const char *argument, Request *request)
{
        switch (index) {
        case GLOBAL_ROOT:
                if (!*argument)
                        return say_usage(context->verb, "option", "--root", " needs a directory");
                return texts_add(&context->roots, argument);
        case GLOBAL_JSON:
                context->json = true;
                break;
        case GLOBAL_QUIET:
                context->quiet = true;
                context->verbose = false;
                break;
        case GLOBAL_VERBOSE:
                context->verbose = true;
                context->quiet = false;
                break;
        case GLOBAL_NO_COLOR:
                context->colour = context->error_colour = false;
                break;
        case GLOBAL_NO_PAGER:
                context->pager = false;
                break;
        case GLOBAL_HELP:
                *request = REQUEST_HELP;
                break;
        case GLOBAL_VERSION:
                *request = REQUEST_VERSION;
                break;
        }
        return 0;
}

/* Takes the options of `argv`, up to the first other word when `context->verb` is NULL. `*request`
 * is changed when one of them is a request. Afterwards getopt's optind is the first argument. */
static int take_options(Context *context, int argc, char **argv, Request *request)
{
        Parser parser;
        int code, r;

        parser_init(&parser, context->verb);
        optind = 0;
        opterr = 0;
        while ((code = getopt_long(argc, argv, parser.shorts, parser.longs, NULL)) != -1) {
                if (code == '?' || code == ':')
                        return say_bad_option(&parser, code, optopt, argv[optind - 1]);
                if (code < CODE_GLOBAL)
                        code = code_of_letter(global_options, code, CODE_GLOBAL);
                if (code < CODE_GLOBAL)
                        code = code_of_letter(context->verb->options, code, CODE_VERB);
                if (code >= CODE_VERB) {
                        context->options[code - CODE_VERB] = optarg ? optarg : "";
                        continue;
                }
                r = take_global(context, code - CODE_GLOBAL, optarg, request);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int find_verb(Context *context, const char *name)
{
        const Verb *nearest = verb_nearest(name);
        char why[64] = "";

        context->verb = verb_find(name);
        if (context->verb)
                return 0;
        if (nearest)
                (void)snprintf(why, sizeof(why), ", did you mean %s?", nearest->name);
        return say_usage(NULL, "unknown command", name, why);
}

static int check_arguments(const Verb *verb, const Arguments *arguments)
{
        if ((size_t)arguments->count < verb->minimum_arguments)
                return say_usage(verb, verb->name, "needs ", verb->arguments);
        if ((size_t)arguments->count > verb->maximum_arguments)
                return say_usage(verb, "unexpected argument",
                                 arguments->items[verb->maximum_arguments], "");
        return 0;
}

int options_parse(Context *context, int argc, char **argv, Request *ret_request,
                  Arguments *ret_arguments)
{
        static char *nothing[] = {NULL};
        Arguments arguments = {.items = nothing};
        Request request = REQUEST_RUN;
        int r;

        r = take_options(context, argc, argv, &request);
        if (r < 0)
                return r;
        if (optind < argc) {
                argc -= optind;
                argv += optind;
                r = find_verb(context, argv[0]);
                if (r < 0)
                        return r;
                r = take_options(context, argc, argv, &request);
                if (r < 0)
                        return r;
                arguments = (Arguments){.count = argc - optind, .items = argv + optind};
        }
        if (request == REQUEST_RUN && !context->verb) {
                r = find_verb(context, VERB_DEFAULT);
                if (r < 0)
                        return r;
        }
        if (request == REQUEST_RUN)
                r = check_arguments(context->verb, &arguments);
        if (r >= 0 && context->roots.count == 0)
                r = texts_add(&context->roots, "/");
        if (r < 0)
                return r;
        *ret_request = request;
        *ret_arguments = arguments;
        return 0;
}
