/* SPDX-License-Identifier: MIT */

#include "visor/module.h"
#include "base/text.h"

/* A module that is being read. */
typedef struct Listing {
        Span bytes;
        Module module;
        size_t room;         /* for entries */
        uint64_t at;         /* where the next header is */
        uint64_t bytes_from; /* the lowest offset of any file's bytes so far */
        char *long_path;     /* of GNU's 'L' and 'K', for the entry that follows */
        char *long_link;
        Fault *fault; /* may be NULL */
} Listing;

static void entry_done(ModuleEntry *entry)
{
        free(entry->path);
        free(entry->link);
        *entry = (ModuleEntry){};
}

void module_done(Module *module)
{
        for (size_t i = 0; i < module->count; i++)
                entry_done(&module->entries[i]);
        free(module->entries);
        *module = (Module){};
}

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
        return fault_set_at(listing->fault, -EFBIG, REASON_MODULE_BOUNDS, listing->at, "%s", what);
}

Span module_content(const ModuleEntry *entry, Span bytes)
{
        Span content = {};

        if (entry->size > 0 && span_slice(bytes, entry->offset, entry->size, &content) < 0)
                return (Span){};
        return content;
}

const ModuleEntry *module_find(const Module *module, const char *path)
{
        for (size_t i = module->count; i > 0; i--)
                if (text_equal(module->entries[i - 1].path, path))
                        return &module->entries[i - 1];
        return NULL;
}

/* Without "./" before and slashes behind, as `tar cf x ./bin` has them. */
static int path_settle(const Listing *listing, uint64_t header, char *path)
{
        size_t length, skip = 0;

        while (path[skip] == '.' && path[skip + 1] == '/')
                skip += 2 + strspn(path + skip + 2, "/");
        memmove(path, path + skip, strlen(path + skip) + 1);
        for (length = strlen(path); length > 1 && path[length - 1] == '/';)
                path[--length] = '\0';
        if (length == 0 && skip > 0)
                memcpy(path, ".", 2);
        if (text_equal(path, ".") || text_is_path_below(path))
                return 0;
        return listing_damaged(listing, header, "a name leads out of the root");
}

/* What a header or a long name before it gives as path; in `*ret`, owned by the caller. */
static int path_of(Listing *listing, const Header *header, uint64_t at, char **ret)
{
        _cleanup_free_ char *path = TAKE_PTR(listing->long_path);
        int r = 0;

        if (!path)
                /* Room for the dot of a root that is called "./". */
                r = text_format(&path, "%s%s%s", header->prefix, *header->prefix ? "/" : "",
                                header->name);
        if (r < 0)
                return listing_no_memory(listing);
        if (!*path)
                return listing_damaged(listing, at, "an entry has no name");
        r = path_settle(listing, at, path);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(path);
        return 0;
}

static EntryKind kind_of(char type)
{
        switch (type) {
        case '0':
        case '7':
        case '\0':
                return ENTRY_FILE;
        case '1':
                return ENTRY_HARDLINK;
        case '2':
                return ENTRY_SYMLINK;
        case '5':
                return ENTRY_DIRECTORY;
        default:
                return ENTRY_OTHER;
        }
}

static bool is_link(EntryKind kind)
{
        return kind == ENTRY_HARDLINK || kind == ENTRY_SYMLINK;
}

/* Where the bytes behind the header at `at` begin, and that all of them are there. Bytes without an
 * offset follow their header, and the next header them. */
static int listing_place(Listing *listing, const Header *header, uint64_t at, uint64_t *ret)
{
        uint64_t offset = header->offset > 0 ? header->offset : at + BLOCK_SIZE;

        if (!range_fits(offset, header->size, listing->bytes.size))
                return listing_damaged(listing, at, "a file's bytes end beyond the module");
        if (header->offset == 0)
                /* It fits: no sum overflows. */
                listing->at = offset + (header->size + BLOCK_SIZE - 1) / BLOCK_SIZE * BLOCK_SIZE;
        else
                listing->bytes_from = MIN(listing->bytes_from, offset);
        *ret = offset;
        return 0;
}

