/* SPDX-License-Identifier: MIT */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "visor/check.h"
#include "visor/entry.h"
#include "visor/module.h"

/* A module that is being read. */
typedef struct Listing {
        Unpacked *unpacked;
        ModuleVisit *visit; /* may be NULL */
        void *context;
        Module module;
        size_t room;         /* for entries */
        uint64_t bytes_from; /* the lowest offset of any file's bytes so far */
        char *long_path;     /* of GNU's 'L' and 'K', for the entry that follows */
        char *long_link;
        Fault *fault; /* may be NULL */
} Listing;

static void listing_done(Listing *listing)
{
        module_done(&listing->module);
        free(listing->long_path);
        free(listing->long_link);
}

static int listing_damaged(const Listing *listing, uint64_t offset, const char *what)
{
        return fault_set_at(listing->fault, -EBADMSG, REASON_MODULE_DAMAGED, offset, "%s", what);
}

static int listing_no_memory(const Listing *listing)
{
        return fault_set(listing->fault, -ENOMEM, REASON_NO_MEMORY, "module");
}

static int listing_too_much(const Listing *listing, const char *what)
{
        return fault_set_at(listing->fault, -EFBIG, REASON_MODULE_BOUNDS,
                            unpacked_at(listing->unpacked), "%s", what);
}

static int listing_visit(Listing *listing, size_t index, Span content)
{
        const ModuleEntry *entry = &listing->module.entries[index];

        return listing->visit
                       ? listing->visit(listing->context, index, entry, content, listing->fault)
                       : 0;
}

/* The bytes that come next, all of them. */
static int listing_content(Listing *listing, uint64_t header, uint64_t size, Span *ret)
{
        int r;

        if (size > MODULE_SIZE_MAX)
                return listing_damaged(listing, header, "a file's bytes end beyond the module");
        r = unpacked_read(listing->unpacked, size, ret, listing->fault);
        if (r < 0)
                return r;
        return ret->size < size
                       ? listing_damaged(listing, header, "a file's bytes end beyond the module")
                       : 0;
}

