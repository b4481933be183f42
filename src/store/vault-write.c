/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "base/directory.h"
#include "base/parallel.h"
#include "base/text.h"
#include "store/archive-name.h"
#include "store/manifest.h"
#include "store/reader.h"
#include "store/writer.h"

#define ARCHIVE_MODE   0644U
#define ARCHIVE_HIDDEN 0600U /* when it holds what not everybody may read */

/* What is to be kept: `archive` with its originals ascending by path, and the fd of each. */
typedef struct Keeping {
        Archive archive;
        int fds[ORIGINALS_MAX];
} Keeping;

static void keeping_done(Keeping *keeping)
{
        archive_done(&keeping->archive);
}

static int original_of(const Keep *item, Original *ret, Fault *fault)
{
        _cleanup_(original_done) Original original = {.size = item->size, .digest = item->digest};
        int r;

        if (!text_is_path_below(item->path))
                return fault_set(fault, -EINVAL, REASON_VAULT_WRITE, "%s", item->path);
        if (item->size > ORIGINAL_SIZE_MAX)
                return fault_set(fault, -EFBIG, REASON_TOO_LARGE, "%s", item->path);
        if (text_copy(&original.path, item->path) < 0 || text_copy(&original.role, item->role) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "%s", item->path);
        r = file_attributes_read(item->fd, &original.attributes, fault);
        if (r < 0)
                return r;
        r = file_attributes_digest(&original.attributes, &original.attributes_digest);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", item->path);
        *ret = original;
        original = (Original){};
        return 0;
}

/* Two roles may be one file, by a link: it is kept once. */
static int keep_item(Keeping *keeping, const Keep *item, Fault *fault)
{
        Archive *archive = &keeping->archive;
        size_t at = archive->original_count;
        Original original;
        int r;

        for (size_t i = 0; i < archive->original_count; i++)
                if (text_equal(archive->originals[i].path, item->path))
                        return digest_equal(&archive->originals[i].digest, &item->digest)
                                       ? 0
                                       : fault_set(fault, -EAGAIN, REASON_CHANGED, "%s",
                                                   item->path);
        r = original_of(item, &original, fault);
        if (r < 0)
                return r;
        for (; at > 0 && strcmp(archive->originals[at - 1].path, item->path) > 0; at--) {
                archive->originals[at] = archive->originals[at - 1];
                keeping->fds[at] = keeping->fds[at - 1];
        }
        archive->originals[at] = original;
        keeping->fds[at] = item->fd;
        archive->original_count++;
        return 0;
}

static int keeping_of(const Build *build, const Keep *items, size_t count, Keeping *ret,
                      Fault *fault)
{
        _cleanup_(keeping_done) Keeping keeping = {.archive = {.created = time(NULL)}};
        Archive *archive = &keeping.archive;
        int r = 0;

        if (count == 0 || count > ORIGINALS_MAX)
                return fault_set(fault, -EINVAL, REASON_VAULT_WRITE, "%zu originals", count);
        archive->originals = calloc(count, sizeof(Original));
        if (!archive->originals || build_copy(build, &archive->build) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "originals");
        for (size_t i = 0; r >= 0 && i < count; i++)
                r = keep_item(&keeping, &items[i], fault);
        if (r < 0)
                return r;
        r = archive_name_make(archive, writer_suffix(), &archive->name);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "originals");
        *ret = keeping;
        keeping = (Keeping){};
        return 0;
}

/* Whether the archive is sound and holds exactly the originals of `wanted`, as they are now: giving
 * back an older owner or mode would be as wrong as other bytes. -EEXIST when it is of another set.
 */
static int prove(Reader *reader, const Archive *wanted, Fault *fault)
{
        const Archive *found = reader_archive(reader);

        if (!archive_same_originals(found, wanted))
                return fault_set(fault, -EEXIST, REASON_VAULT_WRITE, "%s", found->name);
        return reader_prove(reader, wanted, fault);
}

static int prove_kept(const Store *store, const char *name, const Archive *wanted, Fault *fault)
{
        _cleanup_(reader_freep) Reader *reader = NULL;
        int r = reader_open(store, name, &reader, fault);

        return r < 0 ? r : prove(reader, wanted, fault);
}

/* An original that was changed while it was written does not make the disk a bad one. */
static int check_unchanged(const Keeping *keeping, Fault *fault)
{
        const Archive *archive = &keeping->archive;

        for (size_t i = 0; i < archive->original_count; i++) {
                const Original *original = &archive->originals[i];
                Digest digest;
                int r = digest_of_fd(keeping->fds[i], &digest, NULL);

                if (r < 0)
                        return fault_set(fault, r, REASON_READ, "%s", original->path);
                if (!digest_equal(&digest, &original->digest))
                        return fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", original->path);
        }
        return 0;
}

