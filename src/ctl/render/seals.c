/* SPDX-License-Identifier: MIT */

#include <inttypes.h>

#include "ctl/render/seals.h"
#include "ctl/terminal/output.h"

/* Whether the file is not what was signed. That it is, nothing here can tell. */
static bool is_broken(const Verdict *verdict)
{
        return verdict->state == STATE_PATCHED || verdict->state == STATE_PARTIAL;
}

static const char *signature_words(const Verdict *verdict)
{
        if (verdict->needs_no_patch || verdict->state == STATE_UNKNOWN)
                return "; not verified";
        return is_broken(verdict) ? "; no longer valid" : "; a patch makes it invalid";
}

static void print_checksum(const Context *context, const ImageChecksum *checksum)
{
        if (checksum->value == checksum->wanted)
                output_line(context, TONE_PLAIN, "  Checksum 0x%08" PRIx32 ", right",
                            checksum->value);
        else
                output_line(context, TONE_WARN,
                            "  Checksum 0x%08" PRIx32 ", wrong: the content says 0x%08" PRIx32,
                            checksum->value, checksum->wanted);
}

void seals_print(const Context *context, const Verdict *verdict)
{
        const ImageSignature *signature = &verdict->signature;

        if (verdict->checksum.offset > 0)
                print_checksum(context, &verdict->checksum);
        if (signature->kind)
                output_line(context, TONE_PLAIN, "  Signed   %s at 0x%" PRIx64 "%s",
                            signature->kind, signature->offset, signature_words(verdict));
        if (verdict->needs_no_patch)
                output_line(context, TONE_GOOD, "  Patch    %s",
                            "none needed: VMware Fusion runs on Apple hosts");
}

static void json_add_checksum(Json *json, const ImageChecksum *checksum)
{
        Json *object;

        if (checksum->offset == 0) {
                json_add_null(json, "checksum");
                return;
        }
        object = json_add_object(json, "checksum");
        json_add_number(object, "offset", checksum->offset);
        json_add_number(object, "value", checksum->value);
        json_add_number(object, "wanted", checksum->wanted);
}

static void json_add_signature(Json *json, const Verdict *verdict)
{
        Json *object;

        if (!verdict->signature.kind) {
                json_add_null(json, "signature");
                return;
        }
        object = json_add_object(json, "signature");
        json_add_text(object, "kind", verdict->signature.kind);
        json_add_number(object, "offset", verdict->signature.offset);
        json_add_number(object, "size", verdict->signature.size);
        if (is_broken(verdict) && !verdict->needs_no_patch)
                json_add_flag(object, "valid", false);
        else
                json_add_null(object, "valid");
}

void seals_json_add(Json *json, const Verdict *verdict)
{
        json_add_checksum(json, &verdict->checksum);
        json_add_signature(json, verdict);
        if (verdict->state == STATE_UNKNOWN)
                json_add_null(json, "needs_no_patch");
        else
                json_add_flag(json, "needs_no_patch", verdict->needs_no_patch);
}
