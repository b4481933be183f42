/* SPDX-License-Identifier: MIT */

#include "doctor/darwin.h"
#include "base/text.h"

#define DARWIN_FIRST       9U  /* Mac OS X 10.5, the first that VMware ran */
#define DARWIN_32_BIT_LAST 11U /* Mac OS X 10.7 */

unsigned darwin_of_guest(const char *guest_os)
{
        unsigned number = 0;
        size_t digits;

        if (!guest_os || strlen(guest_os) < 6 || !text_same_ascii(guest_os, "darwin", 6))
                return DARWIN_NONE;
        guest_os += 6;
        digits = strspn(guest_os, "0123456789");
        if (digits > 2)
                return DARWIN_NONE;
        for (size_t i = 0; i < digits; i++)
                number = number * 10 + (unsigned)(guest_os[i] - '0');
        guest_os += digits;
        if (*guest_os != '\0' && !text_equal(guest_os, "-64"))
                return DARWIN_NONE;
        return digits == 0 ? DARWIN_FIRST : number;
}

bool darwin_is_guest_name(const char *guest_os)
{
        return darwin_of_guest(guest_os) <= DARWIN_32_BIT_LAST || strchr(guest_os, '-');
}

int darwin_words(unsigned darwin, char **ret)
{
        if (darwin < DARWIN_FIRST)
                return text_format(ret, "Mac OS X (Darwin %u)", darwin);
        if (darwin < DARWIN_MACOS_11)
                return text_format(ret, "%s 10.%u", darwin < 16 ? "Mac OS X" : "macOS", darwin - 4);
        if (darwin < DARWIN_MACOS_26)
                return text_format(ret, "macOS %u", darwin - 9);
        if (darwin == DARWIN_MACOS_26)
                return text_format(ret, "macOS 26");
        return text_format(ret, "macOS (Darwin %u)", darwin);
}

unsigned darwin_memory(unsigned darwin)
{
        return darwin < DARWIN_MACOS_11 ? 2048 : 4096;
}
