/* SPDX-License-Identifier: MIT */

#include "ctl/work/verification-words.h"
#include "ctl/terminal/words.h"

int verification_words(const Verification *verification, char **ret)
{
        size_t count = verification->damaged.count;

        if (verification->verified_at == 0) {
                *ret = NULL;
                return 0;
        }
        if (count == 0)
                return text_format(ret, "originals verified on %s",
                                   date_words(verification->verified_at).text);
        return text_format(ret, "originals verified on %s: %zu archive%s damaged",
                           date_words(verification->verified_at).text, count,
                           count == 1 ? " is" : "s are");
}
