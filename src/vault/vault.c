/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <unistd.h>

#include "base/text.h"
#include "file/fd.h"
#include "vault/vault.h"

void original_done(Original *original)
{
        free(original->path);
        free(original->role);
        file_attributes_done(&original->attributes);
        *original = (Original){};
}

void archive_done(Archive *archive)
{
        for (size_t i = 0; i < archive->original_count; i++)
                original_done(&archive->originals[i]);
        free(archive->originals);
        build_done(&archive->build);
        free(archive->name);
        *archive = (Archive){};
}

bool archive_same_originals(const Archive *a, const Archive *b)
{
        if (a->original_count != b->original_count)
                return false;
        for (size_t i = 0; i < a->original_count; i++)
                if (!text_equal(a->originals[i].path, b->originals[i].path) ||
                    a->originals[i].size != b->originals[i].size ||
                    !digest_equal(&a->originals[i].digest, &b->originals[i].digest))
                        return false;
        return true;
}

const Original *archive_original(const Archive *archive, const char *path)
{
        for (size_t i = 0; i < archive->original_count; i++)
                if (text_equal(archive->originals[i].path, path))
                        return &archive->originals[i];
        return NULL;
}

void archives_done(Archives *archives)
{
        for (size_t i = 0; i < archives->count; i++)
                archive_done(&archives->items[i]);
        free(archives->items);
        *archives = (Archives){};
}

const Original *archives_find(const Archives *archives, const Digest *digest, const char *path,
                              const Archive **ret_archive)
{
        const Original *found = NULL;

        /* The newest first; one under the same path wins over any other. */
        for (size_t i = archives->count; i-- > 0;)
                for (size_t k = 0; k < archives->items[i].original_count; k++) {
                        const Original *original = &archives->items[i].originals[k];
                        bool same_path = path && text_equal(original->path, path);

                        if (!digest_equal(&original->digest, digest) || (found && !same_path))
                                continue;
                        found = original;
                        if (ret_archive)
                                *ret_archive = &archives->items[i];
                        if (same_path || !path)
                                return found;
                }
        return found;
}

const Original *archives_find_in(const Archives *archives, const char *name, const Digest *digest,
                                 const char *path, const Archive **ret_archive)
{
        for (size_t i = 0; name && i < archives->count; i++) {
                const Archives one = {.items = &archives->items[i], .count = 1};
                const Original *original;

                if (!text_equal(archives->items[i].name, name))
                        continue;
                original = archives_find(&one, digest, path, ret_archive);
                if (original)
                        return original;
        }
        return archives_find(archives, digest, path, ret_archive);
}

int vault_remove(Store *store, const Archive *archive, Fault *fault)
{
        int dir_fd = store_originals_fd(store), r = 0;

        if (unlinkat(dir_fd, archive->name, 0) < 0 && errno != ENOENT)
                r = -errno;
        if (r >= 0)
                r = fd_sync(dir_fd);
        return r < 0 ? fault_set(fault, r, REASON_VAULT_WRITE, "%s", archive->name) : 0;
}
