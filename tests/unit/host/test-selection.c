/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "../lib/tap.h"
#include "../lib/tree.h"
#include "base/text.h"
#include "host/selection.h"

#define LIB "usr/lib/vmware"
#define OPT "opt/vmware"
#define VMX "bin/vmware-vmx"

/* Two installations; the first one's vmx-stats is a link to a wrapper. */
static TempRoot tree_make(void)
{
        static const char *const files[] = {LIB "/" VMX, LIB "/" VMX "-debug", OPT "/" VMX,
                                            "wrappers/stats"};
        TempRoot tree = temp_root_make();

        tree_file(&tree, "etc/vmware/config", "libdir = \"/" OPT "\"\n", 0644);
        for (size_t i = 0; i < ARRAY_SIZE(files); i++)
                tree_file(&tree, files[i], "vmx", 04755);
        if (symlinkat("/wrappers/stats", tree.root.fd, OPT "/" VMX "-stats") < 0 ||
            symlinkat("lib", tree.root.fd, "usr/lib64") < 0)
                abort();
        return tree;
}

/* "0:vmx 1:vmx" for what the words select; "none" for a word that names none. */
static void select_text(const TempRoot *tree, size_t count, char *const *words, char *ret,
                        size_t size)
{
        Installations found = {};
        Selected selected[2] = {};
        Fault fault = FAULT_NONE;
        int r;

        if (installations_find(&tree->root, &found, NULL) < 0 || found.count != 2)
                abort();
        r = installations_select(&found, &tree->root, count, words, selected, &fault);
        text_put(ret, size, "%s", r < 0 ? "none" : "");
        if (r < 0) {
                CHECK_EQUAL(r, -ENOENT);
                CHECK_EQUAL(fault.reason, REASON_NO_SUCH_TARGET);
                CHECK_TEXT(fault.subject, text_named(words[count - 1]));
        }
        for (size_t i = 0; r >= 0 && i < 2; i++)
                for (Role role = 0; role < _ROLE_MAX; role++)
                        if (selected[i].roles[role])
                                text_put(ret + strlen(ret), size - strlen(ret), "%s%zu:%s",
                                         *ret ? " " : "", i, role_name(role));
        installations_done(&found);
}

static void check_word(const TempRoot *tree, char *word, const char *expected)
{
        char text[256];

        select_text(tree, 1, &word, text, sizeof(text));
        if (!text_equal(text, expected))
                printf("# %s\n", word);
        CHECK_TEXT(text, expected);
}

static void no_words_select_everything(void)
{
        _cleanup_(temp_root_done) TempRoot tree = tree_make();
        char text[256];

        select_text(&tree, 0, NULL, text, sizeof(text));
        CHECK_TEXT(text, "0:vmx 0:vmx-debug 0:vmx-stats 0:vmwarebase "
                         "1:vmx 1:vmx-debug 1:vmx-stats 1:vmwarebase");
}

static void words_add_up(void)
{
        _cleanup_(temp_root_done) TempRoot tree = tree_make();
        char *words[] = {(char *)"vmx", (char *)"vmwarebase", (char *)"vmx"};
        char *wrong[] = {(char *)"vmx", (char *)"vmy"};
        char text[256];

        select_text(&tree, 3, words, text, sizeof(text));
        CHECK_TEXT(text, "0:vmx 0:vmwarebase 1:vmx 1:vmwarebase");
        select_text(&tree, 2, wrong, text, sizeof(text));
        CHECK_TEXT(text, "none");
}

static void words_mean_roles_names_and_paths(void)
{
        _cleanup_(temp_root_done) TempRoot tree = tree_make();
        static const struct {
                const char *word, *expected;
                bool below; /* the tree's path stands before it */
        } rows[] = {
                {"vmx", "0:vmx 1:vmx", false},
                {"vmx-stats", "0:vmx-stats 1:vmx-stats", false},
                {"vmware-vmx", "0:vmx 1:vmx", false},
                {"vmware-vmx-debug", "0:vmx-debug 1:vmx-debug", false},
                {"libvmwarebase.so", "0:vmwarebase 1:vmwarebase", false},
                {"/" LIB "/" VMX, "1:vmx", false},
                {LIB "/" VMX, "1:vmx", false},
                {"//usr/./lib//vmware/bin/../" VMX, "1:vmx", false},
                {"/usr/lib64/vmware/" VMX, "1:vmx", false},
                {"/" OPT "/" VMX, "0:vmx", false},
                {"/" OPT "/" VMX "-stats", "0:vmx-stats", false},
                {"/wrappers/stats", "0:vmx-stats", false},
                {"/" LIB "/" VMX "-stats", "1:vmx-stats", false}, /* absent, but a target */
                {"/" LIB "/" VMX, "1:vmx", true},
                {"//usr/lib64/vmware/" VMX, "1:vmx", true},
                {"/wrappers/stats", "0:vmx-stats", true},
                {VMX, "0:vmx 1:vmx", false}, /* as tables show it */
                {VMX "-stats", "0:vmx-stats 1:vmx-stats", false},
                {"lib/libvmwarebase.so/libvmwarebase.so", "0:vmwarebase 1:vmwarebase", false},
                {"vmware/" VMX, "none", false},
                {"/" VMX, "none", false},
                {"", "none", false},
                {"/", "none", false},
                {"", "none", true},
                {"vmy", "none", false},
                {"VMX", "none", false},
                {"vmware-vmx.orig", "none", false},
                {"/" LIB, "none", false},
                {"/" LIB "/" VMX "/", "none", false},
                {"/etc/vmware/config", "none", false},
                {"/etc/vmware/config", "none", true},
                {"x/" LIB "/" VMX, "none", true},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                char word[256];

                text_put(word, sizeof(word), "%s%s", rows[i].below ? tree.path : "", rows[i].word);
                check_word(&tree, word, rows[i].expected);
        }
}

/* From where the person stands, and with a root that was named from there as well. */
static void relative_paths_are_understood(void)
{
        _cleanup_(temp_root_done) TempRoot tree = tree_make();
        _cleanup_close_ int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        char word[256];

        REQUIRE(here >= 0 && fchdir(tree.root.fd) == 0 && chdir(LIB "/bin") == 0);
        check_word(&tree, (char *)"./vmware-vmx", "1:vmx");
        check_word(&tree, (char *)"../../../../" OPT "/" VMX, "0:vmx");
        check_word(&tree, (char *)"./vmware-vmx-none", "none");
        REQUIRE(chdir("..") == 0);
        check_word(&tree, (char *)VMX, "1:vmx");
        REQUIRE(fchdir(tree.root.fd) == 0 && chdir("..") == 0);
        root_done(&tree.root);
        REQUIRE(root_open(strrchr(tree.path, '/') + 1, &tree.root, NULL) == 0);
        text_put(word, sizeof(word), "%s/" LIB "/" VMX, strrchr(tree.path, '/') + 1);
        check_word(&tree, word, "1:vmx");
        text_put(word, sizeof(word), "%s/" LIB "/" VMX "-stats", strrchr(tree.path, '/') + 1);
        check_word(&tree, word, "1:vmx-stats");
        REQUIRE(fchdir(here) == 0);
}

int main(void)
{
        (void)umask(022);
        CASE(no_words_select_everything);
        CASE(words_add_up);
        CASE(words_mean_roles_names_and_paths);
        CASE(relative_paths_are_understood);
        return tap_end();
}
