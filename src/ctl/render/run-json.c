/* SPDX-License-Identifier: MIT */

#include "ctl/render/edits-json.h"
#include "ctl/render/json.h"
#include "ctl/render/running-vms.h"
#include "ctl/terminal/errors.h"
#include "ctl/work/names.h"
#include "ctl/work/run.h"

static void target_report_add(Json *list, const RunRoot *root, const TargetResult *target)
{
        Json *item = json_add_object(list, NULL);
        _cleanup_free_ char *path = NULL;

        if (path_in_root(root->path, target->path, &path) < 0)
                json_lacks();
        json_add_text(item, "role", role_name(target->role));
        json_add_text(item, "path", path);
        json_add_text(item, "outcome", outcome_name(target->outcome));
        json_add_text(item, "state_before", state_name(target->before));
        json_add_text(item, "state_after", state_name(target->after));
        json_add_fault(item, &target->fault, path);
        if (target->digests_known) {
                json_add_digest(item, "sha256_before", &target->digest_before);
                json_add_digest(item, "sha256_after", &target->digest_after);
        } else {
                json_add_null(item, "sha256_before");
                json_add_null(item, "sha256_after");
        }
        edits_json_add(item, "edits", &target->edits);
        json_add_text(item, "new_layout",
                      target->edits.count > 0 && *target->layout ? target->layout : NULL);
        json_add_number(item, "other_links", target->links);
        vms_json_add(item, "in_use", &target->vms);
}

static void add_result(Json *list, const RunRoot *root, const InstallationResult *result)
{
        Json *item = json_add_object(list, NULL), *targets;

        json_add_text(item, "root", root->path);
        json_add_path(item, "libdir", root->path, result->libdir);
        json_add_text(item, "product", result->build.product);
        json_add_text(item, "version", result->build.version);
        json_add_text(item, "build", result->build.build);
        json_add_text(item, "archive", result->archive);
        json_add_fault(item, &result->fault, NULL);
        targets = json_add_array(item, "targets");
        for (Role role = 0; role < _ROLE_MAX; role++)
                if (result->targets[role].outcome != OUTCOME_NONE)
                        target_report_add(targets, root, &result->targets[role]);
}

static void add_removals(Json *parent, const RunRoot *root)
{
        Json *list = json_add_array(parent, "tools");

        for (size_t i = 0; i < root->tools.count; i++) {
                const Removal *removal = &root->tools.items[i];
                Json *item = json_add_object(list, NULL);

                json_add_path(item, "path", root->path, removal->path);
                json_add_text(item, "outcome", removal_outcome_name(removal->outcome));
                json_add_fault(item, &removal->fault, removal->path);
        }
}

static void add_strays(Json *parent, const RunRoot *root)
{
        Json *list = json_add_array(parent, "leftovers");

        for (size_t i = 0; i < root->strays.count; i++) {
                const Stray *stray = &root->strays.items[i];
                Json *item = json_add_object(list, NULL);

                json_add_path(item, "path", root->path, stray->path);
                json_add_flag(item, "put_back", stray->put_back);
        }
}

int run_show_json(const Context *context, const Run *run)
{
        _cleanup_(json_freep) Json *document = json_new();
        Json *roots, *installations;

        json_add_text(document, "command", run_kind_name(run->kind));
        json_add_flag(document, "dry_run", run->dry_run);
        roots = json_add_array(document, "roots");
        for (size_t i = 0; i < run->root_count; i++) {
                const RunRoot *root = &run->roots[i];
                Json *item = json_add_object(roots, NULL);

                complain_in_root(root->path);
                json_add_text(item, "root", root->path);
                json_add_flag(item, "hold", root->held);
                json_add_fault(item, &root->fault, NULL);
                add_strays(item, root);
                add_removals(item, root);
        }
        installations = json_add_array(document, "installations");
        for (size_t i = 0; i < run->root_count; i++) {
                complain_in_root(run->roots[i].path);
                for (size_t k = 0; k < run->roots[i].result_count; k++)
                        add_result(installations, &run->roots[i], &run->roots[i].results[k]);
        }
        json_add_number(document, "exit_status", (uint64_t)run->status);
        return json_print(context, document);
}
