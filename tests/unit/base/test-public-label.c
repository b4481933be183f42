/* SPDX-License-Identifier: MIT */

#include "../lib/tap.h"
#include "base/public-label.h"
#include "base/text.h"

static bool becomes(const char *text, const char *wanted)
{
        char label[PUBLIC_LABEL_SIZE];

        public_label(text, label);
        if (!text_equal(label, wanted))
                printf("# %s: %s\n", text ? text : "NULL", label);
        return text_equal(label, wanted);
}

static void what_systems_are_called_is_kept(void)
{
        static const char *const names[] = {
                "Debian GNU/Linux 12 (bookworm)",
                "Ubuntu 24.04.1 LTS",
                "Fedora Linux 41 (Workstation Edition)",
                "openSUSE Tumbleweed",
                "Arch Linux",
                "Red Hat Enterprise Linux 9.4",
                "6.1.0-28-amd64",
                "6.8.0-49-generic",
                "6.11.4-301.fc41.x86_64",
                "6.12.1-arch1-1",
                "5.14.0-503.el9.x86_64",
                "257.3",
                "257.7-1~bpo12+1",
                "25H2u1",
                "17.6.1",
                "24319023",
                "VMware Workstation 26H1",
                "",
        };

        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                CHECK(becomes(names[i], names[i]));
        CHECK(becomes(NULL, "not known"));
}

static void names_of_people_and_machines_are_not(void)
{
        CHECK(becomes("17.6.1-alice", "17.6.1*"));
        CHECK(becomes("6.1.0-28-build.corp.example", "6.1.0-28*"));
        CHECK(becomes("Debian 12 for alice", "Debian 12 * *"));
        CHECK(becomes("00:50:56:c0:00:08", "*"));
        CHECK(becomes("00-50-56-00-00-08", "*"));
        CHECK(becomes("17 00.50.56.00.00.08", "17 *"));
        CHECK(becomes("0123456789abcdef0123456789abcdef", "*"));
        CHECK(becomes("12345678-1234-1234-1234-123456789012", "*"));
        CHECK(becomes("123456789", "*"));
        CHECK(becomes("/home/alice/vm", "*"));
        CHECK(becomes("12amd64alice", "*"));
        CHECK(becomes("\x1b[31m17", "*"));
}

static void what_is_too_long_is_cut(void)
{
        char text[1024], label[PUBLIC_LABEL_SIZE];

        for (size_t i = 0; i + 2 < sizeof(text); i += 2)
                memcpy(text + i, "7 ", 3);
        public_label(text, label);
        CHECK(strlen(label) == PUBLIC_LABEL_SIZE - 1);
}

int main(void)
{
        CASE(what_systems_are_called_is_kept);
        CASE(names_of_people_and_machines_are_not);
        CASE(what_is_too_long_is_cut);
        return tap_end();
}
