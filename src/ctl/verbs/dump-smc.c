/* SPDX-License-Identifier: MIT */

/* unlockerctl dump-smc: every row of the SMC tables, as plain text that can be compared. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "ctl/frame/context.h"
#include "ctl/render/candidates.h"
#include "ctl/render/failure.h"
#include "ctl/render/json.h"
#include "ctl/render/smc-words.h"
#include "ctl/terminal/errors.h"
#include "ctl/terminal/output.h"
#include "ctl/terminal/pager.h"
#include "ctl/verbs/verbs.h"
#include "ctl/work/foreign.h"
#include "ctl/work/judged-file.h"

#define TEXT_MIN 4U /* bytes of a value that are worth showing as text */

static void print_header(const Context *context, const SmcTable *table)
{
        if (table->version == SMC_VERSION_UNKNOWN)
                output_line(context, TONE_PLAIN, "SMC table V? (smc.version not known)");
        else
                output_line(context, TONE_PLAIN, "SMC table V%u (smc.version = \"%u\")",
                            table->version, table->version);
        output_line(context, TONE_PLAIN, "File offset   0x%08" PRIx64, table->header_offset);
        output_line(context, TONE_PLAIN, "Keys address  0x%08" PRIx64, table->rows_address);
        output_line(context, TONE_PLAIN, "Public keys   0x%08" PRIx32 " (%" PRIu32 ")",
                    table->public_count, table->public_count);
        output_line(context, TONE_PLAIN, "Private keys  0x%08" PRIx32 " (%" PRIu32 ")",
                    table->private_count, table->private_count);
        output_line(context, TONE_PLAIN, "Table offset  0x%08" PRIx64, table->rows_offset);
        output_line(context, TONE_PLAIN,
                    "\nOffset     Name Len Type Flag Handler            Value");
}

static void print_key(const Context *context, const SmcKey *key)
{
        size_t length = MIN((size_t)key->length, (size_t)SMC_VALUE_MAX);
        char hex[2 * SMC_VALUE_MAX + 1] = "", text[SMC_VALUE_MAX + 4] = "";

        for (size_t i = 0; i < length; i++)
                (void)snprintf(hex + 2 * i, 3, "%02x", key->value[i]);
        if (length >= TEXT_MIN && text_is_printable(key->value, length))
                (void)snprintf(text, sizeof(text), " \"%.*s\"", (int)length,
                               (const char *)key->value);
        output_line(context, TONE_PLAIN,
                    "0x%08" PRIx64 " %-4s %3u %-4s 0x%02x 0x%016" PRIx64 " %s%s", key->offset,
                    key->name, key->length, key->type, key->attributes, key->handler.value, hex,
                    text);
}

static int smc_print_text(const Context *context, const Image *image, const SmcTables *tables,
                          Fault *fault)
{
        pager_open(context);
        for (size_t i = 0; i < tables->count; i++) {
                const SmcTable *table = &tables->items[i];

                if (i > 0)
                        output_line(context, TONE_PLAIN, "%s", "");
                print_header(context, table);
                for (uint32_t row = 0; row < table->private_count; row++) {
                        SmcKey key;
                        int r = smc_key(image, table, row, &key, fault);

                        if (r < 0)
                                return r;
                        print_key(context, &key);
                }
        }
        return 0;
}

#define ROWS_SHOWN 65536U /* of a table that is not believed */

static void smc_print_candidate(const Context *context, const Image *image,
                                const SmcCandidate *candidate)
{
        uint32_t rows[FINDING_ROWS_MAX], row;
        SmcTable table;
        SmcKey key;

        (void)finding_rows(image, candidate, &table, rows);
        output_line(context, TONE_WARN, "NOT BELIEVED: %s: %s",
                    reason_text(candidate->fault.reason)->id,
                    reason_text(candidate->fault.reason)->why);
        print_header(context, &table);
        for (row = 0; row < MIN(table.private_count, ROWS_SHOWN); row++) {
                if (smc_key(image, &table, row, &key, NULL) < 0)
                        break;
                print_key(context, &key);
        }
        if (row < table.private_count)
                output_line(context, TONE_WARN, "Row %" PRIu32 " and later ones are not shown.",
                            row);
}

/* The readable rows of what looks like a table. Nothing when a part of the file is gone. */
static int print_candidates(const Context *context, const Binary *binary)
{
        _cleanup_(smc_candidates_done) SmcCandidates candidates = {};
        int r = finding_candidates(binary->image, &candidates);

        if (r < 0 || mapping_is_torn(&binary->mapping))
                return r;
        pager_open(context);
        for (size_t i = 0; i < candidates.count; i++) {
                if (i > 0)
                        output_line(context, TONE_PLAIN, "%s", "");
                smc_print_candidate(context, binary->image, &candidates.items[i]);
        }
        return 0;
}

