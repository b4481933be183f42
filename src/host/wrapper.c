/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>

#include "base/text.h"
#include "file/fd.h"
#include "file/mapping.h"
#include "host/wrapper.h"

#define SCRIPT_MAX (64U * 1024U)
#define ELF    \
        "\x7F" \
        "ELF"
#define SMC_KEY "YEK#" /* the first row's name, #KEY, reversed */

/* The regular file `name` in the target's directory, not followed. */
static int open_beside(const Target *target, const char *name, struct stat *ret)
{
        _cleanup_close_ int fd = fd_open_at(target->place.dir_fd, name,
                                            O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);

        if (fd < 0)
                return fd;
        if (fstat(fd, ret) < 0)
                return -errno;
        return S_ISREG(ret->st_mode) ? TAKE_FD(fd) : -EINVAL;
}

/* Whether the file is a program that has SMC tables. */
static bool is_vmx(const Target *target, const char *name, struct stat *ret)
{
        _cleanup_close_ int fd = open_beside(target, name, ret);
        Mapping mapping = MAPPING_NONE;
        bool found;

        if (fd < 0 || mapping_open(fd, &mapping) < 0)
                return false;
        found = mapping.span.size > strlen(ELF) &&
                memcmp(mapping.span.bytes, ELF, strlen(ELF)) == 0 &&
                memmem(mapping.span.bytes, mapping.span.size, SMC_KEY, strlen(SMC_KEY));
        found = found && !mapping_is_torn(&mapping);
        mapping_done(&mapping);
        return found;
}

/* The target becomes the file `name` beside it. */
static int target_become(const Root *root, Target *target, const char *name,
                         const struct stat *stat)
{
        _cleanup_(place_done) Place place = PLACE_NONE;
        _cleanup_free_ char *path = NULL;
        const char *slash = strrchr(target->place.path, '/');
        int r = text_format(&path, "%.*s%s", slash ? (int)(slash + 1 - target->place.path) : 0,
                            target->place.path, name);

        if (r >= 0)
                r = root_find(root, path, &place);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        place_done(&target->place);
        target->place = place;
        place = PLACE_NONE;
        target->wrapper = target->path;
        target->path = TAKE_PTR(path);
        target->stat = *stat;
        return 1;
}

/* 1 when the target became that file. */
static int try_beside(const Root *root, Target *target, const char *name)
{
        struct stat stat;

        if (text_equal(name, target->place.name) || !is_vmx(target, name, &stat))
                return 0;
        return target_become(root, target, name, &stat);
}

/* The names that packagers give the real program. */
static int try_known_names(const Root *root, Target *target)
{
        static const char *const formats[][2] = {{".", "-wrapped"}, {"", ".real"}};
        int r = 0;

        for (size_t i = 0; r == 0 && i < ARRAY_SIZE(formats); i++) {
                _cleanup_free_ char *name = NULL;
                struct stat ignored;

                r = text_format(&name, "%s%s%s", formats[i][0], target->place.name, formats[i][1]);
                if (r < 0)
                        return r;
                if (fstatat(target->place.dir_fd, name, &ignored, AT_SYMLINK_NOFOLLOW) == 0 &&
                    !is_vmx(target, target->place.name, &ignored))
                        r = try_beside(root, target, name);
        }
        return r;
}

/* Whether a path of a script names a file in the target's directory: an absolute one below the
 * root, or one beside the script ("$(dirname "$0")/…"). */
static bool is_in_directory(const Root *root, const Target *target, const char *path)
{
        _cleanup_(place_done) Place place = PLACE_NONE;
        size_t size;

        if (*path != '/')
                return true;
        if (root_find(root, path, &place) < 0)
                return false;
        size = strlen(place.path) - strlen(place.name);
        return size == strlen(target->place.path) - strlen(target->place.name) &&
               strncmp(place.path, target->place.path, size) == 0;
}

/* The first path among the words of a line that executes something and that leads to a program
 * beside the script: 1. Else `elsewhere` gets the first absolute one. */
static int try_words(const Root *root, Target *target, char *line, char **elsewhere)
{
        char *rest = NULL;

        for (char *word = strtok_r(line, " \t\"'", &rest); word;
             word = strtok_r(NULL, " \t\"'", &rest)) {
                char *slash = strrchr(word, '/');
                int r = 0;

                if (!slash || !slash[1])
                        continue;
                if (is_in_directory(root, target, word))
                        r = try_beside(root, target, slash + 1);
                if (r == 0 && *word == '/' && !*elsewhere)
                        r = text_copy(elsewhere, word);
                if (r != 0)
                        return r;
        }
        return 0;
}

static int script_follow(const Root *root, Target *target, char *script)
{
        _cleanup_free_ char *elsewhere = NULL;
        char *rest = NULL;

        for (char *line = strtok_r(script, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
                int r;

                line += strspn(line, " \t");
                if (!text_starts(line, "exec") || (line[4] != ' ' && line[4] != '\t'))
                        continue;
                r = try_words(root, target, line + 4, &elsewhere);
                if (r != 0)
                        return r < 0 ? r : 0;
        }
        if (!elsewhere)
                return 0;
        target_refuse(target, -EINVAL, REASON_WRAPPER, elsewhere);
        return 0;
}

int wrapper_follow(const Root *root, Target *target)
{
        _cleanup_close_ int fd = -EBADF;
        _cleanup_free_ char *script = NULL;
        struct stat stat;
        char start[2];
        size_t size;
        int r = try_known_names(root, target);

        if (r != 0 || target->stat.st_size > SCRIPT_MAX)
                return r < 0 ? r : 0;
        fd = open_beside(target, target->place.name, &stat);
        if (fd < 0 || fd_read_up_to(fd, start, sizeof(start), 0) != sizeof(start) ||
            memcmp(start, "#!", sizeof(start)) != 0)
                return 0;
        r = fd_read_text(fd, SCRIPT_MAX, &script, &size);
        return r < 0 ? (r == -ENOMEM ? r : 0) : script_follow(root, target, script);
}
