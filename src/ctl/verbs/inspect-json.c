/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "ctl/render/candidates.h"
#include "ctl/render/edits-json.h"
#include "ctl/render/json.h"
#include "ctl/render/seals.h"
#include "ctl/render/smc-words.h"
#include "ctl/verbs/inspect.h"

int inspect_rows(const Binary *binary, const SmcTable *table, SmcKey ret[INSPECT_ROWS],
                 Fault *fault)
{
        int count = 0, r = smc_key(binary->image, table, 0, &ret[count++], fault);

        if (r < 0)
                return r;
        if (table->has_lks)
                ret[count++] = table->lks;
        ret[count++] = table->osk[SMC_OSK0];
        ret[count++] = table->osk[SMC_OSK1];
        return count;
}

static int json_add_tables(Json *json, const Binary *binary, Fault *fault)
{
        Json *list = json_add_array(json, "tables");
        int r;

        if (binary->verdict.subject != SUBJECT_SMC || binary->verdict.state == STATE_UNKNOWN)
                return 0;
        for (size_t i = 0; i < binary->verdict.smc.count; i++) {
                const SmcTable *table = &binary->verdict.smc.items[i];
                Json *keys = json_add_array(json_add_smc_table(list, table), "keys");
                SmcKey rows[INSPECT_ROWS];

                r = inspect_rows(binary, table, rows, fault);
                if (r < 0)
                        return r;
                for (int k = 0; k < r; k++)
                        json_add_smc_key(keys, table, &rows[k]);
        }
        return 0;
}

static void json_add_guests(Json *json, const GosList *list)
{
        Json *guests = json_add_object(json, "guest_list");
        Json *groups = json_add_array(guests, "groups");
        Json *entries = json_add_array(guests, "entries");
        Json *strays;

        for (size_t i = 0; i < list->group_count; i++) {
                const GosGroup *group = &list->groups[i];
                Json *item = json_add_object(groups, NULL);

                json_add_number(item, "offset", list->entries[group->first].offset);
                json_add_number(item, "count", group->count);
                json_add_number(item, "shown", group->shown);
        }
        for (size_t i = 0; i < list->entry_count; i++) {
                Json *item = json_add_object(entries, NULL);

                json_add_number(item, "offset", list->entries[i].offset);
                json_add_number(item, "flags", list->entries[i].flags);
                json_add_flag(item, "shown", list->entries[i].shown);
        }
        json_add_number(guests, "stray", list->stray_count);
        strays = json_add_array(guests, "strays");
        for (size_t i = 0; i < list->stray_count; i++) {
                Json *item = json_add_object(strays, NULL);

                json_add_number(item, "offset", list->strays[i].offset);
                json_add_number(item, "flags", list->strays[i].flags);
                json_add_text(item, "kind", finding_kind_name(list->strays[i].kind));
        }
}

static void json_add_names(Json *json, const Verdict *verdict)
{
        Json *list = json_add_array(json, "module_names");

        for (size_t i = 0; i < verdict->vmkctl.count; i++) {
                Json *item = json_add_object(list, NULL);

                json_add_number(item, "offset", verdict->vmkctl.items[i].offset);
                json_add_flag(item, "patched", verdict->vmkctl.items[i].patched);
        }
        list = json_add_array(json, "longer_names");
        for (size_t i = 0; i < verdict->vmkctl.part_count; i++)
                json_add_number(json_add_object(list, NULL), "offset", verdict->vmkctl.parts[i]);
}

int inspect_print_json(const Context *context, const char *path, const Binary *binary,
                       ExitStatus status, Fault *fault)
{
        _cleanup_(json_freep) Json *json = json_new();
        const Verdict *verdict = &binary->verdict;
        int r;

        json_add_text(json, "path", path);
        json_add_text(json, "format",
                      verdict->format_known ? image_format_name(verdict->format) : NULL);
        json_add_text(json, "description", verdict->format_known ? verdict->description : NULL);
        json_add_number(json, "size", binary->mapping.span.size);
        json_add_digest(json, "sha256", &binary->digest);
        json_add_text(json, "subject",
                      verdict->subject == SUBJECT_NONE ? NULL : subject_name(verdict->subject));
        json_add_text(json, "state", state_name(verdict->state));
        json_add_fault(json, &verdict->fault, path);
        json_add_number(json, "gates_open", verdict->gates_open);
        json_add_number(json, "gates_total", verdict->gates_total);
        seals_json_add(json, verdict);
        r = json_add_tables(json, binary, fault);
        if (r < 0)
                return r;
        if (verdict->subject == SUBJECT_GOS && verdict->state != STATE_UNKNOWN)
                json_add_guests(json, &verdict->gos);
        else
                json_add_null(json, "guest_list");
        json_add_names(json, verdict);
        edits_json_add(json, "edits", &verdict->plan);
        r = finding_json_add(json, verdict->state == STATE_UNKNOWN ? binary->image : NULL);
        if (r < 0)
                return r;
        json_add_number(json, "exit_status", status);
        if (mapping_is_torn(&binary->mapping))
                return fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", path);
        return json_print(context, json);
}
