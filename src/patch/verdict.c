/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/text.h"
#include "patch/verdict.h"

const char *subject_name(Subject subject)
{
        static const char *const names[] = {
                [SUBJECT_NONE] = "nothing known",
                [SUBJECT_SMC] = "SMC tables",
                [SUBJECT_GOS] = "guest list",
                [SUBJECT_VMKCTL] = "smcPresent",
        };

        _Static_assert(ARRAY_SIZE(names) == _SUBJECT_MAX, "every subject has a name");
        return names[(unsigned)subject < _SUBJECT_MAX ? subject : SUBJECT_NONE];
}

void verdict_done(Verdict *verdict)
{
        smc_tables_done(&verdict->smc);
        gos_list_done(&verdict->gos);
        vmkctl_names_done(&verdict->vmkctl);
        edits_done(&verdict->plan);
        *verdict = VERDICT_NONE;
}

static int judge_smc(const Image *image, Verdict *verdict)
{
        int r = smc_find(image, &verdict->smc, &verdict->fault);

        if (r < 0)
                return r;
        verdict->subject = SUBJECT_SMC;
        verdict->gates_open = smc_gates_open(&verdict->smc);
        verdict->gates_total = (unsigned)verdict->smc.count * _SMC_GATE_MAX;
        verdict->state = smc_state(&verdict->smc);
        return smc_plan(&verdict->smc, &verdict->plan, &verdict->fault);
}

static int judge_gos(const Image *image, Verdict *verdict)
{
        int r = gos_find(image, &verdict->gos, &verdict->fault);

        if (r < 0)
                return r;
        verdict->subject = SUBJECT_GOS;
        verdict->gates_open = (unsigned)verdict->gos.shown_count;
        verdict->gates_total = (unsigned)verdict->gos.entry_count;
        verdict->state = gos_state(&verdict->gos);
        return gos_plan(&verdict->gos, &verdict->plan, &verdict->fault);
}

static int judge_vmkctl(const Image *image, Verdict *verdict)
{
        int r = vmkctl_find(image, &verdict->vmkctl, &verdict->fault);

        if (r < 0)
                return r;
        verdict->subject = SUBJECT_VMKCTL;
        verdict->gates_open = (unsigned)verdict->vmkctl.patched_count;
        verdict->gates_total = (unsigned)verdict->vmkctl.count;
        verdict->state = vmkctl_state(&verdict->vmkctl);
        return vmkctl_plan(&verdict->vmkctl, &verdict->plan, &verdict->fault);
}

typedef int (*Judge)(const Image *image, Verdict *verdict);

static const Judge judges[] = {
        [SUBJECT_SMC] = judge_smc,
        [SUBJECT_GOS] = judge_gos,
        [SUBJECT_VMKCTL] = judge_vmkctl,
};
_Static_assert(ARRAY_SIZE(judges) == _SUBJECT_MAX, "every subject has a judge");

/* The subject that the file holds instead; SUBJECT_NONE: nothing known. */
static Subject subject_held_instead(const Image *image, Subject expected)
{
        for (Subject other = SUBJECT_SMC; other < _SUBJECT_MAX; other++) {
                _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;

                if (other != expected && judges[other](image, &verdict) >= 0)
                        return other;
        }
        return SUBJECT_NONE;
}

/* What a file that holds nothing is to hear: of ESXi's library, or of a stray entry, rather than
 * "no SMC table". */
static int judge_any(const Image *image, Verdict *verdict)
{
        int r = judge_smc(image, verdict);
        Fault smc = verdict->fault;

        if (r != -ENOENT)
                return r;
        r = judge_vmkctl(image, verdict);
        if (r != -ENOENT || verdict->fault.reason == REASON_VMKCTL_NONE)
                return r;
        r = judge_gos(image, verdict);
        if (r == -ENOENT && verdict->fault.reason == REASON_GOS_NONE)
                verdict->fault = smc;
        return r;
}

