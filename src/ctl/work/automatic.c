/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "ctl/terminal/hint.h"
#include "ctl/terminal/output.h"
#include "ctl/work/automatic.h"
#include "doctor/unit.h"
#include "file/root.h"

/* The summary of what is not patched names `release` already. */
static int automatic_show_hold(const Context *context, const Standing *standing)
{
        const Hold *hold = &standing->hold;
        _cleanup_free_ char *todo = NULL;

        output_line(context, TONE_PLAIN, "On hold%s%s: %s.", *hold->since ? " since " : "",
                    hold->since, hold_why_text(hold->why));
        if (standing->patchable > 0)
                return 0;
        if (hint_for_root(standing->root, "Run `sudo unlockerctl release` to resume.", &todo) < 0)
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

bool automatic_is_off(const Standing *standing)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        UnitState unit;

        if (standing->error < 0 || standing->survey_count == 0 ||
            root_open(standing->root, &root, NULL) < 0)
                return false;
        unit = unit_state(&root, PATH_UNIT);
        return (!unit.enabled || (unit.running && !unit.active)) &&
               (unit.installed || root_is_host(&root));
}

int automatic_show(const Context *context, const Standing *standing)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        UnitState unit;

        if (standing->held)
                return automatic_show_hold(context, standing);
        if (!automatic_is_off(standing) || root_open(standing->root, &root, NULL) < 0)
                return 0;
        unit = unit_state(&root, PATH_UNIT);
        if (unit.installed)
                automatic_show_off(context, root_is_host(&root) ? NULL : standing->root, &unit);
        else
                output_line(context, TONE_WARN,
                            "Automatic patching is off: " PATH_UNIT " is not installed.");
        return 0;
}
