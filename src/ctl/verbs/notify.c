/* SPDX-License-Identifier: MIT */

/* unlockerctl notify: for vmware-unlocker-notify.service, in a user's session. */

#include <errno.h>
#include <fcntl.h>

#include "ctl/frame/context.h"
#include "ctl/service/notice.h"
#include "ctl/terminal/errors.h"
#include "ctl/verbs/time-option.h"
#include "ctl/verbs/verbs.h"
#include "ctl/work/names.h"
#include "file/fd.h"
#include "file/text-file.h"
#include "host/run-note.h"

#define WAIT_MS      (60L * 1000L) /* for a desktop that is starting */
#define TOLD_MAX     (64U * 1024U)
#define STATE_FOLDER "vmware-unlocker"

/* What was told is kept in the user's own directory, in a file for each kind. */
static const char *told_name(const Notice *notice)
{
        return notice->critical ? "told-failure" : "told-ready";
}

/* $XDG_STATE_HOME, or what stands for it; opened, and made when it `writes`. */
static int told_directory(bool writes)
{
        const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
        _cleanup_(root_done) Root root = ROOT_NONE;
        _cleanup_free_ char *path = NULL;
        bool given = state && *state == '/';
        int r;

        if (!given && (!home || *home != '/'))
                return -ENOENT;
        r = text_format(&path, "%s%s/" STATE_FOLDER, given ? state : home,
                        given ? "" : "/.local/state");
        if (r >= 0)
                r = root_open("/", &root, NULL);
        if (r < 0)
                return r;
        return writes ? root_make_directory(&root, path)
                      : root_open_at(&root, path, O_RDONLY | O_DIRECTORY, 0);
}

static bool was_told(const Notice *notice)
{
        _cleanup_close_ int dir_fd = told_directory(false), fd = -EBADF;
        _cleanup_free_ char *text = NULL;
        size_t size;

        if (dir_fd >= 0)
                fd = fd_open_at(dir_fd, told_name(notice), O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
        return fd >= 0 && fd_read_text(fd, TOLD_MAX, &text, &size) >= 0 &&
               text_equal(text, notice->key);
}

static int told_write(const Notice *notice)
{
        _cleanup_close_ int dir_fd = told_directory(true);

        return dir_fd < 0 ? dir_fd : text_file_write(dir_fd, told_name(notice), notice->key, false);
}

/* The next failure is news again, the same one too. */
static void told_forget_failure(void)
{
        _cleanup_close_ int dir_fd = told_directory(false);

        if (dir_fd >= 0)
                (void)unlinkat(dir_fd, told_name(&(Notice){.critical = true}), 0);
}

static int read_state(const Context *context, Notice *ret)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        _cleanup_free_ char *text = NULL;
        int r = root_open(context->roots.items[0], &root, NULL);

        if (r >= 0)
                r = run_note_read(&root, RUN_NOTE_STATE, &text);
        return r < 0 ? r : notice_read(text, ret);
}

static int run_notify(Context *context, int count, char **arguments)
{
        _cleanup_(notice_done) Notice notice = {};
        int64_t limit_ms;
        int r = time_option(context, "wait", WAIT_MS, &limit_ms);

        (void)count;
        (void)arguments;
        if (r != 0)
                return r;
        r = read_state(context, &notice);
        if (r < 0) {
                _cleanup_free_ char *path = NULL;

                (void)path_in_root(context->roots.items[0], "run/vmware-unlocker/" RUN_NOTE_STATE,
                                   &path);
                complain(NULL, r, path, "cannot read");
                return EXIT_FAILED;
        }
        if (!notice.critical)
                told_forget_failure();
        if (!notice.key || was_told(&notice) || notice_post(&notice, (long)limit_ms) == 0)
                return EXIT_DONE;
        r = told_write(&notice);
        if (r < 0)
                complain(NULL, r, told_name(&notice), "cannot remember what was told");
        return r < 0 ? EXIT_FAILED : EXIT_DONE;
}

static const Option options[] = {
        {"wait", 0, "TIME", "Wait at most so long for a service that shows it (1min)"},
        {},
};

const Verb verb_notify = {
        .name = "notify",
        .description = "Posts a notification in this session when the last automatic run patched "
                       "a build, or could not; each state once. For a user's service.",
        .options = options,
        .one_root = true,
        .run = run_notify,
};
