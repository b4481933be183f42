/* SPDX-License-Identifier: MIT */

#include "ctl/service/crash-count.h"
#include "base/text.h"
#include "host/run-note.h"

bool crash_count_exceeded(const Root *root)
{
        _cleanup_free_ char *known = NULL, *text = NULL;
        uint64_t count = 0;

        if (run_note_read(root, RUN_NOTE_BEGUN, &known) < 0 || text_to_u64(known, &count) < 0)
                count = 0;
        if (count >= CRASHES_MAX)
                return true;
        if (text_format(&text, "%u", (unsigned)count + 1) >= 0)
                (void)run_note_write(root, RUN_NOTE_BEGUN, text, NULL);
        return false;
}

void crash_count_reset(const Root *root)
{
        (void)run_note_write(root, RUN_NOTE_BEGUN, NULL, NULL);
}
