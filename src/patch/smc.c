/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "patch/smc-header.h"
#include "patch/smc.h"

#define ROW_HANDLER 0x10U
#define ROW_VALUE   0x18U
#define OSK_SIZE    32U

/* Apple's 64 bytes, in two halves. */
static const char osk_values[_SMC_GATE_MAX][OSK_SIZE + 1] = {
        [SMC_OSK0] = "ourhardworkbythesewordsguardedpl",
        [SMC_OSK1] = "easedontsteal(c)AppleComputerInc",
};

const char *smc_version_name(SmcVersion version)
{
        static const char *const names[] = {
                [SMC_V0] = "V0",
                [SMC_V1] = "V1",
                [SMC_VERSION_UNKNOWN] = "V?",
        };

        _Static_assert(ARRAY_SIZE(names) == _SMC_VERSION_MAX, "every version has a name");
        return names[(unsigned)version < _SMC_VERSION_MAX ? version : SMC_VERSION_UNKNOWN];
}

void smc_tables_done(SmcTables *tables)
{
        free(tables->items);
        *tables = (SmcTables){};
}

static bool value_is_right(const SmcKey *key, SmcGate gate)
{
        return memcmp(key->value, osk_values[gate], OSK_SIZE) == 0;
}

/* Linkers leave the addend in the field, or zero; anything else is half of somebody's patch. */
static bool field_agrees(const ImagePointer *handler)
{
        return handler->source != POINTER_RELA || handler->field == 0 ||
               handler->field == handler->value;
}

GateState smc_gate_state(const SmcTable *table, SmcGate gate)
{
        const SmcKey *key = &table->osk[gate];
        bool right = value_is_right(key, gate);
        bool is_default = key->handler.value == table->default_handler;

        if (right && is_default)
                return GATE_OPEN;
        if (!right && !is_default && field_agrees(&key->handler))
                return GATE_CLOSED;
        return GATE_HALF;
}

unsigned smc_gates_open(const SmcTables *tables)
{
        unsigned open = 0;

        for (size_t i = 0; i < tables->count; i++)
                for (SmcGate gate = 0; gate < _SMC_GATE_MAX; gate++)
                        open += tables->items[i].gates[gate] == GATE_OPEN;
        return open;
}

State smc_state(const SmcTables *tables)
{
        if (smc_gates_open(tables) == tables->count * _SMC_GATE_MAX)
                return STATE_PATCHED;
        for (size_t i = 0; i < tables->count; i++)
                for (SmcGate gate = 0; gate < _SMC_GATE_MAX; gate++)
                        if (tables->items[i].gates[gate] != GATE_CLOSED)
                                return STATE_PARTIAL;
        return STATE_STOCK;
}

static int plan_pointer(Edits *edits, uint64_t offset, uint64_t before, uint64_t after,
                        const SmcTable *table, const SmcKey *key, const char *what)
{
        Edit edit = {.offset = offset, .size = 8};

        if (before == after)
                return 0;
        store_le64(edit.before, before);
        store_le64(edit.after, after);
        text_put(edit.why, sizeof(edit.why), "%s %s %s", smc_version_name(table->version),
                 key->name, what);
        return edits_add(edits, &edit);
}

static int plan_value(Edits *edits, const SmcTable *table, SmcGate gate)
{
        const SmcKey *key = &table->osk[gate];
        Edit edit = {.offset = key->offset + ROW_VALUE, .size = OSK_SIZE};

        if (value_is_right(key, gate))
                return 0;
        memcpy(edit.before, key->value, OSK_SIZE);
        memcpy(edit.after, osk_values[gate], OSK_SIZE);
        text_put(edit.why, sizeof(edit.why), "%s %s value", smc_version_name(table->version),
                 key->name);
        return edits_add(edits, &edit);
}

static int plan_gate(Edits *edits, const SmcTable *table, SmcGate gate)
{
        const SmcKey *key = &table->osk[gate];
        const ImagePointer *handler = &key->handler;
        uint64_t wanted = table->default_handler;
        int r = plan_value(edits, table, gate);

        /* A field that the linker left zero stays zero: the loader never reads it. */
        if (r >= 0 && (handler->field != 0 || handler->source != POINTER_RELA))
                r = plan_pointer(edits, handler->field_offset, handler->field, wanted, table, key,
                                 "handler");
        if (r >= 0 && handler->source == POINTER_RELA)
                r = plan_pointer(edits, handler->addend_offset, handler->value, wanted, table, key,
                                 "relocation");
        return r;
}

int smc_plan(const SmcTables *tables, Edits *ret, Fault *fault)
{
        _cleanup_(edits_done) Edits edits = {};

        for (size_t i = 0; i < tables->count; i++)
                for (SmcGate gate = 0; gate < _SMC_GATE_MAX; gate++) {
                        int r = tables->items[i].gates[gate] == GATE_OPEN
                                        ? 0
                                        : plan_gate(&edits, &tables->items[i], gate);

                        if (r == -ENOMEM)
                                return fault_set(fault, r, REASON_NO_MEMORY, "plan");
                        if (r < 0)
                                return fault_set(fault, -EBADMSG, REASON_PLAN_CONFLICT, "%s",
                                                 smc_version_name(tables->items[i].version));
                }
        *ret = edits;
        edits = (Edits){};
        return 0;
}
