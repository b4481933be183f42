/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/text.h"
#include "file/digest.h"
#include "vault/archive-name.h"

#define LABEL_MAX 80U

int archive_name_digits(const Archive *archive, char ret[static ARCHIVE_DIGITS + 1])
{
        _cleanup_(digester_freep) Digester *digester = NULL;
        char hex[DIGEST_HEX_SIZE];
        Digest digest;
        int r = digester_new(&digester);

        for (size_t i = 0; r >= 0 && i < archive->original_count; i++) {
                _cleanup_free_ char *line = NULL;

                digest_to_hex(&archive->originals[i].digest, hex);
                r = text_format(&line, "%s  %s\n", hex, archive->originals[i].path);
                if (r >= 0)
                        r = digester_add(digester, (Span){(const uint8_t *)line, strlen(line)});
        }
        if (r >= 0)
                r = digester_end(digester, &digest);
        if (r < 0)
                return r;
        digest_to_hex(&digest, hex);
        memcpy(ret, hex, ARCHIVE_DIGITS);
        ret[ARCHIVE_DIGITS] = '\0';
        return 0;
}

static bool is_plain(char c)
{
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
}

/* Lower case, one '-' for any run of other characters, none at the ends of the label. */
static void add_word(char *label, const char *word)
{
        size_t used = strlen(label);
        bool gap = used > 0;

        for (; word && *word && used + 1 < LABEL_MAX; word++) {
                char c = *word >= 'A' && *word <= 'Z' ? (char)(*word - 'A' + 'a') : *word;

                if (!is_plain(c) || (used == 0 && c == '.')) {
                        gap = used > 0;
                        continue;
                }
                if (gap)
                        label[used++] = '-';
                gap = false;
                label[used++] = c;
        }
        label[used] = '\0';
}

int archive_name_make(const Archive *archive, const char *suffix, char **ret)
{
        char label[LABEL_MAX + 1] = "", digits[ARCHIVE_DIGITS + 1];
        int r = archive_name_digits(archive, digits);

        if (r < 0)
                return r;
        add_word(label, archive->build.product ? archive->build.product : "vmware");
        add_word(label, archive->build.version);
        add_word(label, archive->build.build);
        return text_format(ret, "%s-%s.tar.%s", *label ? label : "vmware", digits, suffix);
}

/* From its end: a label may hold anything that looks like an end. */
bool archive_name_parse(const char *name, char ret[static ARCHIVE_DIGITS + 1])
{
        static const char *const ends[] = {".tar.zst", ".tar.gz"};
        size_t length = strlen(name), label;

        for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
                size_t tail = ARCHIVE_DIGITS + strlen(ends[i]);

                /* at least one character of a label, and '-' */
                if (length < tail + 2 || !text_equal(name + length - strlen(ends[i]), ends[i]))
                        continue;
                label = length - tail - 1;
                if (name[label] != '-' || name[0] == '.' || name[0] == '-' ||
                    strspn(name + label + 1, "0123456789abcdef") != ARCHIVE_DIGITS)
                        return false;
                for (size_t k = 0; k < label; k++)
                        if (!is_plain(name[k]) && name[k] != '-')
                                return false;
                memcpy(ret, name + label + 1, ARCHIVE_DIGITS);
                ret[ARCHIVE_DIGITS] = '\0';
                return true;
        }
        return false;
}
