/* SPDX-License-Identifier: MIT */

/* A tarball in the vault, compressed or not: what it gives out has the sizes and digests of its
 * manifest, and nothing that is no plain file of the manifest is given out. */

#include <sys/mman.h>
#include <sys/stat.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/text.h"
#include "file/fd.h"
#include "fuzz.h"
#include "vault/archive-name.h"
#include "vault/manifest.h"
#include "vault/reader.h"

#define TEXT_MAX (64U * 1024U)

/* The name that an archive with the manifest in it must have, as far as that can be read: else
 * hardly an input would come beyond its name. */
static char *name_for(Span input)
{
        static char text[TEXT_MAX];
        _cleanup_(archive_done) Archive archive = {};
        struct archive *tar = archive_read_new();
        struct archive_entry *entry;
        char *name = NULL;
        la_ssize_t size = -1;

        MUST(tar && archive_read_support_format_tar(tar) == ARCHIVE_OK);
        MUST(archive_read_support_filter_gzip(tar) == ARCHIVE_OK);
        if (archive_read_open_memory(tar, input.bytes, input.size) == ARCHIVE_OK &&
            archive_read_next_header(tar, &entry) == ARCHIVE_OK)
                size = archive_read_data(tar, text, sizeof(text));
        if (size > 0 && manifest_parse(text, (size_t)size, &archive) >= 0)
                MUST(archive_name_make(&archive, "gz", &name) >= 0);
        else
                MUST(text_copy(&name, "vmware-0123456789ab.tar.gz") >= 0);
        (void)archive_read_free(tar);
        return name;
}

static int memory_file(Span content)
{
        int fd = memfd_create("fuzz-vault", MFD_CLOEXEC);

        MUST(fd >= 0 && fd_write_at(fd, content, 0) >= 0);
        return fd;
}

/* 1 when one was given out. */
static int check_next(Reader *reader)
{
        _cleanup_(file_attributes_done) FileAttributes attributes = {};
        _cleanup_close_ int copy = memory_file((Span){});
        const Original *original;
        uint64_t size;
        Digest digest;
        int r = reader_next(reader, &original, NULL);

        if (r <= 0)
                return r;
        r = reader_attributes(reader, &attributes, NULL);
        if (r >= 0) {
                MUST(file_attributes_digest(&attributes, &digest) >= 0);
                MUST(digest_equal(&digest, &original->attributes_digest));
        }
        r = reader_content(reader, copy, NULL);
        MUST(digest_of_fd(copy, &digest, &size) >= 0);
        MUST(size <= original->size);
        if (r < 0)
                return r;
        MUST(size == original->size && digest_equal(&digest, &original->digest));
        return 1;
}

/* Files that the last input gave out. */
static size_t given_out;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
        _cleanup_close_ int fd = memory_file((Span){bytes, size});
        _cleanup_free_ char *name = name_for((Span){bytes, size});
        _cleanup_(reader_freep) Reader *reader = NULL, *again = NULL;
        Fault fault = FAULT_NONE;
        size_t count = 0;
        int r = reader_open_fd(fd, name, &reader, &fault);

        given_out = 0;
        if (r < 0) {
                MUST(r == -EBADMSG &&
                     (fault.reason == REASON_VAULT_READ || fault.reason == REASON_VAULT_MANIFEST));
                return 0;
        }
        while ((r = check_next(reader)) > 0)
                count++;
        given_out = count;
        MUST(count <= reader_archive(reader)->original_count);
        if (r == 0)
                MUST(count == reader_archive(reader)->original_count);
        MUST(lseek(fd, 0, SEEK_SET) == 0 && reader_open_fd(fd, name, &again, NULL) >= 0);
        r = reader_prove(again, NULL, NULL, NULL);
        MUST(r == 0 || r == -EBADMSG);
        return 0;
}

/* Seeds ---------------------------------------------------------------------------------------- */

