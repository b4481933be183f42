/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include <archive.h>
#include <archive_entry.h>

#include "file/atomic-file.h"
#include "file/fd.h"
#include "vault/manifest.h"
#include "vault/writer.h"

#define STEP (256U * 1024U)

struct Writer {
        AtomicFile file;
        struct archive *tar;
        int error;         /* what a write callback met, negative errno */
        uint64_t unsynced; /* see fd_write_through() */
        bool threaded;     /* other threads compress, if libzstd gets them */
        bool dropped;      /* nobody wants the rest */
};

/* libarchive frees its buffers only when it ends the archive, and fills an unfinished entry up with
 * zeros then: what is dropped goes nowhere. */
void writer_free(Writer *writer)
{
        if (!writer)
                return;
        writer->dropped = true;
        if (writer->tar)
                (void)archive_write_free(writer->tar);
        atomic_file_done(&writer->file);
        free(writer);
}

static la_ssize_t on_write(struct archive *tar, void *context, const void *bytes, size_t size)
{
        Writer *writer = context;
        Span span = {bytes, size};
        int r = writer->dropped ? 0 : fd_write_through(writer->file.fd, span, &writer->unsynced);

        if (r < 0) {
                writer->error = r;
                archive_set_error(tar, -r, "%s", "write");
                return -1;
        }
        return (la_ssize_t)size;
}

static int writer_not_written(const Writer *writer, Fault *fault)
{
        int error = writer->error;

        if (error == 0 && writer->tar && archive_errno(writer->tar) == ENOMEM)
                error = -ENOMEM;
        if (error == 0) /* libarchive's own; it does not tell of threads */
                error = writer->threaded ? -ECHILD : -EIO;
        return fault_set(fault, error, REASON_VAULT_WRITE, "%s", writer->file.name);
}

static bool has_zstd(void)
{
        struct archive *tar = archive_write_new();
        bool has = tar && archive_write_add_filter_zstd(tar) == ARCHIVE_OK;

        if (tar)
                (void)archive_write_free(tar);
        return has;
}

const char *writer_suffix(void)
{
        return has_zstd() ? "zst" : "gz";
}

/* pax, so that nanoseconds and extended attributes travel; xattrs as GNU tar and bsdtar read them.
 */
static int writer_open_tar(Writer *writer, Fault *fault)
{
        writer->tar = archive_write_new();
        if (!writer->tar)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", writer->file.name);
        if (archive_write_set_format_pax(writer->tar) != ARCHIVE_OK ||
            (has_zstd() ? archive_write_add_filter_zstd(writer->tar)
                        : archive_write_add_filter_gzip(writer->tar)) != ARCHIVE_OK ||
            archive_write_set_format_option(writer->tar, "pax", "xattrheader", "SCHILY") !=
                    ARCHIVE_OK)
                return writer_not_written(writer, fault);
        /* Measured on programs and libraries, against level 2: nine tenths of the time of a whole
         * patch, half of the memory, a size 3 to 22 % larger. A libarchive that does not know the
         * option has its default. */
        (void)archive_write_set_filter_option(writer->tar, "zstd", "compression-level", "1");
        /* Two threads take half the time of one; each further one takes 8 MiB more of memory. */
        if (writer->threaded)
                (void)archive_write_set_filter_option(writer->tar, "zstd", "threads", "2");
        (void)archive_write_set_bytes_per_block(writer->tar, STEP);
        (void)archive_write_set_bytes_in_last_block(writer->tar, 1);
        if (archive_write_open(writer->tar, writer, NULL, on_write, NULL) != ARCHIVE_OK)
                return writer_not_written(writer, fault);
        return 0;
}

static void writer_entry_freep(struct archive_entry **entry)
{
        if (*entry)
                archive_entry_free(*entry);
}

static int write_header(Writer *writer, struct archive_entry *entry, Fault *fault)
{
        int r = archive_write_header(writer->tar, entry);

        /* A warning is about names that are no ASCII; they are written as they are. */
        return r == ARCHIVE_OK || r == ARCHIVE_WARN ? 0 : writer_not_written(writer, fault);
}

static int write_step(Writer *writer, Span step, Fault *fault)
{
        while (step.size > 0) {
                la_ssize_t n = archive_write_data(writer->tar, step.bytes, step.size);

                if (n <= 0)
                        return writer_not_written(writer, fault);
                step.bytes += n;
                step.size -= (size_t)n;
        }
        return 0;
}

