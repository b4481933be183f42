/* SPDX-License-Identifier: MIT */

#include "ctl/frame/verb.h"
#include "base/text.h"

const Verb *verb_find(Verbs verbs, const char *name)
{
        for (; *verbs; verbs++)
                if (text_equal((*verbs)->name, name))
                        return *verbs;
        return NULL;
}
