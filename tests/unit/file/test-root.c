/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <signal.h>

#include "../lib/tap.h"
#include "../lib/temp-root.h"
#include "base/text.h"

#define VMX "usr/lib/vmware/bin/vmware-vmx"

/* A root with every kind of link in it. */
static TempRoot tree_make(void)
{
        static const struct {
                const char *target, *name;
        } links[] = {
                {"/usr/lib", "absolute"},
                {"../../../../usr/lib", "upward"},
                {"usr/lib/", "slashed"},
                {VMX, "file"},
                {"file", "to-link"},
                {"loop-b", "loop-a"},
                {"loop-a", "loop-b"},
                {"loop-self/x", "loop-self"},
                {"nowhere/x", "gone-directory"},
                {"gone", "gone-file"},
                {"/../../../etc/passwd", "out"},
        };
        TempRoot temp = temp_root_make();
        _cleanup_close_ int bin = temp_root_directory(&temp, "usr/lib/vmware/bin");
        _cleanup_close_ int etc = temp_root_directory(&temp, "etc");
        _cleanup_close_ _unused_ int vmx = temp_file(bin, "vmware-vmx", "vmx", 3);
        _cleanup_close_ _unused_ int passwd = temp_file(etc, "passwd", "inside", 6);

        for (size_t i = 0; i < ARRAY_SIZE(links); i++)
                if (symlinkat(links[i].target, temp.root.fd, links[i].name) < 0)
                        abort();
        return temp;
}

/* Finding ------------------------------------------------------------------------------------ */

static void places_have_no_links(void)
{
        static const struct {
                const char *path, *place;
        } rows[] = {
                {VMX, VMX},
                {"/" VMX, VMX},
                {"//usr///lib/./vmware/bin/../bin/vmware-vmx", VMX},
                {"../../../" VMX, VMX},
                {"/usr/../../../" VMX, VMX},
                {"absolute/vmware/bin/vmware-vmx", VMX},
                {"upward/vmware/bin/vmware-vmx", VMX},
                {"slashed/vmware/bin/vmware-vmx", VMX},
                {"upward/../lib/vmware/bin/vmware-vmx", VMX},
                {"file", VMX},
                {"to-link", VMX},
                {"out", "etc/passwd"},
                {"usr/lib", "usr/lib"},
                {"usr/lib/", "usr/lib"},
                {"slashed", "usr/lib"},
                {"slashed//", "usr/lib"},
                {"usr/lib/vmware/..", "usr/lib"},
                {"missing", "missing"},
                {"missing/", "missing"},
                {"absolute/missing", "usr/lib/missing"},
                {"gone-file", "gone"},
        };
        _cleanup_(temp_root_done) TempRoot temp = tree_make();

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_(place_done) Place place = PLACE_NONE;
                struct stat in_root, in_place;
                const char *slash = strrchr(rows[i].place, '/');
                int r = root_find(&temp.root, rows[i].path, &place), there;

                if (r < 0) {
                        printf("# %s\n", rows[i].path);
                        CHECK_EQUAL(r, 0);
                        continue;
                }
                CHECK_TEXT(place.path, rows[i].place);
                CHECK_TEXT(place.name, slash ? slash + 1 : rows[i].place);
                there = fstatat(temp.root.fd, rows[i].place, &in_root, AT_SYMLINK_NOFOLLOW);
                CHECK_EQUAL(fstatat(place.dir_fd, place.name, &in_place, AT_SYMLINK_NOFOLLOW),
                            there);
                CHECK(there < 0 || in_root.st_ino == in_place.st_ino);
        }
}

static void what_is_no_place_is_refused(void)
{
        static const struct {
                const char *path;
                int error;
        } rows[] = {
                {"", -EISDIR},          {"/", -EISDIR},
                {"..", -EISDIR},        {"usr/..", -EISDIR},
                {"missing/x", -ENOENT}, {"missing/..", -ENOENT},
                {"missing/.", -ENOENT}, {"gone-directory", -ENOENT},
                {VMX "/x", -ENOTDIR},   {VMX "/", -ENOTDIR},
                {VMX "/.", -ENOTDIR},   {VMX "/..", -ENOTDIR},
                {"file/", -ENOTDIR},    {"loop-a", -ELOOP},
                {"loop-a/x", -ELOOP},   {"loop-self", -ELOOP},
        };
        _cleanup_(temp_root_done) TempRoot temp = tree_make();

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_(place_done) Place place = PLACE_NONE;
                int r = root_find(&temp.root, rows[i].path, &place);

                if (r != rows[i].error)
                        printf("# %s\n", rows[i].path);
                CHECK_EQUAL(r, rows[i].error);
                CHECK(r >= 0 || (place.dir_fd < 0 && !place.path));
        }
}

