/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "ctl/terminal/hint.h"

#define HINT_PROGRAM "unlockerctl "
#define HINT_SUDO    "sudo "

/* What a shell takes as it is; anything else is quoted. */
#define HINT_PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+:,@%=-"

int hint_quote(const char *word, char **ret)
{
        _cleanup_free_ char *text = NULL;
        int r;

        if (*word && word[strspn(word, HINT_PLAIN)] == '\0')
                return text_copy(ret, word);
        r = text_append(&text, "'");
        for (; r >= 0 && *word; word++)
                r = *word == '\'' ? text_append(&text, "'\\''") : text_append(&text, "%c", *word);
        if (r >= 0)
                r = text_append(&text, "'");
        if (r < 0)
                return r;
        *ret = TAKE_PTR(text);
        return 0;
}

bool hint_takes_sudo(const char *root)
{
        struct stat st;

        return stat(root, &st) < 0 || st.st_uid == 0;
}

/* Whether --root changes what follows "unlockerctl ", and is not in it already, as in what was
 * typed. */
static bool hint_takes_root(const char *rest)
{
        const char *given = strstr(rest, "--root"), *end = strchr(rest, '`');

        static const char *const others[] = {"inspect", "patch-file", "dump-smc", "-"};

        for (size_t i = 0; i < ARRAY_SIZE(others); i++)
                if (text_starts(rest, others[i]))
                        return false;
        return !given || (end && given > end);
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
                        r = text_append(&made, "%.*s", (int)(tick + 1 - text), text);
                        text = tick + 1;
                        continue;
                }
                r = text_append(&made, "%.*s", (int)((sudo ? command : tick + 1) - text), text);
                if (r >= 0)
                        r = text_append(&made, HINT_PROGRAM "--root=%s ", quoted);
                text = rest;
        }
        if (r >= 0)
                r = text_append(&made, "%s", text);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(made);
        return 0;
}

#define HINT_VM "VM.vmx"

int hint_for_vm(const char *path, const char *text, char **ret)
{
        _cleanup_free_ char *quoted = NULL, *made = NULL;
        int r = hint_quote(path, &quoted);

        for (const char *at; r >= 0 && (at = strstr(text, HINT_VM)); text = at + strlen(HINT_VM))
                r = text_append(&made, "%.*s%s", (int)(at - text), text, quoted);
        if (r >= 0)
                r = text_append(&made, "%s", text);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(made);
        return 0;
}
