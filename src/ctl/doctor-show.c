/* SPDX-License-Identifier: MIT */

#include <stdio.h>

#include "ctl/doctor.h"
#include "ctl/output.h"

#define MANUAL        "vmware-unlocker(7)"
#define COLUMN_ID     10U
#define COLUMN_FACT   25U
#define COLUMNS_PIPE  80U
#define COLUMNS_LEAST 40U /* narrower terminals get lines that are too long */

/* Prints `text` from column COLUMN_FACT on, broken at blanks, behind `head` (of that width). */
static void print_paragraph(const Context *context, Tone tone, const char *head, const char *text)
{
        unsigned columns = context->columns > 0 ? context->columns : COLUMNS_PIPE;
        size_t width = columns >= COLUMNS_LEAST ? columns - COLUMN_FACT : SIZE_MAX;

        do {
                size_t size = strlen(text), broken;

                if (size > width) {
                        for (broken = width; broken > 0 && text[broken] != ' ';)
                                broken--;
                        size = broken > 0 ? broken : width;
                }
                output_line(context, tone, "%-*s%.*s", (int)COLUMN_FACT, head, (int)size, text);
                text += size;
                while (*text == ' ')
                        text++;
                head = "";
        } while (*text);
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

static void check_show(const Context *context, const Check *check)
{
        char head[64], todo[256];

        text_put(head, sizeof(head), "  %-*s%s", (int)(COLUMN_ID - 2),
                 check_level_name(check->level), check_id_name(check->id));
        print_paragraph(context, tone_of_level(check->level), head, check->fact);
        if (!check->todo || check_is_fixable(check))
                return;
        text_put(todo, sizeof(todo), "%s %s", arrow(context), check->todo);
        print_paragraph(context, TONE_PLAIN, "", todo);
}

/* What --fix corrects is said once, at the end. */
void checks_show(const Context *context, const char *title, const Checks *checks)
{
        size_t fixable = 0;

        output_line(context, TONE_STRONG, "%s\n", title);
        for (size_t i = 0; i < checks->count; i++) {
                check_show(context, &checks->items[i]);
                fixable += check_is_fixable(&checks->items[i]);
        }
        if (fixable > 0)
                output_line(context, TONE_PLAIN,
                            "\n%s run `unlockerctl doctor --fix VM.vmx` to correct %zu of these",
                            arrow(context), fixable);
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