/* The kernel counts a link again when it has to begin a walk anew, as under load. */
static int root_find_links(const Root *root, const char *name, Place *ret)
{
        int r = -ELOOP;

        for (int attempt = 0; r == -ELOOP && attempt < 5; attempt++)
                r = root_find(root, name, ret);
        return r;
}

static void forty_links_are_followed_and_no_more(void)
{
        _cleanup_(temp_root_done) TempRoot temp = tree_make();
        char name[16], before[16] = "etc";

        for (int i = 1; i <= 41; i++) {
                _cleanup_(place_done) Place place = PLACE_NONE;

                text_put(name, sizeof(name), "link%d", i);
                REQUIRE(symlinkat(before, temp.root.fd, name) == 0);
                text_put(before, sizeof(before), "%s", name);
                CHECK_EQUAL(root_find_links(&temp.root, name, &place), i <= 40 ? 0 : -ELOOP);
        }
}

/* They lead by other ways than their text says. */
static void magic_links_are_refused(void)
{
        static const char *const paths[] = {"proc/self/root", "proc/self/root/etc",
                                            "proc/self/cwd/x", "proc/self/exe", "proc/self/fd/0"};
        _cleanup_(root_done) Root root = ROOT_NONE;

        REQUIRE(root_open("/", &root, NULL) == 0);
        for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
                _cleanup_(place_done) Place place = PLACE_NONE;
                _cleanup_close_ int fd = root_open_at(&root, paths[i], O_PATH, 0);

                CHECK_EQUAL(fd, -ELOOP);
                CHECK_EQUAL(root_find(&root, paths[i], &place), -ELOOP);
        }
}

static void a_closed_directory_is_an_error(void)
{
        _cleanup_(temp_root_done) TempRoot temp = tree_make();
        _cleanup_(place_done) Place place = PLACE_NONE;

        if (geteuid() == 0)
                return; /* no directory is closed to root */
        REQUIRE(fchmodat(temp.root.fd, "usr/lib/vmware", 0, 0) == 0);
        CHECK_EQUAL(root_find(&temp.root, VMX, &place), -EACCES);
        REQUIRE(fchmodat(temp.root.fd, "usr/lib/vmware", 0755, 0) == 0);
}

/* Opening ------------------------------------------------------------------------------------ */

static void opening_stays_inside(void)
{
        static const char *const paths[] = {"out", "/out", "etc/passwd", "../../etc/passwd",
                                            "absolute/../../etc/passwd"};
        _cleanup_(temp_root_done) TempRoot temp = tree_make();

        for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
                _cleanup_close_ int fd = root_open_at(&temp.root, paths[i], O_RDONLY, 0);
                _cleanup_free_ char *text = NULL;

                REQUIRE(fd >= 0);
                CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
                REQUIRE(fd_read_text(fd, 100, &text, NULL) == 0);
                CHECK_TEXT(text, "inside");
        }
}

static void only_regular_files_are_opened_as_files(void)
{
        _cleanup_(temp_root_done) TempRoot temp = tree_make();
        static const struct {
                const char *path;
                int error;
        } rows[] = {
                {"usr/lib", -EINVAL}, {"slashed", -EINVAL},        {"fifo", -EINVAL},
                {"missing", -ENOENT}, {"gone-directory", -ENOENT}, {"loop-a", -ELOOP},
        };
        _cleanup_close_ int fd = root_open_file(&temp.root, "to-link");

        CHECK(fd >= 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
        REQUIRE(mkfifoat(temp.root.fd, "fifo", 0600) == 0);
        for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
                CHECK_EQUAL(root_open_file(&temp.root, rows[i].path), rows[i].error);
}

/* Opening for reading a FIFO that a writer waits for would let the writer go on. */
static void a_fifo_is_not_touched(void)
{
        _cleanup_(temp_root_done) TempRoot temp = tree_make();

        REQUIRE(mkfifoat(temp.root.fd, "fifo", 0600) == 0);
        _cleanup_close_ int reader = openat(temp.root.fd, "fifo", O_RDONLY | O_NONBLOCK);
        _cleanup_close_ _unused_ int writer = openat(temp.root.fd, "fifo", O_WRONLY | O_NONBLOCK);

        reader = fd_close(reader);
        CHECK_EQUAL(root_open_file(&temp.root, "fifo"), -EINVAL);
        CHECK(openat(temp.root.fd, "fifo", O_WRONLY | O_NONBLOCK) < 0 && errno == ENXIO);
}

/* Somebody's lease makes a non-blocking open answer EAGAIN, as a race in the walk does. */
static void a_lease_does_not_make_it_spin(void)
{
        _cleanup_(temp_root_done) TempRoot temp = tree_make();
        _cleanup_close_ int held = root_open_at(&temp.root, "etc/passwd", O_RDWR, 0);
        _cleanup_close_ int fd = -EBADF;

        REQUIRE(signal(SIGIO, SIG_IGN) != SIG_ERR);
        REQUIRE(held >= 0);
        if (fcntl(held, F_SETLEASE, F_WRLCK) < 0) {
                printf("# no leases here\n");
                return;
        }
        (void)alarm(10);
        fd = root_open_at(&temp.root, "etc/passwd", O_RDONLY | O_NONBLOCK, 0);
        (void)alarm(0);
        CHECK_EQUAL(fd, -EAGAIN);
}

/* Making directories ------------------------------------------------------------------------- */

static void directories_are_made_where_the_links_lead(void)
{
        static const struct {
                const char *path, *made;
        } rows[] = {
                {"a/b/c", "a/b/c"},
                {"/a/b/c/", "a/b/c"},
                {"absolute/new/dir", "usr/lib/new/dir"},
                {"upward/other//dir", "usr/lib/other/dir"},
                {"gone-file", "gone"},
                {"./d/../e", "e"},
                {"../f", "f"},
                {"/", "."},
        };
        _cleanup_(temp_root_done) TempRoot temp = tree_make();

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                _cleanup_close_ int fd = root_make_directory(&temp.root, rows[i].path);
                struct stat opened, made;

                if (fd < 0)
                        printf("# %s: %d\n", rows[i].path, fd);
                REQUIRE(fd >= 0 && fstat(fd, &opened) == 0);
                REQUIRE(fstatat(temp.root.fd, rows[i].made, &made, AT_SYMLINK_NOFOLLOW) == 0);
                CHECK_EQUAL(opened.st_ino, made.st_ino);
                CHECK(text_equal(rows[i].made, ".") || (made.st_mode & 07777) == 0755);
        }
}

