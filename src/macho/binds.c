/* SPDX-License-Identifier: MIT */

#include "macho/binds.h"

#define FIELD     8U
#define BINDS_MAX 1000000U

enum {
        OP_DONE = 0x00,
        OP_SET_ORDINAL = 0x10,
        OP_SET_ORDINAL_ULEB = 0x20,
        OP_SET_SPECIAL = 0x30,
        OP_SET_SYMBOL = 0x40,
        OP_SET_TYPE = 0x50,
        OP_SET_ADDEND_SLEB = 0x60,
        OP_SET_PLACE_ULEB = 0x70,
        OP_ADD_ULEB = 0x80,
        OP_BIND = 0x90,
        OP_BIND_ADD_ULEB = 0xA0,
        OP_BIND_ADD_SCALED = 0xB0,
        OP_BIND_TIMES_SKIPPING = 0xC0,
};

typedef struct Opcodes {
        const MachoCommands *commands;
        const uint8_t *at, *end;
        const MachoSegment *segment; /* NULL before the first place is set */
        uint64_t place;              /* in the segment */
        MachoBinds *binds;
        size_t room;
        Fault *fault;
} Opcodes;

static int binds_damaged(const Opcodes *opcodes, const char *what)
{
        return fault_set(opcodes->fault, -EBADMSG, REASON_IMAGE_FIXUPS, "opcodes that bind: %s",
                         what);
}

/* Seven bits a byte, the lowest first. Bits beyond 64 must not be set. */
static int uleb_read(Opcodes *opcodes, uint64_t *ret)
{
        uint64_t value = 0;

        for (unsigned shift = 0; opcodes->at < opcodes->end; shift += 7) {
                uint8_t byte = *opcodes->at++;
                uint64_t bits = byte & 0x7F;

                if (shift >= 64 || bits << shift >> shift != bits)
                        return binds_damaged(opcodes, "a number that is too large");
                value |= bits << shift;
                if (!(byte & 0x80)) {
                        *ret = value;
                        return 0;
                }
        }
        return binds_damaged(opcodes, "a number that is cut off");
}

/* An addend is of no interest; only its length is. */
static int sleb_skip(Opcodes *opcodes)
{
        while (opcodes->at < opcodes->end)
                if (!(*opcodes->at++ & 0x80))
                        return 0;
        return binds_damaged(opcodes, "a number that is cut off");
}

static int symbol_skip(Opcodes *opcodes)
{
        const uint8_t *nul = memchr(opcodes->at, 0, (size_t)(opcodes->end - opcodes->at));

        if (!nul)
                return binds_damaged(opcodes, "a name that is cut off");
        opcodes->at = nul + 1;
        return 0;
}

static int place_set(Opcodes *opcodes, unsigned segment)
{
        if (segment >= opcodes->commands->segment_count)
                return binds_damaged(opcodes, "number of a segment");
        opcodes->segment = &opcodes->commands->segments[segment];
        return uleb_read(opcodes, &opcodes->place);
}

static int bind_here(Opcodes *opcodes)
{
        MachoBinds *binds = opcodes->binds;

        if (!opcodes->segment || !range_fits(opcodes->place, FIELD, opcodes->segment->size))
                return binds_damaged(opcodes, "a field outside its segment");
        if (binds->count == BINDS_MAX)
                return binds_damaged(opcodes, "too many fields");
        if (binds->count == opcodes->room) {
                uint64_t *larger;

                opcodes->room = opcodes->room ? opcodes->room * 2 : 256;
                larger = reallocarray(binds->addresses, opcodes->room, sizeof(*larger));
                if (!larger)
                        return fault_set(opcodes->fault, -ENOMEM, REASON_NO_MEMORY, "fixups");
                binds->addresses = larger;
        }
        binds->addresses[binds->count++] = opcodes->segment->address + opcodes->place;
        opcodes->place += FIELD;
        return 0;
}

static int bind_times(Opcodes *opcodes)
{
        uint64_t count = 0, skip = 0;
        int r = uleb_read(opcodes, &count);

        if (r >= 0)
                r = uleb_read(opcodes, &skip);
        for (uint64_t i = 0; r >= 0 && i < count; i++) {
                r = bind_here(opcodes);
                opcodes->place += skip;
        }
        return r;
}

