/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <grp.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "../lib/tap.h"
#include "../lib/temp-root.h"
#include "base/text.h"
#include "file/attributes.h"

#define ACL         "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"
#define CAPABILITY  "security.capability"

/* user::rwx, user:4711:rwx, group::r-x, mask::rwx, other::r-x, as the kernel keeps it. */
static const uint8_t acl[] = {
        2,    0, 0, 0,                         /* version */
        0x01, 0, 7, 0, 0xFF, 0xFF, 0xFF, 0xFF, /* the owner */
        0x02, 0, 7, 0, 0x67, 0x12, 0,    0,    /* user 4711 */
        0x04, 0, 5, 0, 0xFF, 0xFF, 0xFF, 0xFF, /* the group */
        0x10, 0, 7, 0, 0xFF, 0xFF, 0xFF, 0xFF, /* the mask */
        0x20, 0, 5, 0, 0xFF, 0xFF, 0xFF, 0xFF, /* others */
};

/* cap_net_raw=ep */
static const uint8_t capability[] = {1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

static const struct timespec long_ago = {1234567890, 123456789}, earlier = {987654321, 987654321};

static bool is_root(void)
{
        return geteuid() == 0;
}

/* Two files: one to take attributes from, an empty one of mode 0600 to give them to. */
typedef struct Pair {
        TempRoot temp;
        int from, to;
} Pair;

static Pair pair_make(void)
{
        Pair pair = {.temp = temp_root_make()};
        struct timespec times[2] = {long_ago, earlier};

        pair.from = temp_file(pair.temp.root.fd, "from", "abc", 3);
        pair.to = temp_file(pair.temp.root.fd, "to", "", 0);
        if (fchmod(pair.to, 0600) < 0 || futimens(pair.from, times) < 0)
                abort();
        return pair;
}

static void pair_done(Pair *pair)
{
        pair->from = fd_close(pair->from);
        pair->to = fd_close(pair->to);
        temp_root_done(&pair->temp);
}

/* Reads from one, applies to the other. */
static int carry_over(const Pair *pair, Fault *fault)
{
        _cleanup_(file_attributes_done) FileAttributes attributes = {};
        int r = file_attributes_read(pair->from, &attributes, fault);

        return r < 0 ? r : file_attributes_apply(&attributes, pair->to, fault);
}

static bool same_time(struct timespec a, struct timespec b)
{
        return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static void check_same(const Pair *pair, mode_t mode, uid_t uid, gid_t gid)
{
        struct stat st;

        REQUIRE(fstat(pair->to, &st) == 0);
        CHECK_EQUAL(st.st_mode & 07777, mode);
        CHECK_EQUAL(st.st_uid, uid);
        CHECK_EQUAL(st.st_gid, gid);
        CHECK(same_time(st.st_atim, long_ago) && same_time(st.st_mtim, earlier));
}

static bool has_xattr(int fd, const char *name, const void *value, size_t size)
{
        uint8_t found[256];

        return fgetxattr(fd, name, found, sizeof(found)) == (ssize_t)size &&
               memcmp(found, value, size) == 0;
}

static void modes_and_times_travel(void)
{
        static const mode_t modes[] = {0644, 0755, 04755, 04711, 06755, 02755, 01777, 0400, 0};

        for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
                _cleanup_(pair_done) Pair pair = pair_make();

                REQUIRE(fchmod(pair.from, modes[i]) == 0);
                CHECK_EQUAL(carry_over(&pair, NULL), 0);
                check_same(&pair, modes[i], geteuid(), getegid());
        }
}

/* chown() drops set-uid and capabilities: the order matters. */
static void owners_come_before_what_they_drop(void)
{
        static const mode_t modes[] = {04755, 04711, 06755};

        for (size_t i = 0; i < ARRAY_SIZE(modes) && is_root(); i++) {
                _cleanup_(pair_done) Pair pair = pair_make();

                REQUIRE(fchown(pair.from, 12345, 54321) == 0 && fchmod(pair.from, modes[i]) == 0);
                REQUIRE(fsetxattr(pair.from, CAPABILITY, capability, sizeof(capability), 0) == 0);
                CHECK_EQUAL(carry_over(&pair, NULL), 0);
                check_same(&pair, modes[i], 12345, 54321);
                CHECK(has_xattr(pair.to, CAPABILITY, capability, sizeof(capability)));
        }
}

static void anothers_owner_is_refused(void)
{
        _cleanup_(pair_done) Pair pair = pair_make();
        _cleanup_(file_attributes_done) FileAttributes attributes = {};
        Fault fault = FAULT_NONE;

        if (is_root())
                return;
        REQUIRE(file_attributes_read(pair.from, &attributes, NULL) == 0);
        attributes.uid = 0;
        CHECK_EQUAL(file_attributes_apply(&attributes, pair.to, &fault), -EPERM);
        CHECK_EQUAL(fault.reason, REASON_ATTRIBUTES);
        CHECK_TEXT(fault.subject, "owner");
}

/* Where the group is not one's own, chmod() drops set-gid and says nothing. */
static void a_dropped_mode_bit_is_noticed(void)
{
        _cleanup_(pair_done) Pair pair = pair_make();
        _cleanup_(file_attributes_done) FileAttributes attributes = {};
        Fault fault = FAULT_NONE;
        int status;
        pid_t child;

        if (!is_root())
                return;
        REQUIRE(fchown(pair.to, 65534, 0) == 0 && fchown(pair.from, 65534, 0) == 0);
        REQUIRE(file_attributes_read(pair.from, &attributes, NULL) == 0);
        attributes.mode = 02755;
        child = fork();
        if (child == 0) {
                if (setresgid(65534, 65534, 65534) < 0 || setgroups(0, NULL) < 0 ||
                    setresuid(65534, 65534, 65534) < 0)
                        _exit(2);
                _exit(file_attributes_apply(&attributes, pair.to, &fault) == -EPERM &&
                                      fault.reason == REASON_ATTRIBUTES &&
                                      text_equal(fault.subject, "mode")
                              ? 0
                              : 1);
        }
        REQUIRE(waitpid(child, &status, 0) == child);
        CHECK_EQUAL(status, 0);
}

static void user_attributes_travel(void)
{
        _cleanup_(pair_done) Pair pair = pair_make();
        uint8_t large[200];

        memset(large, 0xA5, sizeof(large));
        if (fsetxattr(pair.from, "user.empty", "", 0, 0) < 0) {
                printf("# no user attributes on this file system\n");
                return;
        }
        REQUIRE(fsetxattr(pair.from, "user.large", large, sizeof(large), 0) == 0);
        REQUIRE(fsetxattr(pair.from, "user.same", "x", 1, 0) == 0);
        REQUIRE(fsetxattr(pair.to, "user.same", "x", 1, 0) == 0);
        REQUIRE(fsetxattr(pair.to, "user.large", "other", 5, 0) == 0);
        REQUIRE(fsetxattr(pair.to, "user.stray", "?", 1, 0) == 0);
        REQUIRE(!is_root() || fsetxattr(pair.from, "trusted.x", "t", 1, 0) == 0);
        CHECK_EQUAL(carry_over(&pair, NULL), 0);
        CHECK(has_xattr(pair.to, "user.empty", "", 0));
        CHECK(has_xattr(pair.to, "user.large", large, sizeof(large)));
        CHECK(has_xattr(pair.to, "user.same", "x", 1));
        CHECK(!is_root() || has_xattr(pair.to, "trusted.x", "t", 1));
        CHECK(fgetxattr(pair.to, "user.stray", NULL, 0) < 0 && errno == ENODATA);
        check_same(&pair, 0644, geteuid(), getegid());
}

static void acls_travel(void)
{
        _cleanup_(pair_done) Pair pair = pair_make();

        REQUIRE(fchmod(pair.from, 04775) == 0);
        if (fsetxattr(pair.from, ACL, acl, sizeof(acl), 0) < 0) {
                printf("# no ACLs on this file system\n");
                return;
        }
        CHECK_EQUAL(carry_over(&pair, NULL), 0);
        CHECK(has_xattr(pair.to, ACL, acl, sizeof(acl)));
        check_same(&pair, 04775, geteuid(), getegid());
}

/* A new file in a directory with a default ACL has one of its own, which the original lacks. */
static void inherited_acls_do_not_stay(void)
{
        _cleanup_(pair_done) Pair pair = pair_make();
        _cleanup_close_ int dir = temp_root_directory(&pair.temp, "dir");

        REQUIRE(fchmod(pair.from, 0755) == 0);
        if (fsetxattr(dir, ACL_DEFAULT, acl, sizeof(acl), 0) < 0) {
                printf("# no ACLs on this file system\n");
                return;
        }
        pair.to = fd_close(pair.to);
        pair.to = temp_file(dir, "to", "", 0);
        REQUIRE(fgetxattr(pair.to, ACL, NULL, 0) > 0);
        CHECK_EQUAL(carry_over(&pair, NULL), 0);
        CHECK(fgetxattr(pair.to, ACL, NULL, 0) < 0 && errno == ENODATA);
        check_same(&pair, 0755, geteuid(), getegid());
}

/* They sign the content that was. */
static void signatures_stay_behind(void)
{
        static const char *const names[] = {"security.ima", "security.evm", "system.nfs4_acl"};
        _cleanup_(pair_done) Pair pair = pair_make();
        _cleanup_(file_attributes_done) FileAttributes attributes = {}, read = {};

        REQUIRE(file_attributes_read(pair.from, &attributes, NULL) == 0);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                REQUIRE(file_attributes_add_xattr(&attributes, names[i], "sig", 3) == 0);
        CHECK_EQUAL(file_attributes_apply(&attributes, pair.to, NULL), 0);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                CHECK(fgetxattr(pair.to, names[i], NULL, 0) < 0);
        if (is_root() && fsetxattr(pair.from, "security.ima", "sig", 3, 0) == 0) {
                REQUIRE(file_attributes_read(pair.from, &read, NULL) == 0);
                for (size_t i = 0; i < read.xattr_count; i++)
                        CHECK(!text_equal(read.xattrs[i].name, "security.ima"));
        }
}

static void what_cannot_be_set_is_said(void)
{
        _cleanup_(pair_done) Pair pair = pair_make();
        _cleanup_(file_attributes_done) FileAttributes attributes = {};
        Fault fault = FAULT_NONE;

        REQUIRE(file_attributes_read(pair.from, &attributes, NULL) == 0);
        REQUIRE(file_attributes_add_xattr(&attributes, CAPABILITY, "short", 5) == 0);
        CHECK(file_attributes_apply(&attributes, pair.to, &fault) < 0);
        CHECK_EQUAL(fault.reason, REASON_ATTRIBUTES);
        CHECK_TEXT(fault.subject, CAPABILITY);
        CHECK(file_attributes_read(-EBADF, &attributes, &fault) == -EBADF);
}

static void copies_are_deep(void)
{
        _cleanup_(file_attributes_done) FileAttributes copy = {};
        FileAttributes attributes = {.mode = 04755, .uid = 1, .gid = 2, .mtime = earlier};

        REQUIRE(file_attributes_add_xattr(&attributes, "user.a", "1", 1) == 0);
        REQUIRE(file_attributes_add_xattr(&attributes, "user.b", NULL, 0) == 0);
        REQUIRE(file_attributes_copy(&attributes, &copy) == 0);
        file_attributes_done(&attributes);
        file_attributes_done(&attributes);
        REQUIRE(copy.xattr_count == 2);
        CHECK_TEXT(copy.xattrs[0].name, "user.a");
        CHECK(copy.xattrs[0].size == 1 && memcmp(copy.xattrs[0].value, "1", 1) == 0);
        CHECK(copy.xattrs[1].size == 0 && copy.xattrs[1].value);
        CHECK(copy.mode == 04755 && copy.uid == 1 && copy.gid == 2);
        CHECK(same_time(copy.mtime, earlier));
}

int main(void)
{
        (void)umask(022);
        CASE(modes_and_times_travel);
        CASE(owners_come_before_what_they_drop);
        CASE(anothers_owner_is_refused);
        CASE(a_dropped_mode_bit_is_noticed);
        CASE(user_attributes_travel);
        CASE(acls_travel);
        CASE(inherited_acls_do_not_stay);
        CASE(signatures_stay_behind);
        CASE(what_cannot_be_set_is_said);
        CASE(copies_are_deep);
        return tap_end();
}
