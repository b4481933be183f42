/* SPDX-License-Identifier: MIT */

#include <archive.h>
#include <archive_entry.h>

#include "base/text.h"
#include "visor/module.h"
#include "visor/writer.h"

#define PAGE_SIZE    4096U
#define BLOCKS_AFTER 2U /* of zeros, behind the last header */

/* A module that is being written. */
typedef struct Writing {
        struct archive *archive;
        Texts directories; /* that are entries, in their order */
        uint64_t mtime;
        ModuleOpen *open;
        Fault *fault; /* may be NULL */
} Writing;

static void writing_done(Writing *writing)
{
        if (writing->archive)
                (void)archive_write_free(writing->archive);
        texts_done(&writing->directories);
}

static int writing_failed(const Writing *writing)
{
        int error = writing->archive ? archive_errno(writing->archive) : ENOMEM;

        if (error == ENOMEM)
                return fault_set(writing->fault, -ENOMEM, REASON_NO_MEMORY, "module");
        return fault_set(writing->fault, error > 0 ? -error : -EIO, REASON_WRITE, "module");
}

int module_path_fits(const char *path, Fault *fault)
{
        Header header = {};
        int r = header_set_path(&header, path);

        return r < 0 ? fault_set(fault, r, REASON_MODULE_NAME, "%s", path) : 0;
}

/* gzip has room for a time, which would make each module another. */
static int writing_open(Writing *writing, int fd, ModuleFormat format)
{
        struct archive *archive = archive_write_new();

        writing->archive = archive;
        if (!archive ||
            (format == MODULE_VISOR ? archive_write_set_format_raw(archive)
                                    : archive_write_set_format_ustar(archive)) != ARCHIVE_OK ||
            archive_write_add_filter_gzip(archive) != ARCHIVE_OK ||
            archive_write_set_filter_option(archive, "gzip", "timestamp", NULL) != ARCHIVE_OK ||
            archive_write_set_bytes_in_last_block(archive, 1) != ARCHIVE_OK ||
            archive_write_open_fd(archive, fd) != ARCHIVE_OK)
                return writing_failed(writing);
        return 0;
}

static void entry_freep(struct archive_entry **entry)
{
        if (*entry)
                archive_entry_free(*entry);
}

static int writing_begin(Writing *writing, const char *path, unsigned type, mode_t mode,
                         uint64_t size)
{
        _cleanup_(entry_freep) struct archive_entry *entry = archive_entry_new();

        if (!entry)
                return fault_set(writing->fault, -ENOMEM, REASON_NO_MEMORY, "%s", path);
        archive_entry_set_pathname(entry, path);
        archive_entry_set_filetype(entry, type);
        archive_entry_set_perm(entry, mode);
        archive_entry_set_size(entry, (la_int64_t)size);
        archive_entry_set_uname(entry, "root");
        archive_entry_set_gname(entry, "root");
        archive_entry_set_mtime(entry, (time_t)writing->mtime, 0);
        return archive_write_header(writing->archive, entry) < ARCHIVE_WARN
                       ? writing_failed(writing)
                       : 0;
}

static int writing_add(Writing *writing, Span bytes)
{
        while (bytes.size > 0) {
                la_ssize_t n = archive_write_data(writing->archive, bytes.bytes, bytes.size);

                if (n <= 0)
                        return writing_failed(writing);
                bytes.bytes += n;
                bytes.size -= (size_t)n;
        }
        return 0;
}

static int writing_add_file(Writing *writing, const ModuleFile *file)
{
        _cleanup_(mapping_done) Mapping mapping = MAPPING_NONE;
        int r;

        if (!file->source)
                return writing_add(writing, file->content);
        r = writing->open(file->source, &mapping, writing->fault);
        if (r < 0)
                return r;
        if (mapping.span.size != file->content.size)
                return fault_set(writing->fault, -EAGAIN, REASON_CHANGED, "%s", file->path);
        return writing_add(writing, mapping.span);
}

static uint64_t padding_of(uint64_t size)
{
        return (PAGE_SIZE - size % PAGE_SIZE) % PAGE_SIZE;
}

static int writing_pad(Writing *writing, uint64_t size)
{
        static const uint8_t zeros[PAGE_SIZE];

        return writing_add(writing, (Span){zeros, (size_t)padding_of(size)});
}

