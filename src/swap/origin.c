/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/parallel.h"
#include "base/text.h"
#include "store/receipt.h"
#include "swap/origin.h"
#include "swap/stage.h"

void origin_done(Origin *origin)
{
        file_attributes_done(&origin->attributes);
        edits_done(&origin->plan);
        *origin = (Origin){};
}

/* Whether what stands in `fd` is the origin. */
typedef struct Check {
        const Inspection *inspection;
        int fd;
        Edits *plan;
        int error;
        Fault fault;
} Check;

static void check(void *item)
{
        Check *proof = item;

        proof->error = stage_is(proof->fd, proof->inspection->subject, STATE_STOCK, proof->plan,
                                &proof->fault);
        if (proof->error >= 0)
                proof->error =
                        edits_verify(proof->plan, proof->fd, proof->inspection->fd, &proof->fault);
}

/* Waiting for the disk, which takes as long as the check. */
typedef struct Flush {
        int fd;
        int error;
} Flush;

static void flush(void *context)
{
        Flush *flushing = context;

        flushing->error = fd_sync(flushing->fd);
}

/* Writes `original` into `fd` and proves that its patched form is the live file. */
static int prove(const Session *session, const Inspection *inspection, const Archive *archive,
                 const Original *original, int fd, Origin *ret, Fault *fault)
{
        _cleanup_(origin_done) Origin origin = {.archive = archive, .original = original};
        Check proof = {
                .inspection = inspection, .fd = fd, .plan = &origin.plan, .fault = FAULT_NONE};
        Flush flushing = {.fd = fd};
        int r;

        r = fd_truncate(fd, 0);
        if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
                r = -errno;
        if (r < 0)
                return fault_set(fault, r, REASON_WRITE, "%s", original->path);
        r = extractor_extract(session->extractor, archive, original, fd, &origin.attributes, fault);
        if (r < 0)
                return r;
        if (session->extracts_more)
                extractor_look_ahead(session->extractor);
        parallel_pair(check, &proof, flush, &flushing);
        if (proof.error < 0 && fault)
                *fault = proof.fault;
        if (proof.error < 0)
                return proof.error;
        if (flushing.error < 0)
                return fault_set(fault, flushing.error, REASON_WRITE, "the copy of %s",
                                 original->path);
        *ret = origin;
        origin = (Origin){};
        return 0;
}

int origin_is_recorded(const Session *session, const Inspection *inspection,
                       const Archive **ret_archive, const Original **ret_original)
{
        _cleanup_(receipt_done) Receipt receipt = {};
        const char *path = inspection->target->place.path;
        const Digest *digest = &inspection->digest;
        const Archive *archive = NULL;
        const Original *original;
        int r;

        if (inspection->verdict.state == STATE_PATCHED) {
                r = receipt_read(session->store, &inspection->digest, &receipt, NULL);
                if (r == -ENOENT)
                        return 0;
                if (r < 0)
                        return r;
                digest = &receipt.before;
        }
        original = archives_find(&session->archives, digest, path, &archive);
        if (ret_archive)
                *ret_archive = archive;
        if (ret_original)
                *ret_original = original;
        return original != NULL;
}

static bool fits(const Original *original, const Inspection *inspection)
{
        return original->size == (uint64_t)inspection->stat.st_size &&
               text_equal(original->role, role_name(inspection->target->role));
}

/* No receipt leads anywhere: every original that could be it, the newest archive first. */
static int search(const Session *session, const Inspection *inspection, int fd, Origin *ret,
                  Fault *fault)
{
        for (size_t i = session->archives.count; i-- > 0;) {
                const Archive *archive = &session->archives.items[i];

                for (size_t k = 0; k < archive->original_count; k++) {
                        const Original *original = &archive->originals[k];
                        int r = fits(original, inspection) ? prove(session, inspection, archive,
                                                                   original, fd, ret, fault)
                                                           : -ENOENT;

                        /* Anything but "not this one" is worth telling: the disk may be full. */
                        if (r >= 0 || (r != -ENOENT && r != -EILSEQ && r != -EBADMSG))
                                return r;
                }
        }
        return -ENOENT;
}

static int no_origin(const Session *session, const Inspection *inspection, Fault *fault)
{
        _cleanup_(receipt_done) Receipt receipt = {};
        bool completed = receipt_read(session->store, &inspection->digest, &receipt, NULL) >= 0 &&
                         receipt.completed;

        return fault_set(fault, -ENOENT, completed ? REASON_NO_ORIGINAL : REASON_VAULT_NONE, "%s",
                         inspection->target->path);
}

int origin_find(const Session *session, const Inspection *inspection, int fd, Origin *ret,
                Fault *fault)
{
        const Archive *archive = NULL;
        const Original *original = NULL;
        Fault why = FAULT_NONE;
        int r = origin_is_recorded(session, inspection, &archive, &original);

        if (r > 0)
                r = prove(session, inspection, archive, original, fd, ret, &why);
        else
                r = -ENOENT;
        if (r == -ENOENT || r == -EILSEQ || r == -EBADMSG)
                r = search(session, inspection, fd, ret, r == -ENOENT ? NULL : &why);
        if (r == -ENOENT && why.reason == REASON_NONE)
                return no_origin(session, inspection, fault);
        if (r < 0 && fault)
                *fault = why;
        return r;
}
