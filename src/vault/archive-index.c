/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "file/text-file.h"
#include "vault/archive-index.h"
#include "vault/archive-name.h"
#include "vault/manifest.h"

#define INDEX_NAME    "index"
#define INDEX_MAX     ((size_t)64 << 20) /* bytes */
#define ARCHIVES_FEW  16U                /* to open them takes no time */
#define APART_SECONDS 2                  /* the coarsest clock of a file system */

/* Reading ------------------------------------------------------------------------------------ */

/* The words of a line, one after the other. Once one is missing or wrong, `good` is false. */
typedef struct Line {
        char *rest;
        bool good;
} Line;

static const char *line_word(Line *line)
{
        const char *word = line->rest ? strsep(&line->rest, "\t") : NULL;

        line->good &= word != NULL;
        return word ? word : "";
}

static uint64_t line_number(Line *line)
{
        uint64_t number = 0;

        line->good &= text_to_u64(line_word(line), &number) >= 0;
        return number;
}

static void line_digest(Line *line, Digest *ret)
{
        line->good &= digest_from_hex(line_word(line), ret) >= 0;
}

/* A text that may be missing: "=" stands before it. */
static int line_text(Line *line, char **ret)
{
        const char *word = line_word(line);

        return *word == '=' ? text_copy(ret, word + 1) : 0;
}

static struct timespec line_time(Line *line)
{
        struct timespec time = {.tv_sec = (time_t)line_number(line)};

        time.tv_nsec = (long)line_number(line);
        return time;
}

static int index_parse_original(Line line, Original *ret)
{
        int r = text_copy(&ret->path, line_word(&line));

        if (r >= 0)
                r = text_copy(&ret->role, line_word(&line));
        if (r < 0)
                return r;
        ret->size = line_number(&line);
        line_digest(&line, &ret->digest);
        return line.good && !line.rest && text_is_path_below(ret->path) &&
                               ret->size <= ORIGINAL_SIZE_MAX
                       ? 0
                       : -EBADMSG;
}

/* All but the originals, of which there are `ret_count`. */
static int index_parse_archive(Line line, Archive *ret, uint64_t *ret_count)
{
        char digits[ARCHIVE_DIGITS + 1];
        int r = text_copy(&ret->name, line_word(&line));

        ret->stat.st_mode = S_IFREG;
        ret->stat.st_dev = (dev_t)line_number(&line);
        ret->stat.st_ino = (ino_t)line_number(&line);
        ret->stat.st_size = (off_t)line_number(&line);
        ret->stat.st_mtim = line_time(&line);
        ret->stat.st_ctim = line_time(&line);
        ret->serial = line_number(&line);
        ret->created = (int64_t)line_number(&line);
        *ret_count = line_number(&line);
        if (r >= 0)
                r = line_text(&line, &ret->build.product);
        if (r >= 0)
                r = line_text(&line, &ret->build.version);
        if (r >= 0)
                r = line_text(&line, &ret->build.build);
        if (r < 0)
                return r;
        return line.good && !line.rest && archive_name_parse(ret->name, digits) &&
                               ret->serial <= SERIAL_MAX && *ret_count > 0 &&
                               *ret_count <= ORIGINALS_MAX
                       ? 0
                       : -EBADMSG;
}

static int index_parse_next(char *first, char **rest, Archive *ret)
{
        uint64_t count;
        int r = index_parse_archive((Line){.rest = first, .good = true}, ret, &count);

        if (r < 0)
                return r;
        ret->originals = calloc(count, sizeof(*ret->originals));
        if (!ret->originals)
                return -ENOMEM;
        while (r >= 0 && ret->original_count < count && *rest)
                r = index_parse_original((Line){.rest = strsep(rest, "\n"), .good = true},
                                         &ret->originals[ret->original_count++]);
        return r >= 0 && ret->original_count < count ? -EBADMSG : r;
}

