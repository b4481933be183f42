/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "patch/smc-header.h"
#include "patch/smc.h"

#define ROW_HANDLER 0x10U
#define ROW_VALUE   0x18U
#define OSK_SIZE    32U

/* In every build seen, the second row is +LKS in V0 and $Adr in V1. */
static SmcVersion version_by_second_row(const Image *image, const SmcHeader *header)
{
        Span name;

        if (span_slice(image_bytes(image), header->rows_offset + SMC_ROW_SIZE, 4, &name) < 0)
                return SMC_VERSION_UNKNOWN;
        if (memcmp(name.bytes, "SKL+", 4) == 0)
                return SMC_V0;
        return memcmp(name.bytes, "rdA$", 4) == 0 ? SMC_V1 : SMC_VERSION_UNKNOWN;
}

/* And the attributes of both OSK rows are 0x80 in V0 and 0x90 in V1; this counts only where the
 * second row does not tell. */
static SmcVersion version_by_attributes(const SmcTable *table)
{
        uint8_t attributes = table->osk[SMC_OSK0].attributes;

        if (table->osk[SMC_OSK1].attributes != attributes)
                return SMC_VERSION_UNKNOWN;
        if (attributes == 0x80)
                return SMC_V0;
        return attributes == 0x90 ? SMC_V1 : SMC_VERSION_UNKNOWN;
}

int smc_header_refuse(const Image *image, const SmcHeader *header, Reason reason, uint64_t offset,
                      const char *what, Fault *fault)
{
        SmcVersion version = version_by_second_row(image, header);

        return fault_set_at(fault, -EBADMSG, reason, offset, "%s at 0x%" PRIx64 ": %s",
                            version == SMC_VERSION_UNKNOWN ? "table" : smc_version_name(version),
                            header->offset, what);
}

static int table_refuse(const SmcTable *table, Reason reason, uint64_t offset, const char *what,
                        Fault *fault)
{
        return fault_set_at(fault, -EBADMSG, reason, offset, "%s at 0x%" PRIx64 ": %s",
                            smc_version_name(table->version), table->header_offset, what);
}

/* A handler and how many rows have it. */
typedef struct Votes {
        uint64_t handler;
        uint32_t count;
} Votes;

/* How the rows of a table, but for OSK0 and OSK1, share their handlers. */
typedef struct Handlers {
        uint64_t *values; /* of each row, then sorted; owned */
        size_t count;
        uint64_t *of_lks; /* of each +LKS; owned */
        size_t lks_count;
        uint64_t of_own[2]; /* of the first #KEY and NTOK, which have routines of their own */
        Votes most, second;
} Handlers;

static void handlers_done(Handlers *handlers)
{
        free(handlers->values);
        free(handlers->of_lks);
}

static int compare_handlers(const void *a, const void *b)
{
        uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

        return (left > right) - (left < right);
}

static void handlers_count(Handlers *handlers)
{
        Votes votes = {};

        qsort(handlers->values, handlers->count, sizeof(*handlers->values), compare_handlers);
        for (size_t i = 0; i < handlers->count; i++) {
                if (handlers->values[i] == UINT64_MAX)
                        break;
                if (i == 0 || handlers->values[i] != votes.handler)
                        votes = (Votes){.handler = handlers->values[i]};
                votes.count++;
                if (handlers->most.count > 0 && handlers->most.handler == votes.handler) {
                        handlers->most.count = votes.count;
                } else if (votes.count > handlers->most.count) {
                        handlers->second = handlers->most;
                        handlers->most = votes;
                } else if (votes.count > handlers->second.count) {
                        handlers->second = votes;
                }
        }
}

static uint32_t handlers_votes(const Handlers *handlers, uint64_t handler)
{
        uint32_t votes = 0;

        for (size_t i = 0; i < handlers->count; i++)
                votes += handlers->values[i] == handler;
        return votes;
}

static void handlers_note_own(Handlers *handlers, const uint8_t *row, uint64_t handler)
{
        if (smc_row_is_first(row) && handlers->of_own[0] == UINT64_MAX)
                handlers->of_own[0] = handler;
        else if (memcmp(row, "KOTN", 4) == 0 && handlers->of_own[1] == UINT64_MAX)
                handlers->of_own[1] = handler;
}

/* Reads each row once; OSK0 and OSK1 are noted in `table`, and the first +LKS. */
static int handlers_read(const Image *image, SmcTable *table, Handlers *ret)
{
        const uint8_t *rows = image_bytes(image).bytes + table->rows_offset;
        int r;

        ret->values = reallocarray(NULL, table->private_count, sizeof(*ret->values));
        ret->of_lks = reallocarray(NULL, table->private_count, sizeof(*ret->of_lks));
        if (!ret->values || !ret->of_lks)
                return -ENOMEM;
        ret->of_own[0] = ret->of_own[1] = UINT64_MAX;
        r = image_pointers_at(image, table->rows_address + ROW_HANDLER, SMC_ROW_SIZE,
                              table->private_count, ret->values);
        if (r < 0)
                return r;
        for (uint32_t i = 0; i < table->private_count; i++) {
                const uint8_t *row = rows + (size_t)i * SMC_ROW_SIZE;
                uint64_t handler = ret->values[i];
                SmcGate gate;

                if (smc_row_is_osk(row, &gate)) {
                        table->osk[gate].index = i;
                        continue;
                }
                if (memcmp(row, "SKL+", 4) == 0) {
                        if (ret->lks_count == 0)
                                table->lks.index = i;
                        ret->of_lks[ret->lks_count++] = handler;
                } else {
                        handlers_note_own(ret, row, handler);
                }
                ret->values[ret->count++] = handler;
        }
        handlers_count(ret);
        return 0;
}

