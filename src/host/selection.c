/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/text.h"
#include "host/selection.h"

static const char *file_name(const char *path)
{
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* The part of `word` below the root, without leading slashes; NULL when it lies elsewhere. */
static const char *below_root(const Root *root, const char *word)
{
        size_t length = strlen(root->path);

        if (!text_equal(root->path, "/")) {
                if (strncmp(word, root->path, length) != 0 || word[length] != '/')
                        return NULL;
                word += length;
        }
        return word + strspn(word, "/");
}

static bool word_means(const Root *root, const char *word, const Target *target)
{
        const char *below = *word == '/' ? below_root(root, word) : NULL;

        if (text_equal(word, role_name(target->role)) || text_equal(word, file_name(target->path)))
                return true;
        if (text_equal(word + strspn(word, "/"), target->path))
                return true;
        return below && (text_equal(below, target->path) ||
                         (target->place.path && text_equal(below, target->place.path)));
}

static bool select_word(const Installations *installations, const Root *root, const char *word,
                        Selected *ret)
{
        bool any = false;

        for (size_t i = 0; i < installations->count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++)
                        if (word_means(root, word, &installations->items[i].targets[role]))
                                any = ret[i].roles[role] = true;
        return any;
}

int installations_select(const Installations *installations, const Root *root, size_t word_count,
                         char *const *words, Selected *ret, Fault *fault)
{
        for (size_t i = 0; i < installations->count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++)
                        ret[i].roles[role] = word_count == 0;
        for (size_t i = 0; i < word_count; i++)
                if (!select_word(installations, root, words[i], ret))
                        return fault_set(fault, -ENOENT, REASON_NO_SUCH_TARGET, "%s", words[i]);
        return 0;
}
