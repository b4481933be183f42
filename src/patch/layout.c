/* SPDX-License-Identifier: MIT */

#include <inttypes.h>

#include "base/text.h"
#include "patch/layout.h"

#define SHOWN 0x01U /* the bit of the flags that a patch sets */

/* Seen in builds from tech previews before Workstation 12 to 26H1 and ESXi 8, on Linux, Windows and
 * ESXi, each with one V0 and one V1. Source: logs that users of the unlocker posted; the gap of
 * 0x30 is that of vmware-vmx-stats 16.1.2. */
static const struct {
        uint32_t private_count, public_count;
        uint64_t gaps[2];   /* from header to rows */
        uint8_t attributes; /* of OSK0 and OSK1, the last two rows, which share a handler */
        uint32_t lks_row;
} seen_tables[] = {
        [SMC_V0] = {242, 240, {0x20, 0x20}, 0x80, 1},
        [SMC_V1] = {436, 432, {0x20, 0x30}, 0x90, 3},
};

/* Seen in Workstation 15.1, 16.2, 17.0 and 26H1, in two groups of equal size, 64 bytes from entry
 * to entry; flags 0xBE in Workstation 12 and 13, 0x3E since. */
static const size_t seen_guests[] = {26, 34, 36, 42};
static const uint8_t seen_flags[] = {0x3E, 0xBE};
#define SEEN_STRIDE 64U
#define SEEN_GROUPS 2U

/* Adds a difference, after a comma where it is not the first. */
static void layout_add(char text[static LAYOUT_SIZE], const char *difference)
{
        size_t used = strlen(text);

        text_put(text + used, LAYOUT_SIZE - used, "%s%s", used > 0 ? ", " : "", difference);
}

#define LAYOUT_ADD(text, ...)                                          \
        do {                                                           \
                char difference[64];                                   \
                                                                       \
                text_put(difference, sizeof(difference), __VA_ARGS__); \
                layout_add(text, difference);                          \
        } while (false)

static void table_compare(const SmcTable *table, char ret[static LAYOUT_SIZE])
{
        const char *name = smc_version_name(table->version);
        uint64_t gap = table->rows_offset - table->header_offset;

        if (table->lks_differs)
                LAYOUT_ADD(ret, "%s +LKS has a handler of its own", name);
        if ((size_t)table->version >= ARRAY_SIZE(seen_tables)) {
                LAYOUT_ADD(ret, "%s", name);
                return;
        }
        if (table->private_count != seen_tables[table->version].private_count ||
            table->public_count != seen_tables[table->version].public_count)
                LAYOUT_ADD(ret, "%s %" PRIu32 "/%" PRIu32 " keys", name, table->private_count,
                           table->public_count);
        if (table->header_offset > table->rows_offset)
                LAYOUT_ADD(ret, "%s header behind the rows", name);
        else if (gap != seen_tables[table->version].gaps[0] &&
                 gap != seen_tables[table->version].gaps[1])
                LAYOUT_ADD(ret, "%s gap 0x%" PRIx64, name, gap);
        if (!table->has_lks)
                LAYOUT_ADD(ret, "%s without +LKS", name);
        else if (table->lks.index != seen_tables[table->version].lks_row)
                LAYOUT_ADD(ret, "%s +LKS in row %" PRIu32, name, table->lks.index);
        if (table->gates[SMC_OSK0] == GATE_CLOSED && table->gates[SMC_OSK1] == GATE_CLOSED &&
            table->osk[SMC_OSK0].handler.value != table->osk[SMC_OSK1].handler.value)
                LAYOUT_ADD(ret, "%s OSK0 and OSK1 with two handlers", name);
        for (SmcGate gate = 0; gate < _SMC_GATE_MAX; gate++) {
                const SmcKey *key = &table->osk[gate];

                if (key->index + _SMC_GATE_MAX != table->private_count + (uint32_t)gate)
                        LAYOUT_ADD(ret, "%s %s in row %" PRIu32, name, key->name, key->index);
                if (key->attributes != seen_tables[table->version].attributes)
                        LAYOUT_ADD(ret, "%s %s flag 0x%02x", name, key->name, key->attributes);
        }
}

static void tables_compare(const SmcTables *tables, char ret[static LAYOUT_SIZE])
{
        if (tables->count != ARRAY_SIZE(seen_tables))
                LAYOUT_ADD(ret, "%zu table%s", tables->count, tables->count == 1 ? "" : "s");
        else if (tables->items[0].version == tables->items[1].version)
                LAYOUT_ADD(ret, "two %s", smc_version_name(tables->items[0].version));
        for (size_t i = 0; i < tables->count; i++)
                table_compare(&tables->items[i], ret);
}

static bool guests_are_seen(size_t count)
{
        for (size_t i = 0; i < ARRAY_SIZE(seen_guests); i++)
                if (seen_guests[i] == count)
                        return true;
        return false;
}

static bool flags_are_seen(uint8_t flags)
{
        for (size_t i = 0; i < ARRAY_SIZE(seen_flags); i++)
                if (seen_flags[i] == (flags & ~SHOWN))
                        return true;
        return false;
}

static void guests_compare(const GosList *list, char ret[static LAYOUT_SIZE])
{
        for (size_t i = 0; i < list->lattice_count; i++)
                if (list->lattices[i].stride != SEEN_STRIDE)
                        LAYOUT_ADD(ret, "stride %" PRIu64, list->lattices[i].stride);
        if (list->group_count != SEEN_GROUPS)
                LAYOUT_ADD(ret, "%zu group%s", list->group_count,
                           list->group_count == 1 ? "" : "s");
        else if (list->groups[0].count != list->groups[1].count)
                LAYOUT_ADD(ret, "groups of %zu and %zu", list->groups[0].count,
                           list->groups[1].count);
        if (!guests_are_seen(list->entry_count))
                LAYOUT_ADD(ret, "%zu guest entries", list->entry_count);
        for (size_t i = 0; i < list->entry_count; i++)
                if (!flags_are_seen(list->entries[i].flags)) {
                        LAYOUT_ADD(ret, "flags 0x%02x", list->entries[i].flags);
                        break;
                }
}

void layout_differences(const Verdict *verdict, char ret[static LAYOUT_SIZE])
{
        ret[0] = '\0';
        if (verdict->state == STATE_UNKNOWN)
                return;
        if (verdict->subject == SUBJECT_SMC)
                tables_compare(&verdict->smc, ret);
        else if (verdict->subject == SUBJECT_GOS)
                guests_compare(&verdict->gos, ret);
}
