/* SPDX-License-Identifier: MIT */

#include <ctype.h>

#include "base/public-label.h"
#include "base/text.h"

#define DIGITS_MAX 8U /* VMware's build numbers have eight digits */
#define SUFFIX_MAX 3U /* "fc41", "el9", "deb12u1" */
#define OCTETS     6U /* of a MAC address */
#define LETTERS    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS     "0123456789"
#define BETWEEN    ".-+~_/(),!"

/* The names that systems, kernels and VMware's products have, and their kinds. */
static const char *const known_words[] = {
        "AlmaLinux",   "Amazon",  "Arch",        "CentOS",     "Core",       "Debian",
        "EndeavourOS", "Edition", "Enterprise",  "Fedora",     "GNU",        "Gentoo",
        "H",           "Hat",     "KDE",         "LTS",        "Leap",       "Linux",
        "Manjaro",     "Mint",    "NixOS",       "OS",         "Oracle",     "Player",
        "Pop",         "Pro",     "Red",         "Rocky",      "SUSE",       "Server",
        "Silverblue",  "Stream",  "Tech",        "Preview",    "Tumbleweed", "Ubuntu",
        "VMware",      "Void",    "Workstation", "Zorin",      "amd",        "arch",
        "bookworm",    "bpo",     "bullseye",    "cloud",      "deb",        "default",
        "desktop",     "el",      "fc",          "forky",      "generic",    "hardened",
        "hwe",         "jammy",   "kvm",         "lowlatency", "lts",        "noble",
        "openSUSE",    "pve",     "rc",          "realtime",   "rolling",    "rt",
        "sid",         "trixie",  "u",           "ubuntu",     "x",          "zen",
};

static bool word_is_known(const char *word, size_t length)
{
        for (size_t i = 0; i < ARRAY_SIZE(known_words); i++)
                if (strlen(known_words[i]) == length && memcmp(known_words[i], word, length) == 0)
                        return true;
        return false;
}

/* A number, or known words with short numbers after them: "24319023", "fc41", "25H2u1". */
static bool part_is_public(const char *part, size_t length)
{
        size_t digits = strspn(part, DIGITS), at = MIN(digits, length);

        if (at == length)
                return length <= DIGITS_MAX;
        if (at > SUFFIX_MAX)
                return false;
        while (at < length) {
                size_t letters = MIN(strspn(part + at, LETTERS), length - at);

                if (letters == 0 || !word_is_known(part + at, letters))
                        return false;
                at += letters;
                digits = MIN(strspn(part + at, DIGITS), length - at);
                if (digits > SUFFIX_MAX)
                        return false;
                at += digits;
        }
        return true;
}

/* Six pairs of hexadecimal digits, or a group of them that is longer than any number. */
static bool word_is_address(const char *word, size_t length)
{
        size_t pairs = 0, run = 0;

        for (size_t i = 0; i <= length; i++) {
                if (i < length && isxdigit((unsigned char)word[i])) {
                        run++;
                        continue;
                }
                if (run > DIGITS_MAX)
                        return true;
                pairs = run == 2 ? pairs + 1 : 0;
                if (pairs == OCTETS)
                        return true;
                run = 0;
        }
        return false;
}

/* How much of a word may be posted. */
static size_t word_public_length(const char *word, size_t length)
{
        size_t kept = 0;

        if (word_is_address(word, length))
                return 0;
        while (kept < length) {
                size_t between = MIN(strspn(word + kept, BETWEEN), length - kept);
                size_t part =
                        MIN(strspn(word + kept + between, LETTERS DIGITS), length - kept - between);

                if (between + part == 0 || !part_is_public(word + kept + between, part))
                        break;
                kept += between + part;
        }
        return kept;
}

void public_label(const char *text, char ret[static PUBLIC_LABEL_SIZE])
{
        size_t used = 0;

        if (!text) {
                text_put(ret, PUBLIC_LABEL_SIZE, "not known");
                return;
        }
        ret[0] = '\0';
        while (*(text += strspn(text, " "))) {
                size_t length = strcspn(text, " ");
                size_t kept = word_public_length(text, length);

                text_put(ret + used, PUBLIC_LABEL_SIZE - used, "%s%.*s%s", used ? " " : "",
                         (int)kept, text, kept < length ? "*" : "");
                used = strlen(ret);
                text += length;
        }
}
