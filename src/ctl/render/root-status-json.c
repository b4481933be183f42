/* SPDX-License-Identifier: MIT */

#include "ctl/render/json.h"
#include "ctl/render/running-vms.h"
#include "ctl/terminal/errors.h"
#include "ctl/work/names.h"
#include "ctl/work/root-status.h"

static void target_status_add(Json *list, const RootStatus *root_status, const TargetStatus *target)
{
        Json *item = json_add_object(list, NULL);
        _cleanup_free_ char *path = NULL;

        if (path_in_root(root_status->path, target->path, &path) < 0)
                json_lacks();
        json_add_text(item, "role", role_name(target->role));
        json_add_text(item, "path", path);
        json_add_path(item, "wrapper", root_status->path, target->wrapper);
        json_add_text(item, "state", state_name(target->state));
        json_add_fault(item, &target->fault, path);
        json_add_number(item, "gates_open", target->gates_open);
        json_add_number(item, "gates_total", target->gates_total);
        if (target->digest_known)
                json_add_digest(item, "sha256", &target->digest);
        else
                json_add_null(item, "sha256");
        json_add_text(item, "original", original_status_name(target->kept));
        json_add_text(item, "archive", target->archive);
        vms_json_add(item, "in_use", &target->vms);
}

static void status_add_installation(Json *list, const RootStatus *root_status,
                                    const InstallationStatus *installation)
{
        Json *item = json_add_object(list, NULL), *targets;
        unsigned patched, count = installation_status_count(installation, &patched);

        json_add_text(item, "root", root_status->path);
        json_add_path(item, "libdir", root_status->path, installation->libdir);
        json_add_text(item, "product", installation->build.product);
        json_add_text(item, "version", installation->build.version);
        json_add_text(item, "build", installation->build.build);
        json_add_number(item, "patched", patched);
        json_add_number(item, "present", count);
        targets = json_add_array(item, "targets");
        for (Role role = 0; role < _ROLE_MAX; role++)
                target_status_add(targets, root_status, &installation->targets[role]);
}

static void add_verification(Json *parent, const Verification *verification)
{
        Json *list;

        if (verification->verified_at > 0)
                json_add_number(parent, "verified_at", (uint64_t)verification->verified_at);
        else
                json_add_null(parent, "verified_at");
        list = json_add_array(parent, "verified_damaged");
        for (size_t i = 0; i < verification->damaged.count; i++)
                json_add_text(list, NULL, verification->damaged.items[i]);
}

static void add_flaws(Json *parent, const ConfigFlaws *flaws)
{
        Json *list = json_add_array(parent, "config_unreadable");

        for (size_t i = 0; i < flaws->count; i++) {
                Json *item = json_add_object(list, NULL);

                json_add_number(item, "line", flaws->items[i].line);
                json_add_text(item, "why", flaws->items[i].why);
        }
}

int root_statuses_show_json(const Context *context, const RootStatus *roots, size_t count,
                            ExitStatus status)
{
        _cleanup_(json_freep) Json *document = json_new();
        Json *list = json_add_array(document, "roots");
        Json *installations = json_add_array(document, "installations");

        for (size_t i = 0; i < count; i++) {
                const RootStatus *root_status = &roots[i];
                _cleanup_free_ char *summary = NULL;
                Json *item = json_add_object(list, NULL);
                int r = root_status_summary(root_status, &summary);

                if (r < 0)
                        return r;
                complain_in_root(root_status->path);
                json_add_text(item, "root", root_status->path);
                json_add_flag(item, "hold", root_status->held);
                json_add_text(item, "hold_why", hold_why_name(root_status->hold.why));
                json_add_text(item, "hold_since",
                              *root_status->hold.since ? root_status->hold.since : NULL);
                json_add_flag(item, "unpatched_read_only", root_status->read_only);
                json_add_flag(item, "patched_read_only", root_status->patched_read_only);
                json_add_number(item, "archives_damaged", root_status->archives_damaged);
                json_add_number(item, "archives_denied", root_status->archives_denied);
                add_verification(item, &root_status->verification);
                add_flaws(item, &root_status->flaws);
                json_add_fault(item, &root_status->fault, NULL);
                json_add_text(item, "summary", summary);
                for (size_t k = 0; k < root_status->installation_count; k++)
                        status_add_installation(installations, root_status,
                                                &root_status->installations[k]);
        }
        json_add_number(document, "exit_status", (uint64_t)status);
        return json_print(context, document);
}
