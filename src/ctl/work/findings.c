/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include "base/text.h"
#include "ctl/work/findings.h"

FindingResult finding_of_failure(const Fault *fault)
{
        switch (fault->reason) {
        case REASON_NO_MEMORY:
        case REASON_TOO_MANY_FILES:
        case REASON_NO_SPACE:
        case REASON_WRITE:
                return FINDING_UNJUDGED;
        default:
                break;
        }
        return fault->error == EACCES || fault->error == EPERM ? FINDING_UNJUDGED : FINDING_DAMAGED;
}

int findings_add(Findings *findings, const char *kind, const char *subject, FindingResult result,
                 const Fault *fault)
{
        Finding finding = {.kind = kind, .result = result, .fault = *fault}, *larger;

        larger = reallocarray(findings->items, findings->count + 1, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        findings->items = larger;
        if (text_copy(&finding.subject, subject) < 0)
                return -ENOMEM;
        findings->items[findings->count++] = finding;
        return 0;
}

void findings_done(Findings *findings)
{
        for (size_t i = 0; i < findings->count; i++)
                free(findings->items[i].subject);
        free(findings->items);
        *findings = (Findings){};
}
