/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "base/text.h"
#include "host/config.h"
#include "vmx/dictionary.h"
#include "vmx/mend.h"

struct VmwareConfig {
        Dictionary dictionary;
        char **values; /* of each line; NULL where it sets nothing */
};

void vmware_config_free(VmwareConfig *config)
{
        if (!config)
                return;
        for (size_t i = 0; config->values && i < config->dictionary.count; i++)
                free(config->values[i]);
        free(config->values);
        dictionary_done(&config->dictionary);
        free(config);
}

static int config_parse(VmwareConfig *config, const char *text, size_t size, size_t *ret_nul)
{
        int r = dictionary_parse(text, size, &config->dictionary, ret_nul);

        if (r < 0)
                return r;
        config->values = calloc(config->dictionary.count + 1, sizeof(*config->values));
        if (!config->values)
                return -ENOMEM;
        for (size_t i = 0; r >= 0 && i < config->dictionary.count; i++)
                if (dictionary_line_is_setting(&config->dictionary.lines[i]))
                        r = dictionary_line_value(&config->dictionary.lines[i], &config->values[i]);
        return r;
}

int vmware_config_parse(const char *text, size_t size, VmwareConfig **ret, Fault *fault)
{
        _cleanup_(vmware_config_freep) VmwareConfig *config = calloc(1, sizeof(*config));
        size_t nul = 0;
        int r = config ? config_parse(config, text, size, &nul) : -ENOMEM;

        if (r == -EBADMSG)
                return fault_set_at(fault, r, REASON_CONFIG, nul, "/" VMWARE_CONFIG_PATH);
        if (r < 0)
                return fault_set(fault, r, REASON_CONFIG, "/" VMWARE_CONFIG_PATH);
        *ret = TAKE_PTR(config);
        return 0;
}

const char *vmware_config_get(const VmwareConfig *config, const char *key)
{
        for (size_t i = config->dictionary.count; i-- > 0;)
                if (config->values[i] &&
                    dictionary_line_has_name(&config->dictionary.lines[i], key))
                        return config->values[i];
        return NULL;
}

int vmware_config_flaws(const VmwareConfig *config, ConfigFlaws *ret)
{
        const Dictionary *dictionary = &config->dictionary;
        ConfigFlaws flaws = {.items = calloc(dictionary->count + 1, sizeof(*flaws.items))};

        if (!flaws.items)
                return -ENOMEM;
        for (size_t i = 0; i < dictionary->count; i++) {
                const DictionaryLine *line = &dictionary->lines[i];

                const char *quotes = line_quotes(line);

                if (line->flaw != LINE_FLAW_NONE || quotes)
                        flaws.items[flaws.count++] = (ConfigFlaw){
                                .line = line->number,
                                .why = quotes ? quotes : line_flaw_text(line->flaw),
                                .is_libdir = dictionary_line_has_name(line, "libdir"),
                        };
        }
        *ret = flaws;
        return 0;
}

int config_flaws_copy(const ConfigFlaws *flaws, ConfigFlaws *ret)
{
        ConfigFlaws copy = {.items = calloc(flaws->count + 1, sizeof(*copy.items)),
                            .count = flaws->count};

        if (!copy.items)
                return -ENOMEM;
        for (size_t i = 0; i < flaws->count; i++)
                copy.items[i] = flaws->items[i];
        *ret = copy;
        return 0;
}

void config_flaws_done(ConfigFlaws *flaws)
{
        free(flaws->items);
        *flaws = (ConfigFlaws){};
}
