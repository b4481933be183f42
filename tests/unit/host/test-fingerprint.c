/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "../lib/tap.h"
#include "../lib/tree.h"
#include "base/text.h"
#include "host/run-note.h"
#include "settle/fingerprint.h"

#define VMX  "usr/lib/vmware/bin/vmware-vmx"
#define LIB0 "usr/lib/vmware/lib/libvmwarebase.so.0/libvmwarebase.so.0"

static char *taken(const TempRoot *tree)
{
        char *text = NULL;
        Fault fault = FAULT_NONE;

        CHECK_EQUAL(fingerprints_take(&tree->root, &text, &fault), 0);
        return text;
}

/* Whether something differs from `*before`, which is then what is there now. */
static bool differs(const TempRoot *tree, char **before)
{
        char *now = taken(tree);
        bool result = !text_equal(now, *before);

        free(*before);
        *before = now;
        return result;
}

static void sees_every_kind_of_change(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_free_ char *text = NULL;

        text = taken(&tree);
        CHECK(!differs(&tree, &text));
        tree_file(&tree, VMX, "one", 0644);
        CHECK(differs(&tree, &text));
        CHECK(!differs(&tree, &text));
        tree_file(&tree, VMX, "two", 0644);
        CHECK(differs(&tree, &text));
        CHECK(fchmodat(tree.root.fd, VMX, 04755, 0) == 0);
        CHECK(differs(&tree, &text));
        /* Replaced by a file of the same content, mode and times. */
        CHECK(linkat(tree.root.fd, VMX, tree.root.fd, VMX "-other", 0) == 0);
        CHECK(differs(&tree, &text));
        CHECK(unlinkat(tree.root.fd, VMX, 0) == 0);
        CHECK(differs(&tree, &text));
        tree_file(&tree, LIB0, "three", 0644);
        CHECK(differs(&tree, &text));
        tree_file(&tree, "etc/vmware-installer/database.lck", "", 0644);
        CHECK(differs(&tree, &text));
        tree_file(&tree, "etc/vmware/config", "libdir = \"/opt/vmware\"\n", 0644);
        CHECK(differs(&tree, &text));
        tree_file(&tree, "opt/vmware/bin/vmware-vmx", "four", 04755);
        CHECK(differs(&tree, &text));
        /* Only other words about the same directory. */
        tree_file(&tree, "etc/vmware/config", "libdir = \"/opt/vmware\"\n# 17.6\n", 0644);
        CHECK(differs(&tree, &text));
        tree_file(&tree, "usr/lib/vmware/bin/other", "five", 0755);
        CHECK(!differs(&tree, &text));
}

static void follows_links_that_are_switched(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_free_ char *text = NULL;

        tree_file(&tree, "opt/a/bin/vmware-vmx", "same", 04755);
        tree_file(&tree, "opt/b/bin/vmware-vmx", "same", 04755);
        tree_directory(&tree, "usr/lib");
        CHECK(symlinkat("/opt/a", tree.root.fd, "usr/lib/vmware") == 0);
        text = taken(&tree);
        CHECK(strstr(text, VMX " absent") == NULL);
        CHECK(unlinkat(tree.root.fd, "usr/lib/vmware", 0) == 0);
        CHECK(symlinkat("/opt/b", tree.root.fd, "usr/lib/vmware") == 0);
        CHECK(differs(&tree, &text));
}

static void sees_what_became_of_a_bad_configuration(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_free_ char *text = NULL;

        tree_directory(&tree, "etc/vmware/config");
        text = taken(&tree);
        CHECK(!differs(&tree, &text));
        CHECK(unlinkat(tree.root.fd, "etc/vmware/config", AT_REMOVEDIR) == 0);
        CHECK(differs(&tree, &text));
}

static void notes_are_kept_and_forgotten(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_free_ char *none = NULL, *first = NULL, *second = NULL, *gone = NULL;

        CHECK_EQUAL(run_note_read(&tree.root, RUN_NOTE_SEEN, &none), 0);
        CHECK_TEXT(none, "");
        CHECK_EQUAL(run_note_write(&tree.root, RUN_NOTE_SEEN, NULL, NULL), 0);
        CHECK_EQUAL(run_note_write(&tree.root, RUN_NOTE_SEEN, "one\n", NULL), 0);
        CHECK_EQUAL(run_note_read(&tree.root, RUN_NOTE_SEEN, &first), 0);
        CHECK_TEXT(first, "one\n");
        CHECK_EQUAL(run_note_write(&tree.root, RUN_NOTE_SEEN, "two\n", NULL), 0);
        CHECK_EQUAL(run_note_read(&tree.root, RUN_NOTE_SEEN, &second), 0);
        CHECK_TEXT(second, "two\n");
        CHECK_EQUAL(run_note_write(&tree.root, RUN_NOTE_SEEN, NULL, NULL), 0);
        CHECK_EQUAL(run_note_read(&tree.root, RUN_NOTE_SEEN, &gone), 0);
        CHECK_TEXT(gone, "");
}

static void a_note_that_cannot_be_written_is_an_error(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        Fault fault = FAULT_NONE;

        tree_file(&tree, "run/vmware-unlocker", "a file", 0644);
        CHECK_EQUAL(run_note_write(&tree.root, RUN_NOTE_SEEN, "one\n", &fault), -ENOTDIR);
        CHECK_EQUAL(fault.reason, REASON_WRITE);
}

int main(void)
{
        CASE(sees_every_kind_of_change);
        CASE(follows_links_that_are_switched);
        CASE(sees_what_became_of_a_bad_configuration);
        CASE(notes_are_kept_and_forgotten);
        CASE(a_note_that_cannot_be_written_is_an_error);
        return tap_end();
}
