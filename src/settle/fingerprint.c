/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/text.h"
#include "host/config.h"
#include "host/target-paths.h"
#include "settle/fingerprint.h"
#include "settle/installer.h"

static int64_t timespec_nanoseconds(struct timespec time)
{
        int64_t result;

        if (__builtin_mul_overflow((int64_t)time.tv_sec, INT64_C(1000000000), &result) ||
            __builtin_add_overflow(result, (int64_t)time.tv_nsec, &result))
                return INT64_MAX;
        return result;
}

/* Appends `path` as it is now to `*text`. What cannot be looked up is said by its error. */
static int add_file(const Root *root, const char *path, char **text)
{
        _cleanup_(place_done) Place place = PLACE_NONE;
        char *longer = NULL;
        struct stat st;
        int r = root_find(root, path, &place);

        if (r == -ENOMEM)
                return r;
        if (r >= 0 && fstatat(place.dir_fd, place.name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                r = -errno;
        if (r == -ENOENT || r == -ENOTDIR)
                r = text_format(&longer, "%s%s absent\n", *text, path);
        else if (r < 0)
                r = text_format(&longer, "%s%s error %d\n", *text, path, -r);
        else
                r = text_format(&longer,
                                "%s%s %ju:%ju size %jd mtime %" PRId64 " ctime %" PRId64
                                " mode %o\n",
                                *text, path, (uintmax_t)st.st_dev, (uintmax_t)st.st_ino,
                                (intmax_t)st.st_size, timespec_nanoseconds(st.st_mtim),
                                timespec_nanoseconds(st.st_ctim), (unsigned)st.st_mode);
        if (r < 0)
                return r;
        free(*text);
        *text = longer;
        return 0;
}

int fingerprints_take(const Root *root, char **ret, Fault *fault)
{
        _cleanup_(spots_done) Spots spots = {};
        _cleanup_free_ char *text = NULL;
        Fault why = FAULT_NONE;
        int r = spots_find(root, &spots, &why);

        /* A configuration that cannot be read is no less a state that may change. */
        if (r < 0 && why.reason != REASON_CONFIG) {
                if (fault)
                        *fault = why;
                return r;
        }
        r = text_copy(&text, "");
        for (size_t i = 0; r >= 0 && i < spots.count; i++)
                r = add_file(root, spots.items[i].path, &text);
        if (r >= 0)
                r = add_file(root, INSTALLER_LOCK_PATH, &text);
        if (r >= 0)
                r = add_file(root, VMWARE_CONFIG_PATH, &text);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "fingerprints");
        *ret = TAKE_PTR(text);
        return 0;
}
