/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "ctl/hint.h"

#define HINT_PROGRAM "unlockerctl "
#define HINT_SUDO    "sudo "

/* What a shell takes as it is; anything else is quoted. */
#define HINT_PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+:,@%=-"

/* Appends `size` bytes of `more` to `*text`. */
static int hint_append(char **text, const char *more, size_t size)
{
        char *longer = NULL;
        int r = text_format(&longer, "%s%.*s", *text ? *text : "", (int)size, more);

        if (r < 0)
                return r;
        free(*text);
        *text = longer;
        return 0;
}

/* `word` as a shell reads it back. */
static int hint_quote(const char *word, char **ret)
{
        _cleanup_free_ char *text = NULL;
        int r;

        if (*word && word[strspn(word, HINT_PLAIN)] == '\0')
                return text_copy(ret, word);
        r = hint_append(&text, "'", 1);
        for (; r >= 0 && *word; word++)
                r = *word == '\'' ? hint_append(&text, "'\\''", 4) : hint_append(&text, word, 1);
        if (r >= 0)
                r = hint_append(&text, "'", 1);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(text);
        return 0;
}

/* A tree of one's own is patched without another's rights. */
static bool hint_takes_sudo(const char *root)
{
        struct stat st;

        return stat(root, &st) < 0 || st.st_uid == 0;
}

/* Whether --root changes what follows "unlockerctl ". */
static bool hint_takes_root(const char *rest)
{
        static const char *const others[] = {"inspect", "patch-file", "doctor", "dump-smc", "-"};

        for (size_t i = 0; i < ARRAY_SIZE(others); i++)
                if (text_starts(rest, others[i]))
                        return false;
        return true;
}

int hint_for_root(const char *root, const char *text, char **ret)
{
        _cleanup_free_ char *quoted = NULL, *made = NULL;
        bool sudo = hint_takes_sudo(root);
        int r = text_equal(root, "/") ? 0 : hint_quote(root, &quoted);

        for (const char *tick; quoted && r >= 0 && (tick = strchr(text, '`'));) {
                const char *command = tick + 1, *rest;

                if (text_starts(command, HINT_SUDO))
                        command += strlen(HINT_SUDO);
                rest = command + strlen(HINT_PROGRAM);
                if (!text_starts(command, HINT_PROGRAM) || !hint_takes_root(rest)) {
                        r = hint_append(&made, text, (size_t)(tick + 1 - text));
                        text = tick + 1;
                        continue;
                }
                r = hint_append(&made, text, (size_t)((sudo ? command : tick + 1) - text));
                if (r >= 0)
                        r = hint_append(&made,
                                        HINT_PROGRAM "--root=", strlen(HINT_PROGRAM "--root="));
                if (r >= 0)
                        r = hint_append(&made, quoted, strlen(quoted));
                if (r >= 0)
                        r = hint_append(&made, " ", 1);
                text = rest;
        }
        if (r >= 0)
                r = hint_append(&made, text, strlen(text));
        if (r < 0)
                return r;
        *ret = TAKE_PTR(made);
        return 0;
}
