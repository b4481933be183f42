/* SPDX-License-Identifier: MIT */
#pragma once

/* Vault: the originals, one pax tarball per installed build: originals/<label>-<digest>.tar.zst
 * (.tar.gz where libarchive lacks zstd).
 *
 *   var/lib/vmware-unlocker/manifest.json   first entry: the build; of each original its path,
 *                                           role, size, SHA-256, and the SHA-256 of its attributes
 *   usr/lib/vmware/bin/vmware-vmx           each original under its path from the root, with mode,
 *   …                                       owner, times (ns) and xattrs
 *
 * <digest>: the first 12 digits of the SHA-256 over the sorted lines "<sha256>  <path>\n" of all
 * originals: the same set always gets the same name. An archive is read back and compared before it
 * takes its name, and appears under it whole or not at all. */

#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fault.h"
#include "file/attributes.h"
#include "file/digest.h"
#include "store/build.h"
#include "store/store.h"

typedef struct Original {
        char *path; /* from the root, no leading slash */
        char *role; /* "vmx", …: opaque here */
        uint64_t size;
        Digest digest;
        Digest attributes_digest;  /* file_attributes_digest(), as the manifest has it */
        FileAttributes attributes; /* filled when read from the file or the archive entry itself */
} Original;

void original_done(Original *original);

typedef struct Archive {
        char *name; /* file name in originals/ */
        Build build;
        uint64_t serial;  /* grows with each archive of a store; 0: written before there was one */
        int64_t created;  /* seconds since the epoch: for people, it orders nothing but serial 0 */
        struct stat stat; /* of the tarball, when its manifest was read */
        Original *originals; /* ascending by path; attributes empty unless said otherwise */
        size_t original_count;
} Archive;

void archive_done(Archive *archive);

/* Whether both are of the same set: paths, sizes and digests. */
bool archive_same_originals(const Archive *a, const Archive *b);

/* The original of that path; NULL when it has none. */
const Original *archive_original(const Archive *archive, const char *path);

/* A list of archives; owned. */
typedef struct Archives {
        Archive *items;
        size_t count;
        size_t denied; /* that only another user may read: not in the list */
} Archives;

/* All archives, oldest first, by their serial numbers: the clock may have been set. An archive that
 * cannot be read is left out and counted, in `ret_damaged` (may be NULL) or, where only this user
 * may not read it, as denied; `fault` names the last one, a damaged one first. A missing store is
 * an empty list. */
_nodiscard_ int vault_list(const Store *store, Archives *ret, size_t *ret_damaged, Fault *fault);

/* The same, but an archive that `known` (may be NULL) has under its name, and whose status is the
 * same as then, is not opened again if it may be read. */
_nodiscard_ int vault_list_again(const Store *store, const Archives *known, Archives *ret,
                                 size_t *ret_damaged, Fault *fault);
void archives_done(Archives *archives);

/* Finds the original with this digest (and size), preferring one of `path` (may be NULL).
 * Borrowed from `archives`; NULL when there is none. */
const Original *archives_find(const Archives *archives, const Digest *digest, const char *path,
                              const Archive **ret_archive);

/* The same, preferring the archive of that name (may be NULL) to all others. */
const Original *archives_find_in(const Archives *archives, const char *name, const Digest *digest,
                                 const char *path, const Archive **ret_archive);

/* A file to keep: an open fd (read from offset 0), and what is known of it. */
typedef struct VaultItem {
        int fd;           /* borrowed, O_RDONLY */
        const char *path; /* from the root, no leading slash */
        const char *role;
        uint64_t size;
        Digest digest; /* of the content; a file that turns out otherwise is refused */
} VaultItem;

/* Where the originals are now: one for each path that was to be kept. */
typedef struct KeptIn {
        char *path;
        char *archive; /* its name */
} KeptIn;

typedef struct Keeps {
        KeptIn *items;
        size_t count;
} Keeps;

void keeps_done(Keeps *keeps);

/* The archive that holds what has this path; NULL when nothing has. */
const char *keeps_archive(const Keeps *keeps, const char *path);

/* Writes an archive of `items`, makes it durable, reads it back and compares every digest and all
 * attributes but atime; then and only then gives it its name and returns 0. What a sound archive
 * holds already, with the same owner, mode, mtime and xattrs, is not written again; a damaged or
 * outdated one of the same name is replaced. Two items may be of the same path. Needs the lock.
 * REASON_VAULT_WRITE, REASON_VAULT_DIGEST; -EAGAIN with REASON_CHANGED when size or digest of a
 * file are not as promised; nothing is left behind then. `ret_name` (may be NULL) is owned by the
 * caller: the archive that was written or, when none was, one that holds them. */
_nodiscard_ int vault_keep(Store *store, const Build *build, const VaultItem *items, size_t count,
                           char **ret_name, Fault *fault);

/* What the calling thread does while a new archive, complete and durable, is read back by another:
 * called once, or not at all when none is written. It must not touch the store. */
typedef struct KeepMeanwhile {
        void (*work)(void *context);
        void *context;
} KeepMeanwhile;

/* The same, with something to do meanwhile; tells where each one is. `known` (may be NULL) as
 * vault_list_again() has it, read since the lock was taken. */
_nodiscard_ int vault_keep_beside(Store *store, const Build *build, const Archives *known,
                                  const VaultItem *items, size_t count,
                                  const KeepMeanwhile *meanwhile, Keeps *ret, Fault *fault);

/* Reads the whole archive: the manifest, whose originals must be those of `archive`, then exactly
 * its entries, nothing else, each with its digest.
 * REASON_VAULT_READ, REASON_VAULT_MANIFEST, REASON_VAULT_DIGEST. */
_nodiscard_ int vault_check(const Store *store, const Archive *archive, Fault *fault);

/* Removes an archive, durably. Needs the lock. */
_nodiscard_ int vault_remove(Store *store, const Archive *archive, Fault *fault);
