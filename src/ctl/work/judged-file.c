/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "ctl/work/judged-file.h"
#include "file/fd.h"
#include "file/link.h"

void binary_done(Binary *binary)
{
        verdict_done(&binary->verdict);
        image_free(binary->image);
        mapping_done(&binary->mapping);
        *binary = BINARY_NONE;
}

static int map_file(const char *path, Mapping *ret, Fault *fault)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        struct stat st;
        int r;

        if (fd < 0 || fstat(fd, &st) < 0)
                return link_fault(fault, -errno, path);
        if (!S_ISREG(st.st_mode))
                return fault_set(fault, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL, REASON_NOT_REGULAR,
                                 "%s", path);
        r = mapping_open(fd, ret);
        if (r < 0)
                return fault_set(fault, r, r == -EFBIG ? REASON_TOO_LARGE : REASON_READ, "%s",
                                 path);
        return 0;
}

int binary_open(const char *path, Binary *ret, Fault *fault)
{
        _cleanup_(binary_done) Binary binary = BINARY_NONE;
        int r;

        r = map_file(path, &binary.mapping, fault);
        if (r < 0)
                return r;
        r = digest_of_span(binary.mapping.span, &binary.digest);
        if (r >= 0)
                r = image_open(binary.mapping.span, &binary.image, NULL);
        if (r < 0 && r != -EBADMSG)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", path);
        r = verdict_of(binary.mapping.span, SUBJECT_NONE, &binary.verdict);
        if (r < 0)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", path);
        if (mapping_is_torn(&binary.mapping))
                return fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", path);
        *ret = binary;
        binary = BINARY_NONE;
        return 0;
}
