/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "file/fd.h"
#include "host/trail.h"

#define LINKS_MAX 40U /* as the kernel has it */

void trail_done(Trail *trail)
{
        texts_done(&trail->directories);
        texts_done(&trail->links);
        free(trail->end);
        *trail = (Trail){};
}

/* What the link `name` in `directory` says, a new string; NULL when it is none. */
static int trail_read_link(const Root *root, const char *directory, const char *name, char **ret)
{
        _cleanup_close_ int fd = root_open_at(root, *directory ? directory : "/",
                                              O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
        char text[PATH_MAX];
        ssize_t length = fd < 0 ? -1 : readlinkat(fd, name, text, sizeof(text) - 1);

        *ret = NULL;
        if (length <= 0)
                return 0;
        text[length] = '\0';
        return text_copy(ret, text);
}

/* The directory above, "" of one right below the root. */
static void trail_go_up(char *path)
{
        char *slash = strrchr(path, '/');

        *(slash ? slash : path) = '\0';
}

/* `*rest` becomes what a link says, and the rest behind it. */
static int trail_turn_off(Trail *trail, const char *link, const char *behind, char **rest)
{
        char *longer = NULL;
        int r = texts_add_once(&trail->links, trail->end);

        if (r >= 0)
                r = text_format(&longer, "%s/%s", link, behind);
        if (r < 0)
                return r;
        if (*link == '/')
                *trail->end = '\0';
        free(*rest);
        *rest = longer;
        return 0;
}

/* One step: the first name of `*rest`, `length` bytes long. */
static int trail_step(const Root *root, Trail *trail, size_t length, char **rest, unsigned *links)
{
        _cleanup_free_ char *name = strndup(*rest, length), *link = NULL, *behind = NULL;
        int r = name ? text_copy(&behind, *rest + length) : -ENOMEM;

        if (r >= 0 && !text_equal(name, ".."))
                r = trail_read_link(root, trail->end, name, &link);
        if (r < 0)
                return r;
        if (link)
                return ++*links > LINKS_MAX ? -ELOOP : trail_turn_off(trail, link, behind, rest);
        if (text_equal(name, ".."))
                trail_go_up(trail->end);
        else
                r = text_append(&trail->end, "%s%s", *trail->end ? "/" : "", name);
        free(*rest);
        *rest = TAKE_PTR(behind);
        if (r >= 0 && *trail->end && strspn(*rest, "/") < strlen(*rest))
                r = texts_add_once(&trail->directories, trail->end);
        return r;
}

int trail_follow(const Root *root, const char *path, Trail *ret)
{
        _cleanup_(trail_done) Trail trail = {};
        _cleanup_free_ char *rest = NULL;
        unsigned links = 0;
        int r = 0;

        if (text_copy(&trail.end, "") < 0 || text_copy(&rest, path) < 0)
                return -ENOMEM;
        while (r >= 0 && rest && *rest) {
                size_t slashes = strspn(rest, "/"), length = strcspn(rest + slashes, "/");

                memmove(rest, rest + slashes, strlen(rest + slashes) + 1);
                if (length == 1 && rest[0] == '.')
                        memmove(rest, rest + 1, strlen(rest));
                else if (length > 0)
                        r = trail_step(root, &trail, length, &rest, &links);
        }
        if (r < 0)
                return r;
        *ret = trail;
        trail = (Trail){};
        return 0;
}
