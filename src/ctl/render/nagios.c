/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>

#include "ctl/render/nagios.h"
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

/* What is patched, and could not be given back: where an image was made, the originals stay there.
 */
static unsigned nagios_count_lacking(const RootStatus *root_status)
{
        return root_status->patched_read_only ? 0 : root_status_count_lacking(root_status);
}

static bool root_status_has_damage(const RootStatus *root_status)
{
        return root_status->archives_damaged > 0 || root_status->verification.damaged.count > 0;
}

/* Whether a file is known to be unpatched; one that cannot be read is not. */
static bool root_status_has_unpatched(const RootStatus *root_status)
{
        for (size_t i = 0; i < root_status->installation_count; i++)
                for (Role role = 0; role < _ROLE_MAX; role++) {
                        const TargetStatus *target = &root_status->installations[i].targets[role];

                        if (target->state == STATE_STOCK || target->state == STATE_PARTIAL ||
                            (target->state == STATE_UNKNOWN &&
                             target->fault.reason != REASON_OPEN &&
                             target->fault.reason != REASON_READ))
                                return true;
                }
        return false;
}

static NagiosState nagios_state_of(const RootStatus *root_status)
{
        bool warns;

        switch (root_status_exit_status(root_status)) {
        case EXIT_DONE:
                warns = root_status->held || automatic_is_off(root_status) ||
                        nagios_count_lacking(root_status) > 0 ||
                        root_status_has_damage(root_status);
                return warns ? NAGIOS_WARNING : NAGIOS_OK;
        case EXIT_DEGRADED:
                return root_status_has_unpatched(root_status) ? NAGIOS_CRITICAL : NAGIOS_UNKNOWN;
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
static void nagios_print(NagiosState state, const char *text)
{
        static const char *const names[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

        _Static_assert(ARRAY_SIZE(names) == _NAGIOS_MAX, "every state has its name");
        progress_end();
        (void)printf("UNLOCKER %s: ", names[state]);
        for (; *text; text++)
                (void)putchar(*text == '|' ? '/' : *text);
}

int nagios_say_unknown(const char *why)
{
        _cleanup_free_ char *escaped = NULL;

        nagios_print(NAGIOS_UNKNOWN, text_escape(&escaped, why) < 0 ? "no memory" : escaped);
        (void)putchar('\n');
        return NAGIOS_UNKNOWN;
}

/* What is said of one root: the summary, and what the numbers do not tell. */
static int nagios_append(const RootStatus *root_status, char **text)
{
        unsigned lacking = nagios_count_lacking(root_status);
        _cleanup_free_ char *summary = NULL;
        int r = root_status_summary(root_status, &summary);

        if (r >= 0)
                r = text_append(text, "%s%s", *text ? " " : "", summary);
        if (r >= 0 && lacking > 0)
                r = text_append(text, " %u original%s missing.", lacking,
                                lacking == 1 ? " is" : "s are");
        if (r >= 0 && root_status_has_damage(root_status))
                r = text_append(text, " Archives of originals are damaged.");
        if (r >= 0 && !root_status->held && automatic_is_off(root_status))
                r = text_append(text, " Automatic patching is off.");
        return r;
}

int root_statuses_show_nagios(const RootStatus *roots, size_t count, bool waited_in_vain)
{
        _cleanup_free_ char *text = NULL, *escaped = NULL;
        unsigned present = 0, patched = 0, held = 0;
        NagiosState state = waited_in_vain ? NAGIOS_WARNING : NAGIOS_OK;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < count; i++) {
                const RootStatus *root_status = &roots[i];

                state = nagios_state_worse(state, nagios_state_of(root_status));
                held += root_status->held;
                for (size_t k = 0; k < root_status->installation_count; k++) {
                        unsigned some;

                        present += installation_status_count(&root_status->installations[k], &some);
                        patched += some;
                }
                r = nagios_append(root_status, &text);
        }
        if (r >= 0 && waited_in_vain)
                r = text_append(&text, " Gave up waiting for the service.");
        if (r >= 0)
                r = text_escape(&escaped, text ? text : "");
        if (r < 0)
                return r;
        nagios_print(state, escaped);
        (void)printf(" | patched=%u;%u:;%u:;0;%u held=%u;0\n", patched, present, present, present,
                     held);
        return (int)state;
}
