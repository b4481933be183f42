/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "ctl/work/findings.h"
#include "ctl/work/names.h"
#include "store/receipts.h"
#include "tools/iso-removal.h"

static int verify_archives(const Session *session, const Live *live, Findings *findings)
{
        const Archives *archives = &session->archives;

        for (size_t i = 0; i < archives->count; i++) {
                const Archive *archive = &archives->items[i];
                Fault fault = FAULT_NONE;
                FindingResult result = FINDING_INTACT;
                int r = extractor_proves(session->extractor, archive)
                                ? 0
                                : vault_check(session->store, archive, &fault);

                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        result = finding_of_failure(&fault);
                else if (live_claim(live, archive, NULL) == CLAIM_NONE)
                        result = FINDING_ORPHAN;
                r = findings_add(findings, "archive", archive->name, result, &fault);
                if (r < 0)
                        return r;
        }
        if (!session_lacks_archives(session))
                return 0;
        return findings_add(findings, "archive", session->archive_fault.subject,
                            finding_of_failure(&session->archive_fault), &session->archive_fault);
}

static int verify_receipt(const Session *session, const Live *live, const Digest *after,
                          Findings *findings)
{
        _cleanup_(receipt_done) Receipt receipt = {};
        Fault fault = FAULT_NONE;
        char hex[DIGEST_HEX_SIZE];
        int r;

        digest_to_hex(after, hex);
        r = receipt_read(session->store, after, &receipt, &fault);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                return findings_add(findings, "receipt", hex, finding_of_failure(&fault), &fault);
        if (live_has(live, after) || !live_is_complete(live) || session_lacks_archives(session) ||
            archives_find(&session->archives, &receipt.before, NULL, NULL))
                return 0;
        return findings_add(findings, "receipt", hex, FINDING_ORPHAN, &fault);
}

int verify_store(const Session *session, const Live *live, Findings *findings)
{
        _cleanup_free_ Digest *digests = NULL;
        Fault fault = FAULT_NONE;
        size_t count;
        int r;

        r = verify_archives(session, live, findings);
        if (r < 0)
                return r;
        r = receipt_list(session->store, &digests, &count, &fault);
        if (r < 0)
                return r == -ENOMEM ? r
                                    : findings_add(findings, "receipt", fault.subject,
                                                   finding_of_failure(&fault), &fault);
        for (size_t i = 0; i < count; i++) {
                r = verify_receipt(session, live, &digests[i], findings);
                if (r < 0)
                        return r;
        }
        return 0;
}

static FindingResult removal_result_of(const Removal *removal, Fault *fault)
{
        *fault = removal->fault;
        switch (removal->outcome) {
        case REMOVAL_REMOVED:
                return FINDING_INTACT;
        case REMOVAL_UNKNOWN:
                return FINDING_DAMAGED;
        case REMOVAL_FAILED:
                return finding_of_failure(&removal->fault);
        case REMOVAL_OTHERS:
                (void)fault_set(fault, -EEXIST, REASON_TOOLS_FOREIGN, "%s", removal->path);
                return FINDING_DAMAGED;
        default:
                return FINDING_ORPHAN;
        }
}

int verify_tools(const Session *session, Findings *findings)
{
        _cleanup_(removals_done) Removals removals = {};
        Fault fault = FAULT_NONE;
        int r = removals_make(&session->root, true, &removals, &fault);

        if (r < 0)
                return r == -ENOMEM ? r
                                    : findings_add(findings, "tools", fault.subject,
                                                   finding_of_failure(&fault), &fault);
        for (size_t i = 0; i < removals.count; i++) {
                const Removal *removal = &removals.items[i];
                _cleanup_free_ char *path = NULL;

                r = path_in_root(session->root.path, removal->path, &path);
                if (r >= 0)
                        r = findings_add(findings, "tools", path,
                                         removal_result_of(removal, &fault), &fault);
                if (r < 0)
                        return r;
        }
        return 0;
}
