/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/parallel.h"
#include "base/text.h"
#include "exchange/stage.h"
#include "exchange/variant.h"
#include "file/fd.h"
#include "store/receipts.h"
#include "swap/provenance.h"

void provenance_done(Provenance *provenance)
{
        file_attributes_done(&provenance->attributes);
        edits_done(&provenance->plan);
        *provenance = (Provenance){};
}

/* Whether the content of `fd` is the provenance. */
typedef struct Check {
        const Inspection *inspection;
        int fd;
        Edits *plan;
        int error;
        Fault fault;
} Check;

/* The same of what another patcher made; `plan` becomes what it did. */
static int candidate_check_variant(Check *proof)
{
        _cleanup_(mapping_done) Mapping mapping = MAPPING_NONE;
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;
        const Inspection *inspection = proof->inspection;
        Edits edits = {};
        int r = mapping_open(proof->fd, &mapping);

        if (r < 0)
                return fault_set(&proof->fault, r, REASON_READ, "original");
        r = verdict_of(mapping.span, inspection->subject, &verdict);
        if (r < 0)
                return fault_set(&proof->fault, r, REASON_NO_MEMORY, "original");
        r = variant_edits(&verdict, mapping.span, inspection->mapping.span, &edits, &proof->fault);
        if (r < 0)
                return r;
        if (mapping_is_torn(&mapping) || mapping_is_torn(&inspection->mapping) ||
            !inspection_is_current(inspection)) {
                edits_done(&edits);
                return fault_set(&proof->fault, -EAGAIN, REASON_CHANGED, "%s",
                                 inspection->target->path);
        }
        edits_done(proof->plan);
        *proof->plan = edits;
        return 0;
}

static void candidate_check(void *item)
{
        Check *proof = item;

        proof->error = stage_is(proof->fd, proof->inspection->subject, STATE_STOCK, proof->plan,
                                &proof->fault);
        if (proof->error < 0)
                return;
        proof->error = edits_verify(proof->plan, proof->fd, proof->inspection->fd, &proof->fault);
        if (proof->error == -EILSEQ)
                proof->error = candidate_check_variant(proof);
}

/* Waiting for the disk, which takes as long as the check. */
typedef struct Flush {
        int fd;
        int error;
} Flush;

static void candidate_flush(void *context)
{
        Flush *flushing = context;

        flushing->error = fd_sync(flushing->fd);
}

/* Writes `original` into `fd` and proves that its patched form is the live file. */
static int provenance_prove(const Session *session, const Inspection *inspection,
                            const Archive *archive, const Original *original, int fd,
                            Provenance *ret, Fault *fault)
{
        _cleanup_(provenance_done)
                Provenance provenance = {.archive = archive, .original = original};
        Check proof = {
                .inspection = inspection, .fd = fd, .plan = &provenance.plan, .fault = FAULT_NONE};
        Flush flushing = {.fd = fd};
        int r;

        r = lseek(fd, 0, SEEK_END) > 0 ? fd_truncate(fd, 0) : 0;
        if (r >= 0 && lseek(fd, 0, SEEK_SET) < 0)
                r = -errno;
        if (r < 0)
                return fault_set(fault, r, REASON_WRITE, "%s", original->path);
        r = extractor_extract(session->extractor, archive, original, fd, &provenance.attributes,
                              fault);
        if (r < 0)
                return r;
        if (session->extracts_more)
                extractor_look_ahead(session->extractor);
        parallel_pair(candidate_check, &proof, candidate_flush, &flushing);
        if (proof.error < 0 && fault)
                *fault = proof.fault;
        if (proof.error < 0)
                return proof.error;
        if (flushing.error < 0)
                return fault_set(fault, flushing.error, REASON_WRITE, "the copy of %s",
                                 text_after_slash(original->path));
        *ret = provenance;
        provenance = (Provenance){};
        return 0;
}

/* How likely it is that an original is the provenance: what is tried first. */
typedef enum Rank {
        RANK_NAMED,    /* the receipt names original and archive */
        RANK_SAME,     /* the receipt names the original, and it was kept under the target's path */
        RANK_RECORDED, /* the receipt names the original */
        RANK_FITS,     /* the size and the role are right */
        RANK_NONE,
} Rank;

/* One search for the provenance of a file. */
typedef struct Search {
        const Session *session;
        const Inspection *inspection;
        const Receipt *receipt; /* NULL when there is none that can be read */
        int fd;
        int error; /* of the first copy that could not be read; the fault with it */
        Fault fault;
} Search;

static bool original_fits(const Original *original, const Inspection *inspection)
{
        return original->size == (uint64_t)inspection->stat.st_size &&
               text_equal(original->role, role_name(inspection->target->role));
}

