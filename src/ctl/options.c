/* SPDX-License-Identifier: MIT */

#include <getopt.h>

#include "ctl/options.h"
#include "ctl/render/usage.h"
#include "ctl/suggest.h"

#define VERB_DEFAULT  "status"
#define OPTION_NAGIOS "nagios"

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
                        .has_arg = !options[i].argument  ? no_argument
                                   : options[i].may_lack ? optional_argument
                                                         : required_argument,
                        .val = code + (int)i,
                };
                if (options[i].letter) {
                        parser->shorts[parser->short_count++] = options[i].letter;
                        if (options[i].argument && !options[i].may_lack)
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

static int say_unknown_option(const Context *context, const char *word)
{
        const Option *nearest;
        char name[64];

        /* Without its argument. */
        text_put(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
        nearest = option_nearest(context, name);
        if (nearest && !context->verb && text_equal(name + strspn(name, "-"), nearest->name))
                return usage_wrong(context, "unknown option %s before the command, write it after",
                                   word);
        return usage_wrong(context, "unknown option %s%s%s%s", word,
                           nearest ? " (did you mean --" : "", nearest ? nearest->name : "",
                           nearest ? "?)" : "");
}

static int say_bad_option(const Context *context, const Parser *parser, int result, int letter,
                          const char *word)
{
        char text[] = {'-', (char)letter, '\0'};

        if (letter >= CODE_GLOBAL)
                return usage_wrong(context, "option --%s %s", option_of(parser, letter)->name,
                                   result == ':' ? "needs an argument" : "takes no argument");
        if (result == ':')
                return usage_wrong(context, "option %s needs an argument", text);
        return say_unknown_option(context, letter ? text : word);
}

/* Without slashes at its end; the same root only once, else each would be told twice. */
static int add_root(Context *context, const char *path)
{
        _cleanup_free_ char *shortest = NULL;
        size_t length = strlen(path);

        while (length > 0 && path[length - 1] == '/')
                length--;
        if (length == 0)
                return texts_add_once(&context->roots, "/");
        shortest = strndup(path, length);
        return shortest ? texts_add_once(&context->roots, shortest) : -ENOMEM;
}

/* The FORMAT of --json; none of them without one. Whether there is such a format. */
static bool json_form_take(Context *context, const char *format)
{
        bool off = format && text_equal(format, "off");

        if (!format)
                context->json_form = JSON_FORM_AUTO;
        else if (text_equal(format, "short"))
                context->json_form = JSON_FORM_SHORT;
        else if (text_equal(format, "pretty"))
                context->json_form = JSON_FORM_PRETTY;
        else if (!off)
                return false;
        context->json = !off;
        return true;
}

static int take_global(Context *context, int index, const char *argument, Request *request)
{
        switch (index) {
        case GLOBAL_ROOT:
                if (!*argument)
                        return usage_wrong(context, "option --root needs a directory");
                return add_root(context, argument);
        case GLOBAL_JSON:
                if (!json_form_take(context, argument))
                        return usage_wrong(context, "--json=%s: neither short, pretty nor off",
                                           argument);
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

/* Whether --json or --nagios is given, also where another word is wrong before it is read. */
static void look_for_form(Context *context, int argc, char **argv)
{
        for (int i = 1; i < argc && !text_equal(argv[i], "--"); i++)
                if (text_equal(argv[i], "--json") || text_equal(argv[i], "-j"))
                        (void)json_form_take(context, NULL);
                else if (text_starts(argv[i], "--json="))
                        (void)json_form_take(context, argv[i] + strlen("--json="));
                else if (text_equal(argv[i], "--" OPTION_NAGIOS))
                        context->is_plugin = true;
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
                        return say_bad_option(context, &parser, code, optopt, argv[optind - 1]);
                if (code < CODE_GLOBAL)
                        code = code_of_letter(global_options, code, CODE_GLOBAL);
                if (code < CODE_GLOBAL)
                        code = code_of_letter(context->verb->options, code, CODE_VERB);
                if (code >= CODE_VERB) {
                        context->options[code - CODE_VERB] = optarg ? optarg : "";
                        continue;
                }
                r = take_global(context, code - CODE_GLOBAL, optarg, request);
                if (r != 0)
                        return r;
        }
        return 0;
}

/* Where an option may lack its argument, and `word` was written behind it with a blank:
 * "--wait=1s", as it has to be written, in a new string. NULL: it is no such word, or there is no
 * memory. */
static char *option_joined(const Context *context, const char *word)
{
        const Option *options = context->verb ? context->verb->options : NULL;
        Context tried = *context;
        char *joined = NULL;

        if (context->json && context->json_form == JSON_FORM_AUTO && json_form_take(&tried, word))
                return text_format(&joined, " (did you mean --json=%s?)", word) < 0 ? NULL : joined;
        for (size_t i = 0; *word && options && options[i].name; i++)
                if (options[i].may_lack && context->options[i] && !*context->options[i])
                        return text_format(&joined, " (did you mean --%s=%s?)", options[i].name,
                                           word) < 0
                                       ? NULL
                                       : joined;
        return NULL;
}

static int find_verb(Context *context, const char *name)
{
        const Verb *nearest = verb_nearest(context->verbs, name);
        _cleanup_free_ char *joined = NULL;

        context->verb = verb_find(context->verbs, name);
        if (context->verb) {
                context->is_plugin &= text_equal(name, VERB_DEFAULT);
                return 0;
        }
        joined = option_joined(context, name);
        if (joined)
                return usage_wrong(context, "unknown command %s%s", text_named(name), joined);
        return usage_wrong(context, "unknown command %s%s%s%s", text_named(name),
                           nearest ? " (did you mean " : "", nearest ? nearest->name : "",
                           nearest ? "?)" : "");
}

static int say_unexpected(const Context *context, const char *word)
{
        _cleanup_free_ char *joined = option_joined(context, word);

        return usage_wrong(context, "unexpected argument %s%s", text_named(word),
                           joined ? joined : "");
}

static int verb_check_arguments(const Context *context, const Arguments *arguments)
{
        const Verb *verb = context->verb;

        if ((size_t)arguments->count < verb->minimum_arguments)
                return usage_wrong(context, "%s needs %s", verb->name, verb->arguments);
        if ((size_t)arguments->count > verb->maximum_arguments)
                return say_unexpected(context, arguments->items[verb->maximum_arguments]);
        if (verb->one_root && context->roots.count > 1)
                return usage_wrong(context, "%s takes one --root at most", verb->name);
        return 0;
}

/* The command, or the word that stands for an option, whose help is asked for. */
static int find_topic(Context *context, const char *name)
{
        const RequestWord *word = request_word_find(name);

        if (!word)
                return find_verb(context, name);
        context->verb = &word->verb;
        return 0;
}

/* "help [COMMAND]" and "version", for --help and --version. */
static int take_request(Context *context, int argc, char **argv, const RequestWord *word,
                        Request *request)
{
        size_t names = word->verb.maximum_arguments;
        int r = take_options(context, argc, argv, request);

        if (r != 0)
                return r;
        argc -= optind;
        argv += optind;
        if ((size_t)argc > names)
                return usage_wrong(context, "unexpected argument %s", text_named(argv[names]));
        if (argc > 0)
                r = find_topic(context, argv[0]);
        else if (*request == REQUEST_HELP)
                context->verb = &word->verb;
        if (*request == REQUEST_RUN)
                *request = word->request;
        return r;
}

/* The command, its options and its arguments. */
static int take_command(Context *context, int argc, char **argv, Request *request,
                        Arguments *arguments)
{
        const RequestWord *word = request_word_find(argv[0]);
        int r;

        if (word)
                return take_request(context, argc, argv, word, request);
        r = find_verb(context, argv[0]);
        if (r == 0)
                r = take_options(context, argc, argv, request);
        if (r == 0)
                *arguments = (Arguments){.count = argc - optind, .items = argv + optind};
        return r;
}

int options_parse(Context *context, int argc, char **argv, Request *ret_request,
                  Arguments *ret_arguments)
{
        static char *nothing[] = {NULL};
        Arguments arguments = {.items = nothing};
        Request request = REQUEST_RUN;
        int r;

        look_for_form(context, argc, argv);
        r = take_options(context, argc, argv, &request);
        if (r == 0 && optind < argc)
                r = take_command(context, argc - optind, argv + optind, &request, &arguments);
        context->verb_is_default = r == 0 && request == REQUEST_RUN && !context->verb;
        if (context->verb_is_default)
                r = find_verb(context, VERB_DEFAULT);
        if (r == 0 && request == REQUEST_RUN)
                r = verb_check_arguments(context, &arguments);
        if (r == 0 && context->roots.count == 0)
                r = texts_add(&context->roots, "/");
        if (r != 0)
                return r;
        *ret_request = request;
        *ret_arguments = arguments;
        return 0;
}