/* The directories above all files, each once, before what is in it. */
static int writing_find_directories(Writing *writing, const ModuleFile *files, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                _cleanup_free_ char *path = strdup(files[i].path);

                if (!path)
                        return fault_set(writing->fault, -ENOMEM, REASON_NO_MEMORY, "module");
                for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
                        int r;

                        *slash = '\0';
                        r = module_path_fits(path, writing->fault);
                        if (r < 0)
                                return r;
                        if (!texts_contain(&writing->directories, path) &&
                            texts_add(&writing->directories, path) < 0)
                                return fault_set(writing->fault, -ENOMEM, REASON_NO_MEMORY,
                                                 "module");
                        *slash = '/';
                }
        }
        return 0;
}

static int visor_add_header(Writing *writing, const char *path, char type, mode_t mode,
                            uint64_t size, uint64_t offset)
{
        uint8_t block[BLOCK_SIZE];
        Header header = {
                .type = type,
                .mode = mode,
                .size = size,
                .mtime = writing->mtime,
                .offset = (uint32_t)offset,
        };

        if (header_set_path(&header, path) < 0)
                return module_path_fits(path, writing->fault);
        header_encode(&header, block);
        return writing_add(writing, (Span){block, sizeof(block)});
}

static int visor_add_headers(Writing *writing, const ModuleFile *files, size_t count,
                             uint64_t bytes_from)
{
        uint64_t offset = bytes_from;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < writing->directories.count; i++)
                r = visor_add_header(writing, writing->directories.items[i], '5',
                                     MODULE_DIRECTORY_MODE, 0, 0);
        for (size_t i = 0; r >= 0 && i < count; i++) {
                r = visor_add_header(writing, files[i].path, '0', files[i].mode,
                                     files[i].content.size, offset);
                offset += files[i].content.size + padding_of(files[i].content.size);
        }
        return r;
}

static int visor_write(Writing *writing, const ModuleFile *files, size_t count)
{
        static const uint8_t zeros[BLOCKS_AFTER * BLOCK_SIZE];
        uint64_t headers = (writing->directories.count + count + BLOCKS_AFTER) * BLOCK_SIZE;
        int r = writing_begin(writing, "module", AE_IFREG, 0644, 0);

        if (r >= 0)
                r = visor_add_headers(writing, files, count, headers + padding_of(headers));
        if (r >= 0)
                r = writing_add(writing, (Span){zeros, sizeof(zeros)});
        if (r >= 0)
                r = writing_pad(writing, headers);
        for (size_t i = 0; r >= 0 && i < count; i++) {
                r = writing_add_file(writing, &files[i]);
                if (r >= 0)
                        r = writing_pad(writing, files[i].content.size);
        }
        return r;
}

static int ustar_write(Writing *writing, const ModuleFile *files, size_t count)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < writing->directories.count; i++)
                r = writing_begin(writing, writing->directories.items[i], AE_IFDIR,
                                  MODULE_DIRECTORY_MODE, 0);
        for (size_t i = 0; r >= 0 && i < count; i++) {
                r = writing_begin(writing, files[i].path, AE_IFREG, files[i].mode,
                                  files[i].content.size);
                if (r >= 0)
                        r = writing_add_file(writing, &files[i]);
        }
        return r;
}

static int check_files(const ModuleFile *files, size_t count, Fault *fault)
{
        uint64_t size = 0;

        for (size_t i = 0; i < count; i++) {
                int r = module_path_fits(files[i].path, fault);

                if (r < 0)
                        return r;
                size += files[i].content.size + PAGE_SIZE + BLOCK_SIZE;
                if (files[i].content.size > MODULE_SIZE_MAX || size > MODULE_SIZE_MAX)
                        return fault_set(fault, -EFBIG, REASON_MODULE_BOUNDS, "%s", files[i].path);
        }
        return 0;
}

int module_write(int fd, ModuleFormat format, const ModuleFile *files, size_t count, uint64_t mtime,
                 ModuleOpen *open, Fault *fault)
{
        _cleanup_(writing_done) Writing writing = {.mtime = mtime, .open = open, .fault = fault};
        int r = check_files(files, count, fault);

        if (r >= 0)
                r = writing_find_directories(&writing, files, count);
        if (r >= 0)
                r = writing_open(&writing, fd, format);
        if (r >= 0)
                r = format == MODULE_VISOR ? visor_write(&writing, files, count)
                                           : ustar_write(&writing, files, count);
        if (r < 0)
                return r;
        return archive_write_close(writing.archive) == ARCHIVE_OK ? 0 : writing_failed(&writing);
}
