/* SPDX-License-Identifier: MIT */

#include "ctl/render/files-json.h"
#include "ctl/render/edits-json.h"

void single_json_add(Json *item, const char *path, const char *output, const FileResult *result,
                     const Fault *fault)
{
        json_add_text(item, "path", path);
        json_add_text(item, "output", output);
        json_add_text(item, "holds", result ? subject_name(result->subject) : NULL);
        json_add_text(item, "state_before", result ? state_name(result->before) : NULL);
        json_add_text(item, "state_after", result ? state_name(result->after) : NULL);
        json_add_flag(item, "written", result && result->written);
        json_add_text(item, "new_layout", result && *result->layout ? result->layout : NULL);
        json_add_fault(item, fault, path);
        edits_json_add(item, "edits", result ? &result->edits : &(Edits){});
}
