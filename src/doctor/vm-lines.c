/* SPDX-License-Identifier: MIT */

#include "base/text.h"
#include "doctor/vm-checks.h"
#include "vmx/blanks.h"
#include "vmx/mend.h"

#define MENDS_MAX 100U  /* a file with more of them is something else */
#define SHOWN_MAX 3U    /* lines and keys that are named one by one */
#define TOLD_MAX  1000U /* … with --verbose and --json; the rest is only counted */

/* What is done to a file of this kind is only shown: OpenCore's settings are left as they are. */
static bool may_fix(const Vm *vm)
{
        return vm->kind != VM_KIND_OPENCORE && vm->kind != VM_KIND_ENCRYPTED;
}

/* Lines that VMware cannot read --------------------------------------------------------------- */

static bool line_is_wrong(const DictionaryLine *line)
{
        return line->flaw != LINE_FLAW_NONE || line_quotes(line);
}

/* Whether another line of the file sets what `line`, in place of line `index`, does: then it cannot
 * be told which of them is meant. */
static bool is_rival(const Vm *vm, size_t index, const DictionaryLine *line)
{
        for (size_t i = 0; i < vm->file->count; i++)
                if (i != index && dictionary_same_name(&vm->file->lines[i], line))
                        return true;
        return false;
}

#define SHOWN_SIZE 40U /* characters of a name or value that are shown */

/* Bytes of a line as text for people. */
static int line_excerpt(const DictionaryLine *line, uint32_t from, uint32_t size, size_t limit,
                        char **ret)
{
        _cleanup_free_ char *text = strndup(line->text + from, size);

        return text ? text_excerpt(text, limit, ret) : -ENOMEM;
}

static int line_report(const Vm *vm, size_t index, bool has_blanks, bool mended)
{
        const DictionaryLine *line = &vm->file->lines[index];
        const char *todo = mended ? VM_FIX : "correct it: name = \"value\"",
                   *quotes = line_quotes(line);
        _cleanup_free_ char *name = NULL, *value = NULL;
        int r = line_excerpt(line, line->name, line->name_size, SHOWN_SIZE, &name);

        if (r >= 0)
                r = line_excerpt(line, line->value, line->value_size, SHOWN_SIZE, &value);
        if (r < 0)
                return r;
        if (has_blanks)
                return checks_add_at(
                        vm->checks, line->number, CHECK_ID_LINES, CHECK_PROBLEM, todo,
                        "line %u has a no-break space or a similar character: no blank "
                        "to VMware",
                        line->number);
        if (quotes && (line->flaw == LINE_FLAW_NONE || text_starts(quotes, "typographic")))
                return checks_add_at(vm->checks, line->number, CHECK_ID_LINES, CHECK_PROBLEM, todo,
                                     "line %u: %s is set to %s with %s", line->number, name, value,
                                     quotes);
        return checks_add_at(vm->checks, line->number, CHECK_ID_LINES, CHECK_PROBLEM, todo,
                             "line %u cannot be read by VMware: %s", line->number,
                             quotes ? quotes : line_flaw_text(line->flaw));
}

/* Blanks that VMware takes for letters become plain ones. The same index in both: the fixed copy
 * has not been changed but here. */
static int blanks_mend(const Vm *vm, size_t index, const char *plain)
{
        const DictionaryLine *line = &vm->file->lines[index];
        _cleanup_free_ char *text = NULL;
        int r = dictionary_replace(vm->fixed, index, plain);

        if (r < 0 || !is_rival(vm, index, &vm->fixed->lines[index]))
                return r;
        text = strndup(line->text, line->size);
        return text ? dictionary_replace(vm->fixed, index, text) : -ENOMEM;
}

static int line_mend(const Vm *vm, size_t index, const char *plain)
{
        const DictionaryLine *line = &vm->fixed->lines[index];
        Span meant;
        int r = plain ? blanks_mend(vm, index, plain) : 0;

        if (r >= 0 && line_meant_value(line, &meant) && !is_rival(vm, index, line))
                r = dictionary_set_raw(vm->fixed, index, (const char *)meant.bytes, meant.size);
        return r;
}

/* Whether VMware cannot read a line as it is meant; with other blanks than plain ones the line with
 * plain ones, in a new string, else NULL. */
static int line_find_fault(const DictionaryLine *line, char **ret_plain, bool *ret_wrong)
{
        int r = line_plain_blanks(line, ret_plain);

        *ret_wrong = r >= 0 && (*ret_plain || line_is_wrong(line));
        return r;
}

int vm_mend_lines(const Vm *vm)
{
        size_t found = 0;

        if (!may_fix(vm))
                return 0;
        for (size_t i = 0; i < vm->file->count && found < MENDS_MAX; i++) {
                _cleanup_free_ char *plain = NULL;
                bool wrong;
                int r = line_find_fault(&vm->file->lines[i], &plain, &wrong);

                if (r >= 0 && wrong)
                        r = line_mend(vm, i, plain);
                if (r < 0)
                        return r;
                found += wrong;
        }
        return 0;
}