static int index_parse(char *text, Archives *archives)
{
        size_t room = 0;
        char *first;

        while ((first = strsep(&text, "\n")) && text) {
                int r;

                if (archives->count == room) {
                        Archive *larger;

                        room = 2 * room + 64;
                        larger = reallocarray(archives->items, room, sizeof(*larger));
                        if (!larger)
                                return -ENOMEM;
                        archives->items = larger;
                }
                archives->items[archives->count] = (Archive){};
                r = index_parse_next(first, &text, &archives->items[archives->count++]);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Whether the first line is the digest of all others, which come behind it. */
static bool index_is_whole(char *text, size_t size, char **ret_lines)
{
        const size_t head = DIGEST_HEX_SIZE; /* with the newline, where the string has its NUL */
        Digest named, found;

        if (size < head || text[head - 1] != '\n')
                return false;
        text[head - 1] = '\0';
        *ret_lines = text + head;
        return digest_from_hex(text, &named) >= 0 &&
               digest_of_span((Span){(const uint8_t *)*ret_lines, size - head}, &found) >= 0 &&
               digest_equal(&named, &found);
}

int archive_index_read(const Store *store, Archives *ret)
{
        const int dir_fd = store_directory_fd(store);
        _cleanup_(archives_done) Archives archives = {};
        _cleanup_free_ char *text = NULL;
        char *lines;
        size_t size;
        int r;

        *ret = (Archives){};
        r = dir_fd < 0 ? dir_fd : text_file_read_owned(dir_fd, INDEX_NAME, INDEX_MAX, &text, &size);
        if (r >= 0)
                r = index_is_whole(text, size, &lines) ? index_parse(lines, &archives) : -EBADMSG;
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        *ret = archives;
        archives = (Archives){};
        return 0;
}

/* Writing ------------------------------------------------------------------------------------ */

static bool text_is_one_word(const char *text)
{
        for (; text && *text; text++)
                if ((unsigned char)*text < 0x20)
                        return false;
        return true;
}

static bool archive_may_be_indexed(const Archive *archive, time_t now)
{
        const struct stat *stat = &archive->stat;

        if (!(stat->st_mode & S_IROTH) || stat->st_mtim.tv_sec > now - APART_SECONDS ||
            stat->st_ctim.tv_sec > now - APART_SECONDS ||
            !text_is_one_word(archive->build.product) ||
            !text_is_one_word(archive->build.version) || !text_is_one_word(archive->build.build))
                return false;
        for (size_t i = 0; i < archive->original_count; i++)
                if (!text_is_one_word(archive->originals[i].path) ||
                    !text_is_one_word(archive->originals[i].role))
                        return false;
        return true;
}

static void index_put_text(FILE *out, const char *text)
{
        (void)fprintf(out, "\t%s%s", text ? "=" : "", text ? text : "");
}

static void index_put(FILE *out, const Archive *archive)
{
        const struct stat *stat = &archive->stat;

        (void)fprintf(out, "%s\t%ju\t%ju\t%ju\t%ju\t%ju\t%ju\t%ju\t%ju\t%ju\t%zu", archive->name,
                      (uintmax_t)stat->st_dev, (uintmax_t)stat->st_ino, (uintmax_t)stat->st_size,
                      (uintmax_t)stat->st_mtim.tv_sec, (uintmax_t)stat->st_mtim.tv_nsec,
                      (uintmax_t)stat->st_ctim.tv_sec, (uintmax_t)stat->st_ctim.tv_nsec,
                      (uintmax_t)archive->serial, (uintmax_t)archive->created,
                      archive->original_count);
        index_put_text(out, archive->build.product);
        index_put_text(out, archive->build.version);
        index_put_text(out, archive->build.build);
        (void)fputc('\n', out);
        for (size_t i = 0; i < archive->original_count; i++) {
                const Original *original = &archive->originals[i];
                char hex[DIGEST_HEX_SIZE];

                digest_to_hex(&original->digest, hex);
                (void)fprintf(out, "%s\t%s\t%" PRIu64 "\t%s\n", original->path, original->role,
                              original->size, hex);
        }
}

/* The digest comes first, so room is left for it. */
static int index_format(const Archives *archives, char **ret)
{
        _cleanup_free_ char *text = NULL;
        const time_t now = time(NULL);
        char hex[DIGEST_HEX_SIZE];
        Digest digest;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        int r;

        if (!out)
                return -ENOMEM;
        (void)fprintf(out, "%*s\n", (int)DIGEST_HEX_SIZE - 1, "");
        for (size_t i = 0; i < archives->count; i++)
                if (archive_may_be_indexed(&archives->items[i], now))
                        index_put(out, &archives->items[i]);
        if (fclose(out) != 0)
                return -ENOMEM;
        r = digest_of_span((Span){(const uint8_t *)text + DIGEST_HEX_SIZE, size - DIGEST_HEX_SIZE},
                           &digest);
        if (r < 0)
                return r;
        digest_to_hex(&digest, hex);
        memcpy(text, hex, DIGEST_HEX_SIZE - 1);
        *ret = TAKE_PTR(text);
        return 0;
}

int archive_index_renew(Store *store, const Archives *archives)
{
        const int dir_fd = store_directory_fd(store);
        _cleanup_free_ char *text = NULL, *known = NULL;
        size_t size;
        int r = text_file_read_owned(dir_fd, INDEX_NAME, INDEX_MAX, &known, &size);

        if (archives->count < ARCHIVES_FEW && r == -ENOENT)
                return 0;
        r = index_format(archives, &text);
        if (r < 0 || (known && text_equal(known, text)))
                return r;
        return text_file_write(dir_fd, INDEX_NAME, text, false);
}
