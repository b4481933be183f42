/* SPDX-License-Identifier: MIT */

#include "ctl/render/smc-words.h"

const char *gate_name(GateState state)
{
        switch (state) {
        case GATE_CLOSED:
                return "closed";
        case GATE_OPEN:
                return "open";
        case GATE_HALF:
                break;
        }
        return "half";
}

const char *pointer_source_name(PointerSource source)
{
        switch (source) {
        case POINTER_RELA:
                return "rela";
        case POINTER_RELR:
                return "relr";
        case POINTER_BASE:
                return "base";
        case POINTER_CHAINED:
                return "chained";
        case POINTER_FIELD:
                break;
        }
        return "field";
}

const GateState *smc_gate_of(const SmcTable *table, const SmcKey *key)
{
        for (size_t i = 0; i < _SMC_GATE_MAX; i++)
                if (table->osk[i].offset == key->offset)
                        return &table->gates[i];
        return NULL;
}

Json *json_add_smc_table(Json *list, const SmcTable *table)
{
        Json *json = json_add_object(list, NULL);

        if (table->version == SMC_VERSION_UNKNOWN)
                json_add_null(json, "smc_version");
        else
                json_add_number(json, "smc_version", table->version);
        json_add_number(json, "header_offset", table->header_offset);
        json_add_number(json, "header_address", table->header_address);
        json_add_number(json, "rows_offset", table->rows_offset);
        json_add_number(json, "rows_address", table->rows_address);
        json_add_number(json, "private_count", table->private_count);
        json_add_number(json, "public_count", table->public_count);
        return json;
}

void json_add_smc_key(Json *list, const SmcTable *table, const SmcKey *key)
{
        const GateState *gate = smc_gate_of(table, key);
        Json *json = json_add_object(list, NULL);

        json_add_text(json, "name", key->name);
        json_add_number(json, "row", key->index);
        json_add_number(json, "offset", key->offset);
        json_add_number(json, "address", key->address);
        json_add_text(json, "type", key->type);
        json_add_number(json, "length", key->length);
        json_add_number(json, "attributes", key->attributes);
        json_add_bytes(json, "value",
                       (Span){key->value, MIN((size_t)key->length, (size_t)SMC_VALUE_MAX)});
        json_add_number(json, "handler", key->handler.value);
        json_add_text(json, "source", pointer_source_name(key->handler.source));
        json_add_number(json, "field", key->handler.field);
        json_add_number(json, "field_offset", key->handler.field_offset);
        if (key->handler.source == POINTER_RELA)
                json_add_number(json, "addend_offset", key->handler.addend_offset);
        else
                json_add_null(json, "addend_offset");
        json_add_text(json, "gate", gate ? gate_name(*gate) : NULL);
}
