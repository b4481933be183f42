/* SPDX-License-Identifier: MIT */

#include "base/wrap.h"
#include "ctl/terminal/hint.h"
#include "ctl/terminal/output.h"
#include "ctl/work/root-status.h"

#define NEXT_STEPS_MAX 3U
#define NEXT_INDENT    2U

typedef struct NextStep {
        const char *command, *purpose;
} NextStep;

typedef struct NextSteps {
        NextStep items[NEXT_STEPS_MAX];
        size_t count;
} NextSteps;

static void next_add(NextSteps *steps, bool fits, const char *command, const char *purpose)
{
        if (fits && steps->count < NEXT_STEPS_MAX)
                steps->items[steps->count++] = (NextStep){command, purpose};
}

static bool root_status_has(const RootStatus *root_status, State state)
{
        for (size_t i = 0; i < root_status->installation_count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++)
                        if (root_status->installations[i].targets[role].state == state)
                                return true;
        return false;
}

/* What is wrong comes first; where nothing is, what people do next. */
static NextSteps next_steps_of(const RootStatus *root_status)
{
        bool unpatched = root_status->patchable > 0 && !root_status->read_only &&
                         !root_status->store_read_only && !root_status->installing;
        ExitStatus status = root_status_exit_status(root_status);
        NextSteps steps = {};

        next_add(&steps, unpatched && root_status->held, "`sudo unlockerctl release`",
                 "allow automatic patching again");
        next_add(&steps, unpatched && root_status->service_busy, "`unlockerctl status --wait`",
                 "wait until the service has patched it");
        next_add(&steps, unpatched && !root_status->held && !root_status->service_busy,
                 "`sudo unlockerctl patch`", "patch what is not patched");
        next_add(&steps, root_status_has(root_status, STATE_UNKNOWN), "`unlockerctl report`",
                 "print what the maintainers need to know");
        next_add(&steps, root_status->archives_damaged > 0, "`sudo unlockerctl verify`",
                 "check the originals");
        next_add(&steps, root_status_count_lacking(root_status) > 0, "`sudo unlockerctl adopt DIR`",
                 "keep the originals that are in a backup");
        if (steps.count > 0 || root_status->error < 0)
                return steps;
        next_add(&steps, true, "`unlockerctl doctor`", "check this computer for macOS guests");
        next_add(&steps, status == EXIT_DONE, "`unlockerctl tools`",
                 "see which guest tools are missing");
        return steps;
}

/* Without the quotes that `command` is in. Where purposes do not fit beside the commands, each is
 * below its own. */
static void next_show(const Context *context, const char *command, int width, bool beside,
                      const char *purpose)
{
        int length = (int)strlen(command) - 2;
        _cleanup_free_ char *alone = strndup(command + 1, (size_t)length);

        if (beside) {
                output_line(context, TONE_PLAIN, "  %-*.*s  %s", width, length, command + 1,
                            purpose);
                return;
        }
        if (!alone) {
                output_lacks();
                return;
        }
        output_command(context, NEXT_INDENT, alone);
        output_line(context, TONE_PLAIN, "    %s", purpose);
}

int root_status_show_next(const Context *context, const RootStatus *root_status)
{
        const NextSteps steps = next_steps_of(root_status);
        char *commands[NEXT_STEPS_MAX] = {};
        unsigned all = 0;
        int width = 0, r = 0;

        for (size_t i = 0; r >= 0 && i < steps.count; i++) {
                r = hint_for_root(root_status->path, steps.items[i].command, &commands[i]);
                if (r >= 0)
                        width = MAX(width, (int)strlen(commands[i]) - 2);
        }
        for (size_t i = 0; i < steps.count; i++)
                all = MAX(all, NEXT_INDENT + (unsigned)width + NEXT_INDENT +
                                       wrap_width(steps.items[i].purpose));
        if (r >= 0 && steps.count > 0)
                output_line(context, TONE_PLAIN, "\nNext:");
        for (size_t i = 0; r >= 0 && i < steps.count; i++)
                next_show(context, commands[i], width,
                          context->columns == 0 || all <= context->columns, steps.items[i].purpose);
        for (size_t i = 0; i < steps.count; i++)
                free(commands[i]);
        return r;
}
