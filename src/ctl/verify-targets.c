/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "ctl/verify.h"
#include "store/receipt.h"
#include "swap/inspection.h"
#include "swap/origin.h"

/* Whether original + recorded edits is the live file. `fd` is empty. */
static FindingResult prove(const Session *session, const Receipt *receipt, const Archive *archive,
                           const Original *original, const Inspection *inspection, int fd,
                           Fault *fault)
{
        _cleanup_(file_attributes_done) FileAttributes attributes = {};
        int r = extractor_extract(session->extractor, archive, original, fd, &attributes, fault);

        if (r < 0)
                return finding_of_failure(fault);
        r = edits_verify(&receipt->edits, fd, inspection->fd, fault);
        if (r < 0) {
                if (r == -EILSEQ)
                        fault->reason = REASON_RECEIPT_DIFFERS;
                return finding_of_failure(fault);
        }
        if (digest_equal(&original->digest, &receipt->before) &&
            digest_equal(&inspection->digest, &receipt->after))
                return FINDING_INTACT;
        (void)fault_set(fault, -EILSEQ, REASON_RECEIPT_DIFFERS, "%s", inspection->target->path);
        return FINDING_DAMAGED;
}

/* Without a receipt an original whose patched form is the live file still proves it. */
static FindingResult search(const Session *session, const Inspection *inspection, int fd,
                            Fault *fault)
{
        _cleanup_(origin_done) Origin origin = {};

        if (origin_find(session, inspection, fd, &origin, fault) < 0)
                return FINDING_NO_ORIGINAL;
        (void)fault_set(fault, -ENOENT, REASON_RECEIPT_NONE, "%s", inspection->target->path);
        return FINDING_UNRECORDED;
}

static FindingResult verify_patched(const Session *session, const Inspection *inspection, int fd,
                                    Fault *fault)
{
        _cleanup_(receipt_done) Receipt receipt = {};
        const Archive *archive = NULL;
        const Original *original;
        int r;

        r = receipt_read(session->store, &inspection->digest, &receipt, fault);
        if (r == -ENOENT)
                return search(session, inspection, fd, fault);
        if (r < 0)
                return finding_of_failure(fault);
        original = archives_find(&session->archives, &receipt.before,
                                 inspection->target->place.path, &archive);
        if (original)
                return prove(session, &receipt, archive, original, inspection, fd, fault);
        (void)fault_set(fault, -ENOENT, receipt.completed ? REASON_NO_ORIGINAL : REASON_VAULT_NONE,
                        "%s", inspection->target->path);
        return receipt.completed ? FINDING_COMPLETED : FINDING_NO_ORIGINAL;
}

static FindingResult verify_target(const Session *session, Inspection *inspection, Fault *fault)
{
        _cleanup_close_ int fd = memfd_create("original", MFD_CLOEXEC);
        FindingResult result;

        *fault = inspection->verdict.fault;
        if (inspection->verdict.state == STATE_STOCK)
                return FINDING_STOCK;
        if (inspection->verdict.state != STATE_PATCHED)
                return FINDING_UNJUDGED;
        if (fd < 0) {
                (void)fault_set(fault, -errno, REASON_NO_MEMORY, "%s", inspection->target->path);
                return FINDING_UNJUDGED;
        }
        if (inspection_digest(inspection, fault) < 0)
                return FINDING_UNJUDGED;
        result = verify_patched(session, inspection, fd, fault);
        if (result == FINDING_DAMAGED && !inspection_is_current(inspection)) {
                (void)fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", inspection->target->path);
                return FINDING_UNJUDGED;
        }
        return result;
}

static int add_target(const Session *session, const Target *target, Findings *findings)
{
        _cleanup_(inspection_done) Inspection inspection = INSPECTION_NONE;
        _cleanup_free_ char *path = NULL;
        Fault fault = FAULT_NONE;
        FindingResult result;
        int r;

        r = inspection_open(target, &inspection);
        if (r < 0)
                return r;
        if (inspection.verdict.state == STATE_ABSENT || inspection.verdict.state == STATE_EMPTY)
                return 0;
        result = verify_target(session, &inspection, &fault);
        r = root_show(&session->root, target->path, &path);
        if (r < 0)
                return r;
        return findings_add(findings, "target", path, result, &fault);
}

int verify_targets(const Session *session, Findings *findings)
{
        for (size_t i = 0; i < session->installations.count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++) {
                        int r = add_target(session, &session->installations.items[i].targets[role],
                                           findings);

                        if (r < 0)
                                return r;
                }
        return 0;
}
