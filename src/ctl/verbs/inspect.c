/* SPDX-License-Identifier: MIT */

/* unlockerctl inspect: what a file's bytes say. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/frame/context.h"
#include "ctl/render/candidates.h"
#include "ctl/render/edits-table.h"
#include "ctl/render/failure.h"
#include "ctl/render/seals.h"
#include "ctl/render/smc-words.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/pager.h"
#include "ctl/terminal/tone.h"
#include "ctl/verbs/inspect-module.h"
#include "ctl/verbs/inspect.h"
#include "ctl/verbs/overlay.h"
#include "ctl/verbs/verbs.h"
#include "ctl/work/foreign.h"

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

static void inspect_add_row(Table *out, const SmcTable *table, const SmcKey *key)
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

/* The rows that are shown of a file: read, and known to be whole, before any line is printed. */
typedef struct Rows {
        SmcKey (*of)[INSPECT_ROWS]; /* of each table; owned */
        int *counts;                /* owned */
} Rows;

static void rows_done(Rows *rows)
{
        free(rows->of);
        free(rows->counts);
}

static int rows_read(const Binary *binary, Rows *ret, Fault *fault)
{
        const SmcTables *tables = &binary->verdict.smc;

        ret->of = calloc(tables->count + 1, sizeof(*ret->of));
        ret->counts = calloc(tables->count + 1, sizeof(*ret->counts));
        if (!ret->of || !ret->counts)
                return -ENOMEM;
        for (size_t i = 0; i < tables->count; i++) {
                int r = inspect_rows(binary, &tables->items[i], ret->of[i], fault);

                if (r < 0)
                        return r;
                ret->counts[i] = r;
        }
        return 0;
}

static int print_rows(const Context *context, const SmcTables *tables, const Rows *rows)
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
        for (size_t i = 0; i < tables->count; i++)
                for (int k = 0; k < rows->counts[i]; k++)
                        inspect_add_row(out, &tables->items[i], &rows->of[i][k]);
        output_line(context, TONE_STRONG, "\nRows of interest");
        return table_print(out);
}

static const char *stray_word(const GosEntry *match)
{
        switch (match->kind) {
        case GOS_OTHER:
                return "its flags are another system's";
        case GOS_UNEVEN:
                return "it is on no multiple of 4";
        default:
                return "it repeats at no distance";
        }
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
        for (size_t i = 0; i < names->part_count; i++) {
                table_row(out);
                table_cell(out, TONE_DIM, "0x%" PRIx64, names->parts[i]);
                table_cell(out, TONE_DIM, "applesmc, in a longer word: left alone");
        }
        output_line(context, TONE_STRONG, "%s", "");
        return table_print(out);
}

static void inspect_print_head(const Context *context, const char *path, const Binary *binary)
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

static int print_believed(const Context *context, const Verdict *verdict, const Rows *rows)
{
        int r = 0;

        if (verdict->subject == SUBJECT_SMC) {
                r = print_tables(context, &verdict->smc);
                if (r >= 0)
                        r = print_rows(context, &verdict->smc, rows);
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

/* All that is found, as text; empty when the file is of no known format. */
static int finding_read(const Image *image, char **ret)
{
        size_t size;
        FILE *out = open_memstream(ret, &size);
        int r = 0;

        if (!out)
                return -ENOMEM;
        if (image)
                r = finding_write(out, image);
        return fclose(out) != 0 ? -ENOMEM : r;
}

static int inspect_print_text(const Context *context, const char *path, const Binary *binary,
                              Fault *fault)
{
        bool believed = binary->verdict.state != STATE_UNKNOWN;
        _cleanup_(rows_done) Rows rows = {};
        _cleanup_free_ char *finding = NULL;
        int r;

        r = believed ? rows_read(binary, &rows, fault) : finding_read(binary->image, &finding);
        if (r >= 0 && mapping_is_torn(&binary->mapping))
                r = fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", path);
        if (r < 0)
                return r;
        pager_open(context);
        inspect_print_head(context, path, binary);
        if (believed)
                return print_believed(context, &binary->verdict, &rows);
        if (!context->quiet)
                (void)fputs(finding, stdout);
        return 0;
}

static int run_inspect(Context *context, int count, char **arguments)
{
        _cleanup_(binary_done) Binary binary = BINARY_NONE;
        const char *path = arguments[0];
        Fault fault = FAULT_NONE;
        ExitStatus status;
        int r;

        r = inspect_module(context, path);
        if (r != -ENODATA)
                return r;
        r = binary_open(path, &binary, &fault);
        if (r >= 0 && !binary.image && overlay_is_name(path))
                return inspect_no_module(context, path, binary.mapping.span.size);
        if (r >= 0) {
                status = binary.verdict.state == STATE_UNKNOWN ? EXIT_DEGRADED : EXIT_DONE;
                if (status == EXIT_DEGRADED)
                        fault_advise_named(&binary.verdict.fault, path);
                r = context->json ? inspect_print_json(context, path, &binary, status, &fault)
                                  : inspect_print_text(context, path, &binary, &fault);
        }
        if (r < 0) {
                fault_advise_named(&fault, path);
                return failure_tell(context, path, &fault, r, "cannot inspect", EXIT_FAILED);
        }
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
        .doing = "Reading the file",
        .description =
                "Shows what FILE contains: format, SMC tables with the rows that matter, groups of "
                "the guest list, the state, and the edits that `patch` would "
                "make, byte by byte. The file is only read.\n"
                "For an ESXi boot module (NAME.v00, NAME.tgz) it lists mode, offset, size and "
                "state of each entry.",
        .minimum_arguments = 1,
        .maximum_arguments = 1,
        .run = run_inspect,
};
