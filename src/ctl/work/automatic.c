/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "ctl/terminal/hint.h"
#include "ctl/terminal/output.h"
#include "ctl/work/automatic.h"
#include "doctor/unit.h"
#include "file/root.h"

/* The summary of what is not patched names `release` already. */
static int automatic_show_hold(const Context *context, const RootStatus *root_status)
{
        const Hold *hold = &root_status->hold;
        _cleanup_free_ char *todo = NULL;

        output_line(context, TONE_PLAIN, "On hold%s%s: %s.", *hold->since ? " since " : "",
                    hold->since, hold_why_text(hold->why));
        if (root_status->patchable > 0)
                return 0;
        if (hint_for_root(root_status->path, "Run `sudo unlockerctl release` to resume.", &todo) <
            0)
                return -ENOMEM;
        output_line(context, TONE_PLAIN, "%s", todo);
        return 0;
}

static void automatic_show_off(const Context *context, const char *root, const UnitState *unit)
{
        _cleanup_free_ char *option = NULL;

        if (root && text_format(&option, " --root=%s", root) < 0)
                return;
        output_line(context, TONE_WARN, "Automatic patching is off: " PATH_UNIT " is %s. Run",
                    unit->masked    ? "masked"
                    : unit->enabled ? "not active"
                                    : "disabled");
        if (unit->masked)
                output_line(context, TONE_PLAIN, "  sudo systemctl%s unmask " PATH_UNIT,
                            option ? option : "");
        output_line(context, TONE_PLAIN, "  sudo systemctl%s enable%s " PATH_UNIT,
                    option ? option : "", root ? "" : " --now");
}

bool automatic_is_off(const RootStatus *root_status)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        UnitState unit;

        if (root_status->error < 0 || root_status->installation_count == 0 ||
            root_open(root_status->path, &root, NULL) < 0)
                return false;
        unit = unit_state(&root, PATH_UNIT);
        return (!unit.enabled || (unit.asked && !unit.active)) &&
               (unit.installed || root_is_host(&root));
}

int automatic_show(const Context *context, const RootStatus *root_status)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        UnitState unit;

        if (root_status->held)
                return automatic_show_hold(context, root_status);
        if (!automatic_is_off(root_status) || root_open(root_status->path, &root, NULL) < 0)
                return 0;
        unit = unit_state(&root, PATH_UNIT);
        if (unit.installed)
                automatic_show_off(context, root_is_host(&root) ? NULL : root_status->path, &unit);
        else
                output_line(context, TONE_WARN,
                            "Automatic patching is off: " PATH_UNIT " is not installed.");
        return 0;
}
