/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>

#include "ctl/terminal/progress.h"
#include "ctl/work/automatic.h"
#include "ctl/work/root-status.h"

/* What a plugin exits with. */
typedef enum NagiosState {
        NAGIOS_OK,
        NAGIOS_WARNING,
        NAGIOS_CRITICAL,
        NAGIOS_UNKNOWN,
        _NAGIOS_MAX,
} NagiosState;

static NagiosState nagios_state_of(const Standing *standing)
{
        switch (standing_exit_status(standing)) {
        case EXIT_DONE:
                return standing->held || automatic_is_off(standing) ? NAGIOS_WARNING : NAGIOS_OK;
        case EXIT_DEGRADED:
                return NAGIOS_CRITICAL;
        default:
                return NAGIOS_UNKNOWN;
        }
}

/* A machine that is known to be wrong counts before one that could not be looked at. */
static NagiosState nagios_state_worse(NagiosState a, NagiosState b)
{
        static const unsigned char rank[] = {0, 1, 3, 2};

        _Static_assert(ARRAY_SIZE(rank) == _NAGIOS_MAX, "every state has its rank");
        return rank[a] > rank[b] ? a : b;
}

/* The bar separates the text from the numbers. */
static void nagios_print(NagiosState state, const char *text, unsigned patched, unsigned present,
                         unsigned held)
{
        static const char *const names[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

        _Static_assert(ARRAY_SIZE(names) == _NAGIOS_MAX, "every state has its name");
        progress_end();
        (void)printf("VMWARE %s - ", names[state]);
        for (; *text; text++)
                (void)putchar(*text == '|' ? '/' : *text);
        (void)printf(" | patched=%u;%u:;%u:;0;%u held=%u;0\n", patched, present, present, present,
                     held);
}

int standings_show_nagios(const Standing *standings, size_t count)
{
        _cleanup_free_ char *text = NULL, *escaped = NULL;
        unsigned present = 0, patched = 0, held = 0;
        NagiosState state = NAGIOS_OK;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < count; i++) {
                const Standing *standing = &standings[i];
                _cleanup_free_ char *summary = NULL;

                state = nagios_state_worse(state, nagios_state_of(standing));
                held += standing->held;
                for (size_t k = 0; k < standing->survey_count; k++) {
                        unsigned some;

                        present += survey_count(&standing->surveys[k], &some);
                        patched += some;
                }
                r = standing_summary(standing, &summary);
                if (r >= 0)
                        r = text_append(&text, "%s%s%s", text ? " " : "", summary,
                                        !standing->held && automatic_is_off(standing)
                                                ? " Automatic patching is off."
                                                : "");
        }
        if (r >= 0)
                r = text_escape(&escaped, text ? text : "");
        if (r < 0)
                return r;
        nagios_print(state, escaped, patched, present, held);
        return (int)state;
}
