/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "doctor/integrity.h"
#include "doctor/start.h"
#include "doctor/unit.h"

#define FAPOLICYD_CONFIG "etc/fapolicyd/fapolicyd.conf" /* inside the root */
#define FAPOLICYD_UNIT   "fapolicyd.service"
#define CONFIG_MAX       (64U * 1024U)

/* The value of a line "integrity = sha256"; the last one counts. A new string, "none" without. */
static int configured_method(const char *text, char **ret)
{
        _cleanup_free_ char *method = NULL;
        int r = text_copy(&method, "none");

        for (const char *line = text; r >= 0 && *line; line += strcspn(line, "\n")) {
                line += strspn(line, "\n \t");
                if (!text_starts(line, "integrity"))
                        continue;
                line += strlen("integrity");
                line += strspn(line, " \t");
                if (*line != '=')
                        continue;
                line += 1 + strspn(line + 1, " \t");
                free(TAKE_PTR(method));
                r = text_format(&method, "%.*s", (int)strcspn(line, " \t\r\n"), line);
        }
        if (r < 0)
                return r;
        *ret = TAKE_PTR(method);
        return 0;
}

static bool is_known_method(const char *method)
{
        return text_equal(method, "sha256") || text_equal(method, "ima") ||
               text_equal(method, "size");
}

int integrity_method(const Root *root, char **ret)
{
        _cleanup_free_ char *text = NULL, *method = NULL;
        int r = start_read(root, FAPOLICYD_CONFIG, CONFIG_MAX, &text);
        UnitState unit;

        *ret = NULL;
        if (r >= 0 && text)
                r = configured_method(text, &method);
        if (r < 0 || !method || !is_known_method(method))
                return r;
        unit = unit_state(root, FAPOLICYD_UNIT);
        if (unit.active || (unit.enabled && !unit.asked))
                *ret = TAKE_PTR(method);
        return 0;
}