/* GNU's long names are the bytes of an entry of their own. */
static int listing_take_long(Listing *listing, const Header *header, uint64_t at, char **ret)
{
        uint64_t offset = 0;
        int r = listing_place(listing, header, at, &offset);

        if (r < 0)
                return r;
        if (header->size == 0 || header->size > MODULE_PATH_MAX)
                return listing_damaged(listing, at, "a long name is too long, or empty");
        free(*ret);
        *ret = strndup((const char *)listing->bytes.bytes + offset, (size_t)header->size);
        return *ret ? 0 : listing_no_memory(listing);
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
        ModuleEntry entry = {
                .kind = kind_of(header->type),
                .mode = (uint32_t)header->mode & 07777U,
                .uid = header->uid,
                .gid = header->gid,
                .mtime = header->mtime,
                .header_offset = at,
                .text_offset = header->text_offset,
                .text_size = header->text_size,
                .fixup_pages = header->fixup_pages,
        };
        int r = listing_grow(listing);

        if (r >= 0)
                r = path_of(listing, header, at, &entry.path);
        if (r >= 0 && is_link(entry.kind)) {
                entry.link = TAKE_PTR(listing->long_link);
                if (!entry.link && text_copy(&entry.link, header->link) < 0)
                        r = listing_no_memory(listing);
        }
        /* A link's size is its target's, of which nothing is here. */
        if (r >= 0 && entry.kind == ENTRY_FILE) {
                entry.size = header->size;
                r = listing_place(listing, header, at, &entry.offset);
        }
        if (r < 0) {
                entry_done(&entry);
                return r;
        }
        listing->module.entries[listing->module.count++] = entry;
        return 0;
}

static int listing_take(Listing *listing, const Header *header, uint64_t at)
{
        uint64_t offset;

        switch (header->type) {
        case 'L':
                return listing_take_long(listing, header, at, &listing->long_path);
        case 'K':
                return listing_take_long(listing, header, at, &listing->long_link);
        case 'g': /* of pax: a comment for all */
                return listing_place(listing, header, at, &offset);
        case 'x':
                return listing_damaged(listing, at, "pax headers, which no module has");
        default:
                return listing_take_entry(listing, header, at);
        }
}

/* 1, or 0 where the headers end: with zeros, at the first file's bytes, or with the module. */
static int listing_next(Listing *listing)
{
        uint64_t at = listing->at;
        const char *why = NULL;
        Header header;
        Span block;
        int r;

        if (at >= listing->bytes.size || at >= listing->bytes_from)
                return 0;
        if (span_slice(listing->bytes, at, BLOCK_SIZE, &block) < 0)
                return listing_damaged(listing, at, "it ends within a header");
        if (span_is_zero(block))
                return 0;
        r = header_decode(block, &header, &why);
        if (r < 0)
                return listing_damaged(listing, at, why);
        if (header.format != listing->module.format)
                return listing_damaged(listing, at, "a header of another kind");
        listing->at = at + BLOCK_SIZE;
        r = listing_take(listing, &header, at);
        return r < 0 ? r : 1;
}

static int compare_offsets(const void *a, const void *b)
{
        const ModuleEntry *const *left = a, *const *right = b;

        return ((*left)->offset > (*right)->offset) - ((*left)->offset < (*right)->offset);
}

/* Files that share bytes, or have headers for theirs, are a way to make a small module endless. */
static int listing_check_overlaps(const Listing *listing, uint64_t headers_end)
{
        const Module *module = &listing->module;
        _cleanup_free_ const ModuleEntry **files =
                malloc((module->count + 1) * sizeof(const ModuleEntry *));
        uint64_t free_from = 0;
        size_t count = 0;

        if (!files)
                return listing_no_memory(listing);
        for (size_t i = 0; i < module->count; i++)
                if (module->entries[i].size > 0)
                        files[count++] = &module->entries[i];
        qsort(files, count, sizeof(const ModuleEntry *), compare_offsets);
        for (size_t i = 0; i < count; i++) {
                bool follows = files[i]->offset == files[i]->header_offset + BLOCK_SIZE;

                if (files[i]->offset < free_from || (!follows && files[i]->offset < headers_end))
                        return listing_damaged(listing, files[i]->header_offset,
                                               "a file's bytes are another's, or headers");
                free_from = files[i]->offset + files[i]->size;
        }
        return 0;
}

int module_read(Span bytes, Module *ret, Fault *fault)
{
        _cleanup_(listing_done)
                Listing listing = {.bytes = bytes, .bytes_from = UINT64_MAX, .fault = fault};
        int r;

        if (bytes.size > MODULE_SIZE_MAX)
                return listing_too_much(&listing, "unpacked size");
        if (!header_begins(bytes, &listing.module.format))
                return listing_damaged(&listing, 0, "no header is there");
        do
                r = listing_next(&listing);
        while (r > 0);
        if (r >= 0 && (listing.long_path || listing.long_link))
                r = listing_damaged(&listing, listing.at, "a long name without its entry");
        if (r >= 0)
                r = listing_check_overlaps(&listing, listing.at);
        if (r < 0)
                return r;
        *ret = listing.module;
        listing.module = (Module){};
        return 0;
}
