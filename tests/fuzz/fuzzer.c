/* SPDX-License-Identifier: MIT */

/* What a target needs under libFuzzer: with FUZZ_SEEDS=DIR in the environment it writes its seeds
 * there and ends; its main() is libFuzzer's. */

#include <fcntl.h>
#include <unistd.h>

#include "file/fd.h"
#include "fuzz.h"

int LLVMFuzzerInitialize(int *count, char ***arguments);

static int seeds_fd = -EBADF;

void fuzz_seed(const char *name, Span input)
{
        _cleanup_close_ int fd =
                openat(seeds_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

        MUST(fd >= 0 && fd_write(fd, input) >= 0);
}

int LLVMFuzzerInitialize(int *count _unused_, char ***arguments _unused_)
{
        const char *directory = getenv("FUZZ_SEEDS");

        if (!directory)
                return 0;
        seeds_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        MUST(seeds_fd >= 0);
        fuzz_seeds();
        exit(0);
}
