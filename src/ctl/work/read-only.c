/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/text.h"
#include "ctl/work/read-only.h"
#include "file/fd.h"
#include "host/run-note.h"

/* -ENOENT where nothing has that path. */
static int read_only_look(const Root *root, const char *path)
{
        _cleanup_close_ int fd = root_open_at(root, path, O_PATH, 0);
        struct statvfs status;

        if (fd < 0)
                return fd;
        return fstatvfs(fd, &status) == 0 && (status.f_flag & ST_RDONLY) != 0;
}

bool read_only_is(const Root *root, const char *path)
{
        return read_only_look(root, path) > 0;
}

bool read_only_is_store(const Root *root)
{
        static const char *const places[] = {STORE_PATH, "var/lib", "var", "."};
        int r = -ENOENT;

        for (size_t i = 0; r == -ENOENT && i < ARRAY_SIZE(places); i++)
                r = read_only_look(root, places[i]);
        return r > 0;
}

bool read_only_is_why(const Root *root, const InstallationResult *result)
{
        bool any = false;

        for (Role role = 0; role < _ROLE_MAX; role++) {
                const TargetResult *target = &result->targets[role];

                if (target->outcome != OUTCOME_FAILED)
                        continue;
                if (target->fault.error != EROFS || !read_only_is(root, target->path))
                        return false;
                any = true;
        }
        return any;
}

bool read_only_is_why_of_store(const Root *root, const RunRoot *done, const RunRoot *look)
{
        bool any = false;

        if (done->error != -EROFS || done->fault.reason != REASON_READ_ONLY)
                return false;
        for (size_t i = 0; i < look->result_count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++) {
                        const TargetResult *target = &look->results[i].targets[role];

                        if (target->outcome != OUTCOME_PATCHED &&
                            target->outcome != OUTCOME_COMPLETED)
                                continue;
                        if (!read_only_is(root, target->path))
                                return false;
                        any = true;
                }
        return any;
}

bool run_is_of_service(void)
{
        static const char ours[] = "/run/vmware-unlocker";
        const char *directory = getenv("RUNTIME_DIRECTORY");

        /* A drop-in may add directories: "/run/one:/run/two". */
        while (directory) {
                size_t length = strcspn(directory, ":");

                if (length == strlen(ours) && strncmp(directory, ours, length) == 0)
                        return true;
                directory = directory[length] ? directory + length + 1 : NULL;
        }
        return false;
}

/* Whether the note, "word\nfingerprints", says this. */
static bool note_says(const char *note, const char *word, const char *fingerprints)
{
        size_t length = strlen(word);

        return text_starts(note, word) && note[length] == '\n' &&
               text_equal(note + length + 1, fingerprints);
}

static int note_write(const Root *root, const char *word, const char *fingerprints)
{
        _cleanup_free_ char *text = NULL;
        int r = text_format(&text, "%s\n%s", word, fingerprints);

        return r < 0 ? r : run_note_write(root, RUN_NOTE_READ_ONLY, text, NULL);
}

ReadOnlyNews read_only_news(const Root *root, const char *fingerprints)
{
        _cleanup_free_ char *known = NULL;

        if (run_note_read(root, RUN_NOTE_READ_ONLY, &known) >= 0) {
                if (note_says(known, "told", fingerprints))
                        return READ_ONLY_TOLD;
                /* What is not noted would be found for the first time for ever. */
                if (run_is_of_service() && !note_says(known, "once", fingerprints) &&
                    note_write(root, "once", fingerprints) >= 0)
                        return READ_ONLY_ONCE;
        }
        (void)note_write(root, "told", fingerprints);
        return READ_ONLY_NEW;
}

void read_only_forget(const Root *root)
{
        (void)run_note_write(root, RUN_NOTE_READ_ONLY, NULL, NULL);
}
