/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "ctl/work/findings.h"
#include "ctl/work/read-only.h"
#include "exchange/inspection.h"
#include "store/receipts.h"
#include "swap/provenance.h"
#include "swap/record.h"

/* The original is proved; the receipt, an index, may still be lost or wrong. */
static FindingResult judge_receipt(const Session *session, Inspection *inspection,
                                   const Provenance *provenance, Fault *fault)
{
        _cleanup_(receipt_done) Receipt receipt = {};

        if (record_is_of(session, inspection, provenance))
                return FINDING_INTACT;
        if (receipt_read(session->store, &inspection->digest, &receipt, fault) >= 0)
                (void)fault_set(fault, -EILSEQ, REASON_RECEIPT_DIFFERS, "%s",
                                inspection->target->path);
        return FINDING_UNRECORDED;
}

/* A read-only file of a system that keeps no original at all, and has no receipt of this one, was
 * patched where its image was made. */
static FindingResult judge_lacking(const Session *session, const Inspection *inspection,
                                   Fault *fault)
{
        _cleanup_(receipt_done) Receipt receipt = {};

        if (session->archives.count > 0 || session_lacks_archives(session) ||
            !read_only_is(&session->root, inspection->target->path) ||
            receipt_read(session->store, &inspection->digest, &receipt, NULL) != -ENOENT)
                return FINDING_NO_ORIGINAL;
        *fault = FAULT_NONE;
        return FINDING_IN_IMAGE;
}

/* Original + plan is the live file, or there is no original to give back. What is half patched has
 * no receipt: no run of this program made it. */
static FindingResult verify_patched(const Session *session, Inspection *inspection, Fault *fault)
{
        _cleanup_(provenance_done) Provenance provenance = {};

        if (provenance_find_unwritten(session, inspection, &provenance, fault) >= 0)
                return inspection->verdict.state == STATE_PARTIAL
                               ? FINDING_INTACT
                               : judge_receipt(session, inspection, &provenance, fault);
        if (fault->reason == REASON_NO_ORIGINAL)
                return FINDING_COMPLETED;
        return fault->reason == REASON_VAULT_NONE ? judge_lacking(session, inspection, fault)
                                                  : finding_of_failure(fault);
}

static FindingResult verify_target(const Session *session, Inspection *inspection, Fault *fault)
{
        FindingResult result;

        *fault = inspection->verdict.fault;
        if (inspection->verdict.state == STATE_STOCK)
                return FINDING_STOCK;
        if (inspection->verdict.state != STATE_PATCHED &&
            inspection->verdict.state != STATE_PARTIAL)
                return FINDING_UNJUDGED;
        if (inspection_digest(inspection, fault) < 0)
                return FINDING_UNJUDGED;
        result = verify_patched(session, inspection, fault);
        if (result != FINDING_INTACT && !inspection_is_current(inspection)) {
                (void)fault_set(fault, -EAGAIN, REASON_CHANGED, "%s", inspection->target->path);
                return FINDING_UNJUDGED;
        }
        return result;
}

static int verify_add_target(const Session *session, const Target *target, Judged *judged,
                             Findings *findings)
{
        _cleanup_(inspection_done) Inspection inspection = INSPECTION_NONE;
        _cleanup_free_ char *path = NULL;
        Fault fault = FAULT_NONE;
        FindingResult result;
        int r;

        r = inspection_open(target, &inspection);
        if (r < 0)
                return r;
        if (!state_is_of_file(inspection.verdict.state))
                return 0;
        result = verify_target(session, &inspection, &fault);
        if (inspection.digest_known)
                (void)judged_add(judged, &inspection.stat, &inspection.digest);
        r = root_show(&session->root, target->path, &path);
        if (r < 0)
                return r;
        return findings_add(findings, "target", path, result, &fault);
}

int verify_targets(const Session *session, Judged *judged, Findings *findings)
{
        for (size_t i = 0; i < session->installations.count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++) {
                        int r = verify_add_target(session,
                                                  &session->installations.items[i].targets[role],
                                                  judged, findings);

                        if (r < 0)
                                return r;
                }
        return 0;
}
