/* SPDX-License-Identifier: MIT */

/* unlockerctl inspect: what a file's bytes say. */

#include <inttypes.h>

#include "ctl/binary.h"
#include "ctl/complain.h"
#include "ctl/edits-json.h"
#include "ctl/edits-table.h"
#include "ctl/failure.h"
#include "ctl/json.h"
#include "ctl/output.h"
#include "ctl/pager.h"
#include "ctl/seals.h"
#include "ctl/smc-words.h"
#include "ctl/tone.h"
#include "ctl/verb.h"

#define ROWS_OF_INTEREST 4U

/* The first row (#KEY, where nothing is new), +LKS if there is one, OSK0 and OSK1 of a table: the
 * number of rows. */
static int rows_of(const Binary *binary, const SmcTable *table, SmcKey ret[ROWS_OF_INTEREST],
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

static int print_tables(const Context *context, const SmcTables *tables)
{
        static const Column columns[] = {
                {"TABLE", 0},   {"HEADER", 0},          {"ROWS", 0},
                {"ADDRESS", 0}, {"KEYS", COLUMN_RIGHT}, {"PUBLIC", COLUMN_RIGHT},
        };
        _cleanup_(table_freep) Table *out = NULL;
        int r;

        r = table_new(context, columns, ARRAY_SIZE(columns), &out);
        if (r < 0)
                return r;
        for (size_t i = 0; i < tables->count; i++) {
                const SmcTable *table = &tables->items[i];

                table_row(out);
                table_cell(out, TONE_PLAIN, "%s", smc_version_name(table->version));
                table_cell(out, TONE_PLAIN, "0x%" PRIx64, table->header_offset);
                table_cell(out, TONE_PLAIN, "0x%" PRIx64, table->rows_offset);
                table_cell(out, TONE_PLAIN, "0x%" PRIx64, table->rows_address);
                table_cell(out, TONE_PLAIN, "%" PRIu32, table->private_count);
                table_cell(out, TONE_PLAIN, "%" PRIu32, table->public_count);
        }
        output_line(context, TONE_STRONG, "\nSMC tables");
        return table_print(out);
}

/* Of a file that is not believed: what leads to rows, and the rule that failed. */
static int print_candidates(const Context *context, const Image *image)
{
        static const Column columns[] = {
                {"HEADER", 0}, {"ROWS", 0}, {"KEYS", COLUMN_RIGHT}, {"PUBLIC", COLUMN_RIGHT},
                {"REASON", 0},
        };
        _cleanup_(smc_candidates_done) SmcCandidates candidates = {};
        _cleanup_(table_freep) Table *out = NULL;
        int r = image ? smc_candidates(image, &candidates) : 0;

        if (r < 0 || candidates.count == 0)
                return r;
        r = table_new(context, columns, ARRAY_SIZE(columns), &out);
        if (r < 0)
                return r;
        for (size_t i = 0; i < candidates.count; i++) {
                const SmcCandidate *candidate = &candidates.items[i];

                table_row(out);
                table_cell(out, TONE_PLAIN, "0x%" PRIx64, candidate->header_offset);
                table_cell(out, TONE_PLAIN, "0x%" PRIx64, candidate->rows_offset);
                table_cell(out, TONE_PLAIN, "%" PRIu32, candidate->private_count);
                table_cell(out, TONE_PLAIN, "%" PRIu32, candidate->public_count);
                table_cell(out, TONE_PLAIN, "%s",
                           candidate->fault.reason == REASON_NONE
                                   ? "-"
                                   : reason_text(candidate->fault.reason)->id);
        }
        output_line(context, TONE_STRONG, "\nPointers to rows");
        return table_print(out);
}

static const char *relocation_word(PointerSource source)
{
        switch (source) {
        case POINTER_RELR:
                return "RELR";
        case POINTER_BASE:
                return "base";
        case POINTER_CHAINED:
                return "chained";
        default:
                return "none";
        }
}

static void add_row(Table *out, const SmcTable *table, const SmcKey *key)
{
        const GateState *gate = smc_gate_of(table, key);

        table_row(out);
        table_cell(out, TONE_PLAIN, "%s", smc_version_name(table->version));
        table_cell(out, TONE_PLAIN, "%s", key->name);
        table_cell(out, TONE_PLAIN, "0x%" PRIx64, key->offset);
        table_cell(out, TONE_PLAIN, "0x%" PRIx64, key->handler.value);
        table_cell(out, TONE_PLAIN, "0x%" PRIx64, key->handler.field);
        if (key->handler.source == POINTER_RELA)
                table_cell(out, TONE_PLAIN, "0x%" PRIx64, key->handler.addend_offset);
        else
                table_cell(out, TONE_DIM, "%s", relocation_word(key->handler.source));
        table_cell(out, gate ? tone_of_gate(*gate) : TONE_DIM, "%s", gate ? gate_name(*gate) : "-");
}

static int print_rows(const Context *context, const Binary *binary, Fault *fault)
{
        static const Column columns[] = {
                {"TABLE", 0}, {"KEY", 0},        {"OFFSET", 0}, {"HANDLER", 0},
                {"FIELD", 0}, {"RELOCATION", 0}, {"GATE", 0},
        };
        _cleanup_(table_freep) Table *out = NULL;
        int r;

        r = table_new(context, columns, ARRAY_SIZE(columns), &out);
        if (r < 0)
                return r;
        for (size_t i = 0; i < binary->verdict.smc.count; i++) {
                const SmcTable *table = &binary->verdict.smc.items[i];
                SmcKey rows[ROWS_OF_INTEREST];

                r = rows_of(binary, table, rows, fault);
                if (r < 0)
                        return r;
                for (int k = 0; k < r; k++)
                        add_row(out, table, &rows[k]);
        }
        output_line(context, TONE_STRONG, "\nRows of interest");
        return table_print(out);
}

static const char *stray_word(const GosEntry *match)
{
        return match->kind == GOS_OTHER ? "its flags are another system's"
                                        : "it repeats at no distance";
}

static int print_guests(const Context *context, const GosList *list)
{
        static const Column columns[] = {
                {"GROUP", COLUMN_RIGHT}, {"FIRST", 0}, {"LAST", 0}, {"ENTRIES", COLUMN_RIGHT},
                {"SHOWN", COLUMN_RIGHT},
        };
        _cleanup_(table_freep) Table *out = NULL;
        int r;

        r = table_new(context, columns, ARRAY_SIZE(columns), &out);
        if (r < 0)
                return r;
        for (size_t i = 0; i < list->group_count; i++) {
                const GosGroup *group = &list->groups[i];

                table_row(out);
                table_cell(out, TONE_PLAIN, "%zu", i + 1);
                table_cell(out, TONE_PLAIN, "0x%" PRIx64, list->entries[group->first].offset);
                table_cell(out, TONE_PLAIN, "0x%" PRIx64,
                           list->entries[group->first + group->count - 1].offset);
                table_cell(out, TONE_PLAIN, "%zu", group->count);
                table_cell(out, TONE_PLAIN, "%zu", group->shown);
        }
        output_line(context, TONE_STRONG, "\nGuest list");
        r = table_print(out);
        for (size_t i = 0; r >= 0 && i < list->stray_count; i++)
                output_line(context, TONE_DIM, "0x%" PRIx64 " with flags %02x is no entry: %s.",
                            list->strays[i].offset, list->strays[i].flags,
                            stray_word(&list->strays[i]));
        return r;
}

static int print_names(const Context *context, const VmkctlNames *names)
{
        static const Column columns[] = {{"OFFSET", COLUMN_RIGHT}, {"MODULE ASKED FOR", 0}};
        _cleanup_(table_freep) Table *out = NULL;
        int r = table_new(context, columns, ARRAY_SIZE(columns), &out);

        if (r < 0)
                return r;
        for (size_t i = 0; i < names->count; i++) {
                table_row(out);
                table_cell(out, TONE_PLAIN, "0x%" PRIx64, names->items[i].offset);
                table_cell(out, TONE_PLAIN, "%s",
                           names->items[i].patched ? "vmkernel" : "applesmc");
        }
        output_line(context, TONE_STRONG, "%s", "");
        return table_print(out);
}

static void print_head(const Context *context, const char *path, const Binary *binary)
{
        const Verdict *verdict = &binary->verdict;
        char hex[DIGEST_HEX_SIZE];

        digest_to_hex(&binary->digest, hex);
        output_line(context, TONE_STRONG, "%s", path);
        output_line(context, TONE_PLAIN, "  Format   %s",
                    verdict->format_known ? verdict->description : "not known");
        output_line(context, TONE_PLAIN, "  Size     %zu bytes", binary->mapping.span.size);
        output_line(context, TONE_PLAIN, "  SHA-256  %s", hex);
        output_line(context, TONE_PLAIN, "  Holds    %s", subject_name(verdict->subject));
        if (verdict->gates_total > 0)
                output_line(context, tone_of_state(verdict->state),
                            "  State    %s, %u of %u gates open", state_name(verdict->state),
                            verdict->gates_open, verdict->gates_total);
        else
                output_line(context, tone_of_state(verdict->state), "  State    %s",
                            state_name(verdict->state));
        seals_print(context, verdict);
}

static int print_text(const Context *context, const char *path, const Binary *binary, Fault *fault)
{
        const Verdict *verdict = &binary->verdict;
        int r = 0;

        pager_open(context);
        print_head(context, path, binary);
        if (verdict->state == STATE_UNKNOWN)
                return print_candidates(context, binary->image);
        if (verdict->subject == SUBJECT_SMC) {
                r = print_tables(context, &verdict->smc);
                if (r >= 0)
                        r = print_rows(context, binary, fault);
        } else if (verdict->subject == SUBJECT_GOS) {
                r = print_guests(context, &verdict->gos);
        } else if (verdict->subject == SUBJECT_VMKCTL) {
                r = print_names(context, &verdict->vmkctl);
        }
        if (r < 0 || verdict->plan.count == 0)
                return r;
        output_line(context, TONE_STRONG, "\nPlanned edits");
        return edits_print(context, &verdict->plan);
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
                SmcKey rows[ROWS_OF_INTEREST];

                r = rows_of(binary, table, rows, fault);
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
                json_add_text(item, "kind",
                              list->strays[i].kind == GOS_OTHER ? "other-flags" : "stray");
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
}

static int print_json(const Context *context, const char *path, const Binary *binary,
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
        json_add_number(json, "exit_status", status);
        return json_print(context, json);
}

static int run(Context *context, int count, char **arguments)
{
        _cleanup_(binary_done) Binary binary = BINARY_NONE;
        const char *path = arguments[0];
        Fault fault = FAULT_NONE;
        ExitStatus status;
        int r;

        r = binary_open(path, &binary, &fault);
        if (r >= 0) {
                status = binary.verdict.state == STATE_UNKNOWN ? EXIT_DEGRADED : EXIT_DONE;
                r = context->json ? print_json(context, path, &binary, status, &fault)
                                  : print_text(context, path, &binary, &fault);
        }
        if (r < 0)
                return failure_tell(context, path, &fault, r, "cannot inspect", EXIT_FAILED);
        if (status == EXIT_DEGRADED && !context->json) {
                pager_close();
                complain(&binary.verdict.fault, 0, path, "cannot judge");
        }
        return (int)status;
}

const Verb verb_inspect = {
        .name = "inspect",
        .arguments = "FILE",
        .summary = "Show a file's tables, state and planned edits",
        .description =
                "Shows what FILE is, from its bytes alone: format, SMC tables with the rows that "
                "matter, groups of the guest list, the state, and the edits that `patch` would "
                "make, byte by byte. The file is only read.",
        .minimum_arguments = 1,
        .maximum_arguments = 1,
        .run = run,
};
