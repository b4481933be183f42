/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <string.h>

#include "config.h"

#include "ctl/help.h"
#include "ctl/program.h"

#define HELP_COLUMNS  80
#define HELP_SUMMARY  26 /* column where summaries start */
#define HELP_TERM_MAX 64

/* Prints `text` word by word from column `at` on, later lines indented to `indent`. */
static void print_wrapped(const char *text, int at, int indent)
{
        int start = at;

        while (*text) {
                int length = (int)strcspn(text, " \n");

                if (at > start && at + 1 + length > HELP_COLUMNS) {
                        (void)printf("\n%*s", indent, "");
                        at = start = indent;
                }
                if (at > start && length > 0) {
                        (void)putchar(' ');
                        at++;
                }
                (void)printf("%.*s", length, text);
                at += length;
                text += length;
                if (*text == '\n') {
                        (void)printf("\n%*s", indent, "");
                        at = start = indent;
                }
                text += *text != '\0';
        }
        (void)putchar('\n');
}

static void print_entry(const char *term, const char *summary)
{
        int at = printf("  %s", term);

        if (at > HELP_SUMMARY - 2) {
                (void)putchar('\n');
                at = 0;
        }
        (void)printf("%*s", HELP_SUMMARY - MAX(at, 0), "");
        print_wrapped(summary, HELP_SUMMARY, HELP_SUMMARY);
}

static void print_options(const char *heading, const Option *options)
{
        char term[HELP_TERM_MAX], letter[5];

        if (!options || !options->name)
                return;
        (void)printf("\n%s\n", heading);
        for (; options->name; options++) {
                (void)snprintf(letter, sizeof(letter), "-%c, ", options->letter);
                (void)snprintf(term, sizeof(term), "%s--%s%s%s%s",
                               options->letter ? letter : "    ", options->name,
                               options->may_lack   ? "[="
                               : options->argument ? "="
                                                   : "",
                               options->argument ? options->argument : "",
                               options->may_lack ? "]" : "");
                print_entry(term, options->summary);
        }
}

static void print_term(const Verb *verb, char term[static HELP_TERM_MAX])
{
        (void)snprintf(term, HELP_TERM_MAX, "%s%s%s", verb->name, verb->arguments ? " " : "",
                       verb->arguments ? verb->arguments : "");
}

static void print_program(Verbs verbs)
{
        char term[HELP_TERM_MAX];

        (void)puts("Usage: unlockerctl [OPTION...] [COMMAND] [ARGUMENT...]\n\n"
                   "Lets VMware Workstation and Player run macOS guests.\n\n"
                   "Commands:");
        for (Verbs verb = verbs; *verb; verb++) {
                if (!(*verb)->summary)
                        continue;
                print_term(*verb, term);
                print_entry(term, (*verb)->summary);
        }
        for (const RequestWord *word = request_words; word->verb.name; word++) {
                print_term(&word->verb, term);
                print_entry(term, word->verb.summary);
        }
        print_options("Options:", global_options);
        (void)puts("\nSee `unlockerctl COMMAND --help`, unlockerctl(8) and unlockerctl-json(5).");
        if (*HOMEPAGE)
                (void)puts("Home page: " HOMEPAGE);
}

static void print_verb(const Verb *verb)
{
        char term[HELP_TERM_MAX];

        print_term(verb, term);
        (void)printf("Usage: unlockerctl [OPTION...] %s\n\n", term);
        print_wrapped(verb->description ? verb->description : verb->summary, 0, 0);
        print_options("Options of this command:", verb->options);
        print_options("Options of every command:", global_options);
}

void help_print(const Context *context)
{
        if (context->verb)
                print_verb(context->verb);
        else
                print_program(context->verbs);
}
