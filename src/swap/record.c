/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <time.h>

#include "base/text.h"
#include "file/directory.h"
#include "store/receipts.h"
#include "swap/record.h"
#include "swap/version.h"

#define RECEIPTS_FEW 200U /* reading more of them takes longer than to digest the file */

/* What every receipt of a file says; strings are borrowed. */
static Receipt receipt_of(const Installation *installation, const Inspection *inspection)
{
        return (Receipt){
                .role = (char *)(uintptr_t)role_name(inspection->target->role),
                .build = session_build(installation),
                .size = (uint64_t)inspection->stat.st_size,
                .tool_version = (char *)(uintptr_t)UNLOCKER_VERSION,
                .patched_at = (int64_t)time(NULL),
        };
}

/* A receipt that knows the original is not replaced by one of a partial file that was completed to
 * the same bytes. */
int record_patch(const Session *session, const Installation *installation,
                 const Inspection *inspection, const TargetResult *target, const char *archive,
                 Fault *fault)
{
        _cleanup_(receipt_done) Receipt known = {};
        Receipt receipt = receipt_of(installation, inspection);

        receipt.paths =
                (Texts){.items = (char *[]){inspection->target->place.path, NULL}, .count = 1};
        receipt.before = target->digest_before;
        receipt.after = target->digest_after;
        receipt.completed = target->before == STATE_PARTIAL;
        receipt.archive = receipt.completed ? NULL : (char *)(uintptr_t)archive;
        receipt.edits = target->edits;
        if (receipt.completed && receipt_read(session->store, &receipt.after, &known, NULL) == 0 &&
            !known.completed)
                return 0;
        return receipt_write(session->store, &receipt, fault);
}

bool record_is_true(const Session *session, Inspection *inspection)
{
        _cleanup_(receipt_done) Receipt receipt = {};
        Digest changed;

        return inspection_digest(inspection, NULL) >= 0 &&
               receipt_read(session->store, &inspection->digest, &receipt, NULL) >= 0 &&
               receipt.size == (uint64_t)inspection->stat.st_size &&
               (receipt.checked || receipt.completed) &&
               edits_prove(&receipt.edits, inspection->fd, &receipt.before, &changed, NULL) >= 0;
}

static bool receipt_names(const Receipt *receipt, const Inspection *inspection,
                          const Provenance *provenance)
{
        return receipt->size == (uint64_t)inspection->stat.st_size &&
               (receipt->checked || receipt->completed) &&
               digest_equal(&receipt->before, &provenance->original->digest) &&
               edits_equal(&receipt->edits, &provenance->plan);
}

bool record_names(const Session *session, const Inspection *inspection,
                  const Provenance *provenance)
{
        _cleanup_(receipt_done) Receipt receipt = {};

        return receipt_read(session->store, &inspection->digest, &receipt, NULL) >= 0 &&
               receipt_names(&receipt, inspection, provenance);
}

bool record_is_of(const Session *session, Inspection *inspection, const Provenance *provenance)
{
        return record_names(session, inspection, provenance) || record_is_true(session, inspection);
}

/* A receipt without an original could not be made anew: one that is wrong stays, for `verify`. */
static int record_rebuild(const Session *session, const Installation *installation,
                          Inspection *inspection, Fault *fault)
{
        _cleanup_(provenance_done) Provenance provenance = {};
        Receipt receipt = receipt_of(installation, inspection);
        int r;

        if (record_is_true(session, inspection) || !inspection->digest_known)
                return 0;
        r = provenance_find_unwritten(session, inspection, &provenance, fault);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        receipt.paths =
                (Texts){.items = (char *[]){inspection->target->place.path, NULL}, .count = 1};
        receipt.before = provenance.original->digest;
        receipt.after = inspection->digest;
        receipt.archive = provenance.archive->name;
        receipt.edits = provenance.plan;
        return inspection_is_current(inspection) ? receipt_write(session->store, &receipt, fault)
                                                 : 0;
}

int records_rebuild(const Session *session, size_t index, const bool *skipped, Fault *fault)
{
        const Installation *installation = &session->installations.items[index];
        int r = 0;

        for (Role role = 0; r >= 0 && role < _ROLE_MAX; role++) {
                _cleanup_(inspection_done) Inspection inspection = INSPECTION_NONE;

                if (skipped && skipped[role])
                        continue;
                r = inspection_open(&installation->targets[role], &inspection);
                if (r >= 0 && inspection.verdict.state == STATE_PATCHED)
                        r = record_rebuild(session, installation, &inspection, fault);
        }
        return r;
}

static bool any_archive(const Store *store)
{
        _cleanup_(texts_done) Texts names = {};
        int dir_fd = store_originals_fd(store);

        return dir_fd >= 0 && (directory_names(dir_fd, &names) < 0 || names.count > 0);
}

static bool has_edits(const Receipt *receipt, const Inspection *inspection)
{
        Span bytes = inspection->mapping.span;

        for (size_t i = 0; i < receipt->edits.count; i++) {
                const Edit *edit = &receipt->edits.items[i];

                if (!range_fits(edit->offset, edit->size, bytes.size) ||
                    memcmp(bytes.bytes + edit->offset, edit->after, edit->size) != 0)
                        return false;
        }
        return true;
}

/* One that was completed has no original from which it could be made anew. */
static bool receipt_fits(const Receipt *receipt, const Inspection *inspection)
{
        return receipt->size == (uint64_t)inspection->stat.st_size &&
               text_equal(receipt->role, role_name(inspection->target->role)) &&
               (receipt->checked || receipt->completed) && has_edits(receipt, inspection);
}

/* Of the content with this digest, which the file may or may not have: the edits are looked for. */
static bool receipt_fits_of(const Session *session, const Digest *digest,
                            const Inspection *inspection)
{
        _cleanup_(receipt_done) Receipt receipt = {};

        return receipt_read(session->store, digest, &receipt, NULL) >= 0 &&
               receipt_fits(&receipt, inspection);
}

bool record_is_due(const Session *session, const Judged *judged, Inspection *inspection)
{
        _cleanup_free_ Digest *receipts = NULL;
        Digest digest;
        size_t count;

        if ((judged_find(judged, &inspection->stat, &digest) &&
             receipt_fits_of(session, &digest, inspection)) ||
            !any_archive(session->store) ||
            receipt_list(session->store, &receipts, &count, NULL) < 0)
                return false;
        if (count > RECEIPTS_FEW && inspection_digest(inspection, NULL) >= 0 &&
            receipt_fits_of(session, &inspection->digest, inspection))
                return false;
        for (size_t i = 0; i < count; i++)
                if (receipt_fits_of(session, &receipts[i], inspection))
                        return false;
        return true;
}
