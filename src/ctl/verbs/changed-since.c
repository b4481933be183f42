/* SPDX-License-Identifier: MIT */

/* unlockerctl missed: for vmware-unlocker-missed.service. */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/text.h"
#include "ctl/frame/context.h"
#include "ctl/terminal/errors.h"
#include "ctl/verbs/generate-units.h"
#include "ctl/verbs/verbs.h"
#include "ctl/work/read-only.h"
#include "file/fd.h"
#include "host/run-note.h"
#include "settle/fingerprint.h"

#define ASKED_MAX_AGE (30 * 60) /* seconds: less than it takes to the next hourly look */

static bool asked_lately(const Root *root)
{
        _cleanup_close_ int fd =
                root_open_at(root, "run/vmware-unlocker/" RUN_NOTE_ASKED, O_PATH, 0);
        time_t now = time(NULL);
        struct stat st;

        return fd >= 0 && fstat(fd, &st) == 0 && st.st_mtime <= now &&
               st.st_mtime > now - ASKED_MAX_AGE;
}

/* Whether the service was asked lately for a run over this very difference. A run that ended and
 * left the same note did not see it: something keeps its sandbox from that, and another would not
 * see it either. */
static int was_asked(const Root *root, const char *difference)
{
        _cleanup_free_ char *asked = NULL;
        int r = run_note_read(root, RUN_NOTE_ASKED, &asked);

        if (r == -ENOMEM)
                return r;
        if (r >= 0 && text_equal(difference, asked) && asked_lately(root))
                return 1;
        (void)run_note_write(root, RUN_NOTE_ASKED, difference, NULL);
        return 0;
}

/* Whether VMware lies otherwise than the generated units expect, by a symbolic link for example,
 * though its files are those that the last run saw. */
static bool units_differ(const Root *root)
{
        _cleanup_(generated_units_done) GeneratedUnits units = {};
        _cleanup_close_ int dir_fd =
                root_open_at(root, GENERATED_DIRECTORY, O_RDONLY | O_DIRECTORY, 0);

        return dir_fd >= 0 && generated_units_make(root, &units, NULL) >= 0 &&
               generated_units_differ(dir_fd, &units) > 0;
}

static int path_look(const char *path, bool *ret_missed, Fault *fault)
{
        _cleanup_(root_done) Root root = ROOT_NONE;
        _cleanup_free_ char *seen = NULL, *now = NULL, *difference = NULL;
        int r = root_open(path, &root, fault);
        bool elsewhere;

        if (r < 0)
                return r;
        r = run_note_read(&root, RUN_NOTE_SEEN, &seen);
        if (r < 0)
                return fault_set(fault, r, REASON_READ, RUN_NOTE_SEEN);
        r = fingerprints_take(&root, &now, fault);
        if (r < 0)
                return r;
        elsewhere = units_differ(&root);
        /* Where no run left anything, none is due: the path units start the first one. */
        *ret_missed = *seen && (elsewhere || !text_equal(seen, now));
        if (!*ret_missed || !run_is_of_service())
                return 0;
        r = text_format(&difference, "%s\n%s%s", seen, now, elsewhere ? "units\n" : "");
        if (r >= 0)
                r = was_asked(&root, difference);
        *ret_missed = r == 0;
        return r < 0 ? fault_set(fault, r, REASON_NO_MEMORY, RUN_NOTE_ASKED) : 0;
}

static int run_missed(Context *context, int count, char **arguments)
{
        Fault fault = FAULT_NONE;
        bool missed = false;
        int r = path_look(context->roots.items[0], &missed, &fault);

        if (r < 0) {
                complain(&fault, r, NULL, "cannot compare");
                return EXIT_NO_ANSWER;
        }
        return missed ? EXIT_DONE : EXIT_FAILED;
}

const Verb verb_missed = {
        .name = "missed",
        .description = "Whether files changed since the last automatic run looked at them: exit "
                       "status 0 when they did, 1 when not, 255 when that cannot be told. For the "
                       "service.",
        .run = run_missed,
};
