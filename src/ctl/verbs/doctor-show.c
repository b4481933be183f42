/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ctl/terminal/hint.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/paragraph.h"
#include "ctl/verbs/doctor.h"

#define MANUAL        "vmware-unlocker(7)"
#define COLUMN_ID     10U
#define COLUMN_FACT   25U
#define COLUMNS_LEAST 40U /* narrower terminals get lines that are too long */
#define SCREEN_HEIGHT 24U
#define HEIGHT_LEAST  8U /* of the checks of a VM, whatever else a screen has to hold */

static unsigned fact_width(const Context *context)
{
        return MAX(page_width(context), COLUMNS_LEAST) - COLUMN_FACT;
}

static Tone tone_of_level(CheckLevel level)
{
        return level < CHECK_WARNING ? TONE_PLAIN : level == CHECK_WARNING ? TONE_WARN : TONE_BAD;
}

static const char *text_arrow(const Context *context)
{
        return context->utf8 ? "\xE2\x86\x92" : "->";
}

static bool check_is_fixable(const Check *check)
{
        return check->todo && text_equal(check->todo, VM_FIX);
}

/* Where advice is to be followed. */
typedef struct DoctorPlace {
        const char *root;
        const char *path; /* of the VM; NULL of a computer */
} DoctorPlace;

/* Advice as it has to be typed there; NULL without any. -ENOMEM. */
static int advice_make(const DoctorPlace *place, const char *todo, char **ret)
{
        _cleanup_free_ char *named = NULL;
        int r = todo && place->path ? hint_for_vm(place->path, todo, &named) : 0;

        *ret = NULL;
        return r < 0 || !todo ? r : hint_for_root(place->root, named ? named : todo, ret);
}

/* What is to be done, behind its arrow; NULL when it is said elsewhere, or nothing is. */
static char *check_todo(const Context *context, const DoctorPlace *place, const Check *check)
{
        _cleanup_free_ char *todo = NULL;
        char *text = NULL;

        if (!check->todo || check_is_fixable(check))
                return NULL;
        if (advice_make(place, check->todo, &todo) < 0 ||
            text_format(&text, "%s %s", text_arrow(context), todo) < 0)
                output_lacks();
        return text;
}

/* What another check sums up is for --verbose and --json. */
static bool check_is_shown(const Context *context, const Check *check)
{
        return context->verbose || !check->is_detail;
}

static size_t check_height(const Context *context, const DoctorPlace *place, const Check *check)
{
        _cleanup_free_ char *todo = NULL;

        if (!check_is_shown(context, check))
                return 0;
        todo = check_todo(context, place, check);
        return paragraph_height(check->fact, fact_width(context)) +
               (todo ? paragraph_height(todo, fact_width(context)) : 0);
}

static void check_show(const Context *context, const DoctorPlace *place, const Check *check)
{
        _cleanup_free_ char *todo = NULL;
        unsigned width = fact_width(context);
        char head[64];

        if (!check_is_shown(context, check))
                return;
        todo = check_todo(context, place, check);
        text_put(head, sizeof(head), "  %-*s%s", (int)(COLUMN_ID - 2),
                 check_level_name(check->level), check_id_name(check->id));
        paragraph_print(context, tone_of_level(check->level), head, COLUMN_FACT, check->fact,
                        width);
        if (todo)
                paragraph_print(context, TONE_PLAIN, "", COLUMN_FACT, todo, width);
}

static void checks_show_all(const Context *context, const DoctorPlace *place, const Checks *checks)
{
        for (size_t i = 0; i < checks->count; i++)
                check_show(context, place, &checks->items[i]);
}

/* Of the checks that `room` lines do not hold, the worst are shown: those of one level and worse
 * that begin within it. How many. */
static size_t checks_show_worst(const Context *context, const DoctorPlace *place,
                                const Checks *checks, size_t room)
{
        size_t shown = 0;

        for (size_t level = _CHECK_LEVEL_MAX; level-- > 0;)
                for (size_t i = 0; i < checks->count; i++) {
                        size_t height = check_height(context, place, &checks->items[i]);

                        if (height == 0 || checks->items[i].level != (CheckLevel)level)
                                continue;
                        if (height > room)
                                return shown;
                        check_show(context, place, &checks->items[i]);
                        room -= height;
                        shown++;
                }
        return shown;
}

