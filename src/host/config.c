/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "host/config.h"

typedef struct Setting {
        char *key, *value;
} Setting;

struct VmwareConfig {
        Setting *settings;
        size_t count;
};

void vmware_config_free(VmwareConfig *config)
{
        if (!config)
                return;
        for (size_t i = 0; i < config->count; i++) {
                free(config->settings[i].key);
                free(config->settings[i].value);
        }
        free(config->settings);
        free(config);
}

/* Adds copies of two runs of characters. */
static int add_setting(VmwareConfig *config, const char *key, size_t key_size, const char *value,
                       size_t value_size)
{
        _cleanup_free_ char *key_copy = strndup(key, key_size);
        _cleanup_free_ char *value_copy = strndup(value, value_size);
        Setting *larger;

        if (!key_copy || !value_copy)
                return -ENOMEM;
        larger = reallocarray(config->settings, config->count + 1, sizeof(*larger));
        if (!larger)
                return -ENOMEM;
        config->settings = larger;
        larger[config->count++] = (Setting){TAKE_PTR(key_copy), TAKE_PTR(value_copy)};
        return 0;
}

/* key = "value", with blanks anywhere; anything else is passed over. */
static int parse_line(VmwareConfig *config, const char *line, size_t size)
{
        const char *end = line + size, *equals, *open, *close, *key_end;

        while (line < end && (*line == ' ' || *line == '\t'))
                line++;
        equals = memchr(line, '=', (size_t)(end - line));
        if (line == end || *line == '#' || !equals || equals == line)
                return 0;
        for (key_end = equals; key_end > line && (key_end[-1] == ' ' || key_end[-1] == '\t');)
                key_end--;
        open = memchr(equals, '"', (size_t)(end - equals));
        close = open ? memchr(open + 1, '"', (size_t)(end - open - 1)) : NULL;
        if (key_end == line || !close)
                return 0;
        return add_setting(config, line, (size_t)(key_end - line), open + 1,
                           (size_t)(close - open - 1));
}

int vmware_config_parse(const char *text, size_t size, VmwareConfig **ret, Fault *fault)
{
        _cleanup_(vmware_config_freep) VmwareConfig *config = calloc(1, sizeof(*config));
        const char *end = text + size, *nul = memchr(text, '\0', size);

        if (!config)
                return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, VMWARE_CONFIG_PATH);
        if (nul)
                return fault_set_at(fault, -EBADMSG, REASON_CONFIG, (uint64_t)(nul - text),
                                    VMWARE_CONFIG_PATH);
        while (text < end) {
                const char *newline = memchr(text, '\n', (size_t)(end - text));
                const char *line_end = newline ? newline : end;

                if (parse_line(config, text, (size_t)(line_end - text)) < 0)
                        return fault_set(fault, -ENOMEM, REASON_NO_MEMORY, VMWARE_CONFIG_PATH);
                text = newline ? newline + 1 : end;
        }
        *ret = TAKE_PTR(config);
        return 0;
}

const char *vmware_config_get(const VmwareConfig *config, const char *key)
{
        for (size_t i = config->count; i-- > 0;)
                if (strcasecmp(config->settings[i].key, key) == 0)
                        return config->settings[i].value;
        return NULL;
}
