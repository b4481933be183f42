/* SPDX-License-Identifier: MIT */
#pragma once

/* Isoimages: the directory of an installation in which VMware looks for guest tools; what is in it,
 * and putting an image there. A `directory` is a path from the root, no leading slash:
 * "usr/lib/vmware/isoimages". */

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "file/atomic-file.h"
#include "file/digest.h"
#include "file/root.h"
#include "tools/iso-record.h"
#include "tools/iso.h"
#include "tools/stream.h"

typedef enum IsoState {
        ISO_MISSING,
        ISO_KNOWN,      /* an image whose digest is that of a known one of this very name */
        ISO_UNKNOWN,    /* another ISO 9660 image */
        ISO_NO_IMAGE,   /* a file, but no image */
        ISO_UNREADABLE, /* not a regular file, or one that cannot be read: see the fault */
        _ISO_STATE_MAX,
} IsoState;

const char *iso_state_name(IsoState state); /* "known": stable, for JSON */

typedef struct IsoFile {
        IsoState state;
        uint64_t size; /* in bytes; as the next one where there is a readable file */
        Digest digest;
        Fault fault;
} IsoFile;

/* "usr/lib/vmware/isoimages/darwin.iso", from the root, in a new string. -ENOMEM. */
_nodiscard_ int isoimages_path(const char *directory, IsoKind kind, char **ret);

/* What is there of that name. No link is followed. */
void isoimages_look(const Root *root, const char *directory, IsoKind kind, IsoFile *ret);

/* StagedIso: an image on its way: complete, under a temporary name in such a directory, with its
 * digest. Dropped, it leaves nothing; killed, a file that the next run
 * removes, as nobody holds its lock. */
typedef struct StagedIso {
        int dir_fd;      /* owned */
        char *made_path; /* of the directory, which was made for it; NULL when it was there */
        AtomicFile file;
        Digest digest;
        uint64_t size; /* in bytes */
        const Root *root;
} StagedIso;

#define STAGED_ISO_NONE ((StagedIso){.dir_fd = -EBADF, .file = ATOMIC_FILE_NONE})

/* Reads the stream to its end. One that ends before its volume does is REASON_TOOLS_DAMAGED, one
 * that is too large REASON_TOOLS_BOUNDS. `root` must outlive it. */
_nodiscard_ int staged_iso_read(const Root *root, const char *directory, Stream *stream,
                                const IsoVolume *volume, StagedIso *ret, Fault *fault);
void staged_iso_done(StagedIso *staged);

/* Removes what killed runs left in such a directory, if there is one: temporary files whose lock
 * nobody holds. Not in a directory that another user can change. */
void isoimages_clear(const Root *root, const char *directory);

/* Whether there may be something to remove. */
bool isoimages_have_leftovers(const Root *root, const char *directory);

typedef enum PutOutcome {
        PUT_INSTALLED,
        PUT_REPLACED, /* another image that was there */
        PUT_THERE,    /* the same is there already */
        _PUT_MAX,
} PutOutcome;

/* Puts the image under its name into a directory, with its record first: the one that it was staged
 * in, or, as a copy, another. Needs the lock of the root's store. What is there and was not
 * put there by us stays, unless `force`: -EEXIST with REASON_TOOLS_FOREIGN. */
_nodiscard_ int isoimages_put(const Root *root, const char *directory, IsoKind kind,
                              StagedIso *staged, bool known, bool force, PutOutcome *ret,
                              Fault *fault);
