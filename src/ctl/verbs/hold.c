/* SPDX-License-Identifier: MIT */

/* unlockerctl hold and release: whether VMware updates are patched automatically. */

#include <errno.h>

#include "ctl/frame/context.h"
#include "ctl/render/failure.h"
#include "ctl/render/json.h"
#include "ctl/service/events.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/hint.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/waiting.h"
#include "ctl/verbs/time-option.h"
#include "ctl/verbs/verbs.h"
#include "ctl/work/root-status.h"
#include "store/store.h"

static int set_hold(const char *path, bool held, int limit_ms, bool *ret_was_held, Fault *fault)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        _cleanup_(store_freep) Store *store = NULL;
        HoldWhy before, wanted = held ? HOLD_BY_HAND : HOLD_NONE;
        int r;

        r = root_open(path, &root, fault);
        if (r < 0)
                return r;
        r = store_open(&root, STORE_READ, &store, fault);
        if (r < 0)
                return r;
        before = store_hold(store).why;
        *ret_was_held = before != HOLD_NONE;
        if (*ret_was_held == held && before != HOLD_REMOVAL)
                return 0;
        store_free(TAKE_PTR(store));
        r = store_open(&root, STORE_WRITE, &store, fault);
        if (r >= 0)
                r = store_lock(store, limit_ms, say_waiting, root.path, fault);
        if (r < 0)
                return r;
        return store_set_hold(store, wanted, fault);
}

/* Whether a patch would do anything there now. Negative only for -ENOMEM. */
static int root_is_patchable(const char *path)
{
        _cleanup_(root_status_done) RootStatus root_status = {};
        int r = root_status_read(path, true, &root_status);

        return r < 0 ? r : root_status.patchable > 0;
}

static int hold_say(const Context *context, const char *root, bool held, bool was_held)
{
        const char *again = held == was_held ? "already " : "";
        int patchable = held || context->quiet || context->json ? 0 : root_is_patchable(root);
        _cleanup_free_ char *todo = NULL;

        if (patchable < 0 || hint_for_root(root,
                                           held ? "run `sudo unlockerctl release` to resume"
                                                : "run `sudo unlockerctl patch` to patch now",
                                           &todo) < 0)
                return -ENOMEM;
        if (context->roots.count > 1)
                output_say(context, TONE_STRONG, "%s", root);
        if (held)
                output_say(context, TONE_PLAIN, "Automatic patching is %son hold; %s.", again,
                           todo);
        else
                output_say(context, TONE_PLAIN, "Automatic patching is %sallowed%s%s.", again,
                           patchable > 0 ? "; " : "", patchable > 0 ? todo : "");
        return 0;
}

static int for_roots(const Context *context, const char *what, bool held)
{
        _cleanup_(json_freep) Json *json = json_new();
        Json *list = json_add_array(json, "roots");
        ExitStatus status = EXIT_DONE;
        int limit_ms, r = limit_option(context, &limit_ms);

        if (r != 0)
                return r;
        for (size_t i = 0; i < context->roots.count; i++) {
                const char *root = context->roots.items[i];
                Fault fault = FAULT_NONE;
                bool was_held = false;
                Json *item;

                complain_in_root(root);
                r = set_hold(root, held, limit_ms, &was_held, &fault);
                if (r < 0) {
                        complain(&fault, r, NULL, "cannot %s", what);
                        status = exit_status_worse(status, exit_status_of(&fault));
                        failure_add_root(list, root, &fault);
                        continue;
                }
                r = hold_say(context, root, held, was_held);
                if (r < 0)
                        return r;
                if (held != was_held)
                        event_held_by_hand(root, held);
                item = json_add_object(list, NULL);
                json_add_text(item, "root", root);
                json_add_flag(item, "hold", held);
                json_add_fault(item, &fault, NULL);
        }
        json_add_number(json, "exit_status", status);
        r = context->json ? json_print(context, json) : 0;
        return r < 0 ? r : (int)status;
}

static int run_hold(Context *context, int count, char **arguments)
{
        return for_roots(context, "hold", true);
}

static int run_release(Context *context, int count, char **arguments)
{
        return for_roots(context, "release", false);
}

static const Option options[] = {OPTION_LIMIT, {}};

const Verb verb_hold = {
        .name = "hold",
        .summary = "Stop automatic patching",
        .description = "From now on VMware updates are not patched automatically, also after a "
                       "restart. What is patched stays patched.",
        .options = options,
        .changes = true,
        .run = run_hold,
};

const Verb verb_release = {
        .name = "release",
        .summary = "Allow automatic patching again",
        .description = "Ends the hold that `hold` or `restore` set. Where the path units "
                       "are active, VMware is patched at once if it was updated meanwhile. `patch` "
                       "ends the hold too.",
        .options = options,
        .changes = true,
        .run = run_release,
};
