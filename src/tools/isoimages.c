/* SPDX-License-Identifier: MIT */

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/text.h"
#include "file/digest.h"
#include "file/directory.h"
#include "file/fd.h"
#include "file/trust.h"
#include "tools/isoimages.h"

#define CREATE_MAX 16U /* how often a temporary file is begun that other runs take away */

const char *iso_state_name(IsoState state)
{
        static const char *const names[] = {
                [ISO_MISSING] = "missing",       [ISO_KNOWN] = "known",
                [ISO_UNKNOWN] = "unknown",       [ISO_NO_IMAGE] = "no-image",
                [ISO_UNREADABLE] = "unreadable",
        };

        _Static_assert(ARRAY_SIZE(names) == _ISO_STATE_MAX, "every state has a name");
        return names[state];
}

int isoimages_path(const char *directory, IsoKind kind, char **ret)
{
        return text_format(ret, "%s/%s", directory, iso_name(kind));
}

/* Looking ------------------------------------------------------------------------------------ */

static int isoimages_open_directory(const Root *root, const char *directory)
{
        return root_open_at(root, directory, O_RDONLY | O_DIRECTORY, 0);
}

static int look_at(int fd, IsoKind kind, IsoFile *file)
{
        uint8_t head[ISO_HEAD_SIZE];
        IsoVolume volume;
        IsoKind known;
        ssize_t n = fd_read_up_to(fd, head, sizeof(head), 0);
        int r;

        if (n < 0)
                return (int)n;
        r = digest_of_fd(fd, &file->digest, &file->size);
        if (r < 0)
                return r;
        if (iso_is_known(&file->digest, &known) && known == kind)
                file->state = ISO_KNOWN;
        else
                file->state =
                        iso_begins((Span){head, (size_t)n}, &volume) ? ISO_UNKNOWN : ISO_NO_IMAGE;
        return 0;
}

static void isoimages_look_in(int dir_fd, IsoKind kind, const char *path, IsoFile *ret)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r = 0;

        *ret = (IsoFile){.state = ISO_MISSING, .fault = FAULT_NONE};
        if (fstatat(dir_fd, iso_name(kind), &st, AT_SYMLINK_NOFOLLOW) < 0) {
                if (errno == ENOENT)
                        return;
                r = fault_set(&ret->fault, -errno, REASON_OPEN, "%s", path);
        } else if (!S_ISREG(st.st_mode)) {
                r = fault_set(&ret->fault, -EINVAL, REASON_NOT_REGULAR, "%s", path);
        } else {
                fd = openat(dir_fd, iso_name(kind), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
                r = fd < 0 ? fault_set(&ret->fault, -errno, REASON_OPEN, "%s", path)
                           : look_at(fd, kind, ret);
                if (r < 0 && fd >= 0)
                        (void)fault_set(&ret->fault, r, REASON_READ, "%s", path);
        }
        if (r < 0)
                ret->state = ISO_UNREADABLE;
}

void isoimages_look(const Root *root, const char *directory, IsoKind kind, IsoFile *ret)
{
        _cleanup_close_ int dir_fd = isoimages_open_directory(root, directory);
        _cleanup_free_ char *path = NULL;

        *ret = (IsoFile){.state = ISO_MISSING, .fault = FAULT_NONE};
        if (dir_fd == -ENOENT)
                return;
        ret->state = ISO_UNREADABLE;
        if (isoimages_path(directory, kind, &path) < 0)
                (void)fault_set(&ret->fault, -ENOMEM, REASON_NO_MEMORY, "%s", directory);
        else if (dir_fd < 0)
                (void)fault_set(&ret->fault, dir_fd, REASON_OPEN, "%s", path);
        else
                isoimages_look_in(dir_fd, kind, path, ret);
}

/* Staging ------------------------------------------------------------------------------------ */

static bool is_temporary(const char *name)
{
        for (IsoKind kind = 0; kind < _ISO_MAX; kind++)
                if (temporary_name_is(name, iso_name(kind)))
                        return true;
        return false;
}

