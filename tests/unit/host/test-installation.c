/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "../lib/tap.h"
#include "../lib/tree.h"
#include "base/text.h"
#include "host/installation.h"

#define CONFIG  "etc/vmware/config"
#define LIB     "usr/lib/vmware/"
#define VMX     "bin/vmware-vmx"
#define BASE    "lib/libvmwarebase.so/libvmwarebase.so"
#define BASE_0  "lib/libvmwarebase.so.0/libvmwarebase.so.0"
#define WORDS   "product.name = \"VMware Workstation\"\nproduct.version = \"25H2u1\"\n"
#define BUILDNO "product.buildNumber = \"24995812\"\n"

static void tree_link(const TempRoot *tree, const char *target, const char *path)
{
        char directory[256];

        text_put(directory, sizeof(directory), "%s", path);
        if (strrchr(directory, '/')) {
                *strrchr(directory, '/') = '\0';
                tree_directory(tree, directory);
        }
        if (symlinkat(target, tree->root.fd, path) < 0)
                abort();
}

static Installations find(const TempRoot *tree)
{
        Installations found = {};
        Fault fault = FAULT_NONE;
        int r = installations_find(&tree->root, &found, &fault);

        if (r < 0)
                printf("# %d: %s: %s\n", r, fault.subject, reason_text(fault.reason)->why);
        CHECK_EQUAL(r, 0);
        return found;
}

/* Where installations are -------------------------------------------------------------------- */

static void without_vmware_there_is_none(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_(installations_done) Installations nothing = find(&tree), still = {};

        CHECK_EQUAL(nothing.count, 0);
        tree_file(&tree, CONFIG, "libdir = \"/opt/vmware\"\n" WORDS, 0644);
        tree_directory(&tree, "usr/lib/vmware/bin");
        tree_directory(&tree, "opt/vmware/lib");
        still = find(&tree);
        CHECK_EQUAL(still.count, 0);
        installations_done(&still);
        installations_done(&still);
}

/* Each row: the value of libdir, the directories that hold a vmx, and the libdirs found. */
static void libdirs_are_found(void)
{
        static const struct {
                const char *libdir, *with_vmx[2], *found[2];
        } rows[] = {
                {NULL, {"usr/lib/vmware"}, {"usr/lib/vmware"}},
                {"", {"usr/lib/vmware"}, {"usr/lib/vmware"}},
                {"/", {"usr/lib/vmware"}, {"usr/lib/vmware"}},
                {"/usr/lib/vmware", {"usr/lib/vmware"}, {"usr/lib/vmware"}},
                {"/usr/lib/vmware//", {"usr/lib/vmware"}, {"usr/lib/vmware"}},
                {"usr/lib/vmware", {"usr/lib/vmware"}, {"usr/lib/vmware"}},
                {"/usr/lib/./vmware", {"usr/lib/vmware"}, {"usr/lib/./vmware"}},
                {"/opt/vmware/", {"opt/vmware"}, {"opt/vmware"}},
                {"/opt/vmware", {"usr/lib/vmware"}, {"usr/lib/vmware"}},
                {"/opt/vmware", {"opt/vmware", "usr/lib/vmware"}, {"opt/vmware", "usr/lib/vmware"}},
                {"/../../opt/vmware", {"opt/vmware"}, {"../../opt/vmware"}},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
                _cleanup_(installations_done) Installations found = {};
                char text[256], path[256];

                if (rows[i].libdir) {
                        text_put(text, sizeof(text), "libdir = \"%s\"\n", rows[i].libdir);
                        tree_file(&tree, CONFIG, text, 0644);
                }
                for (size_t k = 0; k < 2 && rows[i].with_vmx[k]; k++) {
                        text_put(path, sizeof(path), "%s/" VMX, rows[i].with_vmx[k]);
                        tree_file(&tree, path, "vmx", 04755);
                }
                found = find(&tree);
                CHECK_EQUAL(found.count, rows[i].found[1] ? 2 : 1);
                for (size_t k = 0; k < found.count; k++) {
                        const Target *vmx = &found.items[k].targets[ROLE_VMX];

                        CHECK_TEXT(found.items[k].libdir, rows[i].found[k]);
                        CHECK_EQUAL(vmx->presence, PRESENCE_FILE);
                        text_put(path, sizeof(path), "%s/" VMX, rows[i].found[k]);
                        CHECK_TEXT(vmx->path, path);
                        text_put(path, sizeof(path), "%s/" VMX, rows[i].with_vmx[k]);
                        CHECK_TEXT(vmx->place.path, path);
                }
        }
}