/* Whether the fixed copy has line `number` no more, or as VMware reads it. Its lines have the
 * file's numbers, in order, before those that were added; `*at` goes along. */
static int line_is_mended(const Vm *vm, unsigned number, size_t *at, bool *ret)
{
        const Dictionary *fixed = vm->fixed;
        _cleanup_free_ char *plain = NULL;
        bool wrong;
        int r;

        while (*at < fixed->count && fixed->lines[*at].number > 0 &&
               fixed->lines[*at].number < number)
                (*at)++;
        *ret = may_fix(vm);
        if (*at == fixed->count || fixed->lines[*at].number != number)
                return 0;
        r = line_find_fault(&fixed->lines[*at], &plain, &wrong);
        *ret = *ret && !wrong;
        return r;
}

/* The lines that are not named one by one on the terminal; `found`: with those that are; `mended`:
 * how many of them --fix corrects. */
static int sum_up_lines(const Vm *vm, size_t found, size_t mended)
{
        LineList lines = checks_details(vm->checks, CHECK_ID_LINES);
        size_t count = found - SHOWN_MAX;
        char numbers[LINE_LIST_SIZE];

        lines.count = count;
        line_list_text(&lines, numbers);
        return checks_add(vm->checks, CHECK_ID_LINES, CHECK_PROBLEM,
                          mended == count ? NULL
                          : mended > 0    ? "correct those that --fix leaves: name = \"value\""
                          : count == 1    ? "correct it: name = \"value\""
                                          : "correct them: name = \"value\"",
                          "%zu more line%s cannot be read by VMware: %s", count,
                          count == 1 ? "" : "s", numbers);
}

/* Line `index`, the one number `found` of those that are wrong. */
static int line_judge(const Vm *vm, size_t index, size_t found, bool has_blanks, bool mended)
{
        int r = found > TOLD_MAX ? 0 : line_report(vm, index, has_blanks, mended);

        if (r >= 0 && found > SHOWN_MAX && found <= TOLD_MAX)
                checks_mark_detail(vm->checks);
        return r;
}

int vm_check_lines(const Vm *vm)
{
        size_t found = 0, hidden_mended = 0, at = 0;

        for (size_t i = 0; i < vm->file->count; i++) {
                const DictionaryLine *line = &vm->file->lines[i];
                _cleanup_free_ char *plain = NULL;
                bool wrong, mended = false;
                int r = line_find_fault(line, &plain, &wrong);

                if (r >= 0 && wrong)
                        r = line_is_mended(vm, line->number, &at, &mended);
                if (r >= 0 && wrong)
                        r = line_judge(vm, i, ++found, plain, mended);
                if (r < 0)
                        return r;
                hidden_mended += mended && found > SHOWN_MAX;
        }
        if (found > SHOWN_MAX)
                return sum_up_lines(vm, found, hidden_mended);
        if (found > 0)
                return 0;
        return checks_add(vm->checks, CHECK_ID_LINES, CHECK_OK, NULL,
                          "VMware can read all %zu lines", vm->file->count);
}

/* Keys that are set twice --------------------------------------------------------------------- */

/* The settings of one file in the order of their names, equal ones in that of their lines. */
typedef struct Sorted {
        const DictionaryLine **lines;
        size_t count;
} Sorted;

static int compare_name(const DictionaryLine *first, const DictionaryLine *second)
{
        size_t size = MIN(first->name_size, second->name_size);

        for (size_t i = 0; i < size; i++) {
                char x = first->text[first->name + i], y = second->text[second->name + i];

                x = (char)(x >= 'A' && x <= 'Z' ? x | 0x20 : x);
                y = (char)(y >= 'A' && y <= 'Z' ? y | 0x20 : y);
                if (x != y)
                        return x < y ? -1 : 1;
        }
        return first->name_size < second->name_size ? -1 : first->name_size > second->name_size;
}

static int compare_lines(const void *a, const void *b)
{
        const DictionaryLine *first = *(const DictionaryLine *const *)a,
                             *second = *(const DictionaryLine *const *)b;
        int order = compare_name(first, second);

        return order != 0 ? order : first < second ? -1 : first > second;
}

static int settings_sort(const Dictionary *file, Sorted *ret)
{
        ret->lines = calloc(file->count + 1, sizeof(const DictionaryLine *));
        if (!ret->lines)
                return -ENOMEM;
        for (size_t i = 0; i < file->count; i++)
                if (dictionary_line_is_setting(&file->lines[i]))
                        ret->lines[ret->count++] = &file->lines[i];
        qsort(ret->lines, ret->count, sizeof(const DictionaryLine *), compare_lines);
        return 0;
}

static void sorted_done(Sorted *sorted)
{
        free(sorted->lines);
}

/* How many, from `at` on, set the same key. */
static size_t count_same(const Sorted *sorted, size_t at)
{
        size_t count = 1;

        while (at + count < sorted->count &&
               dictionary_same_name(sorted->lines[at], sorted->lines[at + count]))
                count++;
        return count;
}