/* Temporary files of runs that were killed: nobody holds their locks. */
static void remove_leftovers(int dir_fd)
{
        _cleanup_(texts_done) Texts names = {};

        if (directory_names(dir_fd, &names) < 0)
                return;
        for (size_t i = 0; i < names.count; i++) {
                _cleanup_close_ int fd = -EBADF;

                if (!is_temporary(names.items[i]))
                        continue;
                fd = openat(dir_fd, names.items[i], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
                if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
                        (void)unlinkat(dir_fd, names.items[i], 0);
        }
}

void isoimages_clear(const Root *root, const char *directory)
{
        _cleanup_close_ int dir_fd = isoimages_open_directory(root, directory);

        if (dir_fd >= 0 && trust_directory(root, dir_fd, NULL) >= 0)
                remove_leftovers(dir_fd);
}

bool isoimages_have_leftovers(const Root *root, const char *directory)
{
        _cleanup_close_ int dir_fd = isoimages_open_directory(root, directory);
        _cleanup_(texts_done) Texts names = {};

        if (dir_fd < 0 || directory_names(dir_fd, &names) < 0)
                return false;
        for (size_t i = 0; i < names.count; i++)
                if (is_temporary(names.items[i]))
                        return true;
        return false;
}

/* The directory, made where VMware or its packager left it out. */
static int make_directory(const Root *root, const char *directory, StagedIso *staged)
{
        staged->root = root;
        staged->dir_fd = isoimages_open_directory(root, directory);
        if (staged->dir_fd != -ENOENT)
                return MIN(staged->dir_fd, 0);
        if (text_copy(&staged->made_path, directory) < 0)
                return -ENOMEM;
        staged->dir_fd = root_make_directory(root, staged->made_path);
        return MIN(staged->dir_fd, 0);
}

/* 1 when the file is locked and still has its name, 0 when another run took it for a leftover in
 * the instant before. */
static int lock_file(const AtomicFile *file)
{
        struct stat st;

        if (flock(file->fd, LOCK_EX | LOCK_NB) < 0)
                return errno == EWOULDBLOCK ? 0 : -errno;
        if (fstat(file->fd, &st) < 0)
                return -errno;
        return st.st_nlink > 0;
}

static int create_file(StagedIso *staged, const char *name)
{
        int r = 0;

        remove_leftovers(staged->dir_fd);
        for (unsigned i = 0; r == 0 && i < CREATE_MAX; i++) {
                atomic_file_done(&staged->file);
                r = atomic_file_create(staged->dir_fd, name, &staged->file);
                if (r >= 0)
                        r = lock_file(&staged->file);
        }
        if (r <= 0)
                return r < 0 ? r : -EBUSY;
        return fchmod(staged->file.fd, 0644) < 0 ? -errno : 0;
}

static int copy_stream(Stream *stream, const char *directory, StagedIso *staged, Digester *digester,
                       Fault *fault)
{
        const uint8_t *bytes;
        ssize_t n;

        while ((n = stream_next(stream, &bytes)) > 0) {
                Span span = {bytes, (size_t)n};
                int r;

                staged->size += span.size;
                if (staged->size > ISO_SIZE_MAX)
                        return fault_set(fault, -EFBIG, REASON_TOOLS_BOUNDS, "%s", stream->name);
                r = digester_add(digester, span);
                if (r < 0)
                        return fault_set(fault, r, REASON_NO_MEMORY, "%s", stream->name);
                r = fd_write(staged->file.fd, span);
                if (r < 0)
                        return root_fault(staged->root, fault, r, REASON_WRITE, directory);
        }
        if (n < 0 && fault)
                *fault = stream->fault;
        return (int)n;
}

int staged_iso_read(const Root *root, const char *directory, Stream *stream,
                    const IsoVolume *volume, StagedIso *ret, Fault *fault)
{
        _cleanup_(staged_iso_done) StagedIso staged = STAGED_ISO_NONE;
        _cleanup_(digester_freep) Digester *digester = NULL;
        IsoKind known;
        int r = digester_new(&digester);

        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", stream->name);
        r = make_directory(root, directory, &staged);
        if (r >= 0)
                r = create_file(&staged, iso_name(ISO_DARWIN));
        if (r < 0)
                return root_fault(root, fault, r, REASON_WRITE, directory);
        r = copy_stream(stream, directory, &staged, digester, fault);
        if (r < 0)
                return r;
        r = digester_end(digester, &staged.digest);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", stream->name);
        if (staged.size < volume->size && !iso_is_known(&staged.digest, &known))
                return fault_set(fault, -EBADMSG, REASON_TOOLS_DAMAGED, "%s", stream->name);
        *ret = staged;
        staged = STAGED_ISO_NONE;
        return 0;
}

void staged_iso_done(StagedIso *staged)
{
        atomic_file_done(&staged->file);
        staged->dir_fd = fd_close(staged->dir_fd);
        if (staged->made_path) {
                _cleanup_(place_done) Place place = PLACE_NONE;

                /* Stays unless it is empty. */
                if (root_find(staged->root, staged->made_path, &place) >= 0)
                        (void)unlinkat(place.dir_fd, place.name, AT_REMOVEDIR);
        }
        free(staged->made_path);
        *staged = STAGED_ISO_NONE;
}

/* Putting ------------------------------------------------------------------------------------ */

/* The staged file itself, or a copy beside another destination, takes the name. */
static int take_name(StagedIso *staged, StagedIso *copy, const char *name)
{
        StagedIso *taker = staged;
        int r;

        if (copy->dir_fd >= 0) {
                r = create_file(copy, name);
                if (r >= 0)
                        r = fd_copy(staged->file.fd, copy->file.fd, staged->size);
                if (r < 0)
                        return r;
                taker = copy;
        }
        free(taker->file.name);
        taker->file.name = NULL;
        r = text_copy(&taker->file.name, name);
        return r < 0 ? r : atomic_file_replace(&taker->file);
}

static bool isoimages_are_same(int a, int b)
{
        struct stat st_a, st_b;

        return fstat(a, &st_a) == 0 && fstat(b, &st_b) == 0 && st_a.st_dev == st_b.st_dev &&
               st_a.st_ino == st_b.st_ino;
}

/* Whether the path may be taken: 1, 0 when the same image is there. */
static int may_take(const IsoRecords *records, const char *path, const IsoFile *there,
                    const StagedIso *staged, bool force, Fault *fault)
{
        bool readable = there->state != ISO_MISSING && there->state != ISO_UNREADABLE;

        if (readable && digest_equal(&there->digest, &staged->digest))
                return 0;
        if (there->state == ISO_MISSING || force ||
            (readable && iso_records_find(records, path, &there->digest)))
                return 1;
        return fault_set(fault, -EEXIST, REASON_TOOLS_FOREIGN, "%s", path);
}

/* Records of what was at the path before. */
static int forget_others(const Root *root, const IsoRecords *records, const IsoRecord *record,
                         Fault *fault)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < records->count; i++)
                if (text_equal(records->items[i].path, record->path) &&
                    !digest_equal(&records->items[i].digest, &record->digest))
                        r = iso_record_remove(root, &records->items[i], fault);
        return r;
}