/* Whatever is a link on the way to it, one installation is one. */
static void an_installation_is_counted_once(void)
{
        static const struct {
                const char *target, *link;
        } rows[] = {
                {"/opt/vmware", "usr/lib/vmware"},
                {"../../opt/vmware", "usr/lib/vmware"},
                {"../opt", "usr/lib"},
                {"/opt/vmware/bin", "usr/lib/vmware/bin"},
                {"/opt/vmware/" VMX, LIB VMX},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
                _cleanup_(installations_done) Installations found = {};

                tree_file(&tree, CONFIG, "libdir = \"/opt/vmware\"\n", 0644);
                tree_file(&tree, "opt/vmware/" VMX, "vmx", 04755);
                tree_link(&tree, rows[i].target, rows[i].link);
                found = find(&tree);
                CHECK_EQUAL(found.count, 1);
                REQUIRE(found.count > 0);
                CHECK_TEXT(found.items[0].libdir, "opt/vmware");
        }
}

/* A second libdir that shares one file and has another of its own is a second installation. */
static void a_shared_file_does_not_hide_another(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_(installations_done) Installations found = {};

        tree_file(&tree, CONFIG, "libdir = \"/opt/vmware\"\n", 0644);
        tree_file(&tree, "opt/vmware/" VMX, "vmx", 04755);
        tree_file(&tree, LIB BASE, "base", 0644);
        tree_link(&tree, "/opt/vmware/bin", "usr/lib/vmware/bin");
        found = find(&tree);
        CHECK_EQUAL(found.count, 2);
}

/* What is said of them ------------------------------------------------------------------------- */

static void products_have_names(void)
{
        static const struct {
                const char *text, *product, *version, *build;
        } rows[] = {
                {WORDS BUILDNO, "VMware Workstation", "25H2u1", "24995812"},
                {WORDS, "VMware Workstation", "25H2u1", NULL},
                {"player.product.version = \"17.5\"\n", "VMware Player", "17.5", NULL},
                {"workstation.product.version = \"17.5\"\n", "VMware Workstation", "17.5", NULL},
                {"player.product.version = \"1\"\nworkstation.product.version = \"2\"\n",
                 "VMware Workstation", "2", NULL},
                {WORDS "player.product.version = \"1\"\n", "VMware Workstation", "25H2u1", NULL},
                {"product.name = \"\"\nproduct.version = \"\"\nplayer.product.version = \"3\"\n",
                 "VMware Player", "3", NULL},
                {BUILDNO, NULL, NULL, "24995812"},
                {"", NULL, NULL, NULL},
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
                _cleanup_(installations_done) Installations found = {};
                const char *const expected[] = {rows[i].product, rows[i].version, rows[i].build};

                tree_file(&tree, CONFIG, rows[i].text, 0644);
                tree_file(&tree, LIB VMX, "vmx", 04755);
                found = find(&tree);
                REQUIRE(found.count == 1);
                const char *const said[] = {found.items[0].product, found.items[0].version,
                                            found.items[0].build};

                for (size_t k = 0; k < ARRAY_SIZE(said); k++) {
                        if (expected[k])
                                CHECK_TEXT(said[k], expected[k]);
                        else
                                CHECK(!said[k]);
                }
        }
}

/* Of two installations the configuration speaks of the one it names. */
static void a_version_belongs_to_one(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_(installations_done) Installations both = {}, other = {};

        tree_file(&tree, CONFIG, "libdir = \"/opt/vmware\"\n" WORDS BUILDNO, 0644);
        tree_file(&tree, "opt/vmware/" VMX, "vmx", 04755);
        tree_file(&tree, LIB VMX, "vmx", 04755);
        both = find(&tree);
        REQUIRE(both.count == 2);
        CHECK_TEXT(both.items[0].version, "25H2u1");
        CHECK(!both.items[1].product && !both.items[1].version && !both.items[1].build);
        REQUIRE(unlinkat(tree.root.fd, "opt/vmware/" VMX, 0) == 0);
        other = find(&tree);
        REQUIRE(other.count == 1);
        CHECK_TEXT(other.items[0].version, "25H2u1");
}

/* Targets ------------------------------------------------------------------------------------ */

static void all_four_roles_are_looked_at(void)
{
        static const char *const paths[] = {
                [ROLE_VMX] = LIB VMX,
                [ROLE_VMX_DEBUG] = LIB VMX "-debug",
                [ROLE_VMX_STATS] = LIB VMX "-stats",
                [ROLE_VMWAREBASE] = LIB BASE,
        };
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_(installations_done) Installations found = {};

        tree_file(&tree, paths[ROLE_VMX], "vmx", 04755);
        tree_file(&tree, paths[ROLE_VMX_DEBUG], "", 04711);
        tree_file(&tree, paths[ROLE_VMWAREBASE], "base", 0644);
        found = find(&tree);
        REQUIRE(found.count == 1);
        static const Presence expected[] = {PRESENCE_FILE, PRESENCE_EMPTY, PRESENCE_ABSENT,
                                            PRESENCE_FILE};

        for (Role role = 0; role < _ROLE_MAX; role++) {
                const Target *target = &found.items[0].targets[role];

                CHECK_EQUAL(target->role, role);
                CHECK_TEXT(target->path, paths[role]);
                CHECK_EQUAL(target->presence, expected[role]);
                CHECK((target->place.dir_fd >= 0) == (expected[role] != PRESENCE_ABSENT));
        }
        CHECK_EQUAL(found.items[0].targets[ROLE_VMX].stat.st_mode, S_IFREG | 04755);
        CHECK_EQUAL(found.items[0].targets[ROLE_VMX].stat.st_size, 3);
        CHECK_TEXT(role_name(ROLE_VMX_STATS), "vmx-stats");
        CHECK_TEXT(role_name(_ROLE_MAX), "unknown");
}

