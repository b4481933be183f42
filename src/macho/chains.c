/* SPDX-License-Identifier: MIT */

#include "macho/chains.h"

#define HEADER_SIZE   28U /* of the whole */
#define STARTS_SIZE   22U /* of a segment, before the starts of its pages */
#define FIELD         8U
#define FORMAT_TARGET 2U
#define FORMAT_OFFSET 6U
#define NO_CHAIN      0xFFFFU

static int chains_damaged(Fault *fault, const char *what)
{
        return fault_set(fault, -EBADMSG, REASON_IMAGE_FIXUPS, "chained fixups: %s", what);
}

static uint64_t raw_at(const MachoChains *chains, const MachoChain *chain, uint64_t place)
{
        return load_le64(chains->bytes.bytes + chain->segment.offset + place);
}

static bool is_bound(uint64_t raw)
{
        return raw >> 63;
}

static uint64_t value_of(const MachoChains *chains, const MachoChain *chain, uint64_t raw)
{
        uint64_t target = raw & UINT64_C(0xFFFFFFFFF), high = raw >> 36 & 0xFF;

        return (chain->is_offset ? chains->header_address + target : target) | high << 56;
}

/* The first pointer of page `page`, counted in bytes from the start of the segment; UINT64_MAX when
 * there is none. */
static uint64_t first_of_page(const MachoChain *chain, uint64_t page)
{
        uint16_t start;

        if (page >= chain->starts.size / 2)
                return UINT64_MAX;
        start = load_le16(chain->starts.bytes + 2 * page);
        return start == NO_CHAIN ? UINT64_MAX : page * chain->page_size + start;
}

static uint64_t next_after(uint64_t raw, uint64_t place)
{
        uint64_t distance = (raw >> 51 & 0xFFF) * 4;

        return distance == 0 ? UINT64_MAX : place + distance;
}

/* Every pointer lies in its page and in the file, and none touches the one before. */
static int page_check(const MachoChains *chains, const MachoChain *chain, uint64_t page,
                      Fault *fault)
{
        uint64_t end = MIN((page + 1) * chain->page_size, chain->segment.file_size);
        uint64_t least = page * chain->page_size;

        for (uint64_t at = first_of_page(chain, page); at != UINT64_MAX;
             at = next_after(raw_at(chains, chain, at), at)) {
                if (at < least)
                        return chains_damaged(fault, "pointers that overlap");
                if (!range_fits(at, FIELD, end))
                        return chains_damaged(fault, "a chain that leaves its page");
                least = at + FIELD;
        }
        return 0;
}

