/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "base/text.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/paragraph.h"
#include "ctl/verbs/doctor.h"

/* What must be ok before "nothing keeps macOS from running" is true. */
static const CheckId needed[] = {
        CHECK_ID_CPU,   CHECK_ID_VIRTUALIZATION, CHECK_ID_VMMON, CHECK_ID_VMNET, CHECK_ID_PATCHED,
        CHECK_ID_GUEST, CHECK_ID_FIRMWARE,       CHECK_ID_SMC,   CHECK_ID_LOG,
};

/* OpenCore needs neither the patch nor the virtual SMC. */
static bool is_needed(CheckId id, const VmDiagnosis *vm)
{
        return !vm || vm->kind != VM_KIND_OPENCORE ||
               (id != CHECK_ID_PATCHED && id != CHECK_ID_FIRMWARE && id != CHECK_ID_SMC);
}

static CheckLevel promise_level_of(CheckId id, const Checks *computer, const VmDiagnosis *vm)
{
        if (!check_id_is_of_vm(id))
                return checks_level(computer, id);
        return vm ? checks_level(&vm->checks, id) : _CHECK_LEVEL_MAX;
}

static bool is_in_needed(CheckId id)
{
        for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
                if (needed[i] == id)
                        return true;
        return false;
}

bool vm_is_judged(const VmDiagnosis *vm)
{
        return vm->kind == VM_KIND_PATCH || vm->kind == VM_KIND_OPENCORE;
}

/* Only the log of this VMware tells which vmmon it asks for. */
static bool vmmon_is_told(const VmDiagnosis *vm)
{
        CheckLevel log = vm ? checks_level(&vm->checks, CHECK_ID_LOG) : _CHECK_LEVEL_MAX;

        return log != _CHECK_LEVEL_MAX && !checks_are_doubtful(&vm->checks, CHECK_ID_LOG);
}

/* OpenCore does without the patch. */
static bool is_problem(CheckId id, const Checks *computer, const VmDiagnosis *vm)
{
        return promise_level_of(id, computer, vm) == CHECK_PROBLEM &&
               (id != CHECK_ID_PATCHED || is_needed(id, vm));
}

/* The level of a check that the promise needs: _CHECK_LEVEL_MAX when it was not made, or could not
 * judge; CHECK_OK of all others, and of vmnet where nothing is known of it: macOS runs without. */
static CheckLevel needed_level(CheckId id, const Checks *computer, const VmDiagnosis *vm)
{
        CheckLevel level;

        if ((vm && checks_are_doubtful(&vm->checks, id)) ||
            (id == CHECK_ID_VMMON && !vmmon_is_told(vm)))
                return _CHECK_LEVEL_MAX;
        level = is_in_needed(id) && is_needed(id, vm) ? promise_level_of(id, computer, vm)
                                                      : CHECK_OK;
        return id == CHECK_ID_VMNET && level == _CHECK_LEVEL_MAX ? CHECK_OK : level;
}

#define PROMISE_LIST_SIZE 512U /* bytes; for the names of all checks */

static void list_add(char list[PROMISE_LIST_SIZE], CheckId id)
{
        size_t length = strlen(list);

        text_put(list + length, PROMISE_LIST_SIZE - length, "%s%s", length > 0 ? ", " : "",
                 check_id_name(id));
}

/* The names of the checks that were not made or could not judge, or that ended in a warning. */
static void list_needed(const Checks *computer, const VmDiagnosis *vm, CheckLevel wanted,
                        char ret[PROMISE_LIST_SIZE])
{
        *ret = '\0';
        for (CheckId id = 0; id < _CHECK_ID_MAX; id++)
                if (needed_level(id, computer, vm) == wanted)
                        list_add(ret, id);
}

/* The names of the checks that keep macOS from running. */
static void list_problems(const Checks *computer, const VmDiagnosis *vm,
                          char ret[PROMISE_LIST_SIZE])
{
        *ret = '\0';
        for (CheckId id = 0; id < _CHECK_ID_MAX; id++)
                if (is_problem(id, computer, vm))
                        list_add(ret, id);
}

