/* SPDX-License-Identifier: MIT */

#include "ctl/render/files-json.h"
#include "ctl/render/edits-json.h"

void single_json_add(Json *item, const char *path, const char *output, const SingleReport *report,
                     const Fault *fault)
{
        json_add_text(item, "path", path);
        json_add_text(item, "output", output);
        json_add_text(item, "holds", report ? subject_name(report->subject) : NULL);
        json_add_text(item, "state_before", report ? state_name(report->before) : NULL);
        json_add_text(item, "state_after", report ? state_name(report->after) : NULL);
        json_add_flag(item, "written", report && report->written);
        json_add_text(item, "new_layout", report && *report->layout ? report->layout : NULL);
        json_add_fault(item, fault, path);
        edits_json_add(item, "edits", report ? &report->edits : &(Edits){});
}
