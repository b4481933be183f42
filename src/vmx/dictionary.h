/* SPDX-License-Identifier: MIT */
#pragma once

/* Dictionary: a file in VMware's dictionary format (.vmx, /etc/vmware/config), held so that
 * every byte that is not changed on purpose stays: comments, order, blanks, line ends, whatever
 * encoding the line `.encoding` names. A line is one of
 *
 *     ws name ws = ws value ws comment            value: no blank, tab or '#'
 *     ws name ws = ws "quoted value" ws comment   quoted value: all but a double quote
 *     ws name ws = ws comment                     the value is empty
 *     ws comment                                  '#' to the end of the line, or nothing
 *
 * A name has no blank, tab, '=' or '#', and compares without case (ASCII, whatever the locale).
 * `|XX` in a value is the byte of that hexadecimal number. LF, CRLF and a lone CR end a line; a
 * byte order mark of UTF-8 may precede the first one. VMware cannot read any other line. The format
 * is that of the reader that open-vm-tools publishes (lib/dict). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

#define DICTIONARY_SIZE_MAX (16U * 1024U * 1024U) /* bytes; real ones have some thousand */

typedef enum LineFlaw {
        LINE_FLAW_NONE,
        LINE_FLAW_NO_EQUALS, /* no '=' after the first word */
        LINE_FLAW_NO_NAME,   /* '=' comes first */
        LINE_FLAW_UNCLOSED,  /* a quote is not closed */
        LINE_FLAW_TAIL,      /* text after the closing quote */
        LINE_FLAW_WORDS,     /* several words without quotes */
        _LINE_FLAW_MAX,
} LineFlaw;

/* "no closing quote" */
const char *line_flaw_text(LineFlaw flaw);

/* Offsets are in bytes from the start of the line's text. */
typedef struct DictionaryLine {
        const char *text;           /* with its end; borrowed from `own` or from the whole text */
        char *own;                  /* what replaced it, or NULL */
        uint32_t size;              /* in bytes, with the end of the line */
        uint32_t number;            /* from 1; 0 when it was added */
        uint32_t name, name_size;   /* size 0: sets nothing that can be told */
        uint32_t value, value_size; /* between the quotes; of one with a flaw all after the '=' */
        bool quoted;
        uint8_t flaw; /* LineFlaw */
} DictionaryLine;

typedef struct Dictionary {
        char *text;       /* as it was read; owned */
        size_t mark_size; /* of the byte order mark */
        DictionaryLine *lines;
        size_t count, room;
} Dictionary;

/* -EBADMSG when it has a NUL byte (UTF-16, or no text at all), with its offset in `*ret_offset`
 * (may be NULL); -EFBIG, -ENOMEM. */
_nodiscard_ int dictionary_parse(const char *text, size_t size, Dictionary *ret,
                                 size_t *ret_offset);
void dictionary_done(Dictionary *dictionary);

/* Whether VMware reads it as a setting. */
static inline bool dictionary_line_is_setting(const DictionaryLine *line)
{
        return line->name_size > 0 && line->flaw == LINE_FLAW_NONE;
}

/* Size of the line without its end, in bytes. */
size_t dictionary_line_body(const DictionaryLine *line);

/* Whether the line sets `name`, in any spelling that VMware takes for it. */
bool dictionary_line_has_name(const DictionaryLine *line, const char *name);
/* Whether both lines set the same name. */
bool dictionary_same_name(const DictionaryLine *a, const DictionaryLine *b);

/* The first line that sets `name`, from line `from` on; `count` when none does. */
size_t dictionary_find(const Dictionary *dictionary, const char *name, size_t from);

/* The same, but of those that name it and that VMware cannot read. */
size_t dictionary_find_flawed(const Dictionary *dictionary, const char *name, size_t from);

/* The value without escapes, in a new string that a `|00` ends. -ENOMEM. */
_nodiscard_ int dictionary_line_value(const DictionaryLine *line, char **ret);

/* The same of the first line that sets `name`; NULL when none does. */
_nodiscard_ int dictionary_get(const Dictionary *dictionary, const char *name, char **ret);

/* Sets `name`: in the line that sets it, else in one that names it and cannot be read, else in a
 * new one at the end. Nothing but the value changes, which gets quotes. -ENOMEM. */
_nodiscard_ int dictionary_set(Dictionary *dictionary, const char *name, const char *value);

/* Gives line `index`, which has a name, the `size` bytes of `raw` as its value; they have their
 * escapes and no double quote. They may be of the line itself. -ENOMEM. */
_nodiscard_ int dictionary_set_raw(Dictionary *dictionary, size_t index, const char *raw,
                                   size_t size);

/* Puts the one line `text`, with its end, in the place of line `index`. -ENOMEM. */
_nodiscard_ int dictionary_replace(Dictionary *dictionary, size_t index, const char *text);

/* Takes line `index` out. */
void dictionary_remove(Dictionary *dictionary, size_t index);

/* Takes out all lines but `index` that have its name, also those that cannot be read. */
void dictionary_keep_one(Dictionary *dictionary, size_t index);

/* A copy with the numbers of the lines, which borrows the text of `from`. -ENOMEM. */
_nodiscard_ int dictionary_copy(const Dictionary *from, Dictionary *ret);

/* Whether both have the same lines, byte for byte. */
bool dictionary_same_lines(const Dictionary *a, const Dictionary *b);

/* All of it, in a new string. -ENOMEM. */
_nodiscard_ int dictionary_text(const Dictionary *dictionary, char **ret, size_t *ret_size);