static int verdict_judge(const Image *image, Subject expected, Verdict *verdict)
{
        Subject other = SUBJECT_NONE;
        int r;

        if (expected == SUBJECT_NONE)
                return judge_any(image, verdict);
        r = judges[expected](image, verdict);
        if (r == -ENOENT)
                other = subject_held_instead(image, expected);
        return other == SUBJECT_NONE ? r
                                     : fault_set(&verdict->fault, -EBADMSG, REASON_WRONG_KIND, "%s",
                                                 subject_name(other));
}

/* Files of Fusion's are for reading: asked what it holds, the answer is everything; asked for a
 * file to patch, it is none. */
static int judge_need(const Image *image, Subject expected, Verdict *verdict)
{
        verdict->needs_no_patch = image_is_for_apple(image);
        if (!verdict->needs_no_patch)
                return 0;
        edits_done(&verdict->plan);
        return expected == SUBJECT_NONE ? 0
                                        : fault_set(&verdict->fault, -EBADMSG, REASON_FUSION, "%s",
                                                    subject_name(verdict->subject));
}

static void put_le32(uint8_t *bytes, uint32_t value)
{
        for (unsigned i = 0; i < 4; i++)
                bytes[i] = (uint8_t)(value >> 8 * i);
}

/* The checksum comes last in the plan, as it depends on all the rest. */
static int plan_checksum(const Image *image, Verdict *verdict)
{
        Edit edit = {.size = 4, .why = "checksum"};
        ImageChecksum checksum;
        int r;

        if (image_checksum(image, &(Edits){}, &verdict->checksum) == 0 || verdict->plan.count == 0)
                return 0;
        (void)image_checksum(image, &verdict->plan, &checksum);
        if (checksum.wanted == checksum.value)
                return 0;
        edit.offset = checksum.offset;
        put_le32(edit.before, checksum.value);
        put_le32(edit.after, checksum.wanted);
        r = edits_add(&verdict->plan, &edit);
        if (r == -ENOMEM)
                return fault_set(&verdict->fault, r, REASON_NO_MEMORY, "plan");
        return r < 0 ? fault_set(&verdict->fault, -EBADMSG, REASON_PLAN_CONFLICT, "checksum") : 0;
}

static int judge_image(Span bytes, Subject expected, Verdict *verdict)
{
        _cleanup_(image_freep) Image *image = NULL;
        int r = image_open(bytes, &image, &verdict->fault);

        if (r < 0) {
                verdict->format_known = image_recognise(bytes, &verdict->format);
                if (verdict->format_known)
                        text_put(verdict->description, sizeof(verdict->description), "%s",
                                 image_format_name(verdict->format));
                return r;
        }
        verdict->format = image_format(image);
        verdict->format_known = true;
        text_put(verdict->description, sizeof(verdict->description), "%s",
                 image_description(image));
        verdict->signature = image_signature(image);
        r = verdict_judge(image, expected, verdict);
        if (r >= 0)
                r = judge_need(image, expected, verdict);
        if (r >= 0)
                r = plan_checksum(image, verdict);
        if (r < 0)
                return r;
        if (edits_match(&verdict->plan, bytes) < 0)
                return fault_set(&verdict->fault, -EBADMSG, REASON_PLAN_CONFLICT, "%s",
                                 subject_name(verdict->subject));
        return 0;
}

int verdict_of(Span bytes, Subject expected, Verdict *ret)
{
        _cleanup_(verdict_done) Verdict verdict = VERDICT_NONE;
        int r = 0;

        if (bytes.size == 0)
                verdict.state = STATE_EMPTY;
        else
                r = judge_image(bytes, expected, &verdict);
        if (r == -ENOMEM)
                return r;
        if (r < 0) {
                verdict.state = STATE_UNKNOWN;
                verdict.gates_open = verdict.gates_total = 0;
                edits_done(&verdict.plan);
        } else {
                verdict.fault = FAULT_NONE;
        }
        *ret = verdict;
        verdict = VERDICT_NONE;
        return 0;
}
