/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <string.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/text.h"
#include "file/directory.h"
#include "vault-bench.h"

VaultBench vault_bench_make(void)
{
        static Root root; /* where it stays as long as the store */
        VaultBench bench = {.temp = temp_root_make()};

        root = bench.temp.root;
        if (store_open(&root, STORE_WRITE, &bench.store, NULL) < 0)
                abort();
        bench.originals = store_originals_fd(bench.store);
        bench.files = temp_root_directory(&bench.temp, "files");
        return bench;
}

void vault_bench_done(VaultBench *bench)
{
        bench->files = fd_close(bench->files);
        store_free(bench->store);
        temp_root_done(&bench->temp);
}

VaultItem vault_bench_file(const VaultBench *bench, const char *path, size_t size, unsigned seed)
{
        _cleanup_free_ uint8_t *bytes = malloc(size + 1);
        VaultItem keep = {.path = path, .role = "vmx", .size = size};
        uint32_t state = seed * 2654435761U + 1;
        char name[32];

        if (!bytes)
                abort();
        for (size_t i = 0; i < size; i++) {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                bytes[i] = (uint8_t)state;
        }
        text_put(name, sizeof(name), "%u-%zu", seed, size);
        keep.fd = temp_file(bench->files, name, bytes, size);
        if (digest_of_span((Span){bytes, size}, &keep.digest) < 0)
                abort();
        return keep;
}

void keep_close(VaultItem *keep)
{
        keep->fd = fd_close(keep->fd);
}

size_t vault_bench_count(const VaultBench *bench)
{
        _cleanup_(texts_done) Texts names = {};

        if (directory_names(bench->originals, &names) < 0)
                abort();
        return names.count;
}

static void must(bool holds)
{
        if (!holds)
                abort();
}

static void forge_zeros(struct archive *tar, uint64_t left)
{
        static const char zeros[256 * 1024];

        while (left > 0) {
                la_ssize_t n = archive_write_data(tar, zeros, MIN((size_t)left, sizeof(zeros)));

                must(n > 0);
                left -= (uint64_t)n;
        }
}

static void forge_entry(struct archive *tar, const Forged *forged)
{
        struct archive_entry *entry = archive_entry_new();
        size_t size = forged->bytes ? strlen(forged->bytes) : 0;

        must(entry != NULL);
        archive_entry_set_pathname(entry, forged->path);
        archive_entry_set_filetype(entry, forged->type ? forged->type : AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_uid(entry, forged->uid);
        archive_entry_set_size(entry, (la_int64_t)(forged->zeros ? forged->zeros : size));
        if (forged->symlink)
                archive_entry_set_symlink(entry, forged->symlink);
        if (forged->hardlink)
                archive_entry_set_hardlink(entry, forged->hardlink);
        must(archive_write_header(tar, entry) >= ARCHIVE_WARN);
        if (forged->zeros)
                forge_zeros(tar, forged->zeros);
        else if (size > 0)
                (void)archive_write_data(tar, forged->bytes, size); /* links have none */
        archive_entry_free(entry);
}

void vault_bench_forge(const VaultBench *bench, const char *name, const Forged *entries,
                       size_t count)
{
        _cleanup_close_ int fd = temp_file(bench->originals, name, "", 0);
        struct archive *tar = archive_write_new();

        must(tar && archive_write_set_format_pax(tar) == ARCHIVE_OK &&
             archive_write_add_filter_gzip(tar) == ARCHIVE_OK &&
             archive_write_open_fd(tar, fd) == ARCHIVE_OK);
        for (size_t i = 0; i < count; i++)
                forge_entry(tar, &entries[i]);
        must(archive_write_close(tar) == ARCHIVE_OK);
        (void)archive_write_free(tar);
}

int vault_bench_extract(const VaultBench *bench, const Archive *archive, const Original *original,
                        int fd, FileAttributes *ret, Fault *fault)
{
        _cleanup_(extractor_freep) Extractor *extractor = NULL;

        must(extractor_new(bench->store, &extractor) == 0);
        return extractor_extract(extractor, archive, original, fd, ret, fault);
}
