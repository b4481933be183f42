/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "ctl/terminal/hint.h"
#include "ctl/terminal/output.h"
#include "ctl/work/automatic.h"
#include "ctl/work/names.h"
#include "doctor/unit.h"
#include "file/root.h"
#include "host/config.h"
#include "host/installation.h"

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

static int automatic_show_off(const Context *context, const char *root, const UnitState *unit)
{
        _cleanup_free_ char *quoted = NULL, *option = NULL, *unmask = NULL, *enable = NULL;
        int r = root ? hint_quote(root, &quoted) : 0;

        if (r >= 0)
                r = root ? text_format(&option, " --root=%s", quoted) : text_copy(&option, "");
        if (r < 0 || text_format(&unmask, "sudo systemctl%s unmask " PATH_UNIT, option) < 0 ||
            text_format(&enable, "sudo systemctl%s enable%s " PATH_UNIT, option,
                        root ? "" : " --now") < 0)
                return -ENOMEM;
        output_line(context, TONE_WARN, "Automatic patching is off: " PATH_UNIT " is %s. Run",
                    unit->masked    ? "masked"
                    : unit->enabled ? "not active"
                                    : "disabled");
        if (unit->masked)
                output_command(context, 2, unmask);
        output_command(context, 2, enable);
        return 0;
}

/* Where systemd does not run, nobody waits for a unit. */
static bool unit_is_off(const Root *root, const UnitState *unit)
{
        return (!unit->enabled || (unit->asked && !unit->active)) &&
               (unit->installed || root_is_host(root));
}

bool automatic_is_off(const RootStatus *root_status)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        UnitState unit;

        if (root_status->error < 0 || root_status->installation_count == 0 ||
            root_open(root_status->path, &root, NULL) < 0)
                return false;
        unit = unit_state(&root, PATH_UNIT);
        return unit_is_off(&root, &unit);
}

/* Where VMware was looked for. */
static int absent_show_places(const Context *context, const Root *root)
{
        _cleanup_(texts_done) Texts libdirs = {};
        _cleanup_free_ char *places = NULL, *config = NULL;
        int r = libdirs_find(root, &libdirs, NULL);

        for (size_t i = 0; r >= 0 && i < libdirs.count; i++) {
                _cleanup_free_ char *path = NULL;

                r = path_in_root(root->path, libdirs.items[i], &path);
                if (r >= 0)
                        r = text_append(&places, "%s%s", places ? ", " : "", path);
        }
        if (r >= 0)
                r = path_in_root(root->path, VMWARE_CONFIG_PATH, &config);
        if (r >= 0)
                output_line(context, TONE_PLAIN, "Looked in %s, and in %s for another directory%s.",
                            places, config,
                            root_is_host(root) ? "" : "; for VMware for Windows, too");
        return r;
}

/* What happens once VMware is installed, or has to be done then. */
static int automatic_show_absent(const Context *context, const Root *root, const UnitState *unit)
{
        bool host = root_is_host(root);
        _cleanup_free_ char *todo = NULL;
        int r = absent_show_places(context, root);

        if (r < 0)
                return r;
        if (unit_works(root, unit)) {
                output_line(context, TONE_PLAIN,
                            "Once VMware is installed, it is patched automatically%s.",
                            host ? "" : " when that system runs");
                return 0;
        }
        if (unit->installed && (!host || unit->running))
                return automatic_show_off(context, host ? NULL : root->path, unit);
        if (hint_for_root(root->path, "Once VMware is installed, run `sudo unlockerctl patch`.",
                          &todo) < 0)
                return -ENOMEM;
        output_line(context, TONE_PLAIN, "%s", todo);
        return 0;
}

int automatic_show(const Context *context, const RootStatus *root_status)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        UnitState unit;

        if (root_status->held)
                return automatic_show_hold(context, root_status);
        if (root_status->error < 0 || root_open(root_status->path, &root, NULL) < 0)
                return 0;
        unit = unit_state(&root, PATH_UNIT);
        if (root_status->installation_count == 0)
                return automatic_show_absent(context, &root, &unit);
        if (!unit_is_off(&root, &unit))
                return 0;
        if (unit.installed)
                return automatic_show_off(context, root_is_host(&root) ? NULL : root_status->path,
                                          &unit);
        output_line(context, TONE_WARN,
                    "Automatic patching is off: " PATH_UNIT " is not installed.");
        return 0;
}
