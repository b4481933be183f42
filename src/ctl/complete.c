/* SPDX-License-Identifier: MIT */

/* unlockerctl complete -- WORD...: what may stand for the last of the words, for the completion of
 * bash, zsh and fish. A line for each candidate, with a tab and a summary where there is one; or
 * ":files", ":directories", ":vmx", which the shell knows better. Words before the last are taken
 * as they are: a line that is being typed may be wrong. */

#include <stdio.h>

#include "base/text.h"
#include "ctl/frame/context.h"
#include "ctl/program.h"
#include "ctl/verbs/verbs.h"
#include "ctl/work/names.h"
#include "swap/session.h"

typedef struct Line {
        Verbs verbs;                /* all there are */
        const Verb *verb;           /* NULL: none yet */
        const char *root;           /* the last --root, or "/" */
        const Option *pending;      /* the option whose argument the last word is */
        size_t arguments;           /* of the verb, before the last word */
        const RequestWord *request; /* "help", "version"; NULL: none */
        bool ended;                 /* "--" was there */
        const char *last;           /* never NULL */
} Line;

static void print_completion(const Line *line, const char *prefix, const char *word,
                             const char *summary)
{
        size_t length = strlen(prefix);

        /* A shell reads lines: a word with a newline in it would be two. */
        if (strchr(word, '\n'))
                return;
        if (strncmp(line->last, prefix, length) == 0 && text_starts(word, line->last + length))
                (void)printf("%s%s%s%s\n", prefix, word, summary ? "\t" : "",
                             summary ? summary : "");
}

static const Option *option_find(const Option *options, const char *word, size_t length)
{
        for (; options && options->name; options++)
                if (strlen(options->name) == length && strncmp(options->name, word, length) == 0)
                        return options;
        return NULL;
}

/* "--name", "--name=…" or "-n" of the verb or the program; NULL when it is none of them. */
static const Option *option_of_word(const Verb *verb, const char *word)
{
        const Option *tables[] = {global_options, verb ? verb->options : NULL};

        for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
                const Option *found = NULL;

                if (text_starts(word, "--"))
                        found = option_find(tables[i], word + 2, strcspn(word + 2, "="));
                else
                        for (const Option *option = tables[i]; option && option->name; option++)
                                if (option->letter && option->letter == word[1] && !word[2])
                                        found = option;
                if (found)
                        return found;
        }
        return NULL;
}

static void line_take(Line *line, const char *word)
{
        if (line->pending) {
                if (text_equal(line->pending->name, "root"))
                        line->root = word;
                line->pending = NULL;
        } else if (!line->ended && text_equal(word, "--")) {
                line->ended = true;
        } else if (!line->ended && word[0] == '-' && word[1]) {
                const Option *option = option_of_word(line->verb, word);

                if (option && option->argument && !option->may_lack && !strchr(word, '='))
                        line->pending = option;
                if (option && text_starts(word, "--root="))
                        line->root = word + strlen("--root=");
        } else if (!line->verb && !line->request) {
                line->verb = verb_find(line->verbs, word);
                line->request = request_word_find(word);
        } else {
                line->arguments++;
        }
}

static Line line_read(Verbs verbs, int count, char **words)
{
        Line line = {.verbs = verbs, .root = "/", .last = ""};

        for (int i = 0; i + 1 < count; i++)
                line_take(&line, words[i]);
        if (count > 0)
                line.last = words[count - 1];
        return line;
}

/* What stands for an option's or a verb's argument, by its word in the help. */
static void complete_placeholder(const Line *line, const char *prefix, const char *placeholder)
{
        static const struct {
                const char *placeholder;
                const char *words[5];
        } known[] = {
                {"DIR", {":directories"}},
                {"OUT", {":files"}},
                {"FILE", {":files"}},
                {"SOURCE", {":files"}},
                {"IMAGE", {"darwin.iso", "darwinPre15.iso"}},
                {"TARGET", {":files"}},
                {"FORMAT", {"short", "pretty", "off"}},
                {"VM.vmx", {":vmx"}},
                {"TIME", {"500ms", "2s", "1min", "15min"}},
                {"N", {"0", "1", "2", "3"}},
        };

        for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
                if (!strstr(placeholder, known[i].placeholder))
                        continue;
                for (size_t k = 0; k < ARRAY_SIZE(known[i].words) && known[i].words[k]; k++)
                        if (known[i].words[k][0] == ':')
                                (void)printf("%s\n", known[i].words[k]);
                        else
                                print_completion(line, prefix, known[i].words[k], NULL);
                return;
        }
}

static void complete_options(const Line *line)
{
        const Option *tables[] = {global_options, line->verb ? line->verb->options : NULL};

        for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
                for (const Option *option = tables[i]; option && option->name; option++) {
                        char word[64];

                        text_put(word, sizeof(word), "%s%s", option->name,
                                 option->argument && !option->may_lack ? "=" : "");
                        print_completion(line, "--", word, option->summary);
                }
}

static void complete_verbs(const Line *line)
{
        if (line->arguments > 0 || (line->request && line->request->request != REQUEST_HELP))
                return;
        for (Verbs verb = line->verbs; *verb; verb++)
                if ((*verb)->summary)
                        print_completion(line, "", (*verb)->name, (*verb)->summary);
        for (const RequestWord *word = request_words; word->verb.name; word++)
                print_completion(line, "", word->verb.name, word->verb.summary);
}

/* The originals that are kept; none where they cannot be read. */
static int complete_builds(const Line *line)
{
        _cleanup_(session_freep) Session *session = NULL;
        Fault fault = FAULT_NONE;
        int r = session_open_shown(line->root, &session, &fault);

        for (size_t i = 0; r >= 0 && i < session->archives.count; i++) {
                const Archive *archive = &session->archives.items[i];
                _cleanup_free_ char *title = NULL;

                r = build_title(&archive->build, &title);
                if (r >= 0)
                        print_completion(
                                line, "",
                                archive->build.build ? archive->build.build : archive->name, title);
        }
        return r == -ENOMEM ? r : 0;
}

static int complete_argument(const Line *line)
{
        const char *placeholder = line->verb->arguments;

        if (!placeholder || line->arguments >= line->verb->maximum_arguments)
                return 0;
        if (strstr(placeholder, "BUILD"))
                return complete_builds(line);
        if (strstr(placeholder, "TARGET"))
                for (Role role = 0; role < _ROLE_MAX; role++)
                        print_completion(line, "", role_name(role), NULL);
        complete_placeholder(line, "", placeholder);
        return 0;
}

static int run_complete(Context *context, int count, char **arguments)
{
        Line line = line_read(context->verbs, count, arguments);
        const char *equals = strchr(line.last, '=');
        const Option *option = NULL;
        char prefix[64];

        if (line.pending) {
                complete_placeholder(&line, "", line.pending->argument);
        } else if (!line.ended && text_starts(line.last, "--") && equals) {
                option = option_of_word(line.verb, line.last);
                if (!option || !option->argument)
                        return EXIT_DONE;
                text_put(prefix, sizeof(prefix), "--%s=", option->name);
                complete_placeholder(&line, prefix, option->argument);
        } else if (!line.ended && line.last[0] == '-') {
                complete_options(&line);
        } else if (!line.verb) {
                complete_verbs(&line);
        } else {
                return complete_argument(&line);
        }
        return EXIT_DONE;
}

const Verb verb_complete = {
        .name = "complete",
        .arguments = "[WORD...]",
        .description = "What may stand for the last word, a line for each, for the shells.",
        .maximum_arguments = SIZE_MAX,
        .run = run_complete,
};