static Rank search_rank(const Search *search, const Archive *archive, const Original *original)
{
        const Receipt *receipt = search->receipt;

        if (!receipt || receipt->completed || !digest_equal(&original->digest, &receipt->before))
                return original_fits(original, search->inspection) ? RANK_FITS : RANK_NONE;
        if (receipt->archive && text_equal(receipt->archive, archive->name))
                return RANK_NAMED;
        return text_equal(original->path, search->inspection->target->place.path) ? RANK_SAME
                                                                                  : RANK_RECORDED;
}

/* Whether another copy may serve: not when the memory or the room for the copy is missing. An
 * original of other bytes is no failure. */
static bool search_goes_on(Search *search, int error, const Fault *fault)
{
        if (error == -ENOMEM || fault->reason == REASON_WRITE)
                return false;
        if (error != -EILSEQ && error != -ENOENT && search->error == 0) {
                search->error = error;
                search->fault = *fault;
        }
        return true;
}

/* Every original of this rank, the newest archive first. */
static int search_rank_of(Search *search, Rank rank, Provenance *ret, Fault *fault)
{
        const Archives *archives = &search->session->archives;

        for (size_t i = archives->count; i-- > 0;) {
                const Archive *archive = &archives->items[i];

                for (size_t k = 0; k < archive->original_count; k++) {
                        const Original *original = &archive->originals[k];
                        Fault why = FAULT_NONE;
                        int r;

                        if (search_rank(search, archive, original) != rank)
                                continue;
                        r = provenance_prove(search->session, search->inspection, archive, original,
                                             search->fd, ret, &why);
                        if (r >= 0)
                                return r;
                        if (search_goes_on(search, r, &why))
                                continue;
                        *fault = why;
                        return r;
                }
        }
        return -ENOENT;
}

/* Why there is none: a copy that cannot be read may be the one. */
static int search_failure(const Search *search, Fault *fault)
{
        const Session *session = search->session;

        if (search->error < 0) {
                *fault = search->fault;
                return search->error;
        }
        if (session_lacks_archives(session)) {
                *fault = session->archive_fault;
                return fault->error != 0 ? -fault->error : -EBADMSG;
        }
        return fault_set(fault, -ENOENT,
                         search->receipt && search->receipt->completed ? REASON_NO_ORIGINAL
                                                                       : REASON_VAULT_NONE,
                         "%s", search->inspection->target->path);
}

int provenance_find(const Session *session, const Inspection *inspection, int fd, Provenance *ret,
                    Fault *fault)
{
        _cleanup_(receipt_done) Receipt receipt = {};
        Search search = {.session = session, .inspection = inspection, .fd = fd};
        Fault why = FAULT_NONE;
        int r = receipt_read(session->store, &inspection->digest, &receipt, NULL);

        if (r == -ENOMEM)
                return fault_set(fault, r, REASON_NO_MEMORY, "%s", inspection->target->path);
        search.receipt = r >= 0 ? &receipt : NULL;
        search.fault = FAULT_NONE;
        r = -ENOENT;
        for (Rank rank = RANK_NAMED; r == -ENOENT && rank < RANK_NONE; rank++)
                r = search_rank_of(&search, rank, ret, &why);
        if (r == -ENOENT)
                r = search_failure(&search, &why);
        if (r < 0 && fault)
                *fault = why;
        return r;
}

int provenance_find_unwritten(const Session *session, const Inspection *inspection, Provenance *ret,
                              Fault *fault)
{
        _cleanup_close_ int fd = memfd_create("original", MFD_CLOEXEC);

        if (fd < 0)
                return fault_set(fault, -errno, REASON_NO_MEMORY, "%s", inspection->target->path);
        return provenance_find(session, inspection, fd, ret, fault);
}

static const Original *recorded_original(const Session *session, const Inspection *inspection,
                                         const Archive **ret_archive)
{
        _cleanup_(receipt_done) Receipt receipt = {};
        const Original *original;

        if (receipt_read(session->store, &inspection->digest, &receipt, NULL) < 0 ||
            receipt.completed)
                return NULL;
        original = archives_find_in(&session->archives, receipt.archive, &receipt.before,
                                    inspection->target->place.path, ret_archive);
        return original && original_fits(original, inspection) ? original : NULL;
}

int provenance_look(const Session *session, const Inspection *inspection,
                    const Archive **ret_archive, const Original **ret_original)
{
        _cleanup_(provenance_done) Provenance provenance = {};
        const Archive *archive = NULL;
        const Original *original;
        int r;

        bool is_patched = inspection->verdict.state == STATE_PATCHED ||
                          inspection->verdict.state == STATE_PARTIAL;

        if (is_patched)
                original = recorded_original(session, inspection, &archive);
        else
                original = archives_find(&session->archives, &inspection->digest,
                                         inspection->target->place.path, &archive);
        if (!original && is_patched) {
                r = provenance_find_unwritten(session, inspection, &provenance, NULL);
                if (r < 0)
                        return r == -ENOENT ? 0 : r;
                archive = provenance.archive;
                original = provenance.original;
        }
        if (ret_archive)
                *ret_archive = archive;
        if (ret_original)
                *ret_original = original;
        return original != NULL;
}
