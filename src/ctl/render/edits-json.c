/* SPDX-License-Identifier: MIT */

#include "ctl/render/edits-json.h"

void edits_json_add(Json *parent, const char *key, const Edits *edits)
{
        Json *list = json_add_array(parent, key);

        for (size_t i = 0; i < edits->count; i++) {
                const Edit *edit = &edits->items[i];
                Json *item = json_add_object(list, NULL);

                json_add_number(item, "offset", edit->offset);
                json_add_bytes(item, "before", (Span){edit->before, edit->size});
                json_add_bytes(item, "after", (Span){edit->after, edit->size});
                json_add_text(item, "why", edit->why);
        }
}
