/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <sys/stat.h>

#include "base/text.h"
#include "host/selection.h"

/* A word and what it may mean, worked out once. */
typedef struct Word {
        const char *text;
        const char *below; /* the part behind the root's own path, else the whole text */
        Place place;       /* where that leads inside the root; PLACE_NONE when nowhere */
        bool is_file;
        struct stat stat; /* is_file: of what it names outside the root, as a shell means it */
} Word;

static const char *below_root(const Root *root, const char *text)
{
        size_t length = strlen(root->path);

        if (!text_equal(root->path, "/") && text_starts(text, root->path) && text[length] == '/')
                text += length;
        return text + strspn(text, "/");
}

/* Only a word with a slash is a path: "vmx" is not the file of that name where a person stands. */
static int word_look_up(const Root *root, const char *text, Word *ret)
{
        int r;

        *ret = (Word){.text = text, .below = below_root(root, text), .place = PLACE_NONE};
        if (!strchr(text, '/'))
                return 0;
        r = root_find(root, ret->below, &ret->place);
        if (r < 0 || text[strlen(text) - 1] == '/')
                place_done(&ret->place);
        ret->is_file = stat(text, &ret->stat) == 0;
        return r == -ENOMEM ? r : 0;
}

/* By role, by file name, or by its place inside the root. */
static bool word_names(const Word *word, const Installation *installation, const Target *target)
{
        const char *real = target->place.path ? target->place.path : target->path;

        return text_equal(word->text, role_name(target->role)) ||
               text_equal(word->text, text_after_slash(target->path)) ||
               text_equal(word->below, target->path) ||
               (word->place.path && text_equal(word->place.path, real));
}

/* By the file itself. */
static bool word_leads_to(const Word *word, const Installation *installation, const Target *target)
{
        return word->is_file && target->place.path && word->stat.st_dev == target->stat.st_dev &&
               word->stat.st_ino == target->stat.st_ino;
}

/* By its path in the installation's directory, as tables show it: "bin/vmware-vmx". */
static bool word_is_shown_for(const Word *word, const Installation *installation,
                              const Target *target)
{
        size_t length = strlen(installation->libdir);

        return strchr(word->text, '/') && text_starts(target->path, installation->libdir) &&
               target->path[length] == '/' && text_equal(word->text, target->path + length + 1);
}

static bool select_by(const Installations *installations, const Word *word,
                      bool (*means)(const Word *word, const Installation *installation,
                                    const Target *target),
                      Selected *ret)
{
        bool any = false;

        for (size_t i = 0; i < installations->count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++)
                        if (means(word, &installations->items[i],
                                  &installations->items[i].targets[role]))
                                any = ret[i].roles[role] = true;
        return any;
}

static int select_word(const Installations *installations, const Root *root, const char *text,
                       Selected *ret)
{
        Word word;
        int r = word_look_up(root, text, &word);

        if (r >= 0 && !select_by(installations, &word, word_names, ret) &&
            !select_by(installations, &word, word_leads_to, ret) &&
            !select_by(installations, &word, word_is_shown_for, ret))
                r = -ENOENT;
        place_done(&word.place);
        return r;
}

int installations_select(const Installations *installations, const Root *root, size_t word_count,
                         char *const *words, Selected *ret, Fault *fault)
{
        for (size_t i = 0; i < installations->count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++)
                        ret[i].roles[role] = word_count == 0;
        for (size_t i = 0; i < word_count; i++) {
                int r = select_word(installations, root, words[i], ret);

                if (r < 0)
                        return fault_set(fault, r, REASON_NO_SUCH_TARGET, "%s",
                                         text_named(words[i]));
        }
        return 0;
}
