/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/text.h"
#include "ctl/service/journal-ids.h"
#include "ctl/service/journal.h"
#include "file/directory.h"
#include "file/fd.h"

void journal_closep(Journal **journal)
{
        sd_journal_close(*journal);
}

/* Only our kinds of events, and only root's: anybody may write anything into the journal. */
static int journal_match_events(Journal *journal)
{
#define KIND(name) JOURNAL_##name,
        static const sd_id128_t kinds[] = {JOURNAL_KINDS(KIND)};
#undef KIND
        char match[64];
        int r = sd_journal_add_match(journal, "_UID=0", 0);

        if (r >= 0)
                r = sd_journal_add_conjunction(journal);
        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(kinds); i++) {
                (void)snprintf(match, sizeof(match), "MESSAGE_ID=" SD_ID128_FORMAT_STR,
                               SD_ID128_FORMAT_VAL(kinds[i]));
                r = sd_journal_add_match(journal, match, 0);
        }
        return r;
}

static bool journal_is_denied_in(const Root *root, const char *directory)
{
        _cleanup_close_ int fd = root_open_at(root, directory, O_RDONLY | O_DIRECTORY, 0);
        _cleanup_(texts_done) Texts machines = {};

        if (fd < 0 || directory_names(fd, &machines) < 0)
                return fd == -EACCES;
        for (size_t i = 0; i < machines.count; i++) {
                _cleanup_free_ char *path = NULL;
                _cleanup_close_ int file = -EBADF;

                if (text_format(&path, "%s/%s/system.journal", directory, machines.items[i]) < 0)
                        continue;
                file = root_open_at(root, path, O_RDONLY | O_NONBLOCK, 0);
                if (file == -EACCES)
                        return true;
        }
        return false;
}

bool journal_is_denied(const Root *root)
{
        return journal_is_denied_in(root, "var/log/journal") ||
               journal_is_denied_in(root, "run/log/journal");
}

int journal_open(const char *root, Journal **ret)
{
        _cleanup_(journal_closep) Journal *journal = NULL;
        int r = text_equal(root, "/")
                        ? sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY)
                        : sd_journal_open_directory(&journal, root, SD_JOURNAL_OS_ROOT);

        if (r < 0)
                return r;
        r = journal_match_events(journal);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(journal);
        return 0;
}

int journal_field(Journal *journal, const char *field, char **ret)
{
        const void *bytes;
        size_t length, name = strlen(field) + 1;
        int r = sd_journal_get_data(journal, field, &bytes, &length);

        if (r == -ENOENT) {
                *ret = NULL;
                return 0;
        }
        if (r < 0)
                return r;
        if (length < name)
                return -EBADMSG;
        *ret = strndup((const char *)bytes + name, length - name);
        return *ret ? 0 : -ENOMEM;
}