static int write_manifest(Writer *writer, const Archive *archive, Fault *fault)
{
        _cleanup_(writer_entry_freep) struct archive_entry *entry = archive_entry_new();
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r = manifest_format(archive, &text, &size);

        if (r < 0 || !entry)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", writer->file.name);
        archive_entry_set_pathname(entry, MANIFEST_PATH);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_entry_set_size(entry, (la_int64_t)size);
        archive_entry_set_mtime(entry, archive->created, 0);
        archive_entry_set_uid(entry, geteuid());
        archive_entry_set_gid(entry, getegid());
        r = write_header(writer, entry, fault);
        return r < 0 ? r : write_step(writer, (Span){(const uint8_t *)text, size}, fault);
}

static struct archive_entry *writer_entry_of(const Original *original)
{
        const FileAttributes *attributes = &original->attributes;
        struct archive_entry *entry = archive_entry_new();

        if (!entry)
                return NULL;
        archive_entry_set_pathname(entry, original->path);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, attributes->mode);
        archive_entry_set_size(entry, (la_int64_t)original->size);
        archive_entry_set_uid(entry, attributes->uid);
        archive_entry_set_gid(entry, attributes->gid);
        archive_entry_set_mtime(entry, attributes->mtime.tv_sec, attributes->mtime.tv_nsec);
        archive_entry_set_atime(entry, attributes->atime.tv_sec, attributes->atime.tv_nsec);
        for (size_t i = 0; i < attributes->xattr_count; i++) {
                const Xattr *xattr = &attributes->xattrs[i];

                archive_entry_xattr_add_entry(entry, xattr->name, xattr->value, xattr->size);
        }
        return entry;
}

static int writer_changed(const Original *original, Fault *fault)
{
        return fault_set(fault, -EAGAIN, REASON_CHANGED, "/%s", original->path);
}

static int writer_write_content(Writer *writer, const Original *original, int fd, Fault *fault)
{
        _cleanup_free_ uint8_t *buffer = malloc(STEP);

        if (!buffer)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "/%s", original->path);
        for (uint64_t offset = 0; offset < original->size;) {
                size_t size = (size_t)MIN((uint64_t)STEP, original->size - offset);
                int r = fd_read_at(fd, buffer, size, offset);

                if (r == -ENODATA)
                        return writer_changed(original, fault);
                if (r < 0)
                        return fault_set(fault, r, REASON_READ, "/%s", original->path);
                r = write_step(writer, (Span){buffer, size}, fault);
                if (r < 0)
                        return r;
                offset += size;
        }
        /* It must not be longer either. */
        return fd_read_at(fd, buffer, 1, original->size) == -ENODATA
                       ? 0
                       : writer_changed(original, fault);
}

int writer_add(Writer *writer, const Original *original, int fd, Fault *fault)
{
        _cleanup_(writer_entry_freep) struct archive_entry *entry = writer_entry_of(original);
        int r;

        if (!entry)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "/%s", original->path);
        r = write_header(writer, entry, fault);
        return r < 0 ? r : writer_write_content(writer, original, fd, fault);
}

int writer_new(const Store *store, const Archive *archive, bool threaded, Writer **ret,
               Fault *fault)
{
        _cleanup_(writer_freep) Writer *writer = calloc(1, sizeof(*writer));
        int r;

        if (!writer)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", archive->name);
        writer->file = ATOMIC_FILE_NONE;
        writer->threaded = threaded;
        r = atomic_file_create(store_originals_fd(store), archive->name, &writer->file);
        if (r < 0)
                return fault_set(fault, r, REASON_VAULT_WRITE, "%s", archive->name);
        r = writer_open_tar(writer, fault);
        if (r >= 0)
                r = write_manifest(writer, archive, fault);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(writer);
        return 0;
}

int writer_seal(Writer *writer, mode_t mode, Fault *fault)
{
        int r;

        if (archive_write_close(writer->tar) != ARCHIVE_OK)
                return writer_not_written(writer, fault);
        /* What it took to compress is not needed while it is read again. */
        (void)archive_write_free(TAKE_PTR(writer->tar));
        r = fchmod(writer->file.fd, mode) < 0 ? -errno : 0;
        if (r >= 0)
                r = atomic_file_sync(&writer->file);
        if (r >= 0)
                r = atomic_file_seal(&writer->file);
        return r < 0 ? fault_set(fault, r, REASON_VAULT_WRITE, "%s", writer->file.name) : 0;
}

int writer_fd(const Writer *writer)
{
        return writer->file.fd;
}

int writer_commit(Writer *writer, Fault *fault)
{
        int r = atomic_file_replace(&writer->file);

        return r < 0 ? fault_set(fault, r, REASON_VAULT_WRITE, "%s", writer->file.name) : 0;
}