/* The proof of what was written. */
typedef struct Proof {
        const Writer *writer;
        const Archive *wanted;
        int error;
        Fault fault;
} Proof;

static void prove_written(void *item)
{
        _cleanup_(reader_freep) Reader *reader = NULL;
        Proof *proof = item;

        proof->error = reader_open_fd(writer_fd(proof->writer), proof->wanted->name, &reader,
                                      &proof->fault);
        if (proof->error >= 0)
                proof->error = prove(reader, proof->wanted, &proof->fault);
}

static int prove_meanwhile(const Writer *writer, const Archive *wanted,
                           const KeepMeanwhile *meanwhile, Fault *fault)
{
        Proof proof = {.writer = writer, .wanted = wanted, .fault = FAULT_NONE};

        if (meanwhile)
                parallel_pair(prove_written, &proof, meanwhile->work, meanwhile->context);
        else
                prove_written(&proof);
        if (proof.error < 0 && fault)
                *fault = proof.fault;
        return proof.error;
}

/* 1 when an archive of this very set is there, whatever its label; 0 when one has to be written,
 * because there is none or only one that is damaged or tells of other owners, modes or times. */
static int find_kept(const Store *store, const Archive *archive, char **ret_name, Fault *fault)
{
        _cleanup_(texts_done) Texts names = {};
        char wanted[ARCHIVE_DIGITS + 1], found[ARCHIVE_DIGITS + 1];
        int r = directory_names(store_originals_fd(store), &names);

        if (r < 0)
                return fault_set(fault, r, REASON_STORE, STORE_PATH "/originals");
        r = archive_name_digits(archive, wanted);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", archive->name);
        for (size_t i = 0; i < names.count; i++) {
                const char *name = names.items[i];
                Fault why = FAULT_NONE;

                if (!archive_name_parse(name, found) || !text_equal(found, wanted))
                        continue;
                r = prove_kept(store, name, archive, &why);
                if (r >= 0 && text_copy(ret_name, name) < 0)
                        r = fault_set(&why, -ENOMEM, REASON_NO_MEMORY, "%s", name);
                if (r >= 0)
                        return 1;
                if (r == -ENOMEM || (r == -EEXIST && text_equal(name, archive->name))) {
                        if (fault)
                                *fault = why;
                        return r;
                }
        }
        return 0;
}

static mode_t mode_of(const Archive *archive)
{
        for (size_t i = 0; i < archive->original_count; i++)
                if (!(archive->originals[i].attributes.mode & S_IROTH))
                        return ARCHIVE_HIDDEN;
        return ARCHIVE_MODE;
}

/* It is proved before it takes its name: what is there under it may be sound, only outdated. */
static int write_proved(const Store *store, const Keeping *keeping, bool threaded,
                        const KeepMeanwhile *meanwhile, Fault *fault)
{
        _cleanup_(writer_freep) Writer *writer = NULL;
        const Archive *archive = &keeping->archive;
        int r = writer_new(store, archive, threaded, &writer, fault), changed;

        for (size_t i = 0; r >= 0 && i < archive->original_count; i++)
                r = writer_add(writer, &archive->originals[i], keeping->fds[i], fault);
        if (r >= 0)
                r = writer_seal(writer, mode_of(archive), fault);
        if (r < 0)
                return r;
        r = prove_meanwhile(writer, archive, meanwhile, fault);
        if (r >= 0)
                return writer_commit(writer, fault);
        changed = r == -EBADMSG ? check_unchanged(keeping, fault) : 0;
        return changed < 0 ? changed : r;
}

/* Where libzstd gets no threads, one compresses. */
static int write_archive(const Store *store, const Keeping *keeping, const KeepMeanwhile *meanwhile,
                         Fault *fault)
{
        bool threaded = processors_count() > 1;
        int r = write_proved(store, keeping, threaded, meanwhile, fault);

        return r == -ECHILD ? write_proved(store, keeping, false, meanwhile, fault) : r;
}

int vault_keep_beside(Store *store, const Build *build, const Keep *items, size_t count,
                      const KeepMeanwhile *meanwhile, char **ret_name, Fault *fault)
{
        _cleanup_(keeping_done) Keeping keeping = {};
        _cleanup_free_ char *name = NULL;
        Archive *archive = &keeping.archive;
        int r = keeping_of(build, items, count, &keeping, fault);

        if (r < 0)
                return r;
        r = find_kept(store, archive, &name, fault);
        if (r == 0)
                r = write_archive(store, &keeping, meanwhile, fault);
        if (r < 0)
                return r;
        if (ret_name)
                *ret_name = name ? TAKE_PTR(name) : TAKE_PTR(archive->name);
        return 0;
}

int vault_keep(Store *store, const Build *build, const Keep *items, size_t count, char **ret_name,
               Fault *fault)
{
        return vault_keep_beside(store, build, items, count, NULL, ret_name, fault);
}
