/* SPDX-License-Identifier: MIT */

#include "ctl/terminal/waiting.h"
#include "base/log.h"
#include "base/text.h"
#include "store/holder.h"
#include "store/store.h"

void say_waiting(pid_t holder, void *root)
{
        char words[HOLDER_WORDS_SIZE];

        holder_words(holder, words, sizeof(words));
        log_line(LOG_NOTICE,
                 "unlockerctl: waiting for another run to end: %s/" STORE_PATH
                 "/lock is held by %s",
                 text_equal(root, "/") ? "" : (const char *)root, words);
}
