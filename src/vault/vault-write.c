/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "base/parallel.h"
#include "base/text.h"
#include "vault/archive-name.h"
#include "vault/manifest.h"
#include "vault/reader.h"
#include "vault/writer.h"

#define ARCHIVE_MODE   0644U
#define ARCHIVE_HIDDEN 0600U /* when it holds what not everybody may read */

/* What is to be kept: `archive` with its originals ascending by path, and the fd of each. */
typedef struct NewArchive {
        Archive archive;
        int fds[ORIGINALS_MAX];
        KeptIn *kept; /* of those that are in archives already, and of all in the end */
        size_t kept_count;
} NewArchive;

static void kept_list_free(KeptIn *kept, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                free(kept[i].path);
                free(kept[i].archive);
        }
        free(kept);
}

void keeps_done(Keeps *keeps)
{
        kept_list_free(keeps->items, keeps->count);
        *keeps = (Keeps){};
}

const char *keeps_archive(const Keeps *keeps, const char *path)
{
        for (size_t i = 0; i < keeps->count; i++)
                if (text_equal(keeps->items[i].path, path))
                        return keeps->items[i].archive;
        return NULL;
}

static void new_archive_done(NewArchive *new_archive)
{
        kept_list_free(new_archive->kept, new_archive->kept_count);
        archive_done(&new_archive->archive);
}

static int new_archive_add_kept(NewArchive *new_archive, const char *path, const char *archive)
{
        KeptIn *kept = &new_archive->kept[new_archive->kept_count];

        if (text_copy(&kept->path, path) < 0)
                return -ENOMEM;
        new_archive->kept_count++;
        return text_copy(&kept->archive, archive);
}

static int original_of(const VaultItem *item, Original *ret, Fault *fault)
{
        _cleanup_(original_done) Original original = {.size = item->size, .digest = item->digest};
        int r;

        if (!text_is_path_below(item->path))
                return fault_set(fault, -EINVAL, REASON_VAULT_WRITE, "/%s", item->path);
        if (item->size > ORIGINAL_SIZE_MAX)
                return fault_set(fault, -EFBIG, REASON_TOO_LARGE, "/%s", item->path);
        if (text_copy(&original.path, item->path) < 0 || text_copy(&original.role, item->role) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "/%s", item->path);
        r = file_attributes_read(item->fd, &original.attributes, fault);
        if (r < 0)
                return r;
        r = file_attributes_digest(&original.attributes, &original.attributes_digest);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "/%s", item->path);
        *ret = original;
        original = (Original){};
        return 0;
}

/* Two roles may be one file, by a link: it is kept once. */
static int keep_item(NewArchive *new_archive, const VaultItem *item, Fault *fault)
{
        Archive *archive = &new_archive->archive;
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
                new_archive->fds[at] = new_archive->fds[at - 1];
        }
        archive->originals[at] = original;
        new_archive->fds[at] = item->fd;
        archive->original_count++;
        return 0;
}

static int new_archive_of(const Build *build, const VaultItem *items, size_t count, NewArchive *ret,
                          Fault *fault)
{
        _cleanup_(new_archive_done) NewArchive new_archive = {.archive = {.created = time(NULL)}};
        Archive *archive = &new_archive.archive;
        int r = 0;

        if (count == 0 || count > ORIGINALS_MAX)
                return fault_set(fault, -EINVAL, REASON_VAULT_WRITE, "%zu originals", count);
        archive->originals = calloc(count, sizeof(Original));
        new_archive.kept = calloc(count, sizeof(*new_archive.kept));
        if (!archive->originals || !new_archive.kept || build_copy(build, &archive->build) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "originals");
        for (size_t i = 0; r >= 0 && i < count; i++)
                r = keep_item(&new_archive, &items[i], fault);
        if (r < 0)
                return r;
        *ret = new_archive;
        new_archive = (NewArchive){};
        return 0;
}

