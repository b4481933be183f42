/* SPDX-License-Identifier: MIT */

/* What the reader of VMware's dictionary format makes of many texts, for comparison with another
 * implementation. Standard input has for each its size in decimal and a newline, then its bytes;
 * for each, a name and a value to set follow in the same form. Prints for each text
 *
 *     line NUMBER OFFSET SIZE READABLE NAME VALUE     NAME and VALUE in hexadecimal, "-" for none
 *     set TEXT                                        the text after the value was set, hexadecimal
 *
 * and an empty line; "no text" where it has a NUL byte. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmx/dictionary.h"

static void print_hex(const char *bytes, size_t size)
{
        for (size_t i = 0; i < size; i++)
                printf("%02x", (unsigned char)bytes[i]);
}

/* The next record of standard input, NUL-terminated; NULL at its end. */
static char *record_read(size_t *ret_size)
{
        char *bytes;

        if (scanf("%zu", ret_size) != 1 || getchar() != '\n')
                return NULL;
        bytes = malloc(*ret_size + 1);
        if (!bytes || fread(bytes, 1, *ret_size, stdin) != *ret_size)
                abort();
        bytes[*ret_size] = '\0';
        return bytes;
}

static void line_print(const Dictionary *dictionary, const DictionaryLine *line)
{
        _cleanup_free_ char *value = NULL;

        printf("line %u %zu %u %d ", line->number, (size_t)(line->text - dictionary->text),
               line->size, line->flaw == LINE_FLAW_NONE);
        if (!dictionary_line_is_setting(line)) {
                puts("- -");
                return;
        }
        if (dictionary_line_value(line, &value) < 0)
                abort();
        print_hex(line->text + line->name, line->name_size);
        (void)putchar(' ');
        print_hex(value, strlen(value));
        (void)putchar('\n');
}

static void text_probe(const char *text, size_t size, const char *name, const char *value)
{
        _cleanup_(dictionary_done) Dictionary dictionary = {};
        _cleanup_free_ char *changed = NULL;
        int r = dictionary_parse(text, size, &dictionary, NULL);

        if (r == -EBADMSG) {
                puts("no text\n");
                return;
        }
        if (r < 0)
                abort();
        for (size_t i = 0; i < dictionary.count; i++)
                line_print(&dictionary, &dictionary.lines[i]);
        if (dictionary_set(&dictionary, name, value) < 0 ||
            dictionary_text(&dictionary, &changed, &size) < 0)
                abort();
        printf("set ");
        print_hex(changed, size);
        puts("\n");
}

int main(void)
{
        for (;;) {
                size_t size = 0, ignored;
                _cleanup_free_ char *text = record_read(&size), *name = NULL, *value = NULL;

                if (!text)
                        return 0;
                name = record_read(&ignored);
                value = record_read(&ignored);
                if (!name || !value)
                        abort();
                text_probe(text, size, name, value);
        }
}
