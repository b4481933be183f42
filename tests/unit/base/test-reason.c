/* SPDX-License-Identifier: MIT */

#include <ctype.h>
#include <errno.h>

#include "../lib/tap.h"
#include "base/fault.h"
#include "base/reason.h"

/* "smc-key-twice": words of lower-case letters and digits, one hyphen between two. */
static bool is_kebab(const char *id)
{
        for (const char *at = id; *at; at++) {
                bool hyphen = *at == '-';

                if (!hyphen && !islower((unsigned char)*at) && !isdigit((unsigned char)*at))
                        return false;
                if (hyphen && (at == id || at[1] == '-' || at[1] == '\0'))
                        return false;
        }
        return *id != '\0';
}

static void each_has_its_words(void)
{
        for (Reason reason = 0; reason < _REASON_MAX; reason++) {
                const ReasonText *text = reason_text(reason);

                if (!text->id || !text->why || !text->todo)
                        printf("# reason %d\n", (int)reason);
                REQUIRE(text->id && text->why && text->todo);
                CHECK(is_kebab(text->id));
                CHECK(*text->why && *text->todo);
        }
}

/* They stand within a sentence, so they are none themselves. */
static void words_fit_into_a_sentence(void)
{
        for (Reason reason = 0; reason < _REASON_MAX; reason++) {
                const ReasonText *text = reason_text(reason);

                CHECK(text->why[strlen(text->why) - 1] != '.');
                CHECK(text->todo[strlen(text->todo) - 1] != '.');
                CHECK(!strchr(text->why, '\n') && !strchr(text->todo, '\n'));
                CHECK(islower((unsigned char)text->todo[0]));
        }
}

static void ids_are_unique(void)
{
        for (Reason a = 0; a < _REASON_MAX; a++)
                for (Reason b = a + 1; b < _REASON_MAX; b++)
                        CHECK(strcmp(reason_text(a)->id, reason_text(b)->id) != 0);
}

static void other_numbers_have_words_too(void)
{
        CHECK_TEXT(reason_text(_REASON_MAX)->id, "none");
        CHECK_TEXT(reason_text((Reason)-1)->id, "none");
}

static void faults_say_what_and_where(void)
{
        Fault fault = FAULT_NONE;
        char long_name[400];

        CHECK_EQUAL(fault_set_at(&fault, -EBADMSG, REASON_SMC_ROW, 42, "row %d", 7), -EBADMSG);
        CHECK(fault.reason == REASON_SMC_ROW && fault.error == EBADMSG && fault.offset == 42);
        CHECK_TEXT(fault.subject, "row 7");
        CHECK_EQUAL(fault_set(&fault, -ENOENT, REASON_OPEN, "file"), -ENOENT);
        CHECK(fault.offset == FAULT_NO_OFFSET);
        (void)fault_set(&fault, -EACCES, REASON_NO_DIRECTORY, "file");
        CHECK_EQUAL(fault.reason, REASON_OPEN);
        (void)fault_set(&fault, -ENOTDIR, REASON_NO_DIRECTORY, "file");
        CHECK_EQUAL(fault.reason, REASON_NO_DIRECTORY);
        CHECK_EQUAL(fault_set(NULL, -ENOENT, REASON_OPEN, "file"), -ENOENT);

        /* Of these no file is to blame. */
        (void)fault_set(&fault, -ENOMEM, REASON_STORE, "file");
        CHECK(fault.reason == REASON_NO_MEMORY);
        (void)fault_set(&fault, -EMFILE, REASON_OPEN, "file");
        CHECK(fault.reason == REASON_TOO_MANY_FILES);

        memset(long_name, 'x', sizeof(long_name) - 1);
        long_name[sizeof(long_name) - 1] = '\0';
        (void)fault_set(&fault, -ENOENT, REASON_OPEN, "%s", long_name);
        CHECK_EQUAL(strlen(fault.subject), sizeof(fault.subject) - 1);
}

int main(void)
{
        CASE(each_has_its_words);
        CASE(words_fit_into_a_sentence);
        CASE(ids_are_unique);
        CASE(other_numbers_have_words_too);
        CASE(faults_say_what_and_where);
        return tap_end();
}
