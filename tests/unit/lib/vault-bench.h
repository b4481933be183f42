/* SPDX-License-Identifier: MIT */
#pragma once

/* VaultBench: a store in a TempRoot with files to keep, and archives that no honest program would
 * write. What cannot be done aborts the test. */

#include "temp-root.h"
#include "vault/extractor.h"

typedef struct VaultBench {
        TempRoot temp;
        Store *store;
        int originals; /* borrowed from the store */
        int files;     /* the directory where files to keep lie */
} VaultBench;

VaultBench vault_bench_make(void);
void vault_bench_done(VaultBench *bench);

/* A file of `size` bytes that do not compress, different for each seed, mode 0644. */
VaultItem vault_bench_file(const VaultBench *bench, const char *path, size_t size, unsigned seed);
void keep_close(VaultItem *keep);

/* One original out of one archive, by an extractor of its own. */
_nodiscard_ int vault_bench_extract(const VaultBench *bench, const Archive *archive,
                                    const Original *original, int fd, FileAttributes *ret,
                                    Fault *fault);

/* How many names there are in originals/, temporary ones too. */
size_t vault_bench_count(const VaultBench *bench);

/* One entry of a forged archive. */
typedef struct Forged {
        const char *path;
        const char *bytes;
        mode_t type;         /* S_IFREG when 0 */
        const char *symlink; /* where it leads */
        const char *hardlink;
        int64_t uid;
        uint64_t zeros; /* instead of bytes: so many zeros */
} Forged;

/* Writes originals/`name` of these entries and nothing else; no manifest is added. */
void vault_bench_forge(const VaultBench *bench, const char *name, const Forged *entries,
                       size_t count);
