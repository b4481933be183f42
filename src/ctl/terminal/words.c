/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <time.h>

#include "base/macros.h"
#include "ctl/terminal/words.h"

SizeWords size_words(uint64_t size)
{
        static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
        SizeWords words = {};
        double shown = (double)size;
        size_t unit = 0;

        if (size < 1024) {
                (void)snprintf(words.text, sizeof(words.text), "%u B", (unsigned)size);
                return words;
        }
        for (shown /= 1024; shown >= 1000 && unit + 1 < ARRAY_SIZE(units); unit++)
                shown /= 1024;
        (void)snprintf(words.text, sizeof(words.text), "%.1f %s", shown, units[unit]);
        return words;
}

DateWords date_words(int64_t seconds)
{
        DateWords words = {};
        time_t when = (time_t)seconds;
        struct tm local;

        if (!localtime_r(&when, &local) ||
            strftime(words.text, sizeof(words.text), "%Y-%m-%d", &local) == 0)
                (void)snprintf(words.text, sizeof(words.text), "?");
        return words;
}