static int same_value(const DictionaryLine *a, const DictionaryLine *b, bool *ret)
{
        _cleanup_free_ char *first = NULL, *second = NULL;
        int r = dictionary_line_value(a, &first);

        if (r >= 0)
                r = dictionary_line_value(b, &second);
        if (r >= 0)
                *ret = text_equal(first, second);
        return r;
}

static int all_same(const Sorted *sorted, size_t at, size_t count, bool *ret)
{
        *ret = true;
        for (size_t i = 1; i < count && *ret; i++) {
                int r = same_value(sorted->lines[at], sorted->lines[at + i], ret);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* `mended`: the fixed copy sets it once. */
static int report_repeats(const Vm *vm, const Sorted *sorted, size_t at, size_t count, bool mended)
{
        const DictionaryLine *first = sorted->lines[at], *next = sorted->lines[at + 1];
        _cleanup_free_ char *name = NULL;
        char numbers[LINE_LIST_SIZE];
        LineList lines = {};
        int r = line_excerpt(first, first->name, first->name_size, SHOWN_SIZE, &name);

        if (r < 0)
                return r;
        for (size_t i = 0; i < count; i++)
                line_list_add(&lines, sorted->lines[at + i]->number);
        line_list_text(&lines, numbers);
        return checks_add_at(vm->checks, next->number, CHECK_ID_DUPLICATES, CHECK_PROBLEM,
                             mended ? VM_FIX
                                    : "keep one of these lines: VMware does not start with more",
                             "%s is set %zu times, in lines %s", name, count, numbers);
}

int vm_remove_repeats(const Vm *vm)
{
        Dictionary *fixed = vm->fixed;
        _cleanup_(sorted_done) Sorted sorted = {};
        size_t kept = 0, count;
        int r = may_fix(vm) ? settings_sort(fixed, &sorted) : 0;

        for (size_t at = 0; r >= 0 && at < sorted.count; at += count) {
                bool same;

                count = count_same(&sorted, at);
                r = all_same(&sorted, at, count, &same);
                for (size_t i = 1; r >= 0 && same && i < count; i++)
                        fixed->lines[sorted.lines[at + i] - fixed->lines].size = 0;
        }
        for (size_t i = 0; r >= 0 && i < fixed->count; i++)
                if (fixed->lines[i].size > 0)
                        fixed->lines[kept++] = fixed->lines[i];
                else
                        free(fixed->lines[i].own);
        if (r >= 0)
                fixed->count = kept;
        return r;
}

/* The keys that are not named one by one on the terminal. */
static int sum_up_duplicates(const Vm *vm, size_t found)
{
        LineList lines = checks_details(vm->checks, CHECK_ID_DUPLICATES);
        size_t count = found - SHOWN_MAX;
        char numbers[LINE_LIST_SIZE];

        lines.count = count;
        line_list_text(&lines, numbers);
        return checks_add(vm->checks, CHECK_ID_DUPLICATES, CHECK_PROBLEM, NULL,
                          count == 1 ? "%zu more key is set several times: line %s"
                                     : "%zu more keys are set several times: lines %s",
                          count, numbers);
}

/* How many settings of `sorted`, from `*at` on, have the name of `line`; `*at` is then at them. */
static size_t count_of_name(const Sorted *sorted, const DictionaryLine *line, size_t *at)
{
        while (*at < sorted->count && compare_name(sorted->lines[*at], line) < 0)
                (*at)++;
        return *at < sorted->count && dictionary_same_name(sorted->lines[*at], line)
                       ? count_same(sorted, *at)
                       : 0;
}

/* Reports the keys that `before` sets several times, against the corrected settings `after`. */
static int report_all_repeats(const Vm *vm, const Sorted *before, const Sorted *after,
                              size_t *ret_found)
{
        size_t count, behind = 0;
        int r = 0;

        for (size_t at = 0; r >= 0 && at < before->count; at += count) {
                count = count_same(before, at);
                if (count == 1 || ++*ret_found > TOLD_MAX)
                        continue;
                r = report_repeats(vm, before, at, count,
                                   may_fix(vm) &&
                                           count_of_name(after, before->lines[at], &behind) == 1);
                if (r >= 0 && *ret_found > SHOWN_MAX)
                        checks_mark_detail(vm->checks);
        }
        return r;
}

int vm_check_duplicates(const Vm *vm)
{
        _cleanup_(sorted_done) Sorted before = {}, after = {};
        size_t found = 0;
        int r = settings_sort(vm->file, &before);

        if (r >= 0)
                r = settings_sort(vm->fixed, &after);
        if (r >= 0)
                r = report_all_repeats(vm, &before, &after, &found);
        if (r < 0)
                return r;
        if (found > SHOWN_MAX)
                return sum_up_duplicates(vm, found);
        return found > 0 ? 0
                         : checks_add(vm->checks, CHECK_ID_DUPLICATES, CHECK_OK, NULL,
                                      "no key is set twice");
}
