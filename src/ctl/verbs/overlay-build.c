/* SPDX-License-Identifier: MIT */

/* Which build of ESXi an overlay is for: what its files are of, or what is given. */

#include <ctype.h>
#include <errno.h>

#include "base/text.h"
#include "ctl/frame/exit-status.h"
#include "ctl/render/usage.h"
#include "ctl/verbs/overlay.h"
#include "file/fd.h"
#include "file/root.h"

#define RELEASE_PATH     "etc/vmware-release"
#define RELEASE_SIZE_MAX 4096U
#define BUILD_MAX        200U

/* The number after "build-" or "build ", or of a text that is nothing else; NULL when none is
 * there. */
static const char *build_number(const char *text)
{
        const char *found = text_find_ascii(text, "build");

        if (found)
                text = found + strlen("build") + strspn(found + strlen("build"), "- ");
        else if (text[strspn(text, "0123456789")] != '\0')
                return NULL;
        return isdigit((unsigned char)*text) ? text : NULL;
}

/* NULL is no number, and the same as none. */
static bool same_number(const char *a, const char *b)
{
        size_t length = a && b ? strspn(a, "0123456789") : 0;

        return length > 0 && length == strspn(b, "0123456789") && strncmp(a, b, length) == 0;
}

static bool overlay_name_is_plain(const char *text)
{
        return *text && strlen(text) <= BUILD_MAX &&
               text_is_printable((const uint8_t *)text, strlen(text));
}

/* The text of the host's own file; "" where it is not there. */
static int read_release(const char *directory, char **ret)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        _cleanup_close_ int fd = -EBADF;
        char *text = NULL;
        size_t size;

        if (root_open(directory, &root, NULL) < 0)
                return text_copy(ret, "");
        fd = root_open_file(&root, RELEASE_PATH);
        if (fd < 0 || fd_read_text(fd, RELEASE_SIZE_MAX, &text, &size) < 0)
                return text_copy(ret, "");
        *ret = text;
        return 0;
}

/* The lines of the host's file that name a build. */
typedef struct Release {
        const char *line;  /* the one to go by; NULL: none */
        const char *other; /* one of another build; NULL: none */
} Release;

/* Of several lines the one of the build `wanted` (NULL: any) is taken. `text` is cut into lines. */
static Release release_find(char *text, const char *wanted)
{
        Release release = {};
        char *rest = text, *line;

        while ((line = strsep(&rest, "\r\n"))) {
                const char *number = overlay_name_is_plain(line) ? build_number(line) : NULL;

                if (!number)
                        continue;
                if (!release.line) {
                        release.line = line;
                } else if (!same_number(number, build_number(release.line))) {
                        release.other = line;
                        if (wanted && same_number(number, wanted)) {
                                release.other = release.line;
                                release.line = line;
                        }
                }
        }
        return release;
}

static int check_given(const Context *context, const char *given)
{
        if (!overlay_name_is_plain(given))
                return usage_wrong(context, "--build=%s: not one line of text", given);
        if (!given[strcspn(given, "0123456789")])
                return usage_wrong(context, "--build=%s: has no number", given);
        return EXIT_DONE;
}

/* Whether it is a host's bin or lib64 itself. */
static bool holds_programs(const char *directory)
{
        static const char *const names[] = {"vmx", "libvmkctl.so"};
        _cleanup_(root_done) Root root = ROOT_NONE;
        bool holds = false;

        if (root_open(directory, &root, NULL) < 0)
                return false;
        for (size_t i = 0; !holds && i < ARRAY_SIZE(names); i++) {
                _cleanup_close_ int fd = root_open_file(&root, names[i]);

                holds = fd >= 0;
        }
        return holds;
}

/* A module of one build's vmx over another's files is what must not be. */
int overlay_find_build(const Context *context, const char *directory, char **ret)
{
        _cleanup_free_ char *text = NULL;
        const char *given = context_option(context, "build"), *number;
        int r = given ? check_given(context, given) : EXIT_DONE;
        Release release;

        if (r != EXIT_DONE)
                return r;
        if (read_release(directory, &text) < 0)
                return -ENOMEM;
        number = given ? build_number(given) : NULL;
        release = release_find(text, number);
        if (!given && !release.line)
                return holds_programs(directory)
                               ? usage_wrong(context,
                                             "%s: name the directory above, with bin and lib64",
                                             directory)
                               : usage_wrong(context, "no ESXi build: give --build");
        if (!given && release.other)
                return usage_wrong(context,
                                   RELEASE_PATH " names two builds, %s and %s: give --build",
                                   release.line, release.other);
        if (release.line && number && !same_number(build_number(release.line), number))
                return usage_wrong(context, "--build=%s: the files are of %s", given, release.line);
        return text_copy(ret, given ? given : release.line) < 0 ? -ENOMEM : EXIT_DONE;
}