/* Whether the archive is sound and holds exactly the originals of `wanted`, as they are now. */
static int vault_prove(Reader *reader, const Archive *wanted, Fault *fault)
{
        if (!archive_same_originals(reader_archive(reader), wanted))
                return fault_set(fault, -EBADMSG, REASON_VAULT_MANIFEST, "%s",
                                 reader_archive(reader)->name);
        return reader_prove(reader, wanted, NULL, fault);
}

/* An original that was changed while it was written does not make the disk a bad one. */
static int vault_check_unchanged(const NewArchive *new_archive, Fault *fault)
{
        const Archive *archive = &new_archive->archive;

        for (size_t i = 0; i < archive->original_count; i++) {
                const Original *original = &archive->originals[i];
                Digest digest;
                int r = digest_of_fd(new_archive->fds[i], &digest, NULL);

                if (r < 0)
                        return fault_set(fault, r, REASON_READ, "/%s", original->path);
                if (!digest_equal(&digest, &original->digest))
                        return fault_set(fault, -EAGAIN, REASON_CHANGED, "/%s", original->path);
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
                proof->error = vault_prove(reader, proof->wanted, &proof->fault);
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

/* Takes out of `keeping` what is in the archive `name`; `equal` tells of its originals which. */
static int take_kept(NewArchive *new_archive, const Archive *found, const bool *equal)
{
        Archive *archive = &new_archive->archive;
        size_t left = 0;
        int r = 0;

        for (size_t i = 0; i < archive->original_count; i++) {
                Original *original = &archive->originals[i];
                const Original *kept = archive_original(found, original->path);

                if (r >= 0 && kept && equal[kept - found->originals] &&
                    digest_equal(&kept->digest, &original->digest)) {
                        r = new_archive_add_kept(new_archive, original->path, found->name);
                        original_done(original);
                        continue;
                }
                new_archive->fds[left] = new_archive->fds[i];
                archive->originals[left++] = *original;
        }
        archive->original_count = left;
        return r;
}

static bool holds_any(const Archive *found, const Archive *wanted)
{
        for (size_t i = 0; i < wanted->original_count; i++) {
                const Original *kept = archive_original(found, wanted->originals[i].path);

                if (kept && kept->size == wanted->originals[i].size &&
                    digest_equal(&kept->digest, &wanted->originals[i].digest))
                        return true;
        }
        return false;
}

/* What a sound archive holds with the same owner, mode, mtime and xattrs needs no other: giving
 * back an older owner or mode would be as wrong as other bytes. A damaged archive holds nothing. */
static int vault_look_in(const Store *store, const Archive *found, NewArchive *new_archive,
                         Fault *fault)
{
        _cleanup_(reader_freep) Reader *reader = NULL;
        _cleanup_free_ bool *equal = NULL;
        Fault why = FAULT_NONE;
        int r;

        if (!holds_any(found, &new_archive->archive))
                return 0;
        equal = calloc(found->original_count + 1, sizeof(*equal));
        r = equal ? reader_open(store, found->name, &reader, &why) : -ENOMEM;
        if (r >= 0)
                r = archive_same_originals(reader_archive(reader), found) ? 0 : -EBADMSG;
        if (r >= 0)
                r = reader_prove(reader, &new_archive->archive, equal, &why);
        if (r >= 0)
                r = take_kept(new_archive, found, equal);
        return r == -ENOMEM ? fault_set(fault, r, REASON_NO_MEMORY, "%s", found->name) : 0;
}

/* Looks for what is kept already; what remains in `keeping` has to be written, under a name and a
 * serial number of its own. */
static int find_kept(const Store *store, const Archives *known, NewArchive *new_archive,
                     Fault *fault)
{
        _cleanup_(archives_done) Archives archives = {};
        Archive *archive = &new_archive->archive;
        Fault why = FAULT_NONE; /* also of archives that are passed over */
        int r = vault_list_again(store, known, &archives, NULL, &why);

        if (r < 0 && fault)
                *fault = why;
        for (size_t i = archives.count; r >= 0 && i-- > 0;)
                r = vault_look_in(store, &archives.items[i], new_archive, fault);
        if (r < 0 || archive->original_count == 0)
                return r;
        archive->serial = archives.count > 0 ? archives.items[archives.count - 1].serial + 1 : 1;
        r = archive_name_make(archive, writer_suffix(), &archive->name);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "originals");
        for (size_t i = 0; i < archives.count; i++)
                if (text_equal(archives.items[i].name, archive->name) &&
                    !archive_same_originals(&archives.items[i], archive))
                        return fault_set(fault, -EEXIST, REASON_VAULT_WRITE, "%s", archive->name);
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
static int write_proved(const Store *store, const NewArchive *new_archive, bool threaded,
                        const KeepMeanwhile *meanwhile, Fault *fault)
{
        _cleanup_(writer_freep) Writer *writer = NULL;
        const Archive *archive = &new_archive->archive;
        int r = writer_new(store, archive, threaded, &writer, fault), changed;

        for (size_t i = 0; r >= 0 && i < archive->original_count; i++)
                r = writer_add(writer, &archive->originals[i], new_archive->fds[i], fault);
        if (r >= 0)
                r = writer_seal(writer, mode_of(archive), fault);
        if (r < 0)
                return r;
        r = prove_meanwhile(writer, archive, meanwhile, fault);
        if (r >= 0)
                return writer_commit(writer, fault);
        changed = r == -EBADMSG ? vault_check_unchanged(new_archive, fault) : 0;
        return changed < 0 ? changed : r;
}

/* Where libzstd gets no threads, one compresses. */
static int write_archive(const Store *store, const NewArchive *new_archive,
                         const KeepMeanwhile *meanwhile, Fault *fault)
{
        bool threaded = processors_count() > 1;
        int r = write_proved(store, new_archive, threaded, meanwhile, fault);

        return r == -ECHILD ? write_proved(store, new_archive, false, meanwhile, fault) : r;
}

static int keep_rest(const Store *store, NewArchive *new_archive, const KeepMeanwhile *meanwhile,
                     Fault *fault)
{
        const Archive *archive = &new_archive->archive;
        int r = 0;

        if (archive->original_count > 0)
                r = write_archive(store, new_archive, meanwhile, fault);
        for (size_t i = 0; r >= 0 && i < archive->original_count; i++) {
                r = new_archive_add_kept(new_archive, archive->originals[i].path, archive->name);
                if (r < 0)
                        return fault_set(fault, r, REASON_NO_MEMORY, "%s", archive->name);
        }
        return r;
}

int vault_keep_beside(Store *store, const Build *build, const Archives *known,
                      const VaultItem *items, size_t count, const KeepMeanwhile *meanwhile,
                      Keeps *ret, Fault *fault)
{
        _cleanup_(new_archive_done) NewArchive new_archive = {};
        int r = new_archive_of(build, items, count, &new_archive, fault);

        if (r >= 0)
                r = find_kept(store, known, &new_archive, fault);
        if (r >= 0)
                r = keep_rest(store, &new_archive, meanwhile, fault);
        if (r < 0)
                return r;
        *ret = (Keeps){.items = TAKE_PTR(new_archive.kept), .count = new_archive.kept_count};
        new_archive.kept_count = 0;
        return 0;
}

int vault_keep(Store *store, const Build *build, const VaultItem *items, size_t count,
               char **ret_name, Fault *fault)
{
        _cleanup_(keeps_done) Keeps keeps = {};
        int r = vault_keep_beside(store, build, NULL, items, count, NULL, &keeps, fault);

        if (r < 0 || !ret_name)
                return r;
        if (text_copy(ret_name, keeps.items[keeps.count - 1].archive) < 0)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "originals");
        return 0;
}
