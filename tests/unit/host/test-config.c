/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include "../lib/tap.h"
#include "host/config.h"

/* Parses bytes that nothing follows, so that reading behind them is seen. */
static int parse(const char *text, size_t size, VmwareConfig **ret, Fault *fault)
{
        _cleanup_free_ char *exact = malloc(size ? size : 1);

        if (!exact)
                abort();
        memcpy(exact, text, size);
        return vmware_config_parse(exact, size, ret, fault);
}

static void settings_are_found(void)
{
        static const struct {
                const char *text, *key, *value;
        } rows[] = {
                {"libdir = \"/opt/vmware\"\n", "libdir", "/opt/vmware"},
                {"libdir = \"/opt/vmware\"", "libdir", "/opt/vmware"},
                {"libdir=\"/opt/vmware\"\n", "libdir", "/opt/vmware"},
                {" \tlibdir \t=\t \"/opt/vmware\" \t\n", "libdir", "/opt/vmware"},
                {"libdir = \"/opt/vmware\"\r\n", "libdir", "/opt/vmware"},
                {"LibDir = \"/opt/vmware\"\n", "libdir", "/opt/vmware"},
                {"libdir = \"/opt/vmware\"\n", "LIBDIR", "/opt/vmware"},
                {"a = \"1\"\n\n\n# c\nb = \"2\"\n", "b", "2"},
                {"a = \"1\"\na = \"2\"\nb = \"3\"\n", "a", "2"},
                {"A = \"1\"\na = \"2\"\n", "A", "2"},
                {"a = \"\"\n", "a", ""},
                {"a = \"b = c # d\"\n", "a", "b = c # d"},
                {"a = \"1\" # \"2\"\n", "a", "1"},
                {"a = 1\n", "a", "1"},
                {"libdir = /opt/vmware # c\r\n", "libdir", "/opt/vmware"},
                {"a =", "a", ""},
                {"a = \n\"1\"\n", "a", ""},
                {"a = \"1\"\ra = \"2\"", "a", "2"},
                {"\xEF\xBB\xBF"
                 "a = \"1|22\"\n",
                 "a", "1\""},
                {"product.version = \"25H2u1\"\n", "product.version", "25H2u1"},
                /* nothing of these is a setting */
                {"", "a", NULL},
                {"\n\n", "", NULL},
                {"a", "a", NULL},
                {"a b = \"1\"\n", "a b", NULL},
                {"a = 1 2\n", "a", NULL},
                {"a = \"1\" 2\n", "a", NULL},
                {"a = \"1\n", "a", NULL},
                {"a = \"1\n\"", "a", NULL},
                {"= \"1\"\n", "", NULL},
                {"  = \"1\"\n", "", NULL},
                {"# a = \"1\"\n", "a", NULL},
                {"  #a = \"1\"\n", "#a", NULL},
                {"a.b = \"1\"\n", "a", NULL},
                {"a = \"1\"\n", "a.b", NULL},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_(vmware_config_freep) VmwareConfig *config = NULL;
                const char *value;

                REQUIRE(parse(rows[i].text, strlen(rows[i].text), &config, NULL) == 0);
                value = vmware_config_get(config, rows[i].key);
                if (rows[i].value)
                        CHECK_TEXT(value, rows[i].value);
                else
                        CHECK(!value);
        }
}

static void a_nul_byte_is_no_text(void)
{
        static const char *const texts[] = {"\0", "a = \"1\"\n\0", "a = \"\0\"\n"};
        static const size_t sizes[] = {1, 9, 8}, offsets[] = {0, 8, 5};

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
                _cleanup_(vmware_config_freep) VmwareConfig *config = NULL;
                Fault fault = FAULT_NONE;

                CHECK_EQUAL(parse(texts[i], sizes[i], &config, &fault), -EBADMSG);
                CHECK(!config);
                CHECK_EQUAL(fault.reason, REASON_CONFIG);
                CHECK_EQUAL(fault.offset, offsets[i]);
                CHECK_TEXT(fault.subject, "/" VMWARE_CONFIG_PATH);
        }
}

static void long_files_are_parsed(void)
{
        _cleanup_(vmware_config_freep) VmwareConfig *config = NULL;
        _cleanup_free_ char *text = malloc(40000), *line = malloc(1000000);
        size_t size = 0;

        REQUIRE(text && line);
        for (int i = 0; i < 1000; i++)
                size += (size_t)snprintf(text + size, 40000 - size, "key%d = \"value %d\"\n", i, i);
        REQUIRE(parse(text, size, &config, NULL) == 0);
        CHECK_TEXT(vmware_config_get(config, "key0"), "value 0");
        CHECK_TEXT(vmware_config_get(config, "KEY999"), "value 999");
        CHECK(!vmware_config_get(config, "key1000"));
        vmware_config_free(TAKE_PTR(config));
        memset(line, '=', 1000000);
        CHECK_EQUAL(parse(line, 1000000, &config, NULL), 0);
        vmware_config_free(NULL);
}

int main(void)
{
        CASE(settings_are_found);
        CASE(a_nul_byte_is_no_text);
        CASE(long_files_are_parsed);
        return tap_end();
}
