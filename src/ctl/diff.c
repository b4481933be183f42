/* SPDX-License-Identifier: MIT */

#include <stdint.h>

#include "ctl/diff.h"
#include "ctl/output.h"

#define AROUND 3U /* lines shown before and behind a change */

typedef struct Lines {
        const char **starts;
        size_t count;
} Lines;

/* What becomes of a line: kept, or only in the one text. */
typedef struct Step {
        char mark; /* ' ', '-', '+' */
        const char *line;
} Step;

typedef struct Script {
        Step *steps;
        size_t count;
} Script;

static int lines_split(const char *text, Lines *ret)
{
        size_t count = 0;

        for (const char *at = text; *at; count++)
                at = strchrnul(at, '\n') + (*strchrnul(at, '\n') == '\n');
        ret->starts = calloc(count + 1, sizeof(*ret->starts));
        if (!ret->starts)
                return -ENOMEM;
        for (const char *at = text; *at;) {
                const char *end = strchrnul(at, '\n');

                ret->starts[ret->count++] = at;
                at = end + (*end == '\n');
        }
        return 0;
}

static int line_size(const char *line)
{
        return (int)(strchrnul(line, '\n') - line);
}

static bool same_line(const char *a, const char *b)
{
        int size = line_size(a);

        return size == line_size(b) && memcmp(a, b, (size_t)size) == 0 && !a[size] == !b[size];
}

/* The longest run of lines that both have in common, by the table of its lengths from each pair of
 * lines on. Texts here have some hundred lines. */
static int script_make(const Lines *before, const Lines *after, Script *ret)
{
        size_t width = after->count + 1, i = 0, k = 0;
        _cleanup_free_ uint32_t *common = calloc((before->count + 1) * width, sizeof(*common));

        ret->steps = calloc(before->count + after->count + 1, sizeof(*ret->steps));
        if (!common || !ret->steps)
                return -ENOMEM;
        for (i = before->count; i-- > 0;)
                for (k = after->count; k-- > 0;)
                        common[i * width + k] = same_line(before->starts[i], after->starts[k])
                                                        ? common[(i + 1) * width + k + 1] + 1
                                                        : MAX(common[(i + 1) * width + k],
                                                              common[i * width + k + 1]);
        for (i = k = 0; i < before->count || k < after->count;) {
                bool both = i < before->count && k < after->count;
                Step *step = &ret->steps[ret->count++];

                if (both && same_line(before->starts[i], after->starts[k])) {
                        *step = (Step){' ', before->starts[i]};
                        i++;
                        k++;
                } else if (k == after->count ||
                           (both && common[(i + 1) * width + k] >= common[i * width + k + 1])) {
                        *step = (Step){'-', before->starts[i++]};
                } else {
                        *step = (Step){'+', after->starts[k++]};
                }
        }
        return 0;
}

/* A carriage return is part of a line end here, not a thing to show. */
static void print_step(const Context *context, const Step *step)
{
        Tone tone = step->mark == '+' ? TONE_GOOD : step->mark == '-' ? TONE_BAD : TONE_PLAIN;
        int size = line_size(step->line);

        if (size > 0 && step->line[size - 1] == '\r')
                size--;
        output_line(context, tone, "%c%.*s", step->mark, size, step->line);
}

/* The end of the hunk that begins with the change at `from`: behind it AROUND lines are the same,
 * and no other change is near. */
static size_t hunk_end(const Script *script, size_t from)
{
        size_t same = 0, i = from;

        for (; i < script->count && same <= 2 * AROUND; i++)
                same = script->steps[i].mark == ' ' ? same + 1 : 0;
        return i - same + MIN(same, AROUND);
}

static void print_hunk(const Context *context, const Script *script, size_t from, size_t end)
{
        size_t at[2] = {0, 0}, count[2] = {0, 0};

        for (size_t i = 0; i < end; i++) {
                size_t *numbers = i < from ? at : count;

                numbers[0] += script->steps[i].mark != '+';
                numbers[1] += script->steps[i].mark != '-';
        }
        output_line(context, TONE_DIM, "@@ -%zu,%zu +%zu,%zu @@", at[0] + (count[0] > 0), count[0],
                    at[1] + (count[1] > 0), count[1]);
        for (size_t i = from; i < end; i++)
                print_step(context, &script->steps[i]);
}

static void script_print(const Context *context, const char *path, const Script *script)
{
        size_t shown = 0;
        bool titled = false;

        for (size_t i = 0; i < script->count; i++) {
                size_t from = i > shown + AROUND ? i - AROUND : shown;

                if (script->steps[i].mark == ' ')
                        continue;
                if (!titled) {
                        output_line(context, TONE_STRONG, "--- %s", path);
                        output_line(context, TONE_STRONG, "+++ %s", path);
                }
                titled = true;
                shown = hunk_end(script, i);
                print_hunk(context, script, from, shown);
                i = shown - 1;
        }
}

int diff_print(const Context *context, const char *path, const char *before, const char *after)
{
        Lines old = {}, new = {};
        Script script = {};
        int r = lines_split(before, &old);

        if (r >= 0)
                r = lines_split(after, &new);
        if (r >= 0)
                r = script_make(&old, &new, &script);
        if (r >= 0)
                script_print(context, path, &script);
        free(old.starts);
        free(new.starts);
        free(script.steps);
        return r;
}
