/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ctl/terminal/hint.h"
#include "ctl/terminal/output.h"
#include "ctl/verbs/doctor.h"

#define MANUAL        "vmware-unlocker(7)"
#define COLUMN_ID     10U
#define COLUMN_FACT   25U
#define COLUMNS_PIPE  80U
#define COLUMNS_LEAST 40U /* narrower terminals get lines that are too long */
#define CHECKS_HEIGHT 15U /* lines of a VM's: with title and end no more than a screen of 24 */

static size_t fact_width(const Context *context)
{
        unsigned columns = context->columns > 0 ? context->columns : COLUMNS_PIPE;

        return columns >= COLUMNS_LEAST ? columns - COLUMN_FACT : SIZE_MAX;
}

/* Bytes of `text` that the next line takes: up to a blank, where there is one. */
static size_t fact_line_size(const char *text, size_t width)
{
        size_t size = strlen(text), broken = width;

        if (size <= width)
                return size;
        while (broken > 0 && text[broken] != ' ')
                broken--;
        return broken > 0 ? broken : width;
}

static const char *fact_skip_line(const char *text, size_t width)
{
        text += fact_line_size(text, width);
        return text + strspn(text, " ");
}

/* Prints `text` from column COLUMN_FACT on, broken at blanks, behind `head` (of that width). */
static void print_paragraph(const Context *context, Tone tone, const char *head, const char *text)
{
        size_t width = fact_width(context);

        do {
                output_line(context, tone, "%-*s%.*s", (int)COLUMN_FACT, head,
                            (int)fact_line_size(text, width), text);
                text = fact_skip_line(text, width);
                head = "";
        } while (*text);
}

static size_t paragraph_height(const Context *context, const char *text)
{
        size_t lines = 0;

        do {
                text = fact_skip_line(text, fact_width(context));
                lines++;
        } while (*text);
        return lines;
}

static Tone tone_of_level(CheckLevel level)
{
        return level == CHECK_OK ? TONE_PLAIN : level == CHECK_WARNING ? TONE_WARN : TONE_BAD;
}

static const char *arrow(const Context *context)
{
        return context->utf8 ? "\xE2\x86\x92" : "->";
}

static bool check_is_fixable(const Check *check)
{
        return check->todo && text_equal(check->todo, VM_FIX);
}

/* What is to be done, behind its arrow, as it has to be typed for `root`; NULL when it is said
 * elsewhere, or nothing is. */
static char *check_todo(const Context *context, const char *root, const Check *check)
{
        _cleanup_free_ char *todo = NULL;
        char *text = NULL;

        if (check->todo && !check_is_fixable(check) && hint_for_root(root, check->todo, &todo) >= 0)
                (void)text_format(&text, "%s %s", arrow(context), todo);
        return text;
}

/* What another check sums up is for --verbose and --json. */
static bool check_is_shown(const Context *context, const Check *check)
{
        return context->verbose || !check->is_detail;
}

static size_t check_height(const Context *context, const char *root, const Check *check)
{
        _cleanup_free_ char *todo = NULL;

        if (!check_is_shown(context, check))
                return 0;
        todo = check_todo(context, root, check);
        return paragraph_height(context, check->fact) +
               (todo ? paragraph_height(context, todo) : 0);
}

static void check_show(const Context *context, const char *root, const Check *check)
{
        _cleanup_free_ char *todo = NULL;
        char head[64];

        if (!check_is_shown(context, check))
                return;
        todo = check_todo(context, root, check);
        text_put(head, sizeof(head), "  %-*s%s", (int)(COLUMN_ID - 2),
                 check_level_name(check->level), check_id_name(check->id));
        print_paragraph(context, tone_of_level(check->level), head, check->fact);
        if (todo)
                print_paragraph(context, TONE_PLAIN, "", todo);
}

/* Of the checks that a screen has no room for, the worst are shown: those of one level and worse
 * that begin within it. */
static size_t checks_show_worst(const Context *context, const char *root, const Checks *checks)
{
        size_t room = CHECKS_HEIGHT, shown = 0;

        for (size_t level = _CHECK_LEVEL_MAX; level-- > 0;)
                for (size_t i = 0; i < checks->count; i++) {
                        size_t height = check_height(context, root, &checks->items[i]);

                        if (height == 0 || checks->items[i].level != (CheckLevel)level)
                                continue;
                        if (height > room)
                                return shown;
                        check_show(context, root, &checks->items[i]);
                        room -= height;
                        shown++;
                }
        return shown;
}

static void checks_show_all(const Context *context, const char *root, const Checks *checks)
{
        size_t height = 0, count = 0;

        for (size_t i = 0; i < checks->count; i++) {
                height += check_height(context, root, &checks->items[i]);
                count += check_is_shown(context, &checks->items[i]);
        }
        if (height > CHECKS_HEIGHT && !context->verbose && check_id_is_of_vm(checks->items[0].id)) {
                count -= checks_show_worst(context, root, checks);
                output_line(context, TONE_PLAIN, "  and %zu more: see `unlockerctl -v doctor`",
                            count);
                return;
        }
        for (size_t i = 0; i < checks->count; i++)
                check_show(context, root, &checks->items[i]);
}

/* What --fix corrects is said once, at the end. */
void checks_show(const Context *context, const char *root, const char *title, const Checks *checks,
                 bool fixable)
{
        size_t count = 0;

        output_line(context, TONE_STRONG, "%s\n", title);
        checks_show_all(context, root, checks);
        for (size_t i = 0; i < checks->count; i++)
                count += check_is_fixable(&checks->items[i]);
        if (fixable && count > 0)
                output_line(context, TONE_PLAIN, "\n%s " VM_FIX " to correct %zu of these",
                            arrow(context), count);
        else if (fixable)
                output_line(context, TONE_PLAIN, "\n%s " VM_FIX " to correct what can be",
                            arrow(context));
        output_line(context, TONE_PLAIN, "%s", "");
}

void checks_json_add(Json *parent, const Checks *checks)
{
        Json *list = json_add_array(parent, "checks");

        for (size_t i = 0; i < checks->count; i++) {
                const Check *check = &checks->items[i];
                Json *item = json_add_object(list, NULL);

                json_add_text(item, "id", check_id_name(check->id));
                json_add_text(item, "level", check_level_name(check->level));
                json_add_text(item, "fact", check->fact);
                json_add_text(item, "todo", check->todo);
                json_add_text(item, "file", check->file);
                if (check->line > 0)
                        json_add_number(item, "line", check->line);
                else
                        json_add_null(item, "line");
                json_add_format(item, "manual", "man:%s#%s", MANUAL, check_id_name(check->id));
        }
}