static bool any_made_directory(const IsoRecords *records, const char *path)
{
        size_t length = (size_t)(strrchr(path, '/') - path) + 1;

        for (size_t i = 0; i < records->count; i++)
                if (records->items[i].directory_made &&
                    strncmp(records->items[i].path, path, length) == 0)
                        return true;
        return false;
}

int isoimages_put(const Root *root, const char *directory, IsoKind kind, StagedIso *staged,
                  bool known, bool force, PutOutcome *ret, Fault *fault)
{
        _cleanup_(staged_iso_done) StagedIso copy = STAGED_ISO_NONE;
        _cleanup_(iso_records_done) IsoRecords records = {};
        _cleanup_free_ char *path = NULL;
        IsoRecord record = {.digest = staged->digest,
                            .size = staged->size,
                            .known = known,
                            .installed_at = time(NULL)};
        IsoFile there;
        int r = isoimages_path(directory, kind, &path);

        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", directory);
        record.path = path;
        r = iso_records_read(root, &records, fault);
        if (r < 0)
                return r;
        r = make_directory(root, directory, &copy);
        if (r < 0)
                return fault_set(fault, r, REASON_WRITE, "%s", path);
        isoimages_look_in(copy.dir_fd, kind, path, &there);
        r = may_take(&records, path, &there, staged, force, fault);
        if (r <= 0) {
                *ret = PUT_THERE;
                return r;
        }
        record.directory_made = copy.made_path || any_made_directory(&records, path);
        if (isoimages_are_same(copy.dir_fd, staged->dir_fd)) {
                record.directory_made |= staged->made_path != NULL;
                copy.dir_fd = fd_close(copy.dir_fd);
        }
        r = iso_record_write(root, &record, fault);
        if (r < 0)
                return r;
        r = take_name(staged, &copy, iso_name(kind));
        if (r < 0)
                return fault_set(fault, r, REASON_WRITE, "%s", path);
        *ret = there.state == ISO_MISSING ? PUT_INSTALLED : PUT_REPLACED;
        return forget_others(root, &records, &record, fault);
}
