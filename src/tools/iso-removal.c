/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/text.h"
#include "file/fd.h"
#include "tools/iso-removal.h"

const char *removal_outcome_name(RemovalOutcome outcome)
{
        static const char *const names[] = {
                [REMOVAL_REMOVED] = "removed",   [REMOVAL_GONE] = "gone",
                [REMOVAL_OTHERS] = "left-alone", [REMOVAL_FAILED] = "failed",
                [REMOVAL_UNKNOWN] = "unknown",
        };

        _Static_assert(ARRAY_SIZE(names) == _REMOVAL_MAX, "every outcome has a name");
        return names[outcome];
}

bool removal_is_due(const Root *root)
{
        _cleanup_(iso_records_done) IsoRecords records = {};

        return iso_records_read(root, &records, NULL) >= 0 &&
               records.count + records.damaged.count > 0;
}

void removals_done(Removals *removals)
{
        for (size_t i = 0; i < removals->count; i++)
                free(removals->items[i].path);
        free(removals->items);
        *removals = (Removals){};
}

/* Opens the directory of a recorded path; `ret_name` is the last component, in `path`. */
static int open_parent(const Root *root, const char *path, const char **ret_name)
{
        _cleanup_free_ char *parent = NULL;
        const char *slash = strrchr(path, '/');
        int r = text_format(&parent, "%.*s", (int)(slash - path), path);

        *ret_name = slash + 1;
        return r < 0 ? r : root_open_at(root, parent, O_RDONLY | O_DIRECTORY, 0);
}

/* 1 and the digest of what is there, 0 when nothing is, or nothing that could be ours. */
static int read_digest(int dir_fd, const char *name, bool *ret_there, Digest *ret)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r;

        *ret_there = fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
        if (!*ret_there)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISREG(st.st_mode))
                return 0;
        fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = digest_of_fd(fd, ret, NULL);
        return r < 0 ? r : 1;
}

static void remove_directory(const Root *root, const char *path)
{
        _cleanup_(place_done) Place place = PLACE_NONE;
        _cleanup_free_ char *parent = NULL;

        if (text_format(&parent, "%.*s", (int)(strrchr(path, '/') - path), path) >= 0 &&
            root_find(root, parent, &place) >= 0)
                (void)unlinkat(place.dir_fd, place.name, AT_REMOVEDIR);
}

static int remove_file(const Root *root, const IsoRecord *record, const IsoRecords *records,
                       bool dry_run, Removal *removal)
{
        const char *name;
        _cleanup_close_ int dir_fd = open_parent(root, record->path, &name);
        bool there = false;
        Digest digest;
        int r = dir_fd == -ENOENT ? 0 : dir_fd;

        if (dir_fd >= 0)
                r = read_digest(dir_fd, name, &there, &digest);
        if (r < 0)
                return fault_set(&removal->fault, r, REASON_READ, "%s", record->path);
        removal->outcome = there ? REMOVAL_OTHERS : REMOVAL_GONE;
        if (r == 0)
                return 0;
        if (!digest_equal(&digest, &record->digest)) {
                /* Another record's, which speaks for it. */
                if (iso_records_find(records, record->path, &digest))
                        removal->outcome = REMOVAL_GONE;
                return 0;
        }
        removal->outcome = REMOVAL_REMOVED;
        if (dry_run)
                return 0;
        if (unlinkat(dir_fd, name, 0) < 0)
                return fault_set(&removal->fault, -errno, REASON_WRITE, "%s", record->path);
        r = fd_sync(dir_fd);
        if (r < 0)
                return fault_set(&removal->fault, r, REASON_WRITE, "%s", record->path);
        if (record->directory_made)
                remove_directory(root, record->path);
        return 0;
}

int removals_make(const Root *root, bool dry_run, Removals *ret, Fault *fault)
{
        _cleanup_(iso_records_done) IsoRecords records = {};
        _cleanup_(removals_done) Removals removals = {};
        int r = iso_records_read(root, &records, fault);

        if (r < 0)
                return r;
        removals.items = calloc(records.count + records.damaged.count + 1, sizeof(*removals.items));
        if (!removals.items)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, "records");
        for (size_t i = 0; i < records.count; i++) {
                Removal *removal = &removals.items[removals.count++];

                removal->fault = FAULT_NONE;
                r = text_copy(&removal->path, records.items[i].path);
                if (r < 0)
                        return fault_set(fault, r, REASON_NO_MEMORY, "records");
                r = remove_file(root, &records.items[i], &records, dry_run, removal);
                if (r >= 0 && !dry_run)
                        r = iso_record_remove(root, &records.items[i], &removal->fault);
                if (r < 0)
                        removal->outcome = REMOVAL_FAILED;
        }
        for (size_t i = 0; i < records.damaged.count; i++) {
                Removal *removal = &removals.items[removals.count++];

                removal->fault = FAULT_NONE;
                removal->outcome = REMOVAL_UNKNOWN;
                r = text_format(&removal->path, ISO_RECORDS_PATH "/%s", records.damaged.items[i]);
                if (r < 0)
                        return fault_set(fault, r, REASON_NO_MEMORY, "records");
                (void)fault_set(&removal->fault, -EBADMSG, REASON_TOOLS_RECORD, "%s",
                                removal->path);
        }
        *ret = removals;
        removals = (Removals){};
        return 0;
}