static void the_library_has_two_places(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_(installations_done) Installations old = {}, both = {}, none = {};

        tree_file(&tree, LIB BASE_0, "base", 0644);
        old = find(&tree);
        REQUIRE(old.count == 1);
        CHECK_TEXT(old.items[0].targets[ROLE_VMWAREBASE].path, LIB BASE_0);
        tree_file(&tree, LIB BASE, "base", 0644);
        both = find(&tree);
        REQUIRE(both.count == 1);
        CHECK_TEXT(both.items[0].targets[ROLE_VMWAREBASE].path, LIB BASE);
        REQUIRE(unlinkat(tree.root.fd, LIB BASE, 0) == 0);
        REQUIRE(unlinkat(tree.root.fd, LIB BASE_0, 0) == 0);
        tree_file(&tree, LIB VMX, "vmx", 04755);
        none = find(&tree);
        REQUIRE(none.count == 1);
        CHECK_TEXT(none.items[0].targets[ROLE_VMWAREBASE].path, LIB BASE);
        CHECK_EQUAL(none.items[0].targets[ROLE_VMWAREBASE].presence, PRESENCE_ABSENT);
}

/* A wrapper: the link stays the path, the file is where it leads, inside the root. */
static void links_are_followed_inside(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_(installations_done) Installations found = {};

        tree_file(&tree, "nix/store/abc/bin/vmware-vmx", "vmx", 04711);
        tree_link(&tree, "/nix/store/abc/bin/vmware-vmx", "run/wrappers/vmware-vmx");
        tree_link(&tree, "../../../../../../run/wrappers/vmware-vmx", LIB VMX);
        found = find(&tree);
        REQUIRE(found.count == 1);
        CHECK_TEXT(found.items[0].targets[ROLE_VMX].path, LIB VMX);
        CHECK_TEXT(found.items[0].targets[ROLE_VMX].place.path, "nix/store/abc/bin/vmware-vmx");
        CHECK_EQUAL(found.items[0].targets[ROLE_VMX].stat.st_mode, S_IFREG | 04711);
}

static void what_is_no_file_is_wrong(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_(installations_done) Installations found = {};
        static const struct {
                Role role;
                Reason reason;
                int error;
        } rows[] = {
                {ROLE_VMX, REASON_DANGLING_LINK, ENOENT},
                {ROLE_VMX_DEBUG, REASON_NOT_REGULAR, EINVAL},
                {ROLE_VMX_STATS, REASON_NOT_REGULAR, EINVAL},
                {ROLE_VMWAREBASE, REASON_DANGLING_LINK, ELOOP},
        };

        tree_link(&tree, "/gone/vmware-vmx", LIB VMX);
        tree_directory(&tree, LIB VMX "-debug");
        REQUIRE(mkfifoat(tree.root.fd, LIB VMX "-stats", 0600) == 0);
        tree_link(&tree, "libvmwarebase.so", LIB BASE);
        found = find(&tree);
        REQUIRE(found.count == 1);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                const Target *target = &found.items[0].targets[rows[i].role];

                CHECK_EQUAL(target->presence, PRESENCE_WRONG);
                CHECK_EQUAL(target->fault.reason, rows[i].reason);
                CHECK_EQUAL(target->fault.error, rows[i].error);
                CHECK_TEXT(target->fault.subject, target->path);
                CHECK(target->place.dir_fd < 0 && !target->place.path);
        }
}

/* A link to a file that its directory lacks leads nowhere as well. */
static void a_link_to_a_missing_name_dangles(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_(installations_done) Installations found = {};

        tree_link(&tree, "vmware-vmx.real", LIB VMX);
        found = find(&tree);
        REQUIRE(found.count == 1);
        CHECK_EQUAL(found.items[0].targets[ROLE_VMX].presence, PRESENCE_WRONG);
        CHECK_EQUAL(found.items[0].targets[ROLE_VMX].fault.reason, REASON_DANGLING_LINK);
}

