/* SPDX-License-Identifier: MIT */

#include "ctl/terminal/hint.h"
#include "ctl/terminal/output.h"
#include "ctl/work/root-status.h"

#define NEXT_STEPS_MAX 3U

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
        bool unpatched = root_status->patchable > 0 && !root_status->read_only;
        ExitStatus status = root_status_exit_status(root_status);
        NextSteps steps = {};

        next_add(&steps, unpatched && root_status->held, "`sudo unlockerctl release`",
                 "allow automatic patching again");
        next_add(&steps, unpatched && !root_status->held, "`sudo unlockerctl patch`",
                 "patch what is not patched");
        next_add(&steps, root_status_has(root_status, STATE_UNKNOWN), "`unlockerctl report`",
                 "print what the maintainers need to know");
        next_add(&steps, root_status->archives_damaged > 0, "`sudo unlockerctl verify`",
                 "check the originals");
        next_add(&steps, root_status_count_lacking(root_status) > 0, "`sudo unlockerctl adopt DIR`",
                 "keep the originals that another patcher put aside");
        if (steps.count > 0 || root_status->error < 0)
                return steps;
        next_add(&steps, true, "`unlockerctl doctor`", "check this computer for macOS guests");
        next_add(&steps, status == EXIT_DONE, "`unlockerctl tools`",
                 "see which guest tools are missing");
        return steps;
}

int root_status_show_next(const Context *context, const RootStatus *root_status)
{
        const NextSteps steps = next_steps_of(root_status);
        char *commands[NEXT_STEPS_MAX] = {};
        int width = 0, r = 0;

        for (size_t i = 0; r >= 0 && i < steps.count; i++) {
                r = hint_for_root(root_status->path, steps.items[i].command, &commands[i]);
                if (r >= 0)
                        width = MAX(width, (int)strlen(commands[i]) - 2);
        }
        if (r >= 0 && steps.count > 0)
                output_line(context, TONE_PLAIN, "\nNext:");
        for (size_t i = 0; r >= 0 && i < steps.count; i++)
                output_line(context, TONE_PLAIN, "  %-*.*s  %s", width,
                            (int)strlen(commands[i]) - 2, commands[i] + 1, steps.items[i].purpose);
        for (size_t i = 0; i < steps.count; i++)
                free(commands[i]);
        return r;
}
