/* SPDX-License-Identifier: MIT */

#include "ctl/program.h"
#include "base/text.h"

const Option global_options[] = {
        [GLOBAL_ROOT] = {"root", 0, "DIR", "Work on the system below DIR; may be repeated"},
        [GLOBAL_JSON] = {"json", 'j', "FORMAT", "Print one JSON document: short, pretty, or off",
                         true},
        [GLOBAL_QUIET] = {"quiet", 'q', NULL,
                          "Print nothing but errors; of -q and -v the last counts"},
        [GLOBAL_VERBOSE] = {"verbose", 'v', NULL, "Say more"},
        [GLOBAL_NO_COLOR] = {"no-color", 0, NULL, "No colour, as with NO_COLOR in the environment"},
        [GLOBAL_NO_PAGER] = {"no-pager", 0, NULL, "Do not start a pager"},
        [GLOBAL_HELP] = {"help", 'h', NULL, "Show this help, or that of COMMAND"},
        [GLOBAL_VERSION] = {"version", 0, NULL, "Show the version"},
        {},
};

_Static_assert(ARRAY_SIZE(global_options) == _GLOBAL_MAX + 1, "every option has its words");

const RequestWord request_words[] = {
        {{.name = "help",
          .arguments = "[COMMAND]",
          .summary = "Show this help, or that of COMMAND",
          .description = "Shows the help of the program, or that of COMMAND, as --help does.",
          .maximum_arguments = 1},
         REQUEST_HELP},
        {{.name = "version",
          .summary = "Show the version",
          .description = "Shows the version of the program, as --version does."},
         REQUEST_VERSION},
        {},
};

const RequestWord *request_word_find(const char *name)
{
        for (const RequestWord *word = request_words; word->verb.name; word++)
                if (text_equal(word->verb.name, name))
                        return word;
        return NULL;
}