static int smc_print_json(const Context *context, const char *path, const Binary *binary,
                          const SmcTables *tables, Fault *fault)
{
        _cleanup_(json_freep) Json *json = json_new();
        Json *list;

        json_add_text(json, "path", path);
        list = json_add_array(json, "tables");
        for (size_t i = 0; i < tables->count; i++) {
                const SmcTable *table = &tables->items[i];
                Json *keys = json_add_array(json_add_smc_table(list, table), "keys");

                for (uint32_t row = 0; row < table->private_count; row++) {
                        SmcKey key;
                        int r = smc_key(binary->image, table, row, &key, fault);

                        if (r < 0)
                                return r;
                        json_add_smc_key(keys, table, &key);
                }
        }
        json_add_number(json, "exit_status", EXIT_DONE);
        if (mapping_is_torn(&binary->mapping))
                return fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", path);
        return json_print(context, json);
}

static void json_add_candidate_rows(Json *list, const Image *image, const SmcCandidate *candidate)
{
        uint32_t rows[FINDING_ROWS_MAX];
        SmcTable table;
        Json *item, *keys;
        SmcKey key;

        (void)finding_rows(image, candidate, &table, rows);
        item = json_add_smc_table(list, &table);
        json_add_fault(item, &candidate->fault, NULL);
        keys = json_add_array(item, "keys");
        for (uint32_t row = 0; row < MIN(table.private_count, ROWS_SHOWN); row++) {
                if (smc_key(image, &table, row, &key, NULL) < 0)
                        break;
                json_add_smc_key(keys, &table, &key);
        }
}

/* As print_candidates(), and why the file is not believed. */
static int smc_tell_json(const Context *context, const char *path, const Binary *binary,
                         const Fault *fault)
{
        _cleanup_(smc_candidates_done) SmcCandidates candidates = {};
        _cleanup_(json_freep) Json *json = json_new();
        Json *list;
        int r = finding_candidates(binary->image, &candidates);

        if (r < 0)
                return r;
        json_add_text(json, "path", path);
        list = json_add_array(json, "tables");
        for (size_t i = 0; i < candidates.count && !mapping_is_torn(&binary->mapping); i++)
                json_add_candidate_rows(list, binary->image, &candidates.items[i]);
        json_add_fault(json, fault, path);
        json_add_number(json, "exit_status", exit_status_of_file(fault));
        return json_print(context, json);
}

static int smc_show_candidates(const Context *context, const char *path, const Binary *binary,
                               Fault *fault)
{
        int r;

        if (!context->json)
                return print_candidates(context, binary);
        fault_advise_named(fault, path);
        complain(fault, -EBADMSG, path, "cannot dump");
        r = smc_tell_json(context, path, binary, fault);
        return r < 0 ? r : (int)exit_status_of_file(fault);
}

/* No SMC table: what is there instead, or why nothing is. */
static int smc_refuse_other(const Verdict *verdict, Fault *fault)
{
        if (verdict->state == STATE_UNKNOWN) {
                *fault = verdict->fault;
                return -EBADMSG;
        }
        (void)fault_set(fault, -EBADMSG, REASON_WRONG_KIND, "%s", subject_name(verdict->subject));
        fault->todo = "name vmware-vmx, or vmx of ESXi, which has the SMC tables";
        return -EBADMSG;
}

/* Tables that only stand in the way of a patch, not of reading, are dumped as well. Positive: the
 * exit status, and all is said. */
static int smc_dump(const Context *context, const char *path, Fault *fault)
{
        _cleanup_(binary_done) Binary binary = BINARY_NONE;
        _cleanup_(smc_tables_done) SmcTables tables = {};
        int r;

        r = binary_open(path, &binary, fault);
        if (r < 0)
                return r;
        if (!binary.image) {
                *fault = binary.verdict.fault;
                return -EBADMSG;
        }
        r = smc_find(binary.image, &tables, fault);
        if (r == -EBADMSG) {
                int shown = smc_show_candidates(context, path, &binary, fault);

                return shown == -ENOMEM || shown > 0 ? shown : r;
        }
        if (r == -ENOENT)
                return smc_refuse_other(&binary.verdict, fault);
        if (r < 0)
                return r;
        if (context->json)
                return smc_print_json(context, path, &binary, &tables, fault);
        r = smc_print_text(context, binary.image, &tables, fault);
        if (r >= 0 && mapping_is_torn(&binary.mapping))
                return fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", path);
        return r;
}

static int run_dump_smc(Context *context, int count, char **arguments)
{
        Fault fault = FAULT_NONE;
        int r = smc_dump(context, arguments[0], &fault);

        if (r < 0) {
                pager_close();
                fault_advise_named(&fault, arguments[0]);
                return failure_tell(context, arguments[0], &fault, r, "cannot dump",
                                    exit_status_of_file(&fault));
        }
        return r > 0 ? r : EXIT_DONE;
}

const Verb verb_dump_smc = {
        .name = "dump-smc",
        .arguments = "FILE",
        .summary = "Print every key of a file's SMC tables",
        .doing = "Reading the file",
        .description = "Prints the SMC tables of FILE: a block for each table with its place and "
                       "counts, then a line for each key: file offset, name, length, type, flag, "
                       "handler, value. The text is the same for the same file.",
        .minimum_arguments = 1,
        .maximum_arguments = 1,
        .run = run_dump_smc,
};
