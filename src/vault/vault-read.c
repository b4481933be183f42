/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "file/directory.h"
#include "file/same.h"
#include "vault/archive-name.h"
#include "vault/reader.h"

static int copy_original(const Original *original, Original *ret)
{
        Original copy = {.size = original->size,
                         .digest = original->digest,
                         .attributes_digest = original->attributes_digest};

        if (text_copy(&copy.path, original->path) < 0 ||
            text_copy(&copy.role, original->role) < 0) {
                original_done(&copy);
                return -ENOMEM;
        }
        *ret = copy;
        return 0;
}

static int copy_archive(const Archive *archive, Archive *ret)
{
        _cleanup_(archive_done) Archive copy = {
                .serial = archive->serial, .created = archive->created, .stat = archive->stat};

        if (text_copy(&copy.name, archive->name) < 0 ||
            build_copy(&archive->build, &copy.build) < 0)
                return -ENOMEM;
        copy.originals = calloc(archive->original_count, sizeof(*copy.originals));
        if (!copy.originals)
                return -ENOMEM;
        for (size_t i = 0; i < archive->original_count; i++) {
                if (copy_original(&archive->originals[i], &copy.originals[i]) < 0)
                        return -ENOMEM;
                copy.original_count++;
        }
        *ret = copy;
        copy = (Archive){};
        return 0;
}

static int compare_archives(const void *a, const void *b)
{
        const Archive *left = a, *right = b;

        if (left->serial != right->serial)
                return left->serial < right->serial ? -1 : 1;
        if (left->created != right->created)
                return left->created < right->created ? -1 : 1;
        return strcmp(left->name, right->name);
}

static int archives_add(Archives *archives, const Archive *archive)
{
        Archive *larger = reallocarray(archives->items, archives->count + 1, sizeof(*larger));
        int r;

        if (!larger)
                return -ENOMEM;
        archives->items = larger;
        r = copy_archive(archive, &larger[archives->count]);
        if (r >= 0)
                archives->count++;
        return r;
}

static int list_one(const Store *store, const char *name, Archives *archives, size_t *damaged,
                    Fault *fault)
{
        _cleanup_(reader_freep) Reader *reader = NULL;
        Fault why = FAULT_NONE;
        int r = reader_open(store, name, &reader, &why);

        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                bool denied = why.reason == REASON_VAULT_DENIED;

                if (fault && (!denied || *damaged == 0))
                        *fault = why;
                archives->denied += denied;
                *damaged += !denied;
                return 0;
        }
        return archives_add(archives, reader_archive(reader));
}

/* Pointers to what is known, by name. */
typedef struct Catalog {
        const Archive **items;
        size_t count;
} Catalog;

static void catalog_done(Catalog *catalog)
{
        free(catalog->items);
}

static int compare_names(const void *a, const void *b)
{
        const Archive *const *left = a, *const *right = b;

        return strcmp((*left)->name, (*right)->name);
}

static int catalog_of(const Archives *known, Catalog *ret)
{
        if (!known || known->count == 0)
                return 0;
        ret->items = calloc(known->count, sizeof(void *));
        if (!ret->items)
                return -ENOMEM;
        for (; ret->count < known->count; ret->count++)
                ret->items[ret->count] = &known->items[ret->count];
        qsort(ret->items, ret->count, sizeof(void *), compare_names);
        return 0;
}

/* What is known of the archive; NULL where it is another by now, or this user may not read it. */
static const Archive *catalog_find(const Catalog *catalog, int dir_fd, const char *name)
{
        const Archive wanted = {.name = (char *)(uintptr_t)name}, *key = &wanted, **found;
        struct stat stat;

        found = catalog->count > 0 ? bsearch(&key, catalog->items, catalog->count, sizeof(void *),
                                             compare_names)
                                   : NULL;
        return found && fstatat(dir_fd, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
                               same_content(&(*found)->stat, &stat) &&
                               same_change(&(*found)->stat, &stat) &&
                               ((stat.st_mode & S_IROTH) ||
                                faccessat(dir_fd, name, R_OK, AT_EACCESS) == 0)
                       ? *found
                       : NULL;
}

int vault_list_again(const Store *store, const Archives *known, Archives *ret, size_t *ret_damaged,
                     Fault *fault)
{
        _cleanup_(catalog_done) Catalog catalog = {};
        _cleanup_(archives_done) Archives archives = {};
        _cleanup_(texts_done) Texts names = {};
        char digits[ARCHIVE_DIGITS + 1];
        int dir_fd = store_originals_fd(store);
        size_t damaged = 0;
        int r = dir_fd < 0 ? 0 : directory_names(dir_fd, &names);

        if (r < 0)
                return store_fault(store, fault, r, REASON_STORE, "originals");
        if (catalog_of(known, &catalog) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "originals");
        for (size_t i = 0; i < names.count; i++) {
                const Archive *found;

                if (!archive_name_parse(names.items[i], digits))
                        continue;
                found = catalog_find(&catalog, dir_fd, names.items[i]);
                r = found ? archives_add(&archives, found)
                          : list_one(store, names.items[i], &archives, &damaged, fault);
                if (r < 0)
                        return fault_set(fault, r, REASON_NO_MEMORY, "%s", names.items[i]);
        }
        if (archives.count > 1)
                qsort(archives.items, archives.count, sizeof(*archives.items), compare_archives);
        *ret = archives;
        archives = (Archives){};
        if (ret_damaged)
                *ret_damaged = damaged;
        return 0;
}

int vault_list(const Store *store, Archives *ret, size_t *ret_damaged, Fault *fault)
{
        return vault_list_again(store, NULL, ret, ret_damaged, fault);
}

int vault_check(const Store *store, const Archive *archive, Fault *fault)
{
        _cleanup_(reader_freep) Reader *reader = NULL;
        int r = reader_open(store, archive->name, &reader, fault);

        if (r < 0)
                return r;
        if (!archive_same_originals(reader_archive(reader), archive))
                return fault_set(fault, -EBADMSG, REASON_VAULT_MANIFEST, "%s", archive->name);
        return reader_prove(reader, NULL, NULL, fault);
}