#define PROMISE_LINES_MAX 4U

/* The sentences. Without memory fewer. */
typedef struct Promise {
        char *lines[PROMISE_LINES_MAX]; /* owned */
        Tone tones[PROMISE_LINES_MAX];
        size_t count;
        bool is_short; /* of memory */
} Promise;

static void promise_done(Promise *promise)
{
        for (size_t i = 0; i < promise->count; i++)
                free(promise->lines[i]);
}

/* `path` goes before each line where it is not NULL. */
static void promise_add(Promise *promise, Tone tone, const char *path, const char *text,
                        const char *list)
{
        promise->tones[promise->count] = tone;
        if (text_format(&promise->lines[promise->count], "%s%s%s%s%s", path ? path : "",
                        path ? ": " : "", text, list, *list ? "." : "") >= 0)
                promise->count++;
        else
                promise->is_short = true;
}

static void promise_add_judged(Promise *promise, const Checks *computer, const VmDiagnosis *vm,
                               const char *path)
{
        char missing[PROMISE_LIST_SIZE], warned[PROMISE_LIST_SIZE];

        list_needed(computer, vm, _CHECK_LEVEL_MAX, missing);
        list_needed(computer, vm, CHECK_WARNING, warned);
        if (!*missing && !*warned) {
                promise_add(promise, TONE_GOOD, path, "Nothing keeps macOS from running.", "");
                return;
        }
        promise_add(promise, TONE_GOOD, path, "No problem found.", "");
        if (*warned)
                promise_add(promise, TONE_WARN, path, "With a warning: ", warned);
        if (*missing)
                promise_add(promise, TONE_WARN, path, "Not judged: ", missing);
        if (!vmmon_is_told(vm))
                promise_add(promise, TONE_PLAIN, path,
                            "Only vmware.log tells whether VMware takes the loaded vmmon.", "");
}

static Promise promise_make(const Checks *computer, const VmDiagnosis *vm, const char *path)
{
        char problems[PROMISE_LIST_SIZE];
        Promise promise = {};

        list_problems(computer, vm, problems);
        if (vm && !vm_is_judged(vm))
                promise_add(&promise, TONE_WARN, path, "Not judged: ",
                            vm->kind == VM_KIND_ENCRYPTED ? "the VM is encrypted"
                                                          : "the VM is not a macOS guest");
        else if (*problems)
                promise_add(&promise, TONE_WARN, path,
                            "macOS will not run with this configuration: ", problems);
        else
                promise_add_judged(&promise, computer, vm, path);
        return promise;
}

void promise_show(const Context *context, const Checks *computer, const VmDiagnosis *vm,
                  const char *path)
{
        _cleanup_(promise_done) Promise promise = promise_make(computer, vm, path);

        for (size_t i = 0; i < promise.count; i++)
                paragraph_say(context, promise.tones[i], "%s", promise.lines[i]);
        if (promise.is_short)
                output_lacks();
}

size_t promise_height(const Context *context, const Checks *computer, const VmDiagnosis *vm,
                      const char *path)
{
        _cleanup_(promise_done) Promise promise = promise_make(computer, vm, path);
        size_t height = 0;

        for (size_t i = 0; i < promise.count; i++)
                height += paragraph_lines(context, promise.lines[i]);
        return height;
}

void promise_json_add(Json *parent, const Checks *computer, const VmDiagnosis *vm)
{
        Json *list = json_add_array(parent, "not_judged");

        for (CheckId id = 0; id < _CHECK_ID_MAX; id++)
                if (vm && !vm_is_judged(vm) ? is_in_needed(id) && check_id_is_of_vm(id)
                                            : needed_level(id, computer, vm) == _CHECK_LEVEL_MAX)
                        json_add_text(list, NULL, check_id_name(id));
}