static int chain_check(const MachoChains *chains, const MachoChain *chain, Fault *fault)
{
        for (uint64_t page = 0; page < chain->starts.size / 2; page++) {
                int r = page_check(chains, chain, page, fault);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int segment_read(Span starts, const MachoSegment *segment, bool has_header, MachoChain *ret,
                        Fault *fault)
{
        MachoChain chain = {.segment = *segment};
        uint16_t format, pages;

        if (starts.size < STARTS_SIZE)
                return chains_damaged(fault, "end of the starts");
        chain.page_size = load_le16(starts.bytes + 4);
        format = load_le16(starts.bytes + 6);
        pages = load_le16(starts.bytes + 20);
        if (format != FORMAT_TARGET && format != FORMAT_OFFSET)
                return fault_set(fault, -EBADMSG, REASON_IMAGE_RELOCATION,
                                 "chained pointers of format %u", format);
        chain.is_offset = format == FORMAT_OFFSET;
        if (chain.is_offset && !has_header)
                return chains_damaged(fault, "offsets from a header that is not loaded");
        if (chain.page_size < FIELD || (chain.page_size & (chain.page_size - 1)) != 0)
                return chains_damaged(fault, "size of a page");
        if (span_slice(starts, STARTS_SIZE, 2UL * pages, &chain.starts) < 0)
                return chains_damaged(fault, "number of pages");
        *ret = chain;
        return 0;
}

static int starts_read(Span starts, const MachoCommands *commands, MachoChains *chains,
                       Fault *fault)
{
        uint32_t count = load_le32(starts.bytes);
        Span offsets;

        if (count > commands->segment_count)
                return chains_damaged(fault, "number of segments");
        if (span_slice(starts, 4, 4UL * count, &offsets) < 0)
                return chains_damaged(fault, "end of the starts");
        for (uint32_t i = 0; i < count; i++) {
                uint32_t offset = load_le32(offsets.bytes + 4UL * i);
                Span rest;
                int r;

                if (offset == 0)
                        continue;
                if (offset > starts.size ||
                    span_slice(starts, offset, starts.size - offset, &rest) < 0)
                        return chains_damaged(fault, "starts of a segment");
                r = segment_read(rest, &commands->segments[i], commands->has_header,
                                 &chains->chains[chains->count], fault);
                if (r < 0)
                        return r;
                chains->count++;
        }
        return 0;
}

int macho_chains_read(Span bytes, const MachoCommands *commands, MachoChains *ret, Fault *fault)
{
        Span blob = commands->chains, starts;
        uint32_t offset;
        int r;

        *ret = (MachoChains){.bytes = bytes, .header_address = commands->header_address};
        if (blob.size == 0)
                return 0;
        if (blob.size < HEADER_SIZE || load_le32(blob.bytes) != 0)
                return chains_damaged(fault, "header");
        offset = load_le32(blob.bytes + 4);
        if (offset > blob.size || span_slice(blob, offset, blob.size - offset, &starts) < 0 ||
            starts.size < 4)
                return chains_damaged(fault, "starts");
        r = starts_read(starts, commands, ret, fault);
        for (size_t i = 0; r >= 0 && i < ret->count; i++)
                r = chain_check(ret, &ret->chains[i], fault);
        return r;
}

static int pointer_take(const MachoChains *chains, const MachoChain *chain, uint64_t at,
                        uint64_t place, ImagePointer *pointer, Fault *fault)
{
        uint64_t raw = raw_at(chains, chain, at);

        if (at != place || is_bound(raw))
                return fault_set(fault, -EBADMSG, REASON_IMAGE_RELOCATION, "address 0x%llx: %s",
                                 (unsigned long long)pointer->address,
                                 at != place ? "it covers only a part"
                                             : "a symbol of another library");
        pointer->source = POINTER_CHAINED;
        pointer->value = value_of(chains, chain, raw);
        return 1;
}

int macho_chains_at(const MachoChains *chains, ImagePointer *pointer, Fault *fault)
{
        for (size_t i = 0; i < chains->count; i++) {
                const MachoChain *chain = &chains->chains[i];
                uint64_t place = pointer->address - chain->segment.address;
                uint64_t first, last;

                if (pointer->address < chain->segment.address || place >= chain->segment.size)
                        continue;
                /* One of the next page may touch it too; none leaves its own page. */
                first = place / chain->page_size;
                last = (place + FIELD - 1) / chain->page_size;
                for (uint64_t page = first; page <= last; page++)
                        for (uint64_t at = first_of_page(chain, page); at != UINT64_MAX;
                             at = next_after(raw_at(chains, chain, at), at))
                                if (at < place + FIELD && place < at + FIELD)
                                        return pointer_take(chains, chain, at, place, pointer,
                                                            fault);
        }
        return 0;
}

static int page_each(const MachoChains *chains, const MachoChain *chain, uint64_t page,
                     image_relocation_visit visit, void *context)
{
        for (uint64_t at = first_of_page(chain, page); at != UINT64_MAX;) {
                uint64_t raw = raw_at(chains, chain, at);
                ImageRelocation relocation = {.address = chain->segment.address + at,
                                              .size = FIELD,
                                              .is_pointer = !is_bound(raw),
                                              .value = value_of(chains, chain, raw)};
                int r = visit(&relocation, context);

                if (r < 0)
                        return r;
                at = next_after(raw, at);
        }
        return 0;
}

int macho_chains_each(const MachoChains *chains, image_relocation_visit visit, void *context)
{
        for (size_t i = 0; i < chains->count; i++) {
                const MachoChain *chain = &chains->chains[i];

                for (uint64_t page = 0; page < chain->starts.size / 2; page++) {
                        int r = page_each(chains, chain, page, visit, context);

                        if (r < 0)
                                return r;
                }
        }
        return 0;
}
