/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "ctl/terminal/output.h"
#include "ctl/verbs/diff.h"

static bool same_body(const DictionaryLine *a, const DictionaryLine *b)
{
        size_t size = dictionary_line_body(a);

        return size == dictionary_line_body(b) && memcmp(a->text, b->text, size) == 0;
}

static void line_print(const Context *context, char mark, const DictionaryLine *line)
{
        output_line(context, mark == '+' ? TONE_GOOD : TONE_BAD, "%c%.*s", mark,
                    (int)dictionary_line_body(line), line->text);
}

typedef struct Diff {
        const Context *context;
        const char *path;
        bool is_titled, is_adding;
} Diff;

static void diff_head(Diff *diff, const DictionaryLine *old)
{
        if (!diff->is_titled) {
                output_line(diff->context, TONE_STRONG, "--- %s", diff->path);
                output_line(diff->context, TONE_STRONG, "+++ %s", diff->path);
        }
        diff->is_titled = true;
        if (old)
                output_line(diff->context, TONE_DIM, "@@ line %u @@", old->number);
        else if (!diff->is_adding)
                output_line(diff->context, TONE_DIM, "@@ at the end @@");
        diff->is_adding = !old;
}

/* `new` is what became of `old`; either may be NULL. */
static void diff_step(Diff *diff, const DictionaryLine *old, const DictionaryLine *new)
{
        if (old && new &&same_body(old, new))
                return;
        diff_head(diff, old);
        if (old)
                line_print(diff->context, '-', old);
        if (new)
                line_print(diff->context, '+', new);
}

void diff_print(const Context *context, const char *path, const Dictionary *before,
                const Dictionary *after)
{
        Diff diff = {.context = context, .path = path};
        size_t k = 0;

        for (size_t i = 0; i < before->count; i++) {
                const DictionaryLine *old = &before->lines[i], *new = NULL;

                if (k < after->count && after->lines[k].number == old->number)
                        new = &after->lines[k++];
                diff_step(&diff, old, new);
        }
        for (; k < after->count; k++)
                diff_step(&diff, NULL, &after->lines[k]);
}
