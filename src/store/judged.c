/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "file/same.h"
#include "file/text-file.h"
#include "store/judged.h"

#define JUDGED_NAME    "judged"
#define LINE_SIZE      256U
#define APART_SECONDS  2 /* the coarsest clock of a file system */
#define JUDGED_NUMBERS 7

/* Reading ------------------------------------------------------------------------------------ */

static bool judged_line_parse(char *line, JudgedFile *ret)
{
        uint64_t numbers[JUDGED_NUMBERS];
        Digest digest;

        for (size_t i = 0; i < JUDGED_NUMBERS; i++) {
                const char *word = strsep(&line, " ");

                if (!line || text_to_u64(word, &numbers[i]) < 0)
                        return false;
        }
        if (digest_from_hex(line, &digest) < 0)
                return false;
        *ret = (JudgedFile){.digest = digest};
        ret->stat.st_dev = (dev_t)numbers[0];
        ret->stat.st_ino = (ino_t)numbers[1];
        ret->stat.st_size = (off_t)numbers[2];
        ret->stat.st_mtim = (struct timespec){(time_t)numbers[3], (long)numbers[4]};
        ret->stat.st_ctim = (struct timespec){(time_t)numbers[5], (long)numbers[6]};
        return true;
}

void judged_read(const Store *store, Judged *ret)
{
        const int dir_fd = store_directory_fd(store);
        _cleanup_free_ char *text = NULL;
        char *rest, *line;

        *ret = (Judged){};
        if (dir_fd < 0 || text_file_read_owned(dir_fd, JUDGED_NAME, (size_t)JUDGED_MAX * LINE_SIZE,
                                               &text, NULL) < 0)
                return;
        rest = text;
        while ((line = strsep(&rest, "\n")) && rest && ret->count < JUDGED_MAX)
                if (judged_line_parse(line, &ret->items[ret->count]))
                        ret->count++;
}

bool judged_find(const Judged *judged, const struct stat *stat, Digest *ret)
{
        for (size_t i = 0; i < judged->count; i++) {
                const struct stat *known = &judged->items[i].stat;

                if (!same_content(known, stat) || !same_change(known, stat))
                        continue;
                *ret = judged->items[i].digest;
                return true;
        }
        return false;
}

/* Writing ------------------------------------------------------------------------------------ */

static bool change_would_show(const struct stat *stat)
{
        int64_t apart;

        return !__builtin_sub_overflow((int64_t)stat->st_mtim.tv_sec, (int64_t)stat->st_ctim.tv_sec,
                                       &apart) &&
               (apart > APART_SECONDS || apart < -APART_SECONDS) && stat->st_ctim.tv_nsec != 0;
}

static void judged_take_out(Judged *judged, size_t index)
{
        judged->count--;
        memmove(&judged->items[index], &judged->items[index + 1],
                (judged->count - index) * sizeof(*judged->items));
}

bool judged_add(Judged *judged, const struct stat *stat, const Digest *digest)
{
        for (size_t i = judged->count; i-- > 0;)
                if (same_inode(&judged->items[i].stat, stat))
                        judged_take_out(judged, i);
        if (!change_would_show(stat))
                return false;
        if (judged->count == JUDGED_MAX)
                judged_take_out(judged, 0);
        judged->items[judged->count++] = (JudgedFile){.stat = *stat, .digest = *digest};
        return true;
}

int judged_write(Store *store, const Judged *judged)
{
        _cleanup_free_ char *text = NULL;
        int r = text_copy(&text, "");

        for (size_t i = 0; r >= 0 && i < judged->count; i++) {
                const struct stat *stat = &judged->items[i].stat;
                char hex[DIGEST_HEX_SIZE];

                digest_to_hex(&judged->items[i].digest, hex);
                r = text_append(&text, "%ju %ju %ju %ju %ju %ju %ju %s\n", (uintmax_t)stat->st_dev,
                                (uintmax_t)stat->st_ino, (uintmax_t)stat->st_size,
                                (uintmax_t)stat->st_mtim.tv_sec, (uintmax_t)stat->st_mtim.tv_nsec,
                                (uintmax_t)stat->st_ctim.tv_sec, (uintmax_t)stat->st_ctim.tv_nsec,
                                hex);
        }
        return r < 0 ? r : text_file_write(store_directory_fd(store), JUDGED_NAME, text, false);
}