/* All of them where they fit into `room` lines, else the worst. */
static void checks_show_within(const Context *context, const DoctorPlace *place,
                               const Checks *checks, size_t room)
{
        size_t height = 0, count = 0;

        for (size_t i = 0; i < checks->count; i++) {
                height += check_height(context, place, &checks->items[i]);
                count += check_is_shown(context, &checks->items[i]);
        }
        if (height <= room || context->verbose) {
                checks_show_all(context, place, checks);
                return;
        }
        count -= checks_show_worst(context, place, checks, room - 1);
        output_line(context, TONE_PLAIN, "  and %zu more: -v shows them", count);
}

void computer_show(const Context *context, const char *root, const char *title,
                   const Checks *checks)
{
        output_line(context, TONE_STRONG, "%s\n", title);
        checks_show_all(context, &(DoctorPlace){.root = root}, checks);
        output_line(context, TONE_PLAIN, "%s", "");
}

/* What --fix would correct is said once, at the end; NULL when nothing. */
static char *fix_advice(const Context *context, const DoctorPlace *place, const Checks *checks)
{
        _cleanup_free_ char *fix = NULL;
        char *text = NULL;
        size_t count = 0;
        int r = advice_make(place, VM_FIX, &fix);

        for (size_t i = 0; i < checks->count; i++)
                count += check_is_fixable(&checks->items[i]);
        if (r >= 0)
                r = count > 0 ? text_format(&text, "%s %s to correct %zu of these",
                                            text_arrow(context), fix, count)
                              : text_format(&text, "%s %s to correct what can be",
                                            text_arrow(context), fix);
        if (r < 0)
                output_lacks();
        return text;
}

/* Lines of a screen that the checks may have: the title, blank lines and what follows take the
 * rest. */
static size_t checks_room(const Context *context, const char *fix, size_t promise)
{
        size_t rest = 4 + promise + (fix ? 1 + paragraph_lines(context, fix) : 0);

        return rest + HEIGHT_LEAST < SCREEN_HEIGHT ? SCREEN_HEIGHT - rest : HEIGHT_LEAST;
}

void vm_show(const Context *context, const char *root, const Checks *computer,
             const VmDiagnosis *vm, bool fixable, bool several)
{
        DoctorPlace place = {.root = root, .path = vm->files.path};
        _cleanup_free_ char *fix = fixable ? fix_advice(context, &place, &vm->checks) : NULL;
        size_t promise = promise_height(context, computer, vm, several ? vm->files.path : NULL);

        output_line(context, TONE_STRONG, "%s\n", vm->files.path);
        checks_show_within(context, &place, &vm->checks, checks_room(context, fix, promise));
        if (fix) {
                output_line(context, TONE_PLAIN, "%s", "");
                paragraph_say(context, TONE_PLAIN, "%s", fix);
        }
        output_line(context, TONE_PLAIN, "%s", "");
}

/* As the text has it, where there is memory. */
static void todo_json_add(Json *item, const DoctorPlace *place, const Check *check)
{
        _cleanup_free_ char *todo = NULL;

        if (advice_make(place, check->todo, &todo) < 0)
                json_lacks();
        json_add_text(item, "todo", todo);
}

void checks_json_add(Json *parent, const char *root, const char *path, const Checks *checks)
{
        Json *list = json_add_array(parent, "checks");
        DoctorPlace place = {.root = root, .path = path};

        for (size_t i = 0; i < checks->count; i++) {
                const Check *check = &checks->items[i];
                Json *item = json_add_object(list, NULL);

                json_add_text(item, "id", check_id_name(check->id));
                json_add_text(item, "level", check_level_name(check->level));
                json_add_text(item, "fact", check->fact);
                todo_json_add(item, &place, check);
                json_add_text(item, "file", check->file);
                if (check->line > 0)
                        json_add_number(item, "line", check->line);
                else
                        json_add_null(item, "line");
                json_add_format(item, "manual", "man:%s#%s", MANUAL, check_id_name(check->id));
        }
}