/* Of several +LKS that disagree, the one that has the handler of most rows. */
static uint64_t handler_of_lks(const Handlers *handlers)
{
        for (size_t i = 1; i < handlers->lks_count; i++)
                if (handlers->of_lks[i] != handlers->of_lks[0]) {
                        for (size_t k = 0; k < handlers->lks_count; k++)
                                if (handlers->of_lks[k] == handlers->most.handler)
                                        return handlers->of_lks[k];
                        return UINT64_MAX;
                }
        return handlers->of_lks[0];
}

/* What +LKS has decides; where most rows have another, that is said. But the routine of another
 * gate, of #KEY or NTOK is no Default unless most rows have it: the OSK rows would stay closed and
 * look open. */
static int choose_by_lks(SmcTable *table, const Handlers *handlers, Fault *fault)
{
        uint64_t chosen = handler_of_lks(handlers);
        uint32_t votes = handlers_votes(handlers, chosen);
        bool most = votes == handlers->most.count;
        bool agree = chosen != UINT64_MAX &&
                     (most || (chosen != handlers->of_own[0] && chosen != handlers->of_own[1]));

        table->default_handler = chosen;
        table->lks_differs = !most;
        /* What it shares with a closed OSK row alone is no Default. */
        for (SmcGate gate = 0; (!most || votes == handlers->lks_count) && gate < _SMC_GATE_MAX;
             gate++)
                agree = agree && (table->osk[gate].handler.value != chosen ||
                                  smc_gate_state(table, gate) == GATE_OPEN);
        if (!agree)
                return table_refuse(table, REASON_SMC_HANDLER, table->lks.offset, "+LKS", fault);
        return 0;
}

static int choose_by_votes(SmcTable *table, const Handlers *handlers, Fault *fault)
{
        if (handlers->most.count < 2 || handlers->most.count == handlers->second.count)
                return table_refuse(table, REASON_SMC_HANDLER, table->rows_offset,
                                    "no +LKS, and no handler that most rows have", fault);
        table->default_handler = handlers->most.handler;
        return 0;
}

static bool is_code(const Image *image, uint64_t address)
{
        const ImageRange *range = image_range_at_address(image, address, 1);

        /* At address 0 there may be a segment with code, but there is the ELF header. */
        return address != 0 && range && range->executable;
}

/* The loader must leave the value of an OSK row as it is in the file. */
static int check_value(const Image *image, const SmcTable *table, const SmcKey *key, Fault *fault)
{
        for (uint64_t into = 0; into < OSK_SIZE; into += 8) {
                ImagePointer pointer;
                int r = image_pointer_at(image, key->address + ROW_VALUE + into, &pointer, fault);

                if (r < 0)
                        return r;
                if (pointer.source != POINTER_FIELD)
                        return table_refuse(table, REASON_IMAGE_RELOCATION, key->offset, key->name,
                                            fault);
        }
        return 0;
}

static int read_gate(const Image *image, SmcTable *table, SmcGate gate, Fault *fault)
{
        SmcKey *key = &table->osk[gate];
        int r = smc_key(image, table, key->index, key, fault);

        if (r < 0)
                return r;
        if (!is_code(image, key->handler.value))
                return table_refuse(table, REASON_SMC_HANDLER, key->offset, key->name, fault);
        return check_value(image, table, key, fault);
}

static int choose_default(const Image *image, SmcTable *table, const Handlers *handlers,
                          Fault *fault)
{
        int r;

        table->has_lks = handlers->lks_count > 0;
        r = table->has_lks ? choose_by_lks(table, handlers, fault)
                           : choose_by_votes(table, handlers, fault);
        if (r >= 0 && !is_code(image, table->default_handler))
                r = table_refuse(table, REASON_SMC_HANDLER,
                                 table->has_lks ? table->lks.offset : table->rows_offset,
                                 table->has_lks ? table->lks.name : "the handler of most rows",
                                 fault);
        return r;
}

int smc_table_read(const Image *image, const SmcHeader *header, SmcTable *ret, Fault *fault)
{
        _cleanup_(handlers_done) Handlers handlers = {};
        SmcTable table = {.version = version_by_second_row(image, header),
                          .header_offset = header->offset,
                          .header_address = header->address,
                          .rows_offset = header->rows_offset,
                          .rows_address = header->rows_address,
                          .private_count = header->private_count,
                          .public_count = header->public_count};
        int r = handlers_read(image, &table, &handlers);

        if (r < 0)
                return fault_set(fault, r, REASON_SMC_TRUNCATED, "SMC tables");
        for (SmcGate gate = 0; r >= 0 && gate < _SMC_GATE_MAX; gate++)
                r = read_gate(image, &table, gate, fault);
        if (r >= 0 && table.version == SMC_VERSION_UNKNOWN)
                table.version = version_by_attributes(&table);
        if (r >= 0 && handlers.lks_count > 0)
                r = smc_key(image, &table, table.lks.index, &table.lks, fault);
        if (r >= 0)
                r = choose_default(image, &table, &handlers, fault);
        if (r < 0)
                return r;
        for (SmcGate gate = 0; gate < _SMC_GATE_MAX; gate++)
                table.gates[gate] = smc_gate_state(&table, gate);
        *ret = table;
        return 0;
}