/* Places may wrap around on purpose: that is how one goes back. */
static int add_uleb(Opcodes *opcodes)
{
        uint64_t distance = 0;
        int r = uleb_read(opcodes, &distance);

        opcodes->place += distance;
        return r;
}

static int bind_and_add_uleb(Opcodes *opcodes)
{
        int r = bind_here(opcodes);

        return r < 0 ? r : add_uleb(opcodes);
}

static int bind_and_add_scaled(Opcodes *opcodes, unsigned scale)
{
        int r = bind_here(opcodes);

        opcodes->place += (uint64_t)scale * FIELD;
        return r;
}

static int opcode_run(Opcodes *opcodes, uint8_t opcode)
{
        uint64_t ignored;

        switch (opcode & 0xF0) {
        case OP_DONE:
        case OP_SET_ORDINAL:
        case OP_SET_SPECIAL:
        case OP_SET_TYPE:
                return 0;
        case OP_SET_ORDINAL_ULEB:
                return uleb_read(opcodes, &ignored);
        case OP_SET_SYMBOL:
                return symbol_skip(opcodes);
        case OP_SET_ADDEND_SLEB:
                return sleb_skip(opcodes);
        case OP_SET_PLACE_ULEB:
                return place_set(opcodes, opcode & 0x0F);
        case OP_ADD_ULEB:
                return add_uleb(opcodes);
        case OP_BIND:
                return bind_here(opcodes);
        case OP_BIND_ADD_ULEB:
                return bind_and_add_uleb(opcodes);
        case OP_BIND_ADD_SCALED:
                return bind_and_add_scaled(opcodes, opcode & 0x0F);
        case OP_BIND_TIMES_SKIPPING:
                return bind_times(opcodes);
        default:
                return binds_damaged(opcodes, "an unknown one");
        }
}

/* OP_DONE ends one entry of the lazy ones, and everything else; what follows is padding of zeros,
 * which are OP_DONE again. */
static int stream_run(Opcodes *opcodes, Span stream)
{
        opcodes->at = stream.bytes;
        opcodes->end = stream.bytes + stream.size;
        opcodes->segment = NULL;
        opcodes->place = 0;
        while (opcodes->at < opcodes->end) {
                uint8_t opcode = *opcodes->at++;
                int r = opcode_run(opcodes, opcode);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int compare_bind_addresses(const void *a, const void *b)
{
        uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

        return (left > right) - (left < right);
}

int macho_binds_read(const MachoCommands *commands, MachoBinds *ret, Fault *fault)
{
        _cleanup_(macho_binds_done) MachoBinds binds = {};
        Opcodes opcodes = {.commands = commands, .binds = &binds, .fault = fault};

        for (size_t i = 0; i < ARRAY_SIZE(commands->binds); i++)
                if (commands->binds[i].size > 0) {
                        int r = stream_run(&opcodes, commands->binds[i]);

                        if (r < 0)
                                return r;
                }
        if (binds.count > 0)
                qsort(binds.addresses, binds.count, sizeof(*binds.addresses),
                      compare_bind_addresses);
        *ret = binds;
        binds = (MachoBinds){};
        return 0;
}

void macho_binds_done(MachoBinds *binds)
{
        free(binds->addresses);
        *binds = (MachoBinds){};
}

bool macho_binds_cover(const MachoBinds *binds, uint64_t address)
{
        size_t low = 0, high = binds->count;

        /* The first field that ends behind `address`. */
        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (binds->addresses[middle] + FIELD <= address)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low < binds->count && binds->addresses[low] < address + FIELD;
}

int macho_binds_each(const MachoBinds *binds, image_relocation_visit visit, void *context)
{
        for (size_t i = 0; i < binds->count; i++) {
                ImageRelocation relocation = {.address = binds->addresses[i], .size = FIELD};
                int r = visit(&relocation, context);

                if (r < 0)
                        return r;
        }
        return 0;
}