static void what_may_not_be_looked_at_is_said(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_(installations_done) Installations found = {};

        if (geteuid() == 0)
                return; /* nothing is closed to root */
        tree_file(&tree, LIB VMX, "vmx", 04755);
        REQUIRE(fchmodat(tree.root.fd, LIB "bin", 0, 0) == 0);
        found = find(&tree);
        REQUIRE(fchmodat(tree.root.fd, LIB "bin", 0755, 0) == 0);
        REQUIRE(found.count == 1);
        CHECK_EQUAL(found.items[0].targets[ROLE_VMX].presence, PRESENCE_WRONG);
        CHECK_EQUAL(found.items[0].targets[ROLE_VMX].fault.reason, REASON_OPEN);
        CHECK_EQUAL(found.items[0].targets[ROLE_VMX].fault.error, EACCES);
}

/* The configuration -------------------------------------------------------------------------- */

static void check_refused(const TempRoot *tree, int error)
{
        Installations found = {};
        Fault fault = FAULT_NONE;

        CHECK_EQUAL(installations_find(&tree->root, &found, &fault), error);
        CHECK_EQUAL(fault.reason, REASON_CONFIG);
        CHECK_TEXT(fault.subject, temp_root_shown(tree, CONFIG));
        CHECK(!found.items);
}

static void an_unreadable_configuration_is_refused(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_free_ char *text = malloc(1024 * 1024 + 2);

        tree_file(&tree, LIB VMX, "vmx", 04755);
        tree_directory(&tree, CONFIG);
        check_refused(&tree, -EINVAL);
        REQUIRE(unlinkat(tree.root.fd, CONFIG, AT_REMOVEDIR) == 0);
        REQUIRE(mkfifoat(tree.root.fd, CONFIG, 0600) == 0);
        check_refused(&tree, -EINVAL);
        REQUIRE(unlinkat(tree.root.fd, CONFIG, 0) == 0);
        tree_link(&tree, "config", CONFIG);
        check_refused(&tree, -ELOOP);
        REQUIRE(unlinkat(tree.root.fd, CONFIG, 0) == 0);

        REQUIRE(text);
        memset(text, '#', 1024 * 1024 + 1);
        text[1024 * 1024 + 1] = '\0';
        tree_file(&tree, CONFIG, text, 0644);
        check_refused(&tree, -EFBIG);
        if (geteuid() != 0) {
                tree_file(&tree, CONFIG, "", 0);
                check_refused(&tree, -EACCES);
        }
}

static void a_nul_byte_is_refused_by_the_file(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        int fd = tree_open(&tree, CONFIG, 0644);

        REQUIRE(fd_write(fd, (Span){(const uint8_t *)"a = \"\0\"\n", 8}) == 0);
        (void)fd_close(fd);
        check_refused(&tree, -EBADMSG);
}

static void the_largest_configuration_is_read(void)
{
        _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
        _cleanup_(installations_done) Installations found = {};
        _cleanup_free_ char *text = malloc(1024 * 1024 + 1);

        REQUIRE(text);
        memset(text, '#', 1024 * 1024);
        memcpy(text, "libdir = \"/opt/vmware\"\n", 23);
        text[1024 * 1024] = '\0';
        tree_file(&tree, CONFIG, text, 0644);
        tree_file(&tree, "opt/vmware/" VMX, "vmx", 04755);
        found = find(&tree);
        CHECK_EQUAL(found.count, 1);
}

static void a_missing_configuration_is_none(void)
{
        static const char *const obstacles[] = {"etc/vmware", "etc"};

        for (size_t i = 0; i < ARRAY_SIZE(obstacles); i++) {
                _cleanup_(temp_root_done) TempRoot tree = temp_root_make();
                _cleanup_(installations_done) Installations found = {};

                tree_file(&tree, LIB VMX, "vmx", 04755);
                tree_link(&tree, LIB VMX, obstacles[i]);
                found = find(&tree);
                CHECK_EQUAL(found.count, 1);
        }
}

int main(void)
{
        (void)umask(022);
        CASE(without_vmware_there_is_none);
        CASE(libdirs_are_found);
        CASE(an_installation_is_counted_once);
        CASE(a_shared_file_does_not_hide_another);
        CASE(products_have_names);
        CASE(a_version_belongs_to_one);
        CASE(all_four_roles_are_looked_at);
        CASE(the_library_has_two_places);
        CASE(links_are_followed_inside);
        CASE(what_is_no_file_is_wrong);
        CASE(a_link_to_a_missing_name_dangles);
        CASE(what_may_not_be_looked_at_is_said);
        CASE(an_unreadable_configuration_is_refused);
        CASE(a_nul_byte_is_refused_by_the_file);
        CASE(the_largest_configuration_is_read);
        CASE(a_missing_configuration_is_none);
        return tap_end();
}
