/* SPDX-License-Identifier: MIT */

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "ctl/terminal/progress.h"
#include "ctl/work/names.h"
#include "ctl/work/root-status.h"
#include "swap/version.h"

#define PREFIX "vmware_unlocker_"

/* What a sample is about; each level has the labels of those before it. */
typedef enum Level {
        LEVEL_PROGRAM,
        LEVEL_ROOT,
        LEVEL_INSTALLATION,
        LEVEL_TARGET,
        LEVEL_STATE,  /* one sample for each state a target may be in */
        LEVEL_REASON, /* with the reason for which a target is as it is */
} Level;

typedef struct Point {
        const RootStatus *root_status;
        const InstallationStatus *installation;
        const TargetStatus *target;
        State state;
} Point;

/* Whether there is a sample for the point, and its value. */
typedef bool (*Sample)(const Point *point, uint64_t *ret);

typedef struct Metric {
        const char *name;
        const char *help; /* a sentence; no backslash, no newline */
        Level level;
        Sample sample;
} Metric;

static bool sample_one(const Point *point, uint64_t *ret)
{
        (void)point;
        *ret = 1;
        return true;
}

static bool sample_time(const Point *point, uint64_t *ret)
{
        (void)point;
        *ret = (uint64_t)time(NULL);
        return true;
}

static bool sample_status(const Point *point, uint64_t *ret)
{
        *ret = (uint64_t)root_status_exit_status(point->root_status);
        return true;
}

/* What nobody could look at has no samples but its status. */
static bool sample_hold(const Point *point, uint64_t *ret)
{
        *ret = point->root_status->held;
        return point->root_status->error == 0;
}

static bool sample_archives_damaged(const Point *point, uint64_t *ret)
{
        *ret = point->root_status->archives_damaged;
        return point->root_status->error == 0;
}

static bool sample_verified_time(const Point *point, uint64_t *ret)
{
        *ret = (uint64_t)point->root_status->verification.verified_at;
        return point->root_status->verification.verified_at > 0;
}

static bool sample_verified_damaged(const Point *point, uint64_t *ret)
{
        *ret = point->root_status->verification.damaged.count;
        return point->root_status->verification.verified_at > 0;
}

static bool sample_state(const Point *point, uint64_t *ret)
{
        *ret = point->target->state == point->state;
        return true;
}

static bool sample_refused(const Point *point, uint64_t *ret)
{
        *ret = 1;
        return point->target->fault.reason != REASON_NONE;
}

static bool sample_gates(const Point *point, uint64_t *ret)
{
        *ret = point->target->gates_total;
        return point->target->gates_total > 0;
}

static bool sample_gates_open(const Point *point, uint64_t *ret)
{
        *ret = point->target->gates_open;
        return point->target->gates_total > 0;
}

static bool sample_kept(const Point *point, uint64_t *ret)
{
        /* Whoever made a read-only image has its originals. */
        bool elsewhere =
                point->target->kept == ORIGINAL_MISSING && point->root_status->patched_read_only;

        *ret = point->target->kept == ORIGINAL_KEPT;
        return point->target->kept != ORIGINAL_NOT_NEEDED && !elsewhere;
}

static bool sample_vms(const Point *point, uint64_t *ret)
{
        *ret = point->target->vms.count;
        return true;
}

static bool sample_vms_outdated(const Point *point, uint64_t *ret)
{
        *ret = 0;
        for (size_t i = 0; i < point->target->vms.count; i++)
                *ret += point->target->vms.items[i].outdated;
        return true;
}

static const Metric metrics[] = {
        {"info", "The program, by its version.", LEVEL_PROGRAM, sample_one},
        {"time_seconds", "When this was looked at, in seconds since 1970.", LEVEL_ROOT,
         sample_time},
        {"status",
         "Exit status of unlockerctl status: 0 all is patched, 1 it cannot be read, 3 something "
         "is not patched, 4 no VMware.",
         LEVEL_ROOT, sample_status},
        {"hold", "Whether automatic patching is on hold.", LEVEL_ROOT, sample_hold},
        {"archives_damaged", "Archives of originals that cannot be read.", LEVEL_ROOT,
         sample_archives_damaged},
        {"verified_time_seconds",
         "When the originals were last verified, in seconds since 1970; without a sample, never.",
         LEVEL_ROOT, sample_verified_time},
        {"verified_damaged", "Archives of originals that were damaged then and are still there.",
         LEVEL_ROOT, sample_verified_damaged},
        {"installation_info", "An installation of VMware, by product, version and build.",
         LEVEL_INSTALLATION, sample_one},
        {"target_state", "Whether a file of VMware is in this state.", LEVEL_STATE, sample_state},
        {"target_refused", "A file that is not understood or cannot be read, by its reason.",
         LEVEL_REASON, sample_refused},
        {"target_gates", "Gates that a file has, as far as they can be found.", LEVEL_TARGET,
         sample_gates},
        {"target_gates_open", "Gates that are open.", LEVEL_TARGET, sample_gates_open},
        {"target_original_kept", "Whether the original of a changed file is known to be kept.",
         LEVEL_TARGET, sample_kept},
        {"target_vms", "Virtual machines that run the file.", LEVEL_TARGET, sample_vms},
        {"target_vms_outdated", "Of these, those that run an earlier content of it.", LEVEL_TARGET,
         sample_vms_outdated},
};

