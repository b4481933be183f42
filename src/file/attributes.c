/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/text.h"
#include "file/attributes.h"
#include "file/digest.h"

#define MODE_PERMISSIONS 07777U

void file_attributes_done(FileAttributes *attributes)
{
        for (size_t i = 0; i < attributes->xattr_count; i++) {
                free(attributes->xattrs[i].name);
                free(attributes->xattrs[i].value);
        }
        free(attributes->xattrs);
        *attributes = (FileAttributes){};
}

int file_attributes_add_xattr(FileAttributes *attributes, const char *name, const void *value,
                              size_t size)
{
        _cleanup_free_ char *name_copy = strdup(name);
        _cleanup_free_ void *value_copy = malloc(size ? size : 1);
        Xattr *larger;

        if (!name_copy || !value_copy)
                return -ENOMEM;
        if (size > 0)
                memcpy(value_copy, value, size);
        larger = reallocarray(attributes->xattrs, attributes->xattr_count + 1, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        attributes->xattrs = larger;
        larger[attributes->xattr_count++] =
                (Xattr){.name = TAKE_PTR(name_copy), .value = TAKE_PTR(value_copy), .size = size};
        return 0;
}

int file_attributes_copy(const FileAttributes *attributes, FileAttributes *ret)
{
        _cleanup_(file_attributes_done) FileAttributes copy = *attributes;

        copy.xattrs = NULL;
        copy.xattr_count = 0;
        for (size_t i = 0; i < attributes->xattr_count; i++) {
                const Xattr *xattr = &attributes->xattrs[i];
                int r = file_attributes_add_xattr(&copy, xattr->name, xattr->value, xattr->size);

                if (r < 0)
                        return r;
        }
        *ret = copy;
        copy = (FileAttributes){};
        return 0;
}

static bool has_xattr(const FileAttributes *attributes, const Xattr *wanted)
{
        for (size_t i = 0; i < attributes->xattr_count; i++) {
                const Xattr *xattr = &attributes->xattrs[i];

                if (text_equal(xattr->name, wanted->name))
                        return xattr->size == wanted->size &&
                               memcmp(xattr->value, wanted->value, wanted->size) == 0;
        }
        return false;
}

bool file_attributes_equal(const FileAttributes *a, const FileAttributes *b)
{
        if (a->mode != b->mode || a->uid != b->uid || a->gid != b->gid ||
            a->mtime.tv_sec != b->mtime.tv_sec || a->mtime.tv_nsec != b->mtime.tv_nsec ||
            a->xattr_count != b->xattr_count)
                return false;
        for (size_t i = 0; i < a->xattr_count; i++)
                if (!has_xattr(b, &a->xattrs[i]))
                        return false;
        return true;
}

static int compare_xattrs(const void *a, const void *b)
{
        const Xattr *const *left = a, *const *right = b;

        return strcmp((*left)->name, (*right)->name);
}

static int digest_line(Digester *digester, const char *line)
{
        return digester_add(digester, (Span){(const uint8_t *)line, strlen(line)});
}

/* "mode uid gid atime mtime\n", then by name "name size\n" and the value of each xattr. */
static int digest_all(const FileAttributes *attributes, const Xattr **sorted, Digester *digester)
{
        _cleanup_free_ char *line = NULL;
        int r = text_format(&line, "%o %u %u %lld.%09ld %lld.%09ld\n", attributes->mode,
                            attributes->uid, attributes->gid, (long long)attributes->atime.tv_sec,
                            attributes->atime.tv_nsec, (long long)attributes->mtime.tv_sec,
                            attributes->mtime.tv_nsec);

        if (r >= 0)
                r = digest_line(digester, line);
        for (size_t i = 0; r >= 0 && i < attributes->xattr_count; i++) {
                _cleanup_free_ char *head = NULL;

                r = text_format(&head, "%s %zu\n", sorted[i]->name, sorted[i]->size);
                if (r >= 0)
                        r = digest_line(digester, head);
                if (r >= 0)
                        r = digester_add(digester, (Span){sorted[i]->value, sorted[i]->size});
        }
        return r;
}

int file_attributes_digest(const FileAttributes *attributes, Digest *ret)
{
        _cleanup_free_ const Xattr **sorted =
                calloc(attributes->xattr_count + 1, sizeof(const void *));
        _cleanup_(digester_freep) Digester *digester = NULL;
        int r = sorted ? digester_new(&digester) : -ENOMEM;

        if (r < 0)
                return r;
        for (size_t i = 0; i < attributes->xattr_count; i++)
                sorted[i] = &attributes->xattrs[i];
        if (attributes->xattr_count > 1)
                qsort(sorted, attributes->xattr_count, sizeof(const void *), compare_xattrs);
        r = digest_all(attributes, sorted, digester);
        return r < 0 ? r : digester_end(digester, ret);
}

/* The namespaces that belong to a file; everything else (system.nfs4_acl, …) is the file system's
 * own business. */
static bool xattr_is_kept(const char *name)
{
        if (text_equal(name, "security.ima") || text_equal(name, "security.evm"))
                return false;
        return text_starts(name, "user.") || text_starts(name, "security.") ||
               text_starts(name, "trusted.") || text_equal(name, "system.posix_acl_access");
}

static int read_one_xattr(int fd, const char *name, FileAttributes *attributes)
{
        ssize_t size = fgetxattr(fd, name, NULL, 0);
        _cleanup_free_ void *value = NULL;

        if (size < 0)
                return errno == ENODATA ? 0 : -errno;
        value = malloc((size_t)size + 1);
        if (!value)
                return -ENOMEM;
        /* A size of 0 would only ask for the size again. */
        size = fgetxattr(fd, name, value, (size_t)size + 1);
        if (size < 0)
                return errno == ENODATA ? 0 : -errno;
        return file_attributes_add_xattr(attributes, name, value, (size_t)size);
}

/* The names of those that are kept. */
static int list_xattrs(int fd, Texts *ret)
{
        ssize_t size = flistxattr(fd, NULL, 0);
        _cleanup_free_ char *names = NULL;

        if (size < 0)
                return errno == ENOTSUP ? 0 : -errno;
        names = malloc((size_t)size + 1);
        if (!names)
                return -ENOMEM;
        size = flistxattr(fd, names, (size_t)size + 1);
        if (size < 0)
                return -errno;
        for (const char *name = names; name < names + size; name += strlen(name) + 1) {
                int r = xattr_is_kept(name) ? texts_add(ret, name) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_xattrs(int fd, FileAttributes *attributes)
{
        _cleanup_(texts_done) Texts names = {};
        int r = list_xattrs(fd, &names);

        for (size_t i = 0; r >= 0 && i < names.count; i++)
                r = read_one_xattr(fd, names.items[i], attributes);
        return r;
}

int file_attributes_read(int fd, FileAttributes *ret, Fault *fault)
{
        _cleanup_(file_attributes_done) FileAttributes attributes = {};
        struct stat st;
        int r;

        if (fstat(fd, &st) < 0)
                return fault_set(fault, -errno, REASON_ATTRIBUTES, "status");
        attributes.mode = st.st_mode & MODE_PERMISSIONS;
        attributes.uid = st.st_uid;
        attributes.gid = st.st_gid;
        attributes.atime = st.st_atim;
        attributes.mtime = st.st_mtim;
        r = read_xattrs(fd, &attributes);
        if (r < 0)
                return fault_set(fault, r, REASON_ATTRIBUTES, "extended attributes");
        *ret = attributes;
        attributes = (FileAttributes){};
        return 0;
}

static bool xattr_is_there(int fd, const Xattr *xattr)
{
        _cleanup_free_ void *found = malloc(xattr->size + 1);

        return found &&
               fgetxattr(fd, xattr->name, found, xattr->size + 1) == (ssize_t)xattr->size &&
               memcmp(found, xattr->value, xattr->size) == 0;
}

static int apply_xattrs(const FileAttributes *attributes, int fd, bool security, Fault *fault)
{
        for (size_t i = 0; i < attributes->xattr_count; i++) {
                const Xattr *xattr = &attributes->xattrs[i];

                if (text_starts(xattr->name, "security.") != security)
                        continue;
                if (!xattr_is_kept(xattr->name) || xattr_is_there(fd, xattr))
                        continue;
                if (fsetxattr(fd, xattr->name, xattr->value, xattr->size, 0) < 0)
                        return fault_set(fault, -errno, REASON_ATTRIBUTES, "%s", xattr->name);
        }
        return 0;
}

static bool xattr_is_among(const FileAttributes *attributes, const char *name)
{
        for (size_t i = 0; i < attributes->xattr_count; i++)
                if (text_equal(attributes->xattrs[i].name, name))
                        return true;
        return false;
}

/* What a new file got from its directory's default ACL would let people in. Security labels come
 * from the system's policy and stay. */
static int remove_strays(const FileAttributes *attributes, int fd, Fault *fault)
{
        _cleanup_(texts_done) Texts names = {};
        int r = list_xattrs(fd, &names);

        if (r < 0)
                return fault_set(fault, r, REASON_ATTRIBUTES, "extended attributes");
        for (size_t i = 0; i < names.count; i++) {
                const char *name = names.items[i];

                if (text_starts(name, "security.") || xattr_is_among(attributes, name))
                        continue;
                if (fremovexattr(fd, name) < 0 && errno != ENODATA)
                        return fault_set(fault, -errno, REASON_ATTRIBUTES, "%s", name);
        }
        return 0;
}

static int apply_owner(const FileAttributes *attributes, int fd, Fault *fault)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return fault_set(fault, -errno, REASON_ATTRIBUTES, "owner");
        if (st.st_uid == attributes->uid && st.st_gid == attributes->gid)
                return 0;
        if (fchown(fd, attributes->uid, attributes->gid) < 0)
                return fault_set(fault, -errno, REASON_ATTRIBUTES, "owner");
        return 0;
}

/* chmod() by somebody without the privilege drops set-gid silently, so look again. */
static int apply_mode(const FileAttributes *attributes, int fd, Fault *fault)
{
        struct stat st;

        if (fchmod(fd, attributes->mode) < 0 || fstat(fd, &st) < 0)
                return fault_set(fault, -errno, REASON_ATTRIBUTES, "mode");
        if ((st.st_mode & MODE_PERMISSIONS) != attributes->mode)
                return fault_set(fault, -EPERM, REASON_ATTRIBUTES, "mode");
        return 0;
}

int file_attributes_apply(const FileAttributes *attributes, int fd, Fault *fault)
{
        struct timespec times[2] = {attributes->atime, attributes->mtime};
        int r = remove_strays(attributes, fd, fault);

        if (r >= 0)
                r = apply_xattrs(attributes, fd, false, fault);
        if (r >= 0)
                r = apply_owner(attributes, fd, fault);
        if (r >= 0)
                r = apply_mode(attributes, fd, fault);
        if (r >= 0)
                r = apply_xattrs(attributes, fd, true, fault);
        if (r < 0)
                return r;
        if (futimens(fd, times) < 0)
                return fault_set(fault, -errno, REASON_ATTRIBUTES, "times");
        return 0;
}