/* Where the next header is behind bytes that follow theirs; they are bounded. */
static int listing_round_up(Listing *listing)
{
        uint64_t at = unpacked_at(listing->unpacked);

        return unpacked_skip(listing->unpacked, (at + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE,
                             listing->fault);
}

/* GNU's long names are the bytes of an entry of their own, and follow it. */
static int listing_take_long(Listing *listing, const Header *header, uint64_t at, char **ret)
{
        Span name;
        int r;

        if (header->size == 0 || header->size > MODULE_PATH_MAX || header->offset > 0)
                return listing_damaged(listing, at, "a long name is too long, or empty");
        r = listing_content(listing, at, header->size, &name);
        if (r < 0)
                return r;
        free(*ret);
        *ret = strndup((const char *)name.bytes, name.size);
        return *ret ? listing_round_up(listing) : listing_no_memory(listing);
}

/* A place for one more. */
static int listing_grow(Listing *listing)
{
        size_t room = listing->room ? 2 * listing->room : 64;
        ModuleEntry *entries;

        if (listing->module.count < listing->room)
                return 0;
        if (listing->module.count == MODULE_ENTRIES_MAX)
                return listing_too_much(listing, "too many entries");
        entries = reallocarray(listing->module.entries, room, sizeof(*entries));
        if (!entries)
                return listing_no_memory(listing);
        listing->module.entries = entries;
        listing->room = room;
        return 0;
}

static int listing_take_entry(Listing *listing, const Header *header, uint64_t at)
{
        ModuleEntry *entry;
        int r = listing_grow(listing);

        if (r < 0)
                return r;
        entry = &listing->module.entries[listing->module.count];
        r = entry_decode(header, at, &listing->long_path, &listing->long_link, entry,
                         listing->fault);
        if (r < 0)
                return r;
        listing->module.count++;
        /* A link's size is its target's, of which nothing is here. */
        if (entry->kind == ENTRY_FILE) {
                entry->size = header->size;
                entry->offset = header->offset > 0 ? header->offset : at + BLOCK_SIZE;
        }
        return 0;
}

/* Bytes without an offset follow their header, and the next header them. */
static int listing_take_file(Listing *listing, const Header *header)
{
        size_t index = listing->module.count - 1;
        const ModuleEntry *entry = &listing->module.entries[index];
        Span content;
        int r;

        if (entry->size == 0)
                return 0;
        if (header->offset > 0) {
                listing->bytes_from = MIN(listing->bytes_from, entry->offset);
                return 0;
        }
        r = listing_content(listing, entry->header_offset, entry->size, &content);
        if (r >= 0)
                r = listing_visit(listing, index, content);
        return r < 0 ? r : listing_round_up(listing);
}

static int listing_take(Listing *listing, const Header *header, uint64_t at)
{
        int r;

        switch (header->type) {
        case 'L':
                return listing_take_long(listing, header, at, &listing->long_path);
        case 'K':
                return listing_take_long(listing, header, at, &listing->long_link);
        case 'g':
        case 'x':
                return listing_damaged(listing, at, "it has pax headers");
        default:
                r = listing_take_entry(listing, header, at);
                return r < 0 ? r : listing_take_file(listing, header);
        }
}

/* 1, or 0 where the headers end: with zeros, or at the first file's bytes. */
static int listing_next(Listing *listing)
{
        uint64_t at = unpacked_at(listing->unpacked);
        const char *why = NULL;
        Header header;
        Span block;
        int r;

        if (at >= listing->bytes_from)
                return 0;
        r = unpacked_read(listing->unpacked, BLOCK_SIZE, &block, listing->fault);
        if (r < 0)
                return r;
        if (block.size < BLOCK_SIZE)
                return listing_damaged(listing, at,
                                       block.size > 0 ? "it ends within a header"
                                                      : "it ends without a block of zeros");
        if (at > 0 && span_is_zero(block))
                return 0;
        r = header_decode(block, &header, &why);
        if (r < 0)
                return listing_damaged(listing, at, why);
        if (at == 0)
                listing->module.format = header.format;
        if (header.format != listing->module.format)
                return listing_damaged(listing, at, "a header of another kind");
        r = listing_take(listing, &header, at);
        return r < 0 ? r : 1;
}

static int compare_offsets(const void *a, const void *b)
{
        const ModuleEntry *const *left = a, *const *right = b;

        return ((*left)->offset > (*right)->offset) - ((*left)->offset < (*right)->offset);
}

/* Files that share bytes, or have headers for theirs, are a way to make a small module endless. */
static int listing_take_placed(Listing *listing, const ModuleEntry *entry)
{
        Span content = {};
        int r;

        if (entry->offset < unpacked_at(listing->unpacked))
                return listing_damaged(listing, entry->header_offset,
                                       "a file's bytes are another's, or headers");
        r = unpacked_skip(listing->unpacked, entry->offset, listing->fault);
        if (r >= 0)
                r = listing_content(listing, entry->header_offset, entry->size, &content);
        if (r >= 0)
                r = listing_visit(listing, (size_t)(entry - listing->module.entries), content);
        return r;
}

/* The files whose bytes are behind all headers. */
static int listing_take_all_placed(Listing *listing, uint64_t headers_end)
{
        const Module *module = &listing->module;
        _cleanup_free_ const ModuleEntry **files =
                malloc((module->count + 1) * sizeof(const ModuleEntry *));
        size_t count = 0;
        int r = 0;

        if (!files)
                return listing_no_memory(listing);
        for (size_t i = 0; i < module->count; i++) {
                const ModuleEntry *entry = &module->entries[i];
                bool follows = entry->offset == entry->header_offset + BLOCK_SIZE;

                if (entry->size > 0 && (!follows || entry->offset >= headers_end))
                        files[count++] = entry;
        }
        qsort(files, count, sizeof(const ModuleEntry *), compare_offsets);
        for (size_t i = 0; r >= 0 && i < count; i++)
                r = listing_take_placed(listing, files[i]);
        return r;
}

/* To the end, which tells whether all was whole. */
static int listing_finish(Listing *listing)
{
        Module *module = &listing->module;
        int r = unpacked_finish(listing->unpacked, listing->fault);

        if (r < 0)
                return r;
        module->size = unpacked_at(listing->unpacked);
        if (module->size > MODULE_SIZE_MAX)
                return listing_too_much(listing, "unpacked size");
        for (size_t i = 0; i < module->count; i++)
                if (module->entries[i].offset > module->size)
                        return listing_damaged(listing, module->entries[i].header_offset,
                                               "a file's bytes end beyond the module");
        return module_check_names(module, listing->fault);
}

int module_read(Unpacked *unpacked, ModuleVisit *visit, void *context, Module *ret, Fault *fault)
{
        _cleanup_(listing_done) Listing listing = {
                .unpacked = unpacked,
                .visit = visit,
                .context = context,
                .bytes_from = UINT64_MAX,
                .fault = fault,
        };
        int r;

        assert(unpacked_at(unpacked) == 0);
        do
                r = listing_next(&listing);
        while (r > 0);
        if (r >= 0 && (listing.long_path || listing.long_link))
                r = listing_damaged(&listing, unpacked_at(unpacked),
                                    "a long name without its entry");
        if (r >= 0)
                r = listing_take_all_placed(&listing, unpacked_at(unpacked));
        if (r >= 0)
                r = listing_finish(&listing);
        if (r < 0)
                return r;
        *ret = listing.module;
        listing.module = (Module){};
        return 0;
}