static void nothing_is_made_in_the_way_of_others(void)
{
        _cleanup_(temp_root_done) TempRoot temp = tree_make();
        struct stat st;

        CHECK_EQUAL(root_make_directory(&temp.root, VMX), -ENOTDIR);
        CHECK_EQUAL(root_make_directory(&temp.root, VMX "/x"), -ENOTDIR);
        CHECK_EQUAL(root_make_directory(&temp.root, "file"), -ENOTDIR);
        CHECK_EQUAL(root_make_directory(&temp.root, "loop-a/x"), -ELOOP);
        CHECK_EQUAL(root_make_directory(&temp.root, "gone-directory/x"), -ENOENT);
        CHECK(fstatat(temp.root.fd, VMX, &st, 0) == 0 && S_ISREG(st.st_mode) && st.st_size == 3);
}

/* The root itself ---------------------------------------------------------------------------- */

static void roots_are_directories(void)
{
        _cleanup_(temp_root_done) TempRoot temp = tree_make();
        _cleanup_(root_done) Root root = ROOT_NONE;
        _cleanup_free_ char *path = NULL, *shown = NULL, *on_host = NULL;
        Fault fault = FAULT_NONE;

        REQUIRE(text_format(&path, "%s/etc/passwd", temp.path) == 0);
        CHECK_EQUAL(root_open(path, &root, &fault), -ENOTDIR);
        CHECK_EQUAL(fault.reason, REASON_ROOT);
        CHECK_TEXT(fault.subject, path);
        CHECK_EQUAL(root_open("/nowhere/at/all", &root, &fault), -ENOENT);
        free(TAKE_PTR(path));

        REQUIRE(text_format(&path, "%s///", temp.path) == 0);
        REQUIRE(root_open(path, &root, &fault) == 0);
        CHECK_TEXT(root.path, temp.path);
        CHECK(!root_is_host(&root));
        free(TAKE_PTR(path));
        REQUIRE(text_format(&path, "%s/usr/lib", temp.path) == 0);
        REQUIRE(root_show(&root, "/usr/lib", &shown) == 0);
        CHECK_TEXT(shown, path);

        root_done(&root);
        REQUIRE(root_open("//", &root, &fault) == 0);
        CHECK_TEXT(root.path, "/");
        CHECK(root_is_host(&root));
        REQUIRE(root_show(&root, "usr/lib", &on_host) == 0);
        CHECK_TEXT(on_host, "/usr/lib");
}

int main(void)
{
        (void)umask(022);
        CASE(places_have_no_links);
        CASE(what_is_no_place_is_refused);
        CASE(forty_links_are_followed_and_no_more);
        CASE(magic_links_are_refused);
        CASE(a_closed_directory_is_an_error);
        CASE(opening_stays_inside);
        CASE(only_regular_files_are_opened_as_files);
        CASE(a_fifo_is_not_touched);
        CASE(a_lease_does_not_make_it_spin);
        CASE(directories_are_made_where_the_links_lead);
        CASE(nothing_is_made_in_the_way_of_others);
        CASE(roots_are_directories);
        return tap_end();
}