/* One more label, between its comma and its quotes, escaped as the text format asks. */
static int print_label(FILE *out, const char **separator, const char *name, const char *text)
{
        _cleanup_free_ char *valid = NULL;
        int r = text_escape(&valid, text ? text : "");

        if (r < 0)
                return r;
        (void)fprintf(out, "%s%s=\"", *separator, name);
        for (const char *c = valid; *c; c++)
                (void)fprintf(out, "%s%c", strchr("\\\"", *c) ? "\\" : "", *c);
        (void)fputc('"', out);
        *separator = ",";
        return 0;
}

static int print_labels(FILE *out, const Metric *metric, const Point *point)
{
        _cleanup_free_ char *libdir = NULL;
        int r = point->installation ? path_in_root(point->root_status->path,
                                                   point->installation->libdir, &libdir)
                                    : 0;
        const struct {
                Level from, to; /* the levels that have it */
                const char *name, *text;
        } labels[] = {
                {LEVEL_PROGRAM, LEVEL_PROGRAM, "version", UNLOCKER_VERSION},
                {LEVEL_ROOT, LEVEL_REASON, "root",
                 point->root_status ? point->root_status->path : NULL},
                {LEVEL_INSTALLATION, LEVEL_REASON, "libdir", libdir},
                {LEVEL_INSTALLATION, LEVEL_INSTALLATION, "product",
                 point->installation ? point->installation->build.product : NULL},
                {LEVEL_INSTALLATION, LEVEL_INSTALLATION, "version",
                 point->installation ? point->installation->build.version : NULL},
                {LEVEL_INSTALLATION, LEVEL_INSTALLATION, "build",
                 point->installation ? point->installation->build.build : NULL},
                {LEVEL_TARGET, LEVEL_REASON, "target",
                 point->target ? role_name(point->target->role) : NULL},
                {LEVEL_STATE, LEVEL_STATE, "state", state_name(point->state)},
                {LEVEL_REASON, LEVEL_REASON, "reason",
                 point->target ? reason_text(point->target->fault.reason)->id : NULL},
        };
        const char *separator = "";

        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(labels); i++)
                if (metric->level >= labels[i].from && metric->level <= labels[i].to)
                        r = print_label(out, &separator, labels[i].name, labels[i].text);
        return r;
}

static int print_sample(FILE *out, const Metric *metric, const Point *point)
{
        uint64_t number;
        int r;

        if (!metric->sample(point, &number))
                return 0;
        (void)fprintf(out, PREFIX "%s{", metric->name);
        r = print_labels(out, metric, point);
        (void)fprintf(out, "} %" PRIu64 "\n", number);
        return r;
}

static int print_target(FILE *out, const Metric *metric, Point *point)
{
        int r = 0;

        if (metric->level != LEVEL_STATE)
                return print_sample(out, metric, point);
        for (point->state = 0; r >= 0 && point->state < _STATE_MAX; point->state++)
                r = print_sample(out, metric, point);
        point->state = 0;
        return r;
}

static int print_root(FILE *out, const Metric *metric, const RootStatus *root_status)
{
        Point point = {.root_status = root_status};
        int r = 0;

        if (metric->level == LEVEL_ROOT)
                return print_sample(out, metric, &point);
        for (size_t i = 0; r >= 0 && i < root_status->installation_count; i++) {
                point.installation = &root_status->installations[i];
                if (metric->level == LEVEL_INSTALLATION) {
                        r = print_sample(out, metric, &point);
                        continue;
                }
                for (Role role = 0; r >= 0 && role < _ROLE_MAX; role++) {
                        point.target = &point.installation->targets[role];
                        r = print_target(out, metric, &point);
                }
        }
        return r;
}

int root_statuses_show_prometheus(FILE *out, const RootStatus *roots, size_t count)
{
        int r = 0;

        progress_end();
        for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(metrics); i++) {
                const Metric *metric = &metrics[i];

                (void)fprintf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s gauge\n",
                              metric->name, metric->help, metric->name);
                if (metric->level == LEVEL_PROGRAM)
                        r = print_sample(out, metric, &(Point){});
                else
                        for (size_t k = 0; r >= 0 && k < count; k++)
                                r = print_root(out, metric, &roots[k]);
        }
        return r;
}
