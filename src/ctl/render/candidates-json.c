/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "ctl/render/candidates.h"
#include "ctl/render/smc-words.h"
#include "patch/gos-look.h"

static void json_add_candidate(Json *list, const Image *image, const SmcCandidate *candidate)
{
        Json *item = json_add_object(list, NULL), *keys;
        uint32_t rows[FINDING_ROWS_MAX];
        SmcTable table;
        size_t count = finding_rows(image, candidate, &table, rows);

        json_add_number(item, "header_offset", candidate->header_offset);
        json_add_number(item, "rows_offset", candidate->rows_offset);
        json_add_number(item, "rows_address", table.rows_address);
        json_add_number(item, "private_count", candidate->private_count);
        json_add_number(item, "public_count", candidate->public_count);
        json_add_fault(item, &candidate->fault, NULL);
        keys = json_add_array(item, "keys");
        for (size_t i = 0; i < count; i++) {
                SmcKey key;

                if (smc_key(image, &table, rows[i], &key, NULL) >= 0)
                        json_add_smc_key(keys, &table, &key);
        }
}

const char *finding_kind_name(GosKind kind)
{
        switch (kind) {
        case GOS_ENTRY:
                return "entry";
        case GOS_OTHER:
                return "other-flags";
        case GOS_UNEVEN:
                return "off-grid";
        default:
                return "stray";
        }
}

static void json_add_matches(Json *json, const GosLook *look)
{
        Json *lattices = json_add_array(json, "lattices"), *matches;

        for (size_t i = 0; look->judged && i < look->lattice_count; i++) {
                Json *item = json_add_object(lattices, NULL);

                json_add_number(item, "stride", look->lattices[i].stride);
                json_add_number(item, "count", look->lattices[i].count);
        }
        matches = json_add_array(json, "matches");
        for (size_t i = 0; i < look->match_count; i++) {
                const GosEntry *match = &look->matches[i];
                Json *item = json_add_object(matches, NULL);

                json_add_number(item, "offset", match->offset);
                json_add_number(item, "flags", match->flags);
                json_add_text(item, "kind",
                              look->judged || match->kind == GOS_UNEVEN
                                      ? finding_kind_name(match->kind)
                                      : NULL);
                if (look->judged && (match->kind == GOS_ENTRY || match->kind == GOS_OTHER))
                        json_add_number(item, "lattice", match->lattice);
                else
                        json_add_null(item, "lattice");
        }
}

int finding_json_add(Json *json, const Image *image)
{
        _cleanup_(smc_candidates_done) SmcCandidates candidates = {};
        _cleanup_(gos_look_done) GosLook look = {};
        Json *findings, *tables;
        int r;

        if (!image) {
                json_add_null(json, "findings");
                return 0;
        }
        r = finding_candidates(image, &candidates);
        if (r >= 0)
                r = gos_look(image, &look);
        if (r < 0 && r != -E2BIG)
                return r;
        findings = json_add_object(json, "findings");
        tables = json_add_array(findings, "tables");
        for (size_t i = 0; i < candidates.count; i++)
                json_add_candidate(tables, image, &candidates.items[i]);
        json_add_matches(findings, &look);
        return 0;
}
