/* SPDX-License-Identifier: MIT */

#include "ctl/suggest.h"
#include "ctl/program.h"
#include "ctl/verbs/verbs.h"

#define WORD_MAX 24U

/* What people type who know another program, and the verb that does it here. */
static const struct {
        const char *word;
        const Verb *verb;
} synonyms[] = {
        {"unpatch", &verb_restore},   {"undo", &verb_restore},   {"revert", &verb_restore},
        {"uninstall", &verb_restore}, {"unhold", &verb_release},
};

static unsigned least_of(unsigned a, unsigned b)
{
        return a < b ? a : b;
}

/* Letters to insert, remove, replace, or swap with their neighbour, to make `b` of `a` (optimal
 * string alignment). UINT32_MAX for a word that is too long to be one of ours. */
static unsigned distance_between(const char *a, const char *b)
{
        unsigned rows[WORD_MAX + 1][WORD_MAX + 1];
        size_t height = strlen(a), width = strlen(b);

        if (height > WORD_MAX || width > WORD_MAX)
                return UINT32_MAX;
        for (unsigned i = 0; i <= height; i++)
                rows[i][0] = i;
        for (unsigned k = 0; k <= width; k++)
                rows[0][k] = k;
        for (size_t i = 1; i <= height; i++)
                for (size_t k = 1; k <= width; k++) {
                        bool swapped =
                                i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1];
                        unsigned least = rows[i - 1][k - 1] + (a[i - 1] != b[k - 1]);

                        least = least_of(least, least_of(rows[i - 1][k], rows[i][k - 1]) + 1);
                        rows[i][k] = swapped ? least_of(least, rows[i - 2][k - 2] + 1) : least;
                }
        return rows[height][width];
}

/* Verbs that change nothing may be suggested more freely. */
static bool verb_only_looks(const Verb *verb)
{
        return verb == &verb_status || verb == &verb_list || verb == &verb_verify ||
               verb == &verb_inspect || verb == &verb_dump_smc;
}

/* How far a word may be from the verb, and still be its misspelling. */
static unsigned verb_reach(const Verb *verb, const char *word)
{
        if (verb_only_looks(verb))
                return 2;
        return *word == *verb->name ? 1 : 0;
}

static void verb_compare(const Verb *verb, const char *word, const Verb **nearest, unsigned *least)
{
        unsigned distance = distance_between(word, verb->name);
        bool begun = strlen(word) > 2 && text_starts(verb->name, word);

        if (!verb->summary || (!begun && distance > verb_reach(verb, word)) || distance >= *least)
                return;
        *nearest = verb;
        *least = begun ? 0 : distance;
}

const Verb *verb_nearest(Verbs verbs, const char *word)
{
        const Verb *nearest = NULL;
        unsigned least = UINT32_MAX;

        for (size_t i = 0; i < ARRAY_SIZE(synonyms); i++)
                if (text_equal(synonyms[i].word, word))
                        return synonyms[i].verb;
        for (Verbs verb = verbs; *verb; verb++)
                verb_compare(*verb, word, &nearest, &least);
        for (const RequestWord *request = request_words; request->verb.name; request++)
                verb_compare(&request->verb, word, &nearest, &least);
        return nearest;
}

static void option_compare(const Option *options, const char *word, const Option **nearest,
                           unsigned *least)
{
        for (; options && options->name; options++) {
                unsigned distance = distance_between(word, options->name);

                if (distance >= *least)
                        continue;
                *nearest = options;
                *least = distance;
        }
}

const Option *option_nearest(const Context *context, const char *word)
{
        const Option *nearest = NULL;
        unsigned least = 2;

        if (text_equal(word, "-V"))
                word = "version";
        if (strlen(word) < 3)
                return NULL;
        while (*word == '-')
                word++;
        option_compare(global_options, word, &nearest, &least);
        if (context->verb)
                option_compare(context->verb->options, word, &nearest, &least);
        for (Verbs each = context->verbs; !context->verb && *each; each++)
                option_compare((*each)->options, word, &nearest, &least);
        return nearest;
}
