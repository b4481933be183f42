/* SPDX-License-Identifier: MIT */

#include "ctl/service/hold-news.h"
#include "base/text.h"
#include "ctl/service/events.h"
#include "host/run-note.h"
#include "store/store.h"

bool hold_is_set(const Root *root)
{
        _cleanup_(store_freep) Store *store = NULL;

        return store_open(root, STORE_READ, &store, NULL) >= 0 && store_is_held(store);
}

bool hold_look_and_tell(const Root *root)
{
        _cleanup_free_ char *known = NULL;
        bool held = hold_is_set(root);

        if (held == (run_note_read(root, RUN_NOTE_HELD, &known) >= 0 && text_equal(known, "held")))
                return held;
        event_held(root, held);
        (void)run_note_write(root, RUN_NOTE_HELD, held ? "held" : NULL, NULL);
        return held;
}