static void put_entry(struct archive *tar, const char *path, mode_t type, const char *text)
{
        struct archive_entry *entry = archive_entry_new();

        MUST(entry != NULL);
        archive_entry_set_pathname(entry, path);
        archive_entry_set_filetype(entry, type);
        archive_entry_set_perm(entry, 0755);
        archive_entry_set_mtime(entry, 1, 500);
        archive_entry_set_size(entry, type == AE_IFREG ? (la_int64_t)strlen(text) : 0);
        if (type == AE_IFLNK)
                archive_entry_set_symlink(entry, text);
        archive_entry_xattr_add_entry(entry, "user.fuzz", "x", 1);
        MUST(archive_write_header(tar, entry) >= ARCHIVE_WARN);
        if (type == AE_IFREG)
                MUST(archive_write_data(tar, text, strlen(text)) >= 0);
        archive_entry_free(entry);
}

/* The digest of what put_entry() makes of a plain file. */
static Digest attributes_digest(void)
{
        FileAttributes attributes = {.mode = 0755, .mtime = {1, 500}};
        Digest digest;

        MUST(file_attributes_add_xattr(&attributes, "user.fuzz", "x", 1) >= 0);
        MUST(file_attributes_digest(&attributes, &digest) >= 0);
        file_attributes_done(&attributes);
        return digest;
}

static char *manifest_of(const char *const *paths, const char *const *texts, size_t count)
{
        Original originals[4] = {};
        Archive archive = {.created = 1, .originals = originals, .original_count = count};
        size_t size;
        char *text;

        for (size_t i = 0; i < count; i++) {
                originals[i] = (Original){.path = (char *)paths[i],
                                          .role = (char *)"vmx",
                                          .size = strlen(texts[i]),
                                          .attributes_digest = attributes_digest()};
                MUST(digest_of_span((Span){(const uint8_t *)texts[i], strlen(texts[i])},
                                    &originals[i].digest) >= 0);
        }
        MUST(manifest_format(&archive, &text, &size) >= 0);
        return text;
}

/* `type`: of the second file; `wanted`: how many of both must be given out. */
static void seed_archive(const char *name, bool compressed, mode_t type, const char *second,
                         size_t wanted)
{
        const char *paths[] = {"a", "usr/lib/b"}, *texts[] = {"first", "second"};
        _cleanup_free_ char *manifest = manifest_of(paths, texts, 2);
        struct archive *tar = archive_write_new();
        static uint8_t buffer[64 * 1024];
        size_t used = 0;

        MUST(tar && archive_write_set_format_pax_restricted(tar) == ARCHIVE_OK);
        MUST(!compressed || archive_write_add_filter_gzip(tar) == ARCHIVE_OK);
        MUST(archive_write_set_bytes_in_last_block(tar, 1) == ARCHIVE_OK);
        MUST(archive_write_open_memory(tar, buffer, sizeof(buffer), &used) == ARCHIVE_OK);
        put_entry(tar, MANIFEST_PATH, AE_IFREG, manifest);
        put_entry(tar, "a", AE_IFREG, "first");
        put_entry(tar, second, type, type == AE_IFLNK ? "/etc/shadow" : "second");
        MUST(archive_write_close(tar) == ARCHIVE_OK);
        (void)archive_write_free(tar);
        MUST(LLVMFuzzerTestOneInput(buffer, used) == 0);
        MUST(given_out == wanted);
        fuzz_seed(name, (Span){buffer, used});
}

void fuzz_seeds(void)
{
        seed_archive("plain", false, AE_IFREG, "usr/lib/b", 2);
        seed_archive("compressed", true, AE_IFREG, "usr/lib/b", 2);
        seed_archive("link", false, AE_IFLNK, "usr/lib/b", 1);
        seed_archive("outside", false, AE_IFREG, "../b", 1);
        seed_archive("directory", false, AE_IFDIR, "usr/lib/b", 1);
        fuzz_seed_text("empty", "");
}
