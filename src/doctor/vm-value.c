/* SPDX-License-Identifier: MIT */

#include "doctor/vm-value.h"
#include "base/text.h"
#include "vmx/mend.h"

#define WORDS_MAX 40U /* characters of a value that are shown */

void vm_value_done(VmValue *value)
{
        free(value->text);
        free(value->words);
        *value = (VmValue){};
}

/* Blanks that nobody would see. */
static bool has_blank_ends(const char *text)
{
        size_t size = strlen(text);

        return size > 0 && (strchr(" \t", text[0]) || strchr(" \t", text[size - 1]));
}

/* Makes the words of a text that was just read with result `r`. */
static int value_take(VmValue *value, int r)
{
        _cleanup_free_ char *shown = NULL;

        if (r >= 0)
                r = text_excerpt(value->text, WORDS_MAX, &shown);
        if (r < 0)
                return r;
        if (has_blank_ends(value->text))
                return text_format(&value->words, "\"%s\"", shown);
        value->words = TAKE_PTR(shown);
        return 0;
}

int vm_value(const Vm *vm, const char *key, VmValue *ret)
{
        size_t index = dictionary_find(vm->file, key, 0);

        *ret = (VmValue){};
        if (index == vm->file->count) {
                index = dictionary_find_flawed(vm->file, key, 0);
                if (index < vm->file->count)
                        ret->line = vm->file->lines[index].number;
                return 0;
        }
        ret->line = vm->file->lines[index].number;
        return value_take(ret, dictionary_line_value(&vm->file->lines[index], &ret->text));
}

const char *vm_value_words(const VmValue *value)
{
        if (!value->text)
                return value->line > 0 ? "not readable" : "not set";
        return *value->text ? value->words : "set to nothing";
}

int vm_line_seeming(const DictionaryLine *line, char **ret)
{
        Span value;

        if (dictionary_line_is_setting(line) && !line_quotes(line))
                return dictionary_line_value(line, ret);
        value = line_likely_value(line);
        *ret = strndup((const char *)value.bytes, value.size);
        return *ret ? 0 : -ENOMEM;
}

int vm_next_seeming(const Vm *vm, const char *key, size_t *index, VmValue *ret)
{
        const Dictionary *file = vm->file;

        *ret = (VmValue){};
        while (*index < file->count && !dictionary_line_has_name(&file->lines[*index], key))
                (*index)++;
        if (*index == file->count)
                return 0;
        ret->line = file->lines[*index].number;
        return value_take(ret, vm_line_seeming(&file->lines[(*index)++], &ret->text));
}

int vm_find_set(const Vm *vm, const char *key, VmValue *ret)
{
        size_t index = 0;
        int r = vm_next_seeming(vm, key, &index, ret);

        while (r >= 0 && ret->text && !*ret->text) {
                vm_value_done(ret);
                r = vm_next_seeming(vm, key, &index, ret);
        }
        return r;
}

static bool is_one_of(const char *text, const char *const words[])
{
        for (size_t i = 0; words[i]; i++)
                if (text_equal_ascii(text, words[i]))
                        return true;
        return false;
}

VmFlag vm_value_flag(const VmValue *value)
{
        static const char *const no[] = {"FALSE", "F", "NO", "N", "OFF", "0", NULL};
        static const char *const yes[] = {"TRUE", "T", "YES", "Y", "ON", "1", NULL};

        if (!value->text)
                return VM_FLAG_UNSET;
        return is_one_of(value->text, yes)  ? VM_FLAG_TRUE
               : is_one_of(value->text, no) ? VM_FLAG_FALSE
                                            : VM_FLAG_OTHER;
}

int vm_want(const Vm *vm, const char *key, const char *value)
{
        int r = dictionary_set(vm->fixed, key, value);

        if (r >= 0)
                vm_want_once(vm, key);
        return r;
}

void vm_want_once(const Vm *vm, const char *key)
{
        size_t first = dictionary_find(vm->fixed, key, 0);

        if (first < vm->fixed->count)
                dictionary_keep_one(vm->fixed, first);
}
