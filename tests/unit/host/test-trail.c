/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "../lib/tap.h"
#include "../lib/tree.h"
#include "host/trail.h"

static void link_to(const TempRoot *tree, const char *target, const char *path)
{
        CHECK(symlinkat(target, tree->root.fd, path) == 0);
}

/* One text of all: "end: directories; links". */
static char *told(const TempRoot *tree, const char *path)
{
        _cleanup_(trail_done) Trail trail = {};
        char *text = NULL;

        CHECK_EQUAL(trail_follow(&tree->root, path, &trail), 0);
        if (text_format(&text, "%s:", trail.end) < 0)
                abort();
        for (size_t i = 0; i < trail.directories.count; i++)
                if (text_append(&text, " %s", trail.directories.items[i]) < 0)
                        abort();
        for (size_t i = 0; i < trail.links.count; i++)
                if (text_append(&text, "%s %s", i == 0 ? ";" : "", trail.links.items[i]) < 0)
                        abort();
        return text;
}

static void check_told(const TempRoot *tree, const char *path, const char *expected)
{
        _cleanup_free_ char *text = told(tree, path);

        CHECK_TEXT(text, expected);
}

static void needs_nothing_to_be_there(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();

        check_told(&tree, "usr/lib/vmware", "usr/lib/vmware: usr usr/lib");
        check_told(&tree, "/usr//lib/./vmware/", "usr/lib/vmware: usr usr/lib");
        check_told(&tree, "a", "a:");
        check_told(&tree, "/", ":");
        check_told(&tree, "a/../../b/c", "b/c: a b");
}

static void follows_chains(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();

        tree_file(&tree, "opt/a/real/file", "x", 0644);
        tree_file(&tree, "usr/lib/other", "x", 0644);
        link_to(&tree, "opt/a", "current");
        link_to(&tree, "/current/real", "usr/lib/vmware");
        link_to(&tree, "../real/file", "opt/a/real/link");
        check_told(&tree, "usr/lib/vmware/file",
                   "opt/a/real/file: usr usr/lib opt opt/a opt/a/real; usr/lib ");
        check_told(&tree, "usr/lib/vmware/link",
                   "opt/a/real/file: usr usr/lib opt opt/a opt/a/real; usr/lib  opt/a/real");
        link_to(&tree, "nowhere/at/all", "dangling");
        check_told(&tree, "dangling/x", "nowhere/at/all/x: nowhere nowhere/at nowhere/at/all; ");
        link_to(&tree, "../../..", "usr/lib/up");
        check_told(&tree, "usr/lib/up/opt/a", "opt/a: usr usr/lib opt; usr/lib");
}

static void ends_where_links_do_not(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_(trail_done) Trail trail = {};

        link_to(&tree, "b/x", "a");
        link_to(&tree, "a/x", "b");
        CHECK_EQUAL(trail_follow(&tree.root, "a/file", &trail), -ELOOP);
}

int main(void)
{
        CASE(needs_nothing_to_be_there);
        CASE(follows_chains);
        CASE(ends_where_links_do_not);
        return tap_end();
}
