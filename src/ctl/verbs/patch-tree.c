/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <sys/stat.h>

#include "base/text.h"
#include "ctl/frame/exit-status.h"
#include "ctl/render/usage.h"
#include "ctl/verbs/patch-batch.h"
#include "ctl/verbs/patch-tree.h"
#include "file/directory.h"
#include "file/fd.h"

/* The part of `path` that goes below the output: from the last name of `argument` on; of "." and
 * "..", which are no names, what is inside. */
static const char *relative_of(const char *path, const char *argument)
{
        size_t end = strlen(argument), start;

        while (end > 1 && argument[end - 1] == '/')
                end--;
        for (start = end; start > 0 && argument[start - 1] != '/';)
                start--;
        if (argument[start] == '.' &&
            (end - start == 1 || (end - start == 2 && argument[end - 1] == '.')))
                start = end;
        path += start;
        return path + strspn(path, "/");
}

/* The part of `path` below the directory `argument`. */
static const char *path_below_argument(const char *path, const char *argument)
{
        path += strlen(argument);
        return path + strspn(path, "/");
}

static int compare_entries(const FTSENT **a, const FTSENT **b)
{
        return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* fts takes a directory that cannot be listed to its end for one that ends there. */
static int take_directory(Batch *batch, const FTSENT *entry)
{
        _cleanup_close_ int fd =
                fd_open_at(AT_FDCWD, entry->fts_accpath, O_RDONLY | O_DIRECTORY, 0);
        const Candidate file = {.path = entry->fts_path, .named = true, .size = -1};
        _cleanup_(texts_done) Texts names = {};
        Fault fault = FAULT_NONE;
        int r = fd == -EACCES || fd == -ENOTDIR ? 0 : fd; /* fts tells it */

        if (fd >= 0)
                r = directory_names(fd, &names);
        if (r >= 0 || r == -ENOMEM)
                return MIN(r, 0);
        (void)fault_set(&fault, r, REASON_READ, "%s", entry->fts_path);
        return batch_fail(batch, &file, NULL, &fault);
}

static int take_entry(Batch *batch, const FTSENT *entry, const char *argument)
{
        Candidate file = {
                .path = entry->fts_path,
                .relative = batch->overlay ? path_below_argument(entry->fts_path, argument)
                                           : relative_of(entry->fts_path, argument),
                .named = entry->fts_level == FTS_ROOTLEVEL,
        };
        Fault fault = FAULT_NONE;

        switch (entry->fts_info) {
        case FTS_F:
                file.size = entry->fts_statp->st_size;
                file.mode = entry->fts_statp->st_mode & 07777U;
                return batch_take_file(batch, &file);
        case FTS_DNR:
        case FTS_ERR:
        case FTS_NS:
                (void)fault_set(&fault, -entry->fts_errno, REASON_OPEN, "%s", entry->fts_path);
                file.size = -1;
                return batch_fail(batch, &file, NULL, &fault);
        case FTS_D:
                return take_directory(batch, entry);
        case FTS_DP:
                return 0;
        default: /* symbolic links, devices: what they lead to is met under its own name */
                return batch_take_special(batch, &file);
        }
}

/* The walk through a directory ended before its end. */
static int record_broken_off(Batch *batch, const char *argument, int error)
{
        const Candidate file = {.path = argument, .named = true, .size = -1};
        Fault fault = FAULT_NONE;

        (void)fault_set(&fault, -error, REASON_READ, "%s", argument);
        return batch_fail(batch, &file, NULL, &fault);
}

static int take_argument(Batch *batch, char *argument)
{
        char *paths[] = {argument, NULL};
        /* A link on the command line is meant as what it leads to. */
        FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, compare_entries);
        FTSENT *entry;
        int r = tree ? 0 : -ENOMEM;

        while (r >= 0 && (errno = 0, entry = fts_read(tree)))
                r = take_entry(batch, entry, argument);
        if (r >= 0 && errno != 0)
                r = record_broken_off(batch, argument, errno);
        if (tree)
                (void)fts_close(tree);
        return r;
}

bool path_is_directory(const char *path)
{
        struct stat st;

        return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Whether `output`, there or not, lies in the directory `argument`, or is it. A ".." behind what is
 * not there yet leads nobody knows where: it counts as inside. */
static bool is_inside(const char *output, const char *argument)
{
        char real_argument[PATH_MAX], real[PATH_MAX];
        _cleanup_free_ char *at = strdup(output);
        size_t size;

        if (!at || !realpath(argument, real_argument))
                return false;
        while (!realpath(at, real)) {
                char *slash = strrchr(at, '/');

                if (text_equal(slash ? slash + 1 : at, ".."))
                        return true;
                if (!slash || slash == at)
                        return is_inside(slash ? "/" : ".", argument);
                *slash = '\0';
        }
        size = text_equal(real_argument, "/") ? 0 : strlen(real_argument);
        return strncmp(real, real_argument, size) == 0 && (real[size] == '/' || real[size] == '\0');
}

static int batch_check_arguments(const Context *context, char **arguments, const char *output)
{
        for (; *arguments; arguments++) {
                if (!path_is_directory(*arguments))
                        continue;
                if (!output)
                        return usage_wrong(context, "%s is a directory: --output=DIR is needed",
                                           *arguments);
                if (is_inside(output, *arguments))
                        return usage_wrong(context,
                                           "--output=%s lies in %s, which is to be patched", output,
                                           *arguments);
        }
        return EXIT_DONE;
}

static int take_all(const Context *context, char **arguments, const char *output, Overlay *overlay)
{
        _cleanup_(batch_done) Batch batch = {
                .context = context,
                .output = output,
                .overlay = overlay,
                .dry_run = context_option(context, "dry-run") != NULL,
                .fault = FAULT_NONE,
        };
        int r = 0;

        for (; r >= 0 && *arguments; arguments++)
                r = take_argument(&batch, *arguments);
        return r < 0 ? r : batch_finish(&batch);
}

int patch_files(const Context *context, char **arguments, const char *output)
{
        int r = batch_check_arguments(context, arguments, output);

        return r == EXIT_DONE ? take_all(context, arguments, output, NULL) : r;
}

int patch_module(const Context *context, char **arguments, const char *output)
{
        _cleanup_(overlay_freep) Overlay *overlay = NULL;
        int r = overlay_new(context, arguments[0], output, &overlay);

        return r == EXIT_DONE ? take_all(context, arguments, output, overlay) : r;
}
