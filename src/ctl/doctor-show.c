/* SPDX-License-Identifier: MIT */

#include <stdio.h>

#include "ctl/doctor.h"
#include "ctl/output.h"

#define MANUAL        "vmware-unlocker(7)"
#define COLUMN_ID     10U
#define COLUMN_FACT   25U
#define COLUMNS_LEAST 40U /* narrower terminals get lines that are too long */

/* Prints `text` from column COLUMN_FACT on, broken at blanks, behind `head` (of that width). */
static void print_paragraph(const Context *context, Tone tone, const char *head, const char *text)
{
        size_t width =
                context->columns >= COLUMNS_LEAST ? context->columns - COLUMN_FACT : SIZE_MAX;

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

static void check_show(const Context *context, const Check *check)
{
        char head[64], todo[256];

        text_put(head, sizeof(head), "  %-*s%s", (int)(COLUMN_ID - 2),
                 check_level_name(check->level), check->id);
        print_paragraph(context, tone_of_level(check->level), head, check->fact);
        if (!check->todo)
                return;
        text_put(todo, sizeof(todo), "%s %s", context->utf8 ? "\xE2\x86\x92" : "->", check->todo);
        print_paragraph(context, TONE_PLAIN, "", todo);
}

void checks_show(const Context *context, const char *title, const Checks *checks)
{
        output_line(context, TONE_STRONG, "%s\n", title);
        for (size_t i = 0; i < checks->count; i++)
                check_show(context, &checks->items[i]);
        output_line(context, TONE_PLAIN, "%s", "");
}

void checks_json_add(Json *parent, const Checks *checks)
{
        Json *list = json_add_array(parent, "checks");

        for (size_t i = 0; i < checks->count; i++) {
                const Check *check = &checks->items[i];
                Json *item = json_add_object(list, NULL);

                json_add_text(item, "id", check->id);
                json_add_text(item, "level", check_level_name(check->level));
                json_add_text(item, "fact", check->fact);
                json_add_text(item, "todo", check->todo);
                json_add_format(item, "manual", "man:%s#%s", MANUAL, check->id);
        }
}
